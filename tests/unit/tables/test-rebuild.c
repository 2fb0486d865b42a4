/* What each message of a ticket says of it, when its record is made of them. */
#include "tables/tickets-rebuild.h"

#include <string.h>

#include "base/text.h"
#include "model/names.h"
#include "tables/queues.h"
#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static struct tag_format tags;

/* people; in, out: last_in, last_out; first: first_response; updated, touched. */
static const struct rebuild_row {
	const char *sentence;
	enum direction direction;
	enum match_how match;
	bool nobodys;
	const char *people;
	int64_t in, out, first, updated, touched;
} rebuild_rows[] = {
	{ "a mail from outside", DIRECTION_IN, MATCH_NEW, false, "r@x.example f@x.example", 50, 0,
		0, 50, 50 },
	{ "one of nobody's", DIRECTION_IN, MATCH_NEW, true, "", 50, 0, 0, 50, 50 },
	{ "a copy", DIRECTION_IN, MATCH_COPY, false, "", 0, 0, 0, 50, 10 },
	{ "an answer", DIRECTION_OUT, MATCH_NEW, false, "t@x.example u@x.example", 0, 50, 0, 50,
		50 },
	{ "a note", DIRECTION_NOTE, MATCH_NEW, false, "", 0, 0, 0, 50, 50 },
	{ "an automatic mail", DIRECTION_AUTO, MATCH_NEW, false, "", 0, 0, 0, 50, 10 },
	{ "a bounce", DIRECTION_BOUNCE, MATCH_NEW, false, "", 0, 0, 0, 50, 10 },
};

static struct entry entry_of(enum direction direction, int64_t received)
{
	static char *to[] = { (char *)"T <t@x.example>", (char *)"u@x.example", NULL };

	return (struct entry){ .direction = direction,
		.received = received,
		.from = (char *)"F <f@x.example>",
		.reply_to = (char *)"r@x.example",
		.to = to };
}

static void test_row(gconstpointer data)
{
	const struct rebuild_row *row = data;
	struct entry e = entry_of(row->direction, 50);
	struct ticket t = { .updated = 10, .touched = 10 };
	g_autofree char *people = NULL;

	e.match = row->match;
	e.nobodys = row->nobodys;
	ticket_add_message(&t, &e);
	people = t.participants ? g_strjoinv(" ", t.participants) : g_strdup("");
	g_assert_cmpstr(people, ==, row->people);
	g_assert_cmpint(t.last_in, ==, row->in);
	g_assert_cmpint(t.last_out, ==, row->out);
	g_assert_cmpint(t.first_response, ==, row->first);
	g_assert_cmpint(t.updated, ==, row->updated);
	g_assert_cmpint(ticket_touched(&t), ==, row->touched);
	record_release(&ticket_type, &t);
}

/* The first that is written after a mail came in, whatever follows it. */
static void test_first_response(void)
{
	struct entry in = entry_of(DIRECTION_IN, 10), out = entry_of(DIRECTION_OUT, 20),
		     later = entry_of(DIRECTION_OUT, 30), early = entry_of(DIRECTION_OUT, 5);
	struct ticket t = { .number = 1 };

	ticket_add_message(&t, &early);
	g_assert_cmpint(t.first_response, ==, 0);
	ticket_add_message(&t, &in);
	g_assert_cmpint(t.first_response, ==, 0);
	ticket_add_message(&t, &out);
	ticket_add_message(&t, &later);
	g_assert_cmpint(t.first_response, ==, 20);
	g_assert_cmpint(t.last_out, ==, 30);
	g_assert_cmpint(t.last_in, ==, 10);
	/* In whatever order they are read, the newest counts. */
	ticket_add_message(&t, &early);
	g_assert_cmpint(t.last_out, ==, 30);
	g_assert_cmpint(t.updated, ==, 30);
	g_assert_cmpuint(g_strv_length(t.participants), ==, 4);
	record_release(&ticket_type, &t);
}

static void opened_by(const struct entry *e, const char *requester, const char *subject)
{
	struct ticket t = { .subject = g_strdup("before") };

	ticket_open_by(&t, e, &tags);
	g_assert_cmpstr(t.requester_address, ==, requester);
	g_assert_cmpstr(t.subject, ==, subject);
	g_assert_cmpint(t.opened, ==, e->received);
	record_release(&ticket_type, &t);
}

static void test_opened(void)
{
	struct entry e = entry_of(DIRECTION_IN, 50);

	opened_by(&e, "r@x.example", "before");
	e.reply_to = NULL;
	e.subject = (char *)"Re: the printer";
	opened_by(&e, "f@x.example", "the printer");
	e.subject = (char *)"";
	e.direction = DIRECTION_NOTE;
	opened_by(&e, NULL, "before");
	e.direction = DIRECTION_OUT;
	opened_by(&e, "t@x.example", "before");
	e.to = NULL;
	opened_by(&e, NULL, "before");
}

/* --- by events alone --- */

static const struct told {
	const char *actor;
	struct event_note notes[4]; /* a second after the other */
	const char *is;
} told[] = {
	{ "anna", { { .kind = EVENT_OPENED, .to = "sales" } }, "sales new 0 touched 1 updated 1" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_AGENT, .to = "ben" } },
		"support new ben 0 touched 2 updated 2" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_STATUS, .to = "closed" } },
		"support closed 2 touched 2 updated 2" },
	{ "anna",
		{ { .kind = EVENT_OPENED }, { .kind = EVENT_STATUS, .to = "closed" },
			{ .kind = EVENT_STATUS, .to = "open" } },
		"support open 0 touched 3 updated 3" },
	{ "anna",
		{ { .kind = EVENT_OPENED }, { .kind = EVENT_STATUS, .to = "waiting" },
			{ .kind = EVENT_WAKE, .to = "open" } },
		"support open 0 touched 3 updated 3" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_AUTO } },
		"support new 0 touched 1 updated 2" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_COPY } },
		"support new 0 touched 1 updated 2" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_BOUNCE } },
		"support new 0 touched 1 updated 2 undelivered" },
	{ "anna",
		{ { .kind = EVENT_OPENED }, { .kind = EVENT_BOUNCE }, { .kind = EVENT_FOLLOWUP } },
		"support new 0 touched 3 updated 3" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_BOUNCE }, { .kind = EVENT_REPLY } },
		"support new 0 touched 3 updated 3" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_CROSSED } },
		"support new 0 touched 2 updated 2 crossed" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_LINK, .to = "7" } },
		"support new 0 touched 2 updated 2 linked 7" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_LINK, .to = "x" } },
		"support new 0 touched 2 updated 2" },
	{ "anna", { { .kind = EVENT_OPENED }, { .kind = EVENT_MERGED, .to = "7" } },
		"support closed 2 touched 2 updated 2 merged 7" },
	{ "anna",
		{ { .kind = EVENT_OPENED }, { .kind = EVENT_MERGED, .to = "7" },
			{ .kind = EVENT_SPLIT, .from = "8" } },
		"support closed 2 touched 3 updated 3 merged 7" },
	{ "anna",
		{ { .kind = EVENT_OPENED }, { .kind = EVENT_MERGED, .to = "7" },
			{ .kind = EVENT_SPLIT, .from = "7" } },
		"support closed 2 touched 3 updated 3" },
	{ PROGRAM_ACTOR, { { .kind = EVENT_OPENED }, { .kind = EVENT_TAG, .to = "x" } },
		"support new 0 touched 1 updated 2" },
};

static char *shown(const struct ticket *t)
{
	GString *out = g_string_new(NULL);

	g_string_printf(out, "%s %s%s%s %d touched %d updated %d%s%s", t->queue,
		ticket_status_names[t->status], t->agent ? " " : "", text_or_none(t->agent),
		(int)t->closed, (int)ticket_touched(t), (int)t->updated,
		t->undelivered ? " undelivered" : "", t->crossed ? " crossed" : "");
	if (t->links.n)
		g_string_append_printf(out, " linked %d", (int)t->links.v[0]);
	if (t->merged_into)
		g_string_append_printf(out, " merged %d", (int)t->merged_into);
	return g_string_free(out, FALSE);
}

static enum status count_repairs(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(unsigned *)arg += event->kind == EVENT_REPAIRED;
	return ST_OK;
}

static void rebuilds(struct txn *txn, uint64_t number, const struct told *row)
{
	const struct tickets_rebuilding how = { .tags = &tags, .actor = { "unix:root", 0 } };
	struct ticket t = { 0 };
	g_autofree char *is = NULL;
	unsigned repairs = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(row->notes) && row->notes[i].kind; i++) {
		const struct actor actor = { row->actor, (int64_t)i + 1 };

		OK(history_add(txn, number, &actor, &row->notes[i], NULL));
	}
	OK(tickets_rebuild(txn, number, &how, NULL));
	/* One that is there is left alone. */
	OK(tickets_rebuild(txn, number, &how, NULL));
	OK(history_each(txn, number, 0, count_repairs, &repairs, NULL));
	g_assert_cmpuint(repairs, ==, 1);
	OK(tickets_load(txn, number, &t, NULL));
	is = shown(&t);
	g_assert_cmpstr(is, ==, row->is);
	record_release(&ticket_type, &t);
}

static enum status by_events(struct txn *txn, void *arg, struct error *err)
{
	const struct queue queue = { .name = (char *)"support" };

	(void)arg;
	(void)err;
	OK(queues_save(txn, &queue, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(told); i++)
		rebuilds(txn, i + 1, &told[i]);
	return ST_OK;
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = { { "/rebuild/events alone", by_events } };
	int code;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(tag_format_init(&tags, "[%n #%d]", "example.com", NULL), ==, ST_OK);
	for (size_t i = 0; i < G_N_ELEMENTS(rebuild_rows); i++) {
		g_autofree char *path = g_strdup_printf("/rebuild/%s", rebuild_rows[i].sentence);

		g_test_add_data_func(path, &rebuild_rows[i], test_row);
	}
	g_test_add_func("/rebuild/the first response", test_first_response);
	g_test_add_func("/rebuild/who opened it, and with what", test_opened);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	code = g_test_run();
	tag_format_release(&tags);
	return code;
}
