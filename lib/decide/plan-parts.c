/* Steps of an edit that more than one part of the plan needs. */
#include "decide/plan-parts.h"

#include <string.h>

#include "base/text.h"

void plan_remove_headers(
	const struct plan *p, struct edits *edits, plan_picks *picks, const void *arg)
{
	const char *name, *value;

	for (unsigned i = message_headers(p->arrival->message); i-- > 0;)
		if (message_header_at(p->arrival->message, i, &name, &value) &&
			picks(name, value, arg))
			edits_delete_header(
				edits, name, message_header_place(p->arrival->message, i));
}

void plan_replace_header(
	const struct plan *p, struct edits *edits, const char *name, const char *value)
{
	unsigned count = message_header_count(p->arrival->message, name);

	for (unsigned k = count; k > 1; k--)
		edits_delete_header(edits, name, k);
	if (count)
		edits_change_header(edits, name, 1, value);
	else
		edits_add_header(edits, name, value);
}

void plan_remove_header(const struct plan *p, struct edits *edits, const char *name)
{
	for (unsigned k = message_header_count(p->arrival->message, name); k > 0; k--)
		edits_delete_header(edits, name, k);
}

bool plan_is_in(const GPtrArray *list, const char *address)
{
	for (unsigned i = 0; i < list->len; i++)
		if (strcmp(g_ptr_array_index(list, i), address) == 0)
			return true;
	return false;
}

bool plan_is_agents(const struct plan *p, const char *address)
{
	return plan_is_in(p->recipients->agents, address) ||
		(p->agent && text_list_has(p->agent->addresses, address));
}
