/* What the files of plan share. Not for others. */
#ifndef MILTICKET_PLAN_PARTS_H
#define MILTICKET_PLAN_PARTS_H

#include "decide/plan.h"

/* --- plan-parts.c --- */

/* Afterwards there is one header of that name, with this value. */
void plan_replace_header(
	const struct plan *plan, struct edits *edits, const char *name, const char *value);
void plan_remove_header(const struct plan *plan, struct edits *edits, const char *name);
/* Removes those that `picks` chooses, from the last field to the first: so indexes stay valid, and
 * the MTA, which looks for each from the first one on, passes none that is gone. */
typedef bool plan_picks(const char *name, const char *value, const void *arg);
void plan_remove_headers(
	const struct plan *plan, struct edits *edits, plan_picks *picks, const void *arg);

bool plan_is_in(const GPtrArray *list, const char *address);
/* Is it the address of an agent who gets the mail anyway, or sends it? */
bool plan_is_agents(const struct plan *plan, const char *address);

/* --- plan-leave.c --- */

/* Is it an agent's mail that goes to people outside? */
bool plan_leaves(const struct plan *plan);
/* It speaks for the account, and says nothing of where the agent writes from. */
void plan_speak_for_account(const struct plan *plan, struct edits *edits);
/* In place of token addresses the addressee becomes a recipient. */
void plan_turn_to_addressee(const struct plan *plan, struct edits *edits);

#endif
