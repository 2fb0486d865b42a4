/* A row per kind of row. */
#include "tables/check-rows.h"

#include <string.h>

#include "base/text.h"
#include "tables/agents.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets-index.h"
#include "tables/tickets-rebuild.h"

typedef bool row_right(struct txn *txn, const struct scan *row);
typedef enum status row_mend(struct txn *txn, const struct scan *row,
	const struct check_options *options, struct error *err);

static bool rows_present(struct txn *txn, enum store_table table, struct bytes key)
{
	struct bytes value;

	return txn_get(txn, table, key, &value) == ST_OK;
}

static struct bytes rows_behind(struct bytes key, size_t len)
{
	return (struct bytes){ (const guint8 *)key.data + len, key.len - len };
}

static bool rows_same(struct bytes a, struct bytes b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* --- conversations --- */

static bool text_right(struct txn *txn, const struct scan *row)
{
	return rows_present(txn, TABLE_ENTRIES, row->key);
}

/* The number that a key of a message or an event begins with. */
static uint64_t rows_ticket_of(const struct scan *row)
{
	size_t offset = 0;

	return key_read_number(row->key, &offset);
}

static bool entry_right(struct txn *txn, const struct scan *row)
{
	struct key key;

	ticket_key(&key, rows_ticket_of(row));
	return rows_present(txn, TABLE_TICKETS, key_bytes(&key));
}

/* One event says that a ticket was purged. */
static bool event_owned(struct txn *txn, const struct scan *row)
{
	uint64_t number = rows_ticket_of(row);

	return number == 0 || tickets_was_given(txn, number);
}

static enum status mend_ticket(struct txn *txn, const struct scan *row,
	const struct check_options *options, struct error *err)
{
	return tickets_rebuild(txn, rows_ticket_of(row), options->tags, &options->actor, err);
}

/* --- events: by ticket and serial; the log maps the serial to the ticket --- */

static size_t ticket_len(struct bytes key)
{
	return key.len ? 1u + *(const guint8 *)key.data : 0;
}

static bool event_right(struct txn *txn, const struct scan *row)
{
	size_t len = ticket_len(row->key);
	struct bytes ticket;

	return txn_get(txn, TABLE_LOG, rows_behind(row->key, len), &ticket) == ST_OK &&
		rows_same(ticket, (struct bytes){ row->key.data, len });
}

static enum status mend_event(struct txn *txn, const struct scan *row,
	const struct check_options *options, struct error *err)
{
	size_t len = ticket_len(row->key);

	(void)options;
	(void)err;
	return txn_put(
		txn, TABLE_LOG, rows_behind(row->key, len), (struct bytes){ row->key.data, len });
}

static bool log_right(struct txn *txn, const struct scan *row)
{
	struct key key;
	size_t ticket = 0, serial = 0;

	key_init(&key);
	key_number(&key, key_read_number(row->value, &ticket));
	key_number(&key, key_read_number(row->key, &serial));
	return rows_present(txn, TABLE_EVENTS, key_bytes(&key));
}

/* --- the outbox --- */

static void due_key_of(struct key *key, const struct outgoing *outgoing)
{
	key_init(key);
	key_u64(key, (uint64_t)outgoing->next_try);
	key_u64(key, outgoing->id);
}

static bool outgoing_right(struct txn *txn, const struct scan *row)
{
	struct outgoing outgoing = { 0 };
	struct key due;
	bool right;

	if (outbox_load(txn, key_read_u64(row->key, 0), &outgoing, NULL) != ST_OK)
		return false;
	due_key_of(&due, &outgoing);
	right = rows_present(txn, TABLE_OUTBOX_MAIL, row->key) &&
		(outgoing.state != OUTGOING_WAITING ||
			rows_present(txn, TABLE_OUTBOX_DUE, key_bytes(&due)));
	record_release(&outgoing_type, &outgoing);
	return right;
}

/* Without its mail there is nothing to be sent any more. */
static enum status mend_outgoing(struct txn *txn, const struct scan *row,
	const struct check_options *options, struct error *err)
{
	struct outgoing outgoing = { 0 };
	enum status st = outbox_load(txn, key_read_u64(row->key, 0), &outgoing, err);

	(void)options;
	if (st == ST_OK && !rows_present(txn, TABLE_OUTBOX_MAIL, row->key)) {
		outgoing.state = OUTGOING_FAILED;
		g_free(outgoing.last_reply);
		outgoing.last_reply = g_strdup("the mail itself was lost");
		st = txn_put(txn, TABLE_OUTBOX_MAIL, row->key, (struct bytes){ "", 0 });
	}
	if (st == ST_OK)
		st = outbox_save(txn, &outgoing, err);
	record_release(&outgoing_type, &outgoing);
	return st == ST_IO ? txn_delete(txn, TABLE_OUTBOX, row->key) : st;
}

static bool mail_right(struct txn *txn, const struct scan *row)
{
	return rows_present(txn, TABLE_OUTBOX, row->key);
}

static bool outbox_due_right(struct txn *txn, const struct scan *row)
{
	struct outgoing outgoing = { 0 };
	bool right = outbox_load(txn, key_read_u64(row->key, 8), &outgoing, NULL) == ST_OK &&
		outgoing.state == OUTGOING_WAITING &&
		(uint64_t)outgoing.next_try == key_read_u64(row->key, 0);

	record_release(&outgoing_type, &outgoing);
	return right;
}

/* --- agents --- */

static bool agent_right(struct txn *txn, const struct scan *row)
{
	struct agent agent = { 0 };
	bool right = record_decode(&agent_type, row->value, &agent, NULL) == ST_OK;

	for (char **a = agent.addresses; a && *a && right; a++) {
		struct key key;
		struct bytes login;

		key_init(&key);
		key_text(&key, *a);
		right = txn_get(txn, TABLE_AGENT_ADDRESSES, key_bytes(&key), &login) == ST_OK &&
			rows_same(login, (struct bytes){ agent.login, strlen(agent.login) });
	}
	record_release(&agent_type, &agent);
	return right;
}

static enum status mend_agent(struct txn *txn, const struct scan *row,
	const struct check_options *options, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = record_decode(&agent_type, row->value, &agent, err);

	(void)options;
	if (st == ST_OK)
		st = agents_save(txn, &agent, err);
	record_release(&agent_type, &agent);
	/* Damaged, or two agents say that they have an address: told again. */
	return st == ST_BAD_INPUT || st == ST_EXISTS ? ST_OK : st;
}

static bool agent_address_right(struct txn *txn, const struct scan *row)
{
	g_autofree char *login = g_strndup(row->value.data, row->value.len),
			*address = g_strndup(row->key.data, row->key.len);
	struct agent agent = { 0 };
	bool right = agents_load(txn, login, &agent, NULL) == ST_OK &&
		text_list_has(agent.addresses, address);

	record_release(&agent_type, &agent);
	return right;
}

/* --- counts of queues; without one, a queue is counted --- */

static bool count_right(struct txn *txn, const struct scan *row)
{
	return !counts_row(row->key) || counts_row_right(txn, row->key, row->value);
}

/* --- all of them; without a way to mend, a wrong row is removed --- */

static const struct {
	enum store_table table;
	const char *finding;
	row_right *right;
	row_mend *mend;
} kinds[] = {
	{ TABLE_ENTRIES, "a message of a ticket that is not there", entry_right, mend_ticket },
	{ TABLE_TEXTS, "a text of a message that is not there", text_right, NULL },
	{ TABLE_EVENTS, "an event of a ticket that is not there", event_owned, mend_ticket },
	{ TABLE_EVENTS, "an event that is not in the log", event_right, mend_event },
	{ TABLE_LOG, "an event in the log that is not there", log_right, NULL },
	{ TABLE_OUTBOX, "outbox: an entry without its mail or its time", outgoing_right,
		mend_outgoing },
	{ TABLE_OUTBOX_MAIL, "outbox: a mail without its entry", mail_right, NULL },
	{ TABLE_OUTBOX_DUE, "outbox: a time at which nothing is due", outbox_due_right, NULL },
	{ TABLE_META, "a count of a queue's open tickets that is wrong", count_right, NULL },
	{ TABLE_AGENTS, "an agent who is not found by an address", agent_right, mend_agent },
	{ TABLE_AGENT_ADDRESSES, "an address of an agent who does not have it", agent_address_right,
		NULL },
};

static enum status rows_mend(struct txn *txn, size_t kind, const struct scan *row,
	const struct check_options *options, struct error *err)
{
	return kinds[kind].mend ? kinds[kind].mend(txn, row, options, err)
				: txn_delete(txn, kinds[kind].table, row->key);
}

static enum status check_kind(struct txn *txn, size_t kind, const struct check_options *repair,
	GPtrArray *findings, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, kinds[kind].table, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		if (kinds[kind].right(txn, &scan))
			continue;
		g_ptr_array_add(findings, g_strdup(kinds[kind].finding));
		st = repair ? rows_mend(txn, kind, &scan, repair, err) : ST_OK;
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status check_rows(
	struct txn *txn, const struct check_options *repair, GPtrArray *findings, struct error *err)
{
	enum status st = ST_OK;

	for (size_t kind = 0; kind < G_N_ELEMENTS(kinds) && st == ST_OK; kind++)
		st = check_kind(txn, kind, repair, findings, err);
	return st;
}
