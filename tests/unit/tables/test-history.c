/* Events: order, and both views. */
#include "tables/history.h"
#include "tables/tickets.h"

#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static const struct actor anna = { "anna", 1000 };

static enum status note(struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	GString *out = arg;

	(void)txn;
	(void)err;
	g_string_append_printf(out, "%s%d:%d %s", out->len ? ", " : "", (int)event->ticket,
		(int)event->serial, event_kind_names[event->kind]);
	return ST_OK;
}

static void assert_events(struct txn *txn, uint64_t ticket, uint64_t after, const char *wanted)
{
	g_autoptr(GString) out = g_string_new(NULL);

	OK(history_each(txn, ticket, after, note, out, NULL));
	g_assert_cmpstr(out->str, ==, wanted);
}

static void assert_tail(struct txn *txn, unsigned n, const char *wanted)
{
	g_autoptr(GString) out = g_string_new(NULL);

	OK(history_tail(txn, n, note, out, NULL));
	g_assert_cmpstr(out->str, ==, wanted);
}

/* Tickets 1 and 300, whose keys differ in length, by turns. */
static void make_five(struct txn *txn)
{
	static const struct {
		uint64_t ticket;
		enum event_kind kind;
	} events[] = { { 1, EVENT_OPENED }, { 300, EVENT_OPENED }, { 1, EVENT_STATUS },
		{ 300, EVENT_COPY }, { 1, EVENT_LINK } };

	for (size_t i = 0; i < G_N_ELEMENTS(events); i++)
		OK(history_add(txn, events[i].ticket, &anna, NOTE(events[i].kind), NULL));
}

static enum status order(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	assert_events(txn, 0, 0, "");
	assert_tail(txn, 3, "");
	make_five(txn);
	assert_events(txn, 1, 0, "1:1 opened, 1:3 status, 1:5 link");
	assert_events(txn, 1, 3, "1:5 link");
	assert_events(txn, 300, 0, "300:2 opened, 300:4 copy");
	assert_events(txn, 2, 0, "");
	assert_events(txn, 0, 0, "1:1 opened, 300:2 opened, 1:3 status, 300:4 copy, 1:5 link");
	assert_events(txn, 0, 4, "1:5 link");
	assert_events(txn, 0, 5, "");
	assert_tail(txn, 0, "");
	assert_tail(txn, 2, "300:4 copy, 1:5 link");
	assert_tail(txn, 99, "1:1 opened, 300:2 opened, 1:3 status, 300:4 copy, 1:5 link");
	return ST_OK;
}

static enum status check_fields(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_assert_cmpint(event->time, ==, 1000);
	g_assert_cmpstr(event->actor, ==, "anna");
	g_assert_cmpint(event->kind, ==, EVENT_STATUS);
	g_assert_cmpstr(event->from, ==, "new");
	g_assert_cmpstr(event->to, ==, "");
	g_assert_null(event->text);
	++*(int *)arg;
	return ST_NOT_FOUND;
}

static enum status fields(struct txn *txn, void *arg, struct error *err)
{
	int seen = 0;

	(void)arg;
	OK(history_add(txn, 7, &anna, NOTE(EVENT_STATUS, .from = "new", .to = ""), err));
	OK(history_add(
		txn, 7, &anna, NOTE(EVENT_TITLE, .text = "not seen, for the visitor stops"), err));
	OK(history_each(txn, 7, 0, check_fields, &seen, err));
	g_assert_cmpint(seen, ==, 1);
	OK(history_each(txn, 0, 0, check_fields, &seen, err));
	g_assert_cmpint(seen, ==, 2);
	return ST_OK;
}

/* --- events that messages tell --- */

static void append_told(struct txn *txn, struct ticket *t, enum event_kind kind)
{
	struct entry e = { .from = g_strdup("Anna <anna@example.com>"), .received = 1000 };

	history_tell(&e, &anna, NOTE(kind, .to = "to"));
	OK(tickets_append(txn, t, &e, "text", NULL));
	record_release(&entry_type, &e);
}

static struct ticket make_ticket(struct txn *txn, uint64_t number)
{
	struct ticket t = { .number = number, .queue = (char *)"support" };

	OK(tickets_store_new(txn, &t, NULL));
	return t;
}

/* Two messages' events, and others before, between and after them. */
static struct ticket make_told(struct txn *txn)
{
	struct ticket t = make_ticket(txn, 1);

	OK(history_add(txn, 1, &anna, NOTE(EVENT_LINK), NULL));
	append_told(txn, &t, EVENT_OPENED);
	OK(history_add(txn, 1, &anna, NOTE(EVENT_TAG), NULL));
	OK(history_add(txn, 300, &anna, NOTE(EVENT_TAG), NULL));
	append_told(txn, &t, EVENT_FOLLOWUP);
	OK(history_add(txn, 1, &anna, NOTE(EVENT_TITLE), NULL));
	return t;
}

static enum status told_order(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	make_told(txn);
	assert_events(txn, 1, 0, "1:1 link, 1:2 opened, 1:3 tag, 1:5 followup, 1:6 title");
	assert_events(txn, 1, 2, "1:3 tag, 1:5 followup, 1:6 title");
	assert_events(txn, 0, 1, "1:2 opened, 1:3 tag, 300:4 tag, 1:5 followup, 1:6 title");
	assert_tail(txn, 2, "1:5 followup, 1:6 title");
	return ST_OK;
}

static enum status check_told(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_assert_cmpint(event->time, ==, 1000);
	g_assert_cmpstr(event->actor, ==, "anna");
	g_assert_cmpstr(event->from, ==, NULL);
	g_assert_cmpstr(event->to, ==, "to");
	g_assert_cmpstr(event->text, ==, arg);
	return ST_NOT_FOUND;
}

static enum status told_fields(struct txn *txn, void *arg, struct error *err)
{
	struct event changed = { .serial = 1, .ticket = 1, .time = 1000, .kind = EVENT_REPLY };
	struct ticket t = make_ticket(txn, 1);

	(void)arg;
	append_told(txn, &t, EVENT_REPLY);
	OK(history_each(txn, 1, 0, check_told, NULL, err));
	changed.actor = (char *)"anna";
	changed.to = (char *)"to";
	changed.text = (char *)"changed";
	OK(history_save(txn, &changed, err));
	OK(history_each(txn, 1, 0, check_told, (void *)"changed", err));
	OK(history_each(txn, 0, 0, check_told, (void *)"changed", err));
	assert_events(txn, 0, 0, "1:1 reply");
	return ST_OK;
}

/* What happened to a ticket stays where it happened. */
static enum status told_moves(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = make_told(txn), other = make_ticket(txn, 2);

	(void)arg;
	OK(tickets_entry_move(txn, &t, 2, &other, err));
	assert_events(txn, 1, 0, "1:1 link, 1:2 opened, 1:3 tag, 1:5 followup, 1:6 title");
	assert_events(txn, 2, 0, "");
	assert_events(txn, 0, 4, "1:5 followup, 1:6 title");
	return ST_OK;
}

/* A serial is given once, also when the events that had the last ones are gone. */
static enum status told_removed(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	make_told(txn);
	append_told(txn, &(struct ticket){ .number = 1 }, EVENT_FOLLOWUP);
	OK(tickets_remove(txn, 1, err));
	assert_events(txn, 0, 0, "300:4 tag");
	OK(history_add(txn, 300, &anna, NOTE(EVENT_NOTE), err));
	assert_events(txn, 0, 0, "300:4 tag, 300:8 note");
	return ST_OK;
}

static enum status many(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	for (int i = 0; i < 300; i++)
		OK(history_add(txn, 5, &anna, NOTE(EVENT_NOTE), err));
	assert_events(txn, 5, 298, "5:299 note, 5:300 note");
	assert_tail(txn, 2, "5:299 note, 5:300 note");
	return ST_OK;
}

static void test_one_person_is_one_actor(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "anna", "anna", true },
		{ "anna", "unix:anna", true },
		{ "unix:anna", "unix:anna", true },
		{ "anna", "unix:ben", false },
		{ "anna", "anna@example.com", false },
		{ PROGRAM_ACTOR, "unix:" PROGRAM_ACTOR, false },
		{ PROGRAM_ACTOR, PROGRAM_ACTOR, true },
		{ "anna", NULL, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_true(actor_is_same(cases[i].a, cases[i].b) == cases[i].same);
		g_assert_true(actor_is_same(cases[i].b, cases[i].a) == cases[i].same);
	}
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/history/events come in order, of a ticket and of all", order },
		{ "/history/an event says what it was told, and a visitor may stop", fields },
		{ "/history/what messages tell comes between other events", told_order },
		{ "/history/what a message tells is said as it was told, and changed",
			told_fields },
		{ "/history/a message that moves leaves its event", told_moves },
		{ "/history/no serial is given twice", told_removed },
		{ "/history/order holds over a change in key length", many },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/history/one person is one actor", test_one_person_is_one_actor);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}
