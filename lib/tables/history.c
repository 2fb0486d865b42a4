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

/* --- how an event is stored: by its ticket; the log maps its serial to its ticket --- */

static void event_key_of(struct key *key, const void *record)
{
	const struct event *event = record;

	event_key(key, event->ticket, event->serial);
}

static void event_read_key(struct bytes key, void *record)
{
	struct event *event = record;

	event->ticket = number_at(key, 0);
	event->serial = number_at(key, 1);
}

static char *event_subject(const void *record)
{
	const struct event *event = record;

	return g_strdup_printf(
		_("event %" PRIu64 " of ticket %" PRIu64), event->serial, event->ticket);
}

static void event_index(struct derived *rows, const void *record)
{
	const struct event *event = record;
	struct key serial, ticket;

	serial_key(&serial, event->serial);
	serial_key(&ticket, event->ticket);
	derived_add(rows, TABLE_LOG, &serial, key_bytes(&ticket));
}

static void log_owner(struct bytes key, struct bytes value, void *record)
{
	struct event *event = record;

	event->serial = number_at(key, 0);
	event->ticket = number_at(value, 0);
}

const struct table_type event_table = {
	.name = "event",
	.table = TABLE_EVENTS,
	.record = &event_type,
	.key = event_key_of,
	.read_key = event_read_key,
	.subject = event_subject,
	.index = event_index,
	.indexes = { { TABLE_LOG, log_owner } },
};

/* --- writing --- */

enum status history_append(struct txn *txn, struct event *event, struct error *err)
{
	enum status st = txn_next_number(txn, "event", 1, &event->serial);

	if (st != ST_OK)
		return error_set(err, st, _("cannot keep the history of ticket %" PRIu64 ": %s"),
			event->ticket, txn_reason(txn));
	return table_insert(txn, &event_table, event, err);
}

enum status history_save(struct txn *txn, const struct event *event, struct error *err)
{
	return table_save(txn, &event_table, event, err);
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

/* --- reading --- */

struct event_visitor {
	event_visit *fn;
	void *arg;
};

static enum status event_visit_record(
	struct txn *txn, const void *event, void *arg, struct error *err)
{
	const struct event_visitor *visitor = arg;

	return visitor->fn(txn, event, visitor->arg, err);
}

static enum status each_of_ticket(struct txn *txn, uint64_t ticket, uint64_t after, event_visit *fn,
	void *arg, struct error *err)
{
	struct event_visitor visitor = { fn, arg };
	struct key prefix, from;
	struct table_walk walk = {
		.type = &event_table,
		.fn = event_visit_record,
		.arg = &visitor,
	};

	serial_key(&prefix, ticket);
	event_key(&from, ticket, after + 1);
	walk.prefix = key_bytes(&prefix);
	walk.from = key_bytes(&from);
	return table_each(txn, &walk, err);
}

static enum status show_logged(
	struct txn *txn, const struct scan *scan, event_visit *fn, void *arg, struct error *err)
{
	struct event like = { 0 }, event = { 0 };
	enum status st;

	log_owner(scan->key, scan->value, &like);
	st = table_load(txn, &event_table, &like, &event, err);
	if (st == ST_OK)
		st = fn(txn, &event, arg, err);
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	record_release(&event_type, &event);
	return st;
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
