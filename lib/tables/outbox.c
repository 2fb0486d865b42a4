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

static void outgoing_key(struct key *key, uint64_t id)
{
	key_init(key);
	key_u64(key, id);
}

static void due_key(struct key *key, const struct outgoing *outgoing)
{
	key_init(key);
	key_u64(key, (uint64_t)outgoing->next_try);
	key_u64(key, outgoing->id);
}

static enum status outbox_failed(
	struct txn *txn, enum status st, const char *what, struct error *err)
{
	return st == ST_OK || st == ST_NOT_FOUND
		? st
		: error_set(err, st, _("cannot %s the outbox: %s"), what, txn_reason(txn));
}

/* --- records --- */

static enum status outbox_put_outgoing(struct txn *txn, const struct outgoing *outgoing)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct outgoing kept = *outgoing;
	struct key key, due;
	enum status st;

	/* What does not wait has no time at which it is tried. */
	if (kept.state != OUTGOING_WAITING)
		kept.next_try = 0;
	outgoing_key(&key, outgoing->id);
	due_key(&due, outgoing);
	record_encode(&outgoing_type, &kept, value);
	st = txn_put(txn, TABLE_OUTBOX, key_bytes(&key), (struct bytes){ value->data, value->len });
	if (st == ST_OK && outgoing->state == OUTGOING_WAITING)
		st = txn_put(txn, TABLE_OUTBOX_DUE, key_bytes(&due), (struct bytes){ "", 0 });
	return st;
}

static enum status forget_due(struct txn *txn, uint64_t id, struct error *err)
{
	struct outgoing before = { 0 };
	struct key due;
	enum status st = outbox_load(txn, id, &before, err);

	if (st != ST_OK)
		return st;
	due_key(&due, &before);
	st = txn_delete(txn, TABLE_OUTBOX_DUE, key_bytes(&due));
	record_release(&outgoing_type, &before);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status outbox_insert(struct txn *txn, const struct outgoing *outgoing, const char *mail,
	size_t len, struct error *err)
{
	struct key key;
	enum status st;

	outgoing_key(&key, outgoing->id);
	st = txn_put(
		txn, TABLE_OUTBOX_MAIL, key_bytes(&key), (struct bytes){ len ? mail : "", len });
	return outbox_failed(
		txn, st == ST_OK ? outbox_put_outgoing(txn, outgoing) : st, _("write to"), err);
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
	struct bytes value;
	struct key key;
	enum status st;

	outgoing_key(&key, id);
	st = txn_get(txn, TABLE_OUTBOX, key_bytes(&key), &value);
	if (st != ST_OK)
		return outbox_failed(txn, st, _("read"), err);
	if (record_decode(&outgoing_type, value, outgoing_out, err) != ST_OK)
		return ST_IO;
	outgoing_out->id = id;
	return ST_OK;
}

enum status outbox_mail(struct txn *txn, uint64_t id, GString *mail_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	outgoing_key(&key, id);
	st = txn_get(txn, TABLE_OUTBOX_MAIL, key_bytes(&key), &value);
	if (st == ST_OK) {
		g_string_truncate(mail_out, 0);
		g_string_append_len(mail_out, value.data, (gssize)value.len);
	}
	return outbox_failed(txn, st, _("read"), err);
}

enum status outbox_save(struct txn *txn, const struct outgoing *outgoing, struct error *err)
{
	enum status st = forget_due(txn, outgoing->id, err);

	return outbox_failed(
		txn, st == ST_OK ? outbox_put_outgoing(txn, outgoing) : st, _("write to"), err);
}

enum status outbox_remove(struct txn *txn, uint64_t id, struct error *err)
{
	struct key key;
	enum status st = forget_due(txn, id, err);

	outgoing_key(&key, id);
	if (st == ST_OK)
		st = txn_delete(txn, TABLE_OUTBOX_MAIL, key_bytes(&key));
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = txn_delete(txn, TABLE_OUTBOX, key_bytes(&key));
	return outbox_failed(txn, st, _("remove from"), err);
}

enum status outbox_due(struct txn *txn, int64_t now, struct outgoing *outgoing_out,
	int64_t *next_out, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	int64_t when = 0;
	uint64_t id = 0;
	enum status st = scan_first(&scan, txn, TABLE_OUTBOX_DUE, all, all, false);

	if (st == ST_OK) {
		when = (int64_t)key_read_u64(scan.key, 0);
		id = key_read_u64(scan.key, 8);
	}
	scan_release(&scan);
	if (st == ST_OK && when <= now)
		return outbox_load(txn, id, outgoing_out, err);
	if (next_out)
		*next_out = when;
	return st == ST_OK ? ST_NOT_FOUND : outbox_failed(txn, st, _("read"), err);
}

enum status outbox_each(struct txn *txn, outgoing_visit *fn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_OUTBOX, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		struct outgoing outgoing = { 0 };

		st = record_decode(&outgoing_type, scan.value, &outgoing, err) == ST_OK ? ST_OK
											: ST_IO;
		outgoing.id = key_read_u64(scan.key, 0);
		if (st == ST_OK)
			st = fn(txn, &outgoing, arg, err);
		record_release(&outgoing_type, &outgoing);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
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

/* Of one mailbox, by whatever detail it is written to. */
static void outbox_count_key(struct key *key, const char *address, int64_t now)
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
