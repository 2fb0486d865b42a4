/* Events, kept twice: by ticket, and in the order they happened over all. */
#include "tables/history.h"

#include <string.h>

#include "base/tongue.h"

static void serial_key(struct key *key, uint64_t serial)
{
	key_init(key);
	key_number(key, serial);
}

static void event_key(struct key *key, uint64_t ticket, uint64_t serial)
{
	key_init(key);
	key_number(key, ticket);
	key_number(key, serial);
}

/* The first (0) or second (1) number in a key. */
static uint64_t number_at(struct bytes bytes, int which)
{
	size_t offset = 0;
	uint64_t v = 0;

	for (int i = 0; i <= which; i++)
		v = key_read_number(bytes, &offset);
	return v;
}

static enum status history_failed(
	struct txn *txn, enum status st, uint64_t ticket, struct error *err)
{
	return st == ST_OK
		? st
		: error_set(err, st, _("cannot keep the history of ticket %" PRIu64 ": %s"), ticket,
			  txn_reason(txn));
}

/* Where an event is: the log maps its serial to its ticket. */
static enum status history_put_event(struct txn *txn, const struct event *event)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key, ticket, serial;
	enum status st;

	event_key(&key, event->ticket, event->serial);
	serial_key(&serial, event->serial);
	serial_key(&ticket, event->ticket);
	record_encode(&event_type, event, value);
	st = txn_put(txn, TABLE_EVENTS, key_bytes(&key), (struct bytes){ value->data, value->len });
	return st == ST_OK ? txn_put(txn, TABLE_LOG, key_bytes(&serial), key_bytes(&ticket)) : st;
}

enum status history_append(struct txn *txn, struct event *event, struct error *err)
{
	enum status st = txn_next_number(txn, "event", 1, &event->serial);

	return history_failed(
		txn, st == ST_OK ? history_put_event(txn, event) : st, event->ticket, err);
}

enum status history_save(struct txn *txn, const struct event *event, struct error *err)
{
	return history_failed(txn, history_put_event(txn, event), event->ticket, err);
}

enum status history_add(struct txn *txn, uint64_t ticket, const struct actor *actor,
	const struct event_note *note, struct error *err)
{
	struct event event = {
		.ticket = ticket,
		.time = actor->now,
		.actor = (char *)actor->name,
		.kind = (int)note->kind,
		.from = (char *)note->from,
		.to = (char *)note->to,
		.text = (char *)note->text,
	};

	return history_append(txn, &event, err);
}

static enum status history_show(struct txn *txn, uint64_t ticket, uint64_t serial,
	struct bytes value, event_visit *fn, void *arg, struct error *err)
{
	struct event event = { 0 };
	enum status st = record_decode(&event_type, value, &event, err) == ST_OK ? ST_OK : ST_IO;

	event.ticket = ticket;
	event.serial = serial;
	if (st == ST_OK)
		st = fn(txn, &event, arg, err);
	record_release(&event_type, &event);
	return st;
}

static enum status each_of_ticket(struct txn *txn, uint64_t ticket, uint64_t after, event_visit *fn,
	void *arg, struct error *err)
{
	struct scan scan;
	struct key prefix, from;
	enum status st;

	serial_key(&prefix, ticket);
	event_key(&from, ticket, after + 1);
	for (st = scan_first(&scan, txn, TABLE_EVENTS, key_bytes(&prefix), key_bytes(&from), false);
		st == ST_OK; st = scan_next(&scan)) {
		st = history_show(txn, ticket, number_at(scan.key, 1), scan.value, fn, arg, err);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status show_logged(
	struct txn *txn, const struct scan *scan, event_visit *fn, void *arg, struct error *err)
{
	uint64_t serial = number_at(scan->key, 0), ticket = number_at(scan->value, 0);
	struct bytes value;
	struct key key;
	enum status st;

	event_key(&key, ticket, serial);
	st = txn_get(txn, TABLE_EVENTS, key_bytes(&key), &value);
	if (st == ST_OK)
		return history_show(txn, ticket, serial, value, fn, arg, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status each_logged(
	struct txn *txn, uint64_t after, event_visit *fn, void *arg, struct error *err)
{
	struct scan scan;
	struct key from;
	enum status st;

	serial_key(&from, after + 1);
	for (st = scan_first(
		     &scan, txn, TABLE_LOG, (struct bytes){ NULL, 0 }, key_bytes(&from), false);
		st == ST_OK; st = scan_next(&scan)) {
		st = show_logged(txn, &scan, fn, arg, err);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status history_each(struct txn *txn, uint64_t ticket, uint64_t after, event_visit *fn,
	void *arg, struct error *err)
{
	return ticket ? each_of_ticket(txn, ticket, after, fn, arg, err)
		      : each_logged(txn, after, fn, arg, err);
}

enum status history_tail(struct txn *txn, unsigned n, event_visit *fn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	uint64_t after = 0;
	enum status st = scan_first(&scan, txn, TABLE_LOG, all, all, true);

	for (unsigned i = 0; st == ST_OK && i < n; i++) {
		after = number_at(scan.key, 0) - 1;
		st = scan_next(&scan);
	}
	scan_release(&scan);
	return n ? each_logged(txn, after, fn, arg, err) : ST_OK;
}
