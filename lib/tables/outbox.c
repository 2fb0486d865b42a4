/* The outbox: entries by id, their mails, what is due, and the counts of answers. */
#include "tables/outbox.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"

enum {
	MINUTE = 60,
	FIRST_DELAY = MINUTE,
	LONGEST_DELAY = 4 * 60 * MINUTE,
	GIVE_UP = 5 * 24 * 60 * MINUTE,
	DAY = 24 * 60 * MINUTE
};

int64_t outbox_next_try(uint64_t deferrals, int64_t now)
{
	int64_t delay = FIRST_DELAY;

	for (uint64_t i = 1; i < deferrals && delay < LONGEST_DELAY; i++)
		delay *= 2;
	return now + MIN(delay, (int64_t)LONGEST_DELAY) * TEXT_SECOND;
}

bool outbox_expired(const struct outgoing *outgoing, int64_t now)
{
	return now - outgoing->created > (int64_t)GIVE_UP * TEXT_SECOND;
}

/* No try is planned that far ahead. */
static bool outbox_is_astray(int64_t when, int64_t now)
{
	return when > now + ((int64_t)LONGEST_DELAY + MINUTE) * TEXT_SECOND;
}

static void outgoing_key(struct key *key, const void *outgoing)
{
	key_init(key);
	key_u64(key, ((const struct outgoing *)outgoing)->id);
}

static void outgoing_read_key(struct bytes key, void *outgoing)
{
	((struct outgoing *)outgoing)->id = key_read_u64(key, 0);
}

static char *outgoing_subject(const void *outgoing)
{
	return g_strdup_printf(
		_("outgoing mail %" PRIu64), ((const struct outgoing *)outgoing)->id);
}

/* What waits has a time at which it is tried. */
static void outgoing_index(struct derived *rows, const void *record)
{
	const struct outgoing *outgoing = record;
	struct key due;

	if (outgoing->state != OUTGOING_WAITING)
		return;
	key_init(&due);
	key_u64(&due, (uint64_t)outgoing->next_try);
	key_u64(&due, outgoing->id);
	derived_add(rows, TABLE_OUTBOX_DUE, &due, (struct bytes){ "", 0 });
}

static void outgoing_due_owner(struct bytes key, struct bytes value, void *outgoing)
{
	(void)value;
	((struct outgoing *)outgoing)->id = key_read_u64(key, 8);
}

const struct table_type outgoing_table = {
	.name = "outgoing",
	.table = TABLE_OUTBOX,
	.record = &outgoing_type,
	.key = outgoing_key,
	.read_key = outgoing_read_key,
	.subject = outgoing_subject,
	.index = outgoing_index,
	.indexes = { { TABLE_OUTBOX_DUE, outgoing_due_owner } },
};

static enum status outbox_failed(
	struct txn *txn, enum status st, const char *what, struct error *err)
{
	return st == ST_OK || st == ST_NOT_FOUND
		? st
		: error_set(err, st, _("cannot %s the outbox: %s"), what, txn_reason(txn));
}

/* --- records --- */

static struct outgoing outgoing_of(uint64_t id)
{
	return (struct outgoing){ .id = id };
}

/* Borrowed: as it is stored. What does not wait has no time at which it is tried. */
static struct outgoing outgoing_kept(const struct outgoing *outgoing)
{
	struct outgoing kept = *outgoing;

	if (kept.state != OUTGOING_WAITING)
		kept.next_try = 0;
	return kept;
}

enum status outbox_insert(struct txn *txn, const struct outgoing *outgoing, const char *mail,
	size_t len, struct error *err)
{
	const struct outgoing kept = outgoing_kept(outgoing);
	struct key key;
	enum status st;

	outgoing_key(&key, outgoing);
	st = txn_put(
		txn, TABLE_OUTBOX_MAIL, key_bytes(&key), (struct bytes){ len ? mail : "", len });
	return st == ST_OK ? table_insert(txn, &outgoing_table, &kept, err)
			   : outbox_failed(txn, st, _("write to"), err);
}

enum status outbox_put(
	struct txn *txn, struct outgoing *outgoing, const char *mail, size_t len, struct error *err)
{
	enum status st = txn_next_number(txn, "outgoing", 1, &outgoing->id);

	return st == ST_OK ? outbox_insert(txn, outgoing, mail, len, err)
			   : outbox_failed(txn, st, _("write to"), err);
}

enum status outbox_load(
	struct txn *txn, uint64_t id, struct outgoing *outgoing_out, struct error *err)
{
	const struct outgoing like = outgoing_of(id);

	return table_load(txn, &outgoing_table, &like, outgoing_out, err);
}

enum status outbox_mail(struct txn *txn, uint64_t id, GString *mail_out, struct error *err)
{
	const struct outgoing like = outgoing_of(id);
	struct bytes value;
	struct key key;
	enum status st;

	outgoing_key(&key, &like);
	st = txn_get(txn, TABLE_OUTBOX_MAIL, key_bytes(&key), &value);
	if (st == ST_OK) {
		g_string_truncate(mail_out, 0);
		g_string_append_len(mail_out, value.data, (gssize)value.len);
	}
	return outbox_failed(txn, st, _("read"), err);
}

enum status outbox_save(struct txn *txn, const struct outgoing *outgoing, struct error *err)
{
	const struct outgoing kept = outgoing_kept(outgoing);
	bool there = false;
	enum status st = table_has(txn, &outgoing_table, outgoing, &there, err);

	if (st == ST_OK && !there)
		return ST_NOT_FOUND;
	return st == ST_OK ? table_save(txn, &outgoing_table, &kept, err) : st;
}

enum status outbox_remove(struct txn *txn, uint64_t id, struct error *err)
{
	const struct outgoing like = outgoing_of(id);
	enum status st = table_remove(txn, &outgoing_table, &like, err);
	struct key key;

	if (st != ST_OK)
		return st;
	outgoing_key(&key, &like);
	st = txn_delete(txn, TABLE_OUTBOX_MAIL, key_bytes(&key));
	return st == ST_NOT_FOUND ? ST_OK : outbox_failed(txn, st, _("remove from"), err);
}

struct outbox_end {
	int64_t when;
	uint64_t id;
};

/* Of what waits: what is due first, or last. */
static enum status outbox_find_end(
	struct txn *txn, bool last, struct outbox_end *end_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st = scan_first(&scan, txn, TABLE_OUTBOX_DUE, all, all, last);

	if (st == ST_OK)
		*end_out = (struct outbox_end){ (int64_t)key_read_u64(scan.key, 0),
			key_read_u64(scan.key, 8) };
	scan_release(&scan);
	return outbox_failed(txn, st, _("read"), err);
}

/* What a clock that went wrong has put off for longer than anything is, is due now. */
static enum status outbox_astray(
	struct txn *txn, int64_t now, struct outgoing *outgoing_out, struct error *err)
{
	struct outbox_end last = { 0 };
	enum status st = outbox_find_end(txn, true, &last, err);

	if (st != ST_OK || !outbox_is_astray(last.when, now))
		return st == ST_OK ? ST_NOT_FOUND : st;
	st = outbox_load(txn, last.id, outgoing_out, err);
	if (st == ST_OK)
		outgoing_out->next_try = now;
	return st;
}

enum status outbox_due(struct txn *txn, int64_t now, struct outgoing *outgoing_out,
	int64_t *next_out, struct error *err)
{
	struct outbox_end first = { 0 };
	enum status st = outbox_find_end(txn, false, &first, err);

	if (st == ST_OK && first.when <= now)
		return outbox_load(txn, first.id, outgoing_out, err);
	if (next_out)
		*next_out = first.when;
	return st == ST_OK ? outbox_astray(txn, now, outgoing_out, err) : st;
}

struct outgoing_visitor {
	outgoing_visit *fn;
	void *arg;
};

static enum status outgoing_visit_record(
	struct txn *txn, const void *outgoing, void *arg, struct error *err)
{
	const struct outgoing_visitor *visitor = arg;

	return visitor->fn(txn, outgoing, visitor->arg, err);
}

enum status outbox_each(struct txn *txn, outgoing_visit *fn, void *arg, struct error *err)
{
	struct outgoing_visitor visitor = { fn, arg };
	const struct table_walk walk = {
		.type = &outgoing_table,
		.fn = outgoing_visit_record,
		.arg = &visitor,
	};

	return table_each(txn, &walk, err);
}

/* --- changes from outside --- */

static struct bytes urged_key(void)
{
	static const char name[] = "outbox-urged";

	return (struct bytes){ name, sizeof name - 1 };
}

enum status outbox_urged(struct txn *txn, uint64_t *count_out, struct error *err)
{
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, urged_key(), &value);

	*count_out = st == ST_OK ? key_read_u64(value, 0) : 0;
	return st == ST_NOT_FOUND ? ST_OK : outbox_failed(txn, st, _("read"), err);
}

static enum status outbox_urge(struct txn *txn, struct error *err)
{
	uint64_t count;
	struct key value;
	enum status st = outbox_urged(txn, &count, err);

	key_init(&value);
	key_u64(&value, count + 1);
	return st == ST_OK
		? outbox_failed(txn, txn_put(txn, TABLE_META, urged_key(), key_bytes(&value)),
			  _("write to"), err)
		: st;
}

enum status outbox_retry(struct txn *txn, uint64_t id, int64_t now, struct error *err)
{
	struct outgoing o = { 0 };
	enum status st = outbox_load(txn, id, &o, err);

	if (st == ST_OK && o.state == OUTGOING_SUPPRESSED)
		st = error_set(err, ST_REFUSED,
			_("outgoing mail %" PRIu64 " was suppressed and never written"), id);
	if (st == ST_OK) {
		o.state = OUTGOING_WAITING;
		o.next_try = 0;
		o.deferrals = 0;
		o.created = now;
		st = outbox_save(txn, &o, err);
	}
	if (st == ST_OK)
		st = outbox_urge(txn, err);
	record_release(&outgoing_type, &o);
	return st;
}

static enum status list_waiting(
	struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	if (o->state == OUTGOING_WAITING && o->next_try)
		numbers_add(arg, o->id);
	return ST_OK;
}

enum status outbox_flush(struct txn *txn, struct error *err)
{
	struct numbers ids = { 0 };
	enum status st = outbox_each(txn, list_waiting, &ids, err);

	for (size_t i = 0; i < ids.n && st == ST_OK; i++) {
		struct outgoing o = { 0 };

		st = outbox_load(txn, ids.v[i], &o, err);
		o.next_try = 0;
		if (st == ST_OK)
			st = outbox_save(txn, &o, err);
		record_release(&outgoing_type, &o);
	}
	g_free(ids.v);
	return st == ST_OK ? outbox_urge(txn, err) : st;
}

/* --- forgetting --- */

struct old {
	int64_t now;
	struct numbers ids;
};

static enum status list_old(struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	struct old *old = arg;

	(void)txn;
	(void)err;
	if (o->state == OUTGOING_SUPPRESSED && outbox_expired(o, old->now))
		numbers_add(&old->ids, o->id);
	return ST_OK;
}

enum status outbox_forget_suppressed(struct txn *txn, int64_t now, struct error *err)
{
	struct old old = { .now = now };
	enum status st = outbox_each(txn, list_old, &old, err);

	for (size_t i = 0; i < old.ids.n && st == ST_OK; i++)
		st = outbox_remove(txn, old.ids.v[i], err);
	g_free(old.ids.v);
	return st;
}

/* --- counts of answers, and of what was told once: day, then address, so that old days go in one
 * sweep --- */

void outbox_count_key(struct key *key, const char *address, int64_t now)
{
	g_autofree char *mailbox = address_mailbox(address);

	key_init(key);
	key_u32(key, (uint32_t)(now / TEXT_SECOND / DAY));
	key_text(key, mailbox);
}

enum status outbox_count_answer(struct txn *txn, const char *address, int64_t now, uint64_t max,
	bool *allowed_out, struct error *err)
{
	struct key key, value;
	struct bytes there;
	uint64_t count = 0;
	enum status st;

	outbox_count_key(&key, address, now);
	st = txn_get(txn, TABLE_ANSWERED, key_bytes(&key), &there);
	if (st == ST_OK)
		count = key_read_u64(there, 0);
	else if (st != ST_NOT_FOUND)
		return outbox_failed(txn, st, _("read"), err);
	*allowed_out = count < max;
	if (!*allowed_out)
		return ST_OK;
	key_init(&value);
	key_u64(&value, count + 1);
	return outbox_failed(txn, txn_put(txn, TABLE_ANSWERED, key_bytes(&key), key_bytes(&value)),
		_("write to"), err);
}

/* A ticket's number behind the address: what is told of it there. */
enum status outbox_tell_once(struct txn *txn, uint64_t ticket, const char *address, int64_t now,
	bool *first_out, struct error *err)
{
	struct key key, value;
	struct bytes there;
	enum status st;

	outbox_count_key(&key, address, now);
	key_number(&key, ticket);
	st = txn_get(txn, TABLE_ANSWERED, key_bytes(&key), &there);
	*first_out = st == ST_NOT_FOUND;
	if (st != ST_NOT_FOUND)
		return outbox_failed(txn, st, _("read"), err);
	key_init(&value);
	key_u64(&value, 1);
	return outbox_failed(txn, txn_put(txn, TABLE_ANSWERED, key_bytes(&key), key_bytes(&value)),
		_("write to"), err);
}

enum status outbox_forget_counts(struct txn *txn, int64_t now, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	uint32_t yesterday = (uint32_t)(now / TEXT_SECOND / DAY) - 1;
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_ANSWERED, all, all, false);
		st == ST_OK && key_read_u32(scan.key, 0) < yesterday; st = scan_next(&scan)) {
		st = txn_delete(txn, TABLE_ANSWERED, scan.key);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return outbox_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, _("clean"), err);
}

enum status outbox_forget_address(struct txn *txn, const char *address, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_ANSWERED, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		struct key key;

		outbox_count_key(
			&key, address, (int64_t)key_read_u32(scan.key, 0) * DAY * TEXT_SECOND);
		if (key.len > scan.key.len || memcmp(key.data, scan.key.data, key.len) != 0)
			continue;
		st = txn_delete(txn, TABLE_ANSWERED, scan.key);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return outbox_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, _("clean"), err);
}
