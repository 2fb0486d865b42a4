/* Links, a side at a time. */
#include "act/link.h"

#include "base/limits.h"
#include "tables/tickets.h"

enum status link_add(struct txn *txn, struct ticket *ticket, uint64_t other,
	const struct actor *actor, bool *added_out, struct error *err)
{
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, other);

	*added_out = other != ticket->number && !numbers_has(&ticket->links, other) &&
		ticket->links.n < LIMIT_LINKS;
	if (!*added_out)
		return ST_OK;
	numbers_add(&ticket->links, other);
	return history_add(txn, ticket->number, actor, NOTE(EVENT_LINK, .to = number), err);
}

enum status link_stored(struct txn *txn, uint64_t number, uint64_t other, const struct actor *actor,
	struct error *err)
{
	struct ticket t = { 0 };
	bool added = false;
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK)
		st = link_add(txn, &t, other, actor, &added, err);
	if (st == ST_OK && added)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}
