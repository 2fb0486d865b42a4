/* Events: order, and both views. */
#include "tables/history.h"

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

static enum status many(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	for (int i = 0; i < 300; i++)
		OK(history_add(txn, 5, &anna, NOTE(EVENT_NOTE), err));
	assert_events(txn, 5, 298, "5:299 note, 5:300 note");
	assert_tail(txn, 2, "5:299 note, 5:300 note");
	return ST_OK;
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/history/events come in order, of a ticket and of all", order },
		{ "/history/an event says what it was told, and a visitor may stop", fields },
		{ "/history/order holds over a change in key length", many },
	};

	g_test_init(&argc, &argv, NULL);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}
