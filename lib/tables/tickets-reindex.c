/* A ticket's indexes and counts, written anew from its record and its messages. */
#include "base/tongue.h"
#include "tables/tickets-index.h"

struct recount {
	uint64_t messages, attachments;
};

static enum status recount_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct recount *count = arg;

	(void)txn;
	(void)err;
	count->messages++;
	count->attachments += entry_attachments(entry);
	return ST_OK;
}

enum status tickets_recount(struct txn *txn, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	struct recount count = { 0, 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st == ST_OK)
		st = tickets_each_entry(txn, number, recount_entry, &count, err);
	if (st == ST_OK &&
		(count.messages != t.messages_count || count.attachments != t.attachments_count)) {
		t.messages_count = count.messages;
		t.attachments_count = count.attachments;
		st = tickets_save(txn, &t, err);
	}
	record_release(&ticket_type, &t);
	return st;
}

static enum status reindex_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	(void)arg;
	return tickets_entry_save(txn, entry, err);
}

enum status tickets_reindex(struct txn *txn, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st;
	st = index_move(txn, NULL, &t);
	if (st == ST_OK)
		st = tickets_each_entry(txn, number, reindex_entry, NULL, err);
	if (st == ST_OK)
		st = tickets_recount(txn, number, err);
	record_release(&ticket_type, &t);
	return record_error(txn, st, _("reindex"), number, err);
}
