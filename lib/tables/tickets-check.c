/* Indexes against records: what is missing, and writing it anew. */
#include <string.h>

#include "base/limits.h"
#include "base/tongue.h"
#include "tables/tickets-index.h"

static bool check_present(struct txn *txn, enum store_table table, struct bytes key)
{
	struct bytes value;

	return txn_get(txn, table, key, &value) == ST_OK;
}

static void tickets_check_find(
	GPtrArray *findings, uint64_t number, const char *what, const char *detail)
{
	g_ptr_array_add(findings,
		g_strdup_printf("ticket %" G_GUINT64_FORMAT ": %s%s%s", number, what,
			detail ? " " : "", detail ? detail : ""));
}

struct check {
	GPtrArray *findings;
	uint64_t count, attachments;
};

static bool id_right(struct txn *txn, const struct entry *e)
{
	struct bytes value;
	struct key key;

	id_key(&key, e->message_id, e->ticket);
	return txn_get(txn, TABLE_IDS, key_bytes(&key), &value) == ST_OK &&
		id_read(key_bytes(&key), value).kind != ID_REFERENCED;
}

static enum status check_entry(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct check *c = arg;
	uint64_t ticket, seq;

	c->count++;
	c->attachments += entry_attachments(e);
	if (e->message_id && strlen(e->message_id) <= LIMIT_MESSAGE_ID_BYTES && !id_right(txn, e))
		tickets_check_find(
			c->findings, e->ticket, "no index row for message", e->message_id);
	if (e->digest &&
		tickets_find_digest(txn, e->message_id, e->digest, &ticket, &seq, err) != ST_OK)
		tickets_check_find(
			c->findings, e->ticket, "no identity row for message", e->message_id);
	return ST_OK;
}

static void check_rows(struct txn *txn, const struct ticket *t, GPtrArray *findings)
{
	g_autoptr(GPtrArray) keys = index_keys(t);
	struct key due;

	for (unsigned i = 0; i < keys->len; i++) {
		const struct key *key = g_ptr_array_index(keys, i);
		const char kind[2] = { (char)key->data[0], '\0' };

		if (!check_present(txn, TABLE_INDEX, key_bytes(key)))
			tickets_check_find(findings, t->number, "no row in index", kind);
	}
	if (due_key(&due, t) && !check_present(txn, TABLE_DUE, key_bytes(&due)))
		tickets_check_find(findings, t->number, "no row for its due time", NULL);
}

enum status tickets_check(struct txn *txn, uint64_t number, GPtrArray *findings, struct error *err)
{
	struct ticket t = { 0 };
	struct check c = { findings, 0, 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st;
	check_rows(txn, &t, findings);
	st = tickets_each_entry(txn, number, check_entry, &c, err);
	if (st == ST_OK && c.count != t.messages_count)
		tickets_check_find(findings, number, "counts its messages wrong", NULL);
	if (st == ST_OK && c.attachments != t.attachments_count)
		tickets_check_find(findings, number, "counts its attachments wrong", NULL);
	record_release(&ticket_type, &t);
	return st;
}

static enum status reindex_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct check *c = arg;

	c->count++;
	c->attachments += entry_attachments(entry);
	return tickets_entry_save(txn, entry, err);
}

enum status tickets_reindex(struct txn *txn, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	struct check c = { NULL, 0, 0 };
	enum status st = tickets_load(txn, number, &t, err);

	if (st != ST_OK)
		return st;
	st = counts_forget(txn, &t);
	if (st == ST_OK)
		st = index_move(txn, NULL, &t);
	if (st == ST_OK)
		st = tickets_each_entry(txn, number, reindex_entry, &c, err);
	if (st == ST_OK && (c.count != t.messages_count || c.attachments != t.attachments_count)) {
		t.messages_count = c.count;
		t.attachments_count = c.attachments;
		st = tickets_save(txn, &t, err);
	}
	record_release(&ticket_type, &t);
	return record_error(txn, st, _("reindex"), number, err);
}

/* --- rows that lead nowhere --- */

typedef bool row_right(struct txn *txn, const struct scan *row);

static bool load_quietly(struct txn *txn, uint64_t number, struct ticket *ticket_out)
{
	return tickets_load(txn, number, ticket_out, NULL) == ST_OK;
}

static bool index_row_right(struct txn *txn, const struct scan *row)
{
	struct ticket t = { 0 };
	g_autoptr(GPtrArray) keys = load_quietly(txn, index_number(row->key), &t) ? index_keys(&t)
										  : NULL;
	bool right = keys_have(keys, row->key);

	record_release(&ticket_type, &t);
	return right;
}

static bool due_row_right(struct txn *txn, const struct scan *row)
{
	struct ticket t = { 0 };
	struct key key;
	bool right = load_quietly(txn, due_number(row->key), &t) && due_key(&key, &t) &&
		key.len == row->key.len && memcmp(key.data, row->key.data, key.len) == 0;

	record_release(&ticket_type, &t);
	return right;
}

/* An id's row may be of an entry, or of a ticket alone (referenced, or automatic mail). */
static bool id_row_right(struct txn *txn, const struct scan *row)
{
	const struct id_hit hit = id_read(row->key, row->value);
	struct key key;

	if (hit.seq)
		entry_key(&key, hit.ticket, hit.seq);
	else
		ticket_key(&key, hit.ticket);
	return check_present(txn, hit.seq ? TABLE_ENTRIES : TABLE_TICKETS, key_bytes(&key));
}

/* Number and seq 0: seen, and of no ticket. */
static bool digest_row_right(struct txn *txn, const struct scan *row)
{
	uint64_t number, seq;

	entry_key_read(row->value, &number, &seq);
	return number == 0 || check_present(txn, TABLE_ENTRIES, row->value);
}

static const struct {
	enum store_table table;
	const char *name;
	row_right *right;
} row_checks[] = {
	{ TABLE_INDEX, "index", index_row_right },
	{ TABLE_DUE, "due", due_row_right },
	{ TABLE_IDS, "ids", id_row_right },
	{ TABLE_DIGESTS, "digests", digest_row_right },
};

static enum status check_sweep(struct txn *txn, size_t which, bool repair, GPtrArray *findings)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, row_checks[which].table, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		if (row_checks[which].right(txn, &scan))
			continue;
		g_ptr_array_add(findings,
			g_strdup_printf(
				"table %s: a row that leads nowhere", row_checks[which].name));
		st = repair ? txn_delete(txn, row_checks[which].table, scan.key) : ST_OK;
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_sweep(struct txn *txn, bool repair, GPtrArray *findings, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < G_N_ELEMENTS(row_checks) && st == ST_OK; i++)
		st = check_sweep(txn, i, repair, findings);
	return st == ST_OK ? st
			   : error_set(err, st, _("cannot check the indexes: %s"), txn_reason(txn));
}
