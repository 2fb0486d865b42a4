/* Events: those of a ticket, and all in the order they happened. */
#include "tables/history.h"

#include <string.h>

#include "base/tongue.h"
#include "tables/history-log.h"
#include "tables/tickets.h"

/* --- who --- */

/* The program runs as a user of its name, who is not the one that moves tickets by itself. */
bool actor_is_same(const char *a, const char *b)
{
	if (g_strcmp0(a, b) == 0)
		return true;
	if (!a || !b || name_is_program(a) || name_is_program(b))
		return false;
	return strcmp(actor_login(a), actor_login(b)) == 0;
}

/* --- writing --- */

static void history_set(char **field, const char *value)
{
	char *copy = g_strdup(value);

	g_free(*field);
	*field = copy;
}

void history_tell(struct entry *entry, const struct actor *actor, const struct event_note *note)
{
	entry->event = (int)note->kind;
	entry->told_time = actor->now;
	history_set(&entry->told_actor, actor->name);
	history_set(&entry->told_from, note->from);
	history_set(&entry->told_to, note->to);
	history_set(&entry->told_text, note->text);
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
		.way = (char *)note->way,
	};
	enum status st = log_next(txn, &event.serial);

	if (st != ST_OK)
		return error_set(err, st, _("cannot keep the history of ticket %" PRIu64 ": %s"),
			ticket, txn_reason(txn));
	return table_insert(txn, &event_table, &event, err);
}

/* One that a message tells is changed there. */
static enum status history_save_told(struct txn *txn, const struct event *event,
	const struct log_place *place, struct error *err)
{
	const struct actor actor = { event->actor, event->time };
	struct entry e = { 0 };
	enum status st = tickets_entry(txn, place->ticket, place->seq, &e, err);

	if (st == ST_OK && e.told_serial != event->serial)
		st = ST_NOT_FOUND;
	if (st == ST_OK) {
		history_tell(&e, &actor,
			NOTE((enum event_kind)event->kind, .from = event->from, .to = event->to,
				.text = event->text));
		st = tickets_entry_save(txn, &e, err);
	}
	record_release(&entry_type, &e);
	return st;
}

enum status history_save(struct txn *txn, const struct event *event, struct error *err)
{
	struct log_place place = { 0 };
	enum status st = log_find(txn, event->serial, &place);

	if (st == ST_OK && place.ticket == event->ticket && place.seq)
		st = history_save_told(txn, event, &place, err);
	else if (st == ST_OK)
		st = ST_NOT_FOUND;
	return st == ST_NOT_FOUND ? table_save(txn, &event_table, event, err) : st;
}

/* --- reading --- */

struct history_visitor {
	event_visit *fn;
	void *arg;
};

/* What messages tell, between rows of events. */
struct told_list {
	const struct history_visitor *visitor;
	GPtrArray *events; /* struct event *, by serial */
	guint next;
	uint64_t after;
	bool stopped;
};

static enum status told_add(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct told_list *list = arg;
	struct event event;

	(void)txn;
	(void)err;
	if (log_told(entry, &event) && event.serial > list->after) {
		struct event *copy = record_dup(&event_type, &event);

		copy->ticket = event.ticket;
		copy->serial = event.serial;
		g_ptr_array_add(list->events, copy);
	}
	return ST_OK;
}

static enum status told_visit(
	struct txn *txn, struct told_list *told, const struct event *event, struct error *err)
{
	enum status st = told->visitor->fn(txn, event, told->visitor->arg, err);

	told->stopped = st != ST_OK;
	return st;
}

/* Shows those before that serial. */
static enum status told_show(
	struct txn *txn, struct told_list *told, uint64_t before, struct error *err)
{
	enum status st = ST_OK;

	for (; st == ST_OK && told->next < told->events->len; told->next++) {
		const struct event *event = g_ptr_array_index(told->events, told->next);

		if (event->serial >= before)
			break;
		st = told_visit(txn, told, event, err);
	}
	return st;
}

static enum status told_or_row(struct txn *txn, const void *record, void *arg, struct error *err)
{
	const struct event *event = record;
	enum status st = told_show(txn, arg, event->serial, err);

	return st == ST_OK ? told_visit(txn, arg, event, err) : st;
}

static enum status history_each_row(
	struct txn *txn, uint64_t ticket, struct told_list *told, struct error *err)
{
	struct key prefix, from;
	struct table_walk walk = { .type = &event_table, .fn = told_or_row, .arg = told };
	enum status st;

	log_key(&prefix, ticket);
	event_key(&from, ticket, told->after + 1);
	walk.prefix = key_bytes(&prefix);
	walk.from = key_bytes(&from);
	st = table_each(txn, &walk, err);
	return st == ST_OK && !told->stopped ? told_show(txn, told, UINT64_MAX, err) : st;
}

static enum status each_of_ticket(struct txn *txn, uint64_t ticket, uint64_t after,
	const struct history_visitor *visitor, struct error *err)
{
	struct told_list told = {
		.visitor = visitor,
		.events = g_ptr_array_new_with_free_func(record_free),
		.after = after,
	};
	enum status st = tickets_each_entry(txn, ticket, told_add, &told, err);

	if (st == ST_OK)
		st = history_each_row(txn, ticket, &told, err);
	g_ptr_array_unref(told.events);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status history_show_told(struct txn *txn, uint64_t serial,
	const struct log_place *place, const struct history_visitor *visitor, struct error *err)
{
	struct entry e = { 0 };
	struct event event;
	enum status st = tickets_entry(txn, place->ticket, place->seq, &e, err);

	if (st == ST_OK && log_told(&e, &event) && event.serial == serial)
		st = visitor->fn(txn, &event, visitor->arg, err);
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	record_release(&entry_type, &e);
	return st;
}

static enum status history_show_logged(struct txn *txn, const struct scan *scan,
	const struct history_visitor *visitor, struct error *err)
{
	const struct log_place place = log_read(scan->value);
	size_t offset = 0;
	struct event like = { .ticket = place.ticket }, event = { 0 };
	enum status st;

	like.serial = key_read_number(scan->key, &offset);
	if (place.seq)
		return history_show_told(txn, like.serial, &place, visitor, err);
	st = table_load(txn, &event_table, &like, &event, err);
	if (st == ST_OK)
		st = visitor->fn(txn, &event, visitor->arg, err);
	else if (st == ST_NOT_FOUND)
		st = ST_OK;
	record_release(&event_type, &event);
	return st;
}

static enum status each_logged(
	struct txn *txn, uint64_t after, const struct history_visitor *visitor, struct error *err)
{
	struct scan scan;
	struct key from;
	enum status st;

	log_key(&from, after + 1);
	for (st = scan_first(
		     &scan, txn, TABLE_LOG, (struct bytes){ NULL, 0 }, key_bytes(&from), false);
		st == ST_OK; st = scan_next(&scan)) {
		st = history_show_logged(txn, &scan, visitor, err);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status history_each(struct txn *txn, uint64_t ticket, uint64_t after, event_visit *fn,
	void *arg, struct error *err)
{
	const struct history_visitor visitor = { fn, arg };

	return ticket ? each_of_ticket(txn, ticket, after, &visitor, err)
		      : each_logged(txn, after, &visitor, err);
}

enum status history_tail(struct txn *txn, unsigned n, event_visit *fn, void *arg, struct error *err)
{
	const struct history_visitor visitor = { fn, arg };
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	uint64_t after = 0;
	enum status st = scan_first(&scan, txn, TABLE_LOG, all, all, true);

	for (unsigned i = 0; st == ST_OK && i < n; i++) {
		size_t offset = 0;

		after = key_read_number(scan.key, &offset) - 1;
		st = scan_next(&scan);
	}
	scan_release(&scan);
	return n ? each_logged(txn, after, &visitor, err) : ST_OK;
}
