/* Indexes against records: what is missing, and writing it anew. */
#include <string.h>

#include "tickets-index.h"

static bool present(struct txn *txn, enum store_table table, struct bytes key)
{
	struct bytes value;

	return txn_get(txn, table, key, &value) == ST_OK;
}

static void find(GPtrArray *findings, uint64_t number, const char *what, const char *detail)
{
	g_ptr_array_add(findings, g_strdup_printf("ticket %" G_GUINT64_FORMAT ": %s%s%s", number, what, detail ? " " : "", detail ? detail : ""));
}

struct check {
	GPtrArray *findings;
	uint64_t count;
};

static enum status check_entry(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct check *c = arg;
	struct key key;
	uint64_t ticket, seq;

	c->count++;
	if (e->message_id) {
		id_key(&key, e->message_id, e->ticket);
		if (!present(txn, TABLE_IDS, key_bytes(&key)))
			find(c->findings, e->ticket, "no index row for message", e->message_id);
	}
	if (e->digest && tickets_find_digest(txn, e->digest, &ticket, &seq, err) != ST_OK)
		find(c->findings, e->ticket, "no identity row for message", e->message_id);
	return ST_OK;
}

static void check_rows(struct txn *txn, const struct ticket *t, GPtrArray *findings)
{
	g_autoptr(GPtrArray) keys = index_keys(t);

	for (unsigned i = 0; i < keys->len; i++) {
		const struct key *key = g_ptr_array_index(keys, i);
		const char kind[2] = { (char)key->data[0], '\0' };

		if (!present(txn, TABLE_INDEX, key_bytes(key)))
			find(findings, t->number, "no row in index", kind);
	}
}

enum status tickets_check(struct txn *txn, uint64_t number, GPtrArray *findings, struct error *err)
{
	struct ticket t = { 0 };
	struct check c = { findings, 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st;
	check_rows(txn, &t, findings);
	st = tickets_each_entry(txn, number, check_entry, &c, err);
	if (st == ST_OK && c.count != t.messages_count)
		find(findings, number, "counts its messages wrong", NULL);
	record_release(&ticket_type, &t);
	return st;
}

static enum status reindex_entry(struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	++*(uint64_t *)arg;
	return tickets_entry_save(txn, entry, err);
}

enum status tickets_reindex(struct txn *txn, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	uint64_t count = 0;
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st;
	st = index_move(txn, NULL, &t);
	if (st == ST_OK)
		st = tickets_each_entry(txn, number, reindex_entry, &count, err);
	if (st == ST_OK && count != t.messages_count) {
		t.messages_count = count;
		st = tickets_save(txn, &t, err);
	}
	record_release(&ticket_type, &t);
	return record_error(txn, st, "reindex", number, err);
}
