/* Kinds of row that need others beside them, and how each is repaired. */
#include <string.h>

#include "base/limits.h"
#include "base/tongue.h"
#include "tables/check-parts.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets-index.h"
#include "tables/tickets-rebuild.h"

/* --- tickets --- */

static enum status rebuild_ticket(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	return tickets_rebuild(
		c->txn, check_ticket_of(row->key), c->options->tags, &c->options->actor, err);
}

static enum status check_list(struct check *c, const struct ticket *t)
{
	g_autoptr(GPtrArray) keys = index_keys(t);
	struct key due;
	bool all = true;
	enum status st = ST_OK;

	for (guint i = 0; i < keys->len && st == ST_OK && all; i++)
		st = row_present(c->txn, TABLE_INDEX, key_bytes(g_ptr_array_index(keys, i)), &all);
	if (st == ST_OK && all && due_key(&due, t))
		st = row_present(c->txn, TABLE_DUE, key_bytes(&due), &all);
	if (!all)
		check_find(c, _("ticket %" PRIu64 " is not in its index"), t->number);
	return st;
}

struct entry_count {
	uint64_t messages, attachments;
	bool damaged;
};

/* As far as they can be read: a damaged one is told of by itself. */
static enum status count_entries(struct txn *txn, uint64_t number, struct entry_count *count)
{
	struct scan scan;
	struct key key;
	enum status st;

	ticket_key(&key, number);
	for (st = scan_first(
		     &scan, txn, TABLE_ENTRIES, key_bytes(&key), (struct bytes){ NULL, 0 }, false);
		st == ST_OK; st = scan_next(&scan)) {
		struct entry e = { 0 };

		count->messages++;
		if (table_decode(&entry_table, scan.key, scan.value, &e, NULL) == ST_OK)
			count->attachments += entry_attachments(&e);
		else
			count->damaged = true;
		record_release(&entry_type, &e);
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status check_counts(struct check *c, const struct ticket *t)
{
	struct entry_count count = { 0, 0, false };
	enum status st = count_entries(c->txn, t->number, &count);

	if (st != ST_OK || count.damaged)
		return st;
	if (count.messages != t->messages_count)
		check_find(c, _("ticket %" PRIu64 " counts its messages wrong"), t->number);
	if (count.attachments != t->attachments_count)
		check_find(c, _("ticket %" PRIu64 " counts its attachments wrong"), t->number);
	return ST_OK;
}

static enum status check_ticket(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = ST_OK;

	(void)err;
	c->tickets++;
	if (table_decode(kind->type, row->key, row->value, &t, NULL) == ST_OK) {
		st = check_list(c, &t);
		if (st == ST_OK)
			st = check_counts(c, &t);
	}
	record_release(&ticket_type, &t);
	return st;
}

static enum status repair_ticket(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry_count count = { 0, 0, false };
	struct ticket t = { 0 };
	enum status st = ST_OK;

	if (table_decode(kind->type, row->key, row->value, &t, NULL) == ST_OK) {
		st = counts_forget(c->txn, &t);
		if (st == ST_OK)
			st = index_move(c->txn, NULL, &t);
		if (st == ST_OK)
			st = count_entries(c->txn, t.number, &count);
		if (st == ST_OK && !count.damaged)
			st = tickets_recount(c->txn, t.number, err);
	}
	record_release(&ticket_type, &t);
	return st;
}

static enum status check_index_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct ticket like = { .number = index_number(row->key) };
	struct ticket t = { 0 };
	bool sound = false;
	enum status st = table_load_sound(c->txn, kind->type, &like, &t, &sound);
	g_autoptr(GPtrArray) keys = sound ? index_keys(&t) : NULL;

	(void)err;
	if (st == ST_OK && !keys_have(keys, row->key))
		check_find(c, _("a row in the index of table '%s' leads nowhere"), "ticket");
	record_release(&ticket_type, &t);
	return st;
}

static enum status check_due_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct ticket like = { .number = due_number(row->key) };
	struct ticket t = { 0 };
	struct key key;
	bool sound = false;
	enum status st = table_load_sound(c->txn, kind->type, &like, &t, &sound);
	bool due = sound && due_key(&key, &t) && key.len == row->key.len &&
		memcmp(key.data, row->key.data, key.len) == 0;

	(void)err;
	if (st == ST_OK && !due)
		check_find(c, _("a row in the index of table '%s' leads nowhere"), "ticket");
	record_release(&ticket_type, &t);
	return st;
}

/* --- messages --- */

static enum status check_owner(struct check *c, struct bytes key, const char *finding)
{
	struct key ticket;

	ticket_key(&ticket, check_ticket_of(key));
	return check_need(c, TABLE_TICKETS, key_bytes(&ticket), finding);
}

static enum status check_entry_owner(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_owner(c, row->key, _("a message of a ticket that is not there"));
}

static enum status check_text(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_need(c, TABLE_ENTRIES, row->key, _("a text of a message that is not there"));
}

static enum status check_id(struct check *c, const struct entry *e)
{
	struct bytes value;
	struct key key;
	enum status st = ST_OK;

	if (!e->message_id || strlen(e->message_id) > LIMIT_MESSAGE_ID_BYTES)
		return ST_OK;
	id_key(&key, e->message_id, e->ticket);
	st = txn_get(c->txn, TABLE_IDS, key_bytes(&key), &value);
	if (st == ST_NOT_FOUND ||
		(st == ST_OK && id_read(key_bytes(&key), value).kind == ID_REFERENCED))
		check_find(c, _("ticket %" PRIu64 ": no index row for message %s"), e->ticket,
			e->message_id);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Its id may lead to a message that is damaged. */
static void check_identity(struct check *c, const struct entry *e)
{
	uint64_t ticket, seq;

	if (e->digest &&
		tickets_find_digest(c->txn, e->message_id, e->digest, &ticket, &seq, NULL) != ST_OK)
		check_find(c, _("ticket %" PRIu64 ": no identity row for message %s"), e->ticket,
			e->message_id ? e->message_id : "");
}

static enum status check_entry(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry e = { 0 };
	enum status st = ST_OK;

	(void)err;
	if (table_decode(kind->type, row->key, row->value, &e, NULL) == ST_OK) {
		st = check_id(c, &e);
		if (st == ST_OK)
			check_identity(c, &e);
	}
	record_release(&entry_type, &e);
	return st;
}

static enum status repair_entry(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry e = { 0 };
	enum status st = table_decode(kind->type, row->key, row->value, &e, err);

	if (st == ST_OK)
		st = tickets_entry_save(c->txn, &e, err);
	record_release(&entry_type, &e);
	return st;
}

/* An id's row may be of an entry, or of a ticket alone (referenced, or automatic mail). */
static enum status check_id_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct id_hit hit = id_read(row->key, row->value);
	struct key key;

	(void)kind;
	(void)err;
	if (hit.seq)
		entry_key(&key, hit.ticket, hit.seq);
	else
		ticket_key(&key, hit.ticket);
	return check_need(c, hit.seq ? TABLE_ENTRIES : TABLE_TICKETS, key_bytes(&key),
		_("an id of a message that is not there"));
}

/* Number and seq 0: seen, and of no ticket. */
static enum status check_identity_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	uint64_t number, seq;

	(void)kind;
	(void)err;
	entry_key_read(row->value, &number, &seq);
	return number ? check_need(c, TABLE_ENTRIES, row->value,
				_("an identity of a message that is not there"))
		      : ST_OK;
}

/* --- events --- */

/* One event says that a ticket was purged. */
static enum status check_event_owner(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	uint64_t number = check_ticket_of(row->key);
	bool given = number == 0;
	enum status st = given ? ST_OK : tickets_was_given(c->txn, number, &given, err);

	(void)kind;
	if (st == ST_OK && !given)
		check_find(c, "%s", _("an event of a ticket that is not there"));
	return st;
}

/* --- the outbox --- */

static enum status check_outgoing(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_need(c, TABLE_OUTBOX_MAIL, row->key, _("outbox: an entry without its mail"));
}

/* Without its mail there is nothing to be sent any more. */
static enum status repair_outgoing(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct outgoing outgoing = { 0 };
	enum status st = ST_OK;

	if (table_decode(kind->type, row->key, row->value, &outgoing, NULL) == ST_OK) {
		outgoing.state = OUTGOING_FAILED;
		g_free(outgoing.last_reply);
		outgoing.last_reply = g_strdup("the mail itself was lost");
		st = txn_put(c->txn, TABLE_OUTBOX_MAIL, row->key, (struct bytes){ "", 0 });
		if (st == ST_OK)
			st = outbox_save(c->txn, &outgoing, err);
	}
	record_release(&outgoing_type, &outgoing);
	return st;
}

/* Whom it was for is not known any more. */
static enum status remove_outgoing(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)err;
	return txn_delete(c->txn, kind->table, row->key);
}

static enum status check_mail(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_need(c, TABLE_OUTBOX, row->key, _("outbox: a mail without its entry"));
}

/* --- counts of queues; without one, a queue is counted --- */

static enum status check_count(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	if (counts_row(row->key) && !counts_row_right(c->txn, row->key, row->value))
		check_find(c, "%s", _("a count of a queue's open tickets that is wrong"));
	return ST_OK;
}

/* --- all of them --- */

const struct check_remake check_remakes[] = {
	{ .type = &ticket_table, .remake = rebuild_ticket },
	{ .type = &outgoing_table, .remake = remove_outgoing },
	{ .type = NULL },
};

/* In the order in which they are repaired. Without a way to repair it, a wrong row is removed. */
const struct row_kind check_row_kinds[] = {
	{ .table = TABLE_ENTRIES, .look = check_entry_owner, .repair = rebuild_ticket },
	{ .table = TABLE_EVENTS, .look = check_event_owner, .repair = rebuild_ticket },
	{
		.table = TABLE_ENTRIES,
		.type = &entry_table,
		.look = check_file_look,
		.repair = check_file_repair,
	},
	{
		.table = TABLE_TICKETS,
		.type = &ticket_table,
		.look = check_ticket,
		.repair = repair_ticket,
	},
	{
		.table = TABLE_ENTRIES,
		.type = &entry_table,
		.look = check_entry,
		.repair = repair_entry,
	},
	{ .table = TABLE_INDEX, .type = &ticket_table, .look = check_index_row },
	{ .table = TABLE_DUE, .type = &ticket_table, .look = check_due_row },
	{ .table = TABLE_IDS, .look = check_id_row },
	{ .table = TABLE_DIGESTS, .look = check_identity_row },
	{ .table = TABLE_TEXTS, .look = check_text },
	{
		.table = TABLE_OUTBOX,
		.type = &outgoing_table,
		.look = check_outgoing,
		.repair = repair_outgoing,
	},
	{ .table = TABLE_OUTBOX_MAIL, .look = check_mail },
	{ .table = TABLE_META, .look = check_count },
	{ .look = NULL },
};
