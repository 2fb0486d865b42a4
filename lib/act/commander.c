/* What somebody may do. */
#include "act/commander.h"

#include "base/text.h"
#include "base/tongue.h"

char *commander_time(const struct commander *by, int64_t when)
{
	if (!by->local_times)
		return text_rfc3339(when);
	return text_zoned(when, by->self ? by->self->zone : NULL);
}

bool commander_may(const struct commander *by, const struct ticket *t)
{
	if (!by->agent || agent_in_queue(by->agent, t->queue) ||
		g_strcmp0(t->agent, by->agent->login) == 0)
		return true;
	for (char **q = t->watchers; q && *q; q++)
		if (agent_in_queue(by->agent, *q))
			return true;
	return false;
}

enum status commander_load(struct txn *txn, const struct commander *by, uint64_t number,
	struct ticket *ticket_out, struct error *err)
{
	enum status st = tickets_resolve(txn, number, ticket_out, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, ST_NOT_FOUND, _("there is no ticket #%" PRIu64), number);
	if (st == ST_OK && !commander_may(by, ticket_out)) {
		st = error_set(err, ST_REFUSED,
			_("ticket #%" PRIu64 " is in queue '%s', which is not yours"),
			ticket_out->number, ticket_out->queue);
		record_release(&ticket_type, ticket_out);
	}
	return st;
}
