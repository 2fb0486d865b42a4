/* The log, and events with rows of their own. */
#include "tables/history-log.h"

#include "base/tongue.h"

void log_key(struct key *key, uint64_t serial)
{
	key_init(key);
	key_number(key, serial);
}

void event_key(struct key *key, uint64_t ticket, uint64_t serial)
{
	key_init(key);
	key_number(key, ticket);
	key_number(key, serial);
}

enum status log_next(struct txn *txn, uint64_t *serial_out)
{
	return txn_next_number(txn, "event", 1, serial_out);
}

/* Ticket, and seq unless it is 0. */
static void log_value(struct key *value, const struct log_place *place)
{
	key_init(value);
	key_number(value, place->ticket);
	if (place->seq)
		key_number(value, place->seq);
}

enum status log_put(struct txn *txn, uint64_t serial, const struct log_place *place)
{
	struct key key, value;

	log_key(&key, serial);
	log_value(&value, place);
	return txn_put(txn, TABLE_LOG, key_bytes(&key), key_bytes(&value));
}

struct log_place log_read(struct bytes value)
{
	struct log_place place;
	size_t offset = 0;

	place.ticket = key_read_number(value, &offset);
	place.seq = key_read_number(value, &offset);
	return place;
}

enum status log_find(struct txn *txn, uint64_t serial, struct log_place *place_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	log_key(&key, serial);
	st = txn_get(txn, TABLE_LOG, key_bytes(&key), &value);
	if (st == ST_OK)
		*place_out = log_read(value);
	return st;
}

enum status log_delete(struct txn *txn, uint64_t serial)
{
	struct key key;

	log_key(&key, serial);
	return txn_delete(txn, TABLE_LOG, key_bytes(&key));
}

bool log_told(const struct entry *e, struct event *event_out)
{
	if (!e->told_serial)
		return false;
	*event_out = (struct event){
		.serial = e->told_serial,
		.ticket = e->ticket,
		.time = e->told_time,
		.actor = e->told_actor,
		.kind = e->event,
		.from = e->told_from,
		.to = e->told_to,
		.text = e->told_text,
	};
	return true;
}

/* --- how an event is stored: with a row of its own --- */

static void event_key_of(struct key *key, const void *record)
{
	const struct event *event = record;

	event_key(key, event->ticket, event->serial);
}

static void event_read_key(struct bytes key, void *record)
{
	struct event *event = record;
	size_t offset = 0;

	event->ticket = key_read_number(key, &offset);
	event->serial = key_read_number(key, &offset);
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
	const struct log_place place = { .ticket = event->ticket };
	struct key key, value;

	log_key(&key, event->serial);
	log_value(&value, &place);
	derived_add(rows, TABLE_LOG, &key, key_bytes(&value));
}

const struct table_type event_table = {
	.name = "event",
	.table = TABLE_EVENTS,
	.record = &event_type,
	.key = event_key_of,
	.read_key = event_read_key,
	.subject = event_subject,
	.index = event_index,
};
