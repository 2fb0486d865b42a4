/* Kinds of row that need others beside them, and how each is repaired. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/tongue.h"
#include "tables/check-parts.h"
#include "tables/due-index.h"
#include "tables/history-log.h"
#include "tables/history.h"
#include "tables/outbox.h"
#include "tables/tickets-index.h"
#include "tables/tickets-rebuild.h"

/* --- tickets --- */

static enum status rebuild_ticket(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct tickets_rebuilding how = { c->options->tags, c->options->actor,
		c->options->set, c->options->settings };

	(void)kind;
	return tickets_rebuild(c->txn, check_ticket_of(row->key), &how, err);
}

static enum status check_list(struct check *c, const struct ticket *t)
{
	bool all = true;
	enum status st = index_right(c->txn, t, &all);

	if (st == ST_OK && all)
		st = due_index_right(c->txn, t, &all);
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
	const struct ticket *t = row->record;
	enum status st = ST_OK;

	(void)kind;
	(void)err;
	c->tickets++;
	if (t)
		st = check_list(c, t);
	if (t && st == ST_OK)
		st = check_counts(c, t);
	return st;
}

static enum status repair_ticket(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry_count count = { 0, 0, false };
	struct ticket t = { 0 };
	enum status st = ST_OK;

	if (table_decode(kind->type, row->key, row->value, &t, NULL) == ST_OK) {
		st = index_move(c->txn, NULL, &t);
		if (st == ST_OK)
			st = count_entries(c->txn, t.number, &count);
		if (st == ST_OK && !count.damaged)
			st = tickets_recount(c->txn, t.number, err);
	}
	record_release(&ticket_type, &t);
	return st;
}

static enum status check_list_row(
	struct check *c, const struct row_kind *kind, const struct check_row *row, bool *right_out)
{
	const struct ticket like = { .number = list_number(row->key) };
	struct ticket t = { 0 };
	struct key key;
	bool sound = false;
	enum status st = table_load_sound(c->txn, kind->type, &like, &t, &sound);

	if (sound)
		list_row_key(&key, &t);
	*right_out = sound && bytes_same(row->key, key_bytes(&key)) && listed_right(row->value, &t);
	record_release(&ticket_type, &t);
	return st;
}

/* What the tickets of a block say. */
static enum status make_block(
	struct check *c, const struct row_kind *kind, uint64_t block, GByteArray *parts)
{
	enum status st = ST_OK;

	for (uint64_t i = 0; i < BLOCK_TICKETS && st == ST_OK; i++) {
		const struct ticket like = { .number = block * BLOCK_TICKETS + i };
		struct ticket t = { 0 };
		bool sound = false;

		st = table_load_sound(c->txn, kind->type, &like, &t, &sound);
		if (sound)
			block_add(parts, &t);
		record_release(&ticket_type, &t);
	}
	return st;
}

static int compare_parts(const void *a, const void *b)
{
	return memcmp(a, b, PART_BYTES);
}

/* The order of parts is that in which the tickets were changed. */
static bool same_parts(GByteArray *wanted, struct bytes value)
{
	g_autoptr(GByteArray) found = g_byte_array_new();

	if (value.len % PART_BYTES || !value.len || value.len != wanted->len)
		return false;
	g_byte_array_append(found, value.data, (guint)value.len);
	qsort(wanted->data, wanted->len / PART_BYTES, PART_BYTES, compare_parts);
	qsort(found->data, found->len / PART_BYTES, PART_BYTES, compare_parts);
	return bytes_same(index_bytes(wanted), index_bytes(found));
}

static enum status check_block_row(
	struct check *c, const struct row_kind *kind, const struct check_row *row, bool *right_out)
{
	g_autoptr(GByteArray) wanted = g_byte_array_new();
	uint64_t block;
	enum status st;

	*right_out = false;
	if (!block_read_key(row->key, &block))
		return ST_OK;
	st = make_block(c, kind, block, wanted);
	*right_out = st == ST_OK && same_parts(wanted, row->value);
	return st;
}

static enum status check_index_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	bool right = true;
	enum status st = is_list_key(row->key) ? check_list_row(c, kind, row, &right)
					       : check_block_row(c, kind, row, &right);

	(void)err;
	if (st == ST_OK && !right)
		check_find(c, _("a row in the index of table '%s' leads nowhere"), "ticket");
	return st;
}

/* A block has what other tickets say, too. */
static enum status repair_index_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	g_autoptr(GByteArray) parts = g_byte_array_new();
	uint64_t block;
	enum status st;

	(void)err;
	if (is_list_key(row->key) || !block_read_key(row->key, &block))
		return txn_delete(c->txn, TABLE_INDEX, row->key);
	st = make_block(c, kind, block, parts);
	return st == ST_OK ? block_save(c->txn, block * BLOCK_TICKETS, parts) : st;
}

static enum status check_due_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct due_row due = due_row_read(row->key);
	const struct ticket like = { .number = due.number };
	struct ticket t = { 0 };
	struct key key;
	bool sound = false;
	enum status st = table_load_sound(c->txn, kind->type, &like, &t, &sound);
	bool is_due;

	due_row_key(&key, &due);
	is_due = sound && due.time && due_time(&t, due.kind) == due.time &&
		bytes_same(key_bytes(&key), row->key);

	(void)err;
	if (st == ST_OK && !is_due)
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
	return check_owner(c, row->key, N_("a message of a ticket that is not there"));
}

static enum status check_text(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_need(c, TABLE_ENTRIES, row->key, N_("a text of a message that is not there"));
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
	const struct entry *e = row->record;
	enum status st = e ? check_id(c, e) : ST_OK;

	(void)kind;
	(void)err;
	if (e && st == ST_OK)
		check_identity(c, e);
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

/* An id's row may be of an entry, or of a ticket alone (referenced, or automatic mail): those stay
 * when the ticket is purged, and an answer to them is linked with its number. */
static enum status check_id_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct id_hit hit = id_read(row->key, row->value);
	struct key key;
	bool given = false;
	enum status st;

	(void)kind;
	entry_key(&key, hit.ticket, hit.seq);
	if (hit.seq)
		return check_need(c, TABLE_ENTRIES, key_bytes(&key),
			N_("an id of a message that is not there"));
	st = tickets_was_given(c->txn, hit.ticket, &given, err);
	if (st == ST_OK && !given)
		check_find(c, "%s", _("an id of a ticket that is not there"));
	return st;
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
				N_("an identity of a message that is not there"))
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

/* What a message tells is in the log with its place. */
static enum status check_told(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct entry *e = row->record;
	struct log_place place = { 0 };
	enum status st;

	(void)kind;
	(void)err;
	if (!e || !e->told_serial)
		return ST_OK;
	st = log_find(c->txn, e->told_serial, &place);
	if (st == ST_NOT_FOUND ||
		(st == ST_OK && (place.ticket != e->ticket || place.seq != e->seq)))
		check_find(c, "%s", _("a message whose event is not in the log"));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status repair_told(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	struct entry e = { 0 };
	enum status st = table_decode(kind->type, row->key, row->value, &e, err);

	if (st == ST_OK)
		st = log_put(c->txn, e.told_serial, &(const struct log_place){ e.ticket, e.seq });
	record_release(&entry_type, &e);
	return st;
}

static enum status check_log_row(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	const struct log_place place = log_read(row->value);
	const struct entry like = { .ticket = place.ticket, .seq = place.seq };
	struct entry e = { 0 };
	size_t offset = 0;
	uint64_t serial = key_read_number(row->key, &offset);
	struct key key;
	bool sound = false;
	enum status st;

	(void)err;
	event_key(&key, place.ticket, serial);
	if (!place.seq)
		return check_need(c, TABLE_EVENTS, key_bytes(&key),
			N_("an event in the log that is not there"));
	st = table_load_sound(c->txn, kind->type, &like, &e, &sound);
	if (st == ST_OK && !(sound && e.told_serial == serial))
		check_find(c, "%s", _("an event in the log that is not there"));
	record_release(&entry_type, &e);
	return st;
}

/* --- the outbox --- */

static enum status check_outgoing(struct check *c, const struct row_kind *kind,
	const struct check_row *row, struct error *err)
{
	(void)kind;
	(void)err;
	return check_need(c, TABLE_OUTBOX_MAIL, row->key, N_("outbox: an entry without its mail"));
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
	return check_need(c, TABLE_OUTBOX, row->key, N_("outbox: a mail without its entry"));
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
	{
		.table = TABLE_INDEX,
		.type = &ticket_table,
		.look = check_index_row,
		.repair = repair_index_row,
	},
	{
		.table = TABLE_ENTRIES,
		.type = &entry_table,
		.look = check_told,
		.repair = repair_told,
	},
	{ .table = TABLE_LOG, .type = &entry_table, .look = check_log_row },
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
	{ .look = NULL },
};
