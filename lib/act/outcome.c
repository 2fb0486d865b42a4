/* Outcomes. */
#include "act/outcome.h"

#include <string.h>

void outcome_init(struct outcome *outcome)
{
	memset(outcome, 0, sizeof *outcome);
	edits_init(&outcome->edits);
}

void outcome_release(struct outcome *outcome)
{
	edits_release(&outcome->edits);
	g_free(outcome->queue);
	g_free(outcome->agent);
	g_free(outcome->claimed);
	memset(outcome, 0, sizeof *outcome);
}
