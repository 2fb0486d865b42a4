/* What a query tells of where its tickets are: the filter, which rows of the list are not passed
 * over, the numbers that it leads to, and which terms the search index has told of. That nothing is
 * left out is in test-query-list.c; here, that nothing more is looked at. */
#include "tables/query-plan.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "tables/history.h"
#include "tables/indexing.h"
#include "../desk.h"

#define NOW (INT64_C(1795867200) * TEXT_SECOND)
#define DAY (INT64_C(86400) * TEXT_SECOND)
#define BIT(status) (1U << (status))

static const struct plan_ticket {
	int status;
	const char *queue, *watcher, *agent, *project, *requester, *tag;
	int opened, updated; /* days ago */
	bool undelivered;
	uint64_t link, merged;
	const char *text, *note;
} tickets[] = {
	{ TICKET_NEW, "support", NULL, "anna", "helpdesk", "carla@one.example", "vip", 50, 40,
		false, 7, 0, "the printer burns", NULL },
	{ TICKET_CLOSED, "support", NULL, NULL, NULL, "dora@two.example", NULL, 30, 20, false, 0, 0,
		"the printer smokes", "toner" },
	{ TICKET_WAITING, "sales", "support", "ben", NULL, "carla@one.example", "hot", 10, 5, true,
		0, 0, "an offer", NULL },
	{ TICKET_SPAM, "sales", NULL, NULL, NULL, "emil@two.example", NULL, 9, 4, false, 0, 0,
		"buy toner", NULL },
	{ TICKET_OPEN, "ops", NULL, NULL, "net", "dora@two.example", "vip", 8, 2, false, 0, 0,
		"the lamp", "printer" },
	{ TICKET_CLOSED, "support", NULL, NULL, NULL, "dora@two.example", NULL, 7, 3, false, 0, 1,
		"the printer", NULL },
	{ TICKET_OPEN, "support", NULL, "anna", NULL, "emil@two.example", NULL, 6, 1, false, 1, 0,
		"the lamp burns", NULL },
};

/* filter: as plan_filter() shows it; listed: the tickets whose rows are not passed over, the newest
 * first; led: NULL: nothing leads to them; held: places of the terms that are told of. */
static const struct plan_row {
	const char *query;
	bool indexed;
	const char *filter, *listed, *led, *held;
} plan_rows[] = {
	{ "is:open", false, "01234", "7 5 3 1", NULL, "" },
	{ "status:new,closed", false, "05", "2 1", NULL, "" },
	{ "status:waiting", false, "2", "3", NULL, "" },
	{ "status:spam", false, "6", "4", NULL, "" },
	{ "status:clarify,internal", false, "34", "", NULL, "" },
	{ "is:closed", false, "5", "2", NULL, "" },
	{ "is:new", false, "0", "1", NULL, "" },
	{ "is:waiting", false, "2", "3", NULL, "" },
	{ "is:undelivered", false, "0123456", "3", NULL, "" },
	{ "-is:undelivered", false, "0123456", "7 5 4 2 1", NULL, "" },
	{ "is:unassigned", false, "0123456", "5 4 2", NULL, "" },
	{ "-is:unassigned", false, "0123456", "7 3 1", NULL, "" },
	{ "is:unanswered", false, "0123456", "", NULL, "" },
	{ "-is:unanswered", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "is:overdue or is:crossed", false, "0123456", "", NULL, "" },
	{ "has:link", false, "0123456", "7 1", NULL, "" },
	{ "has:attachment", false, "0123456", "", NULL, "" },
	{ "attachment:invoice", false, "0123456", "", NULL, "" },
	{ "has:note", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "has:note", true, "0123456", "7 5 4 3 2 1", "2 5", "" },
	{ "has:note,link", true, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "priority:normal", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "priority:low,high", false, "0123456", "", NULL, "" },
	{ "is:open is:undelivered", false, "01234", "3", NULL, "" },
	{ "is:open or is:undelivered", false, "0123456", "7 5 3 1", NULL, "" },
	{ "status:spam or number:1", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "-status:closed", false, "012346", "7 5 4 3 1", NULL, "" },
	{ "(status:new or status:open)", false, "01", "7 5 1", NULL, "" },
	{ "queue:support", false, "0123456 queue=support", "7 3 2 1", NULL, "" },
	{ "queue:support,sales", false, "0123456", "7 4 3 2 1", NULL, "" },
	{ "queue:s*", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "-queue:support", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "queue:support or queue:ops", false, "0123456", "7 5 3 2 1", NULL, "" },
	{ "agent:anna", false, "0123456 agent=anna", "7 1", NULL, "" },
	{ "agent:anna,ben", false, "0123456", "7 3 1", NULL, "" },
	{ "agent:none", false, "0123456 agent=", "5 4 2", NULL, "" },
	{ "agent:none,anna", false, "0123456", "7 5 4 2 1", NULL, "" },
	{ "agent:anna@example.com", false, "0123456", "7 1", NULL, "" },
	{ "agent:none is:open", false, "01234 agent=", "5", NULL, "" },
	{ "-agent:none", false, "0123456", "7 3 1", NULL, "" },
	{ "project:net", false, "0123456 project=net", "5", NULL, "" },
	{ "project:none", false, "0123456", "7 4 3 2", NULL, "" },
	{ "project:net,helpdesk", false, "0123456", "5 1", NULL, "" },
	{ "project:n*", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "tag:vip", false, "0123456 tag=vip", "5 1", "1 5", "" },
	{ "tag:vip,hot", false, "0123456", "5 3 1", "1 3 5", "" },
	{ "tag:none", false, "0123456", "7 4 2", NULL, "" },
	{ "tag:vip tag:hot", false, "0123456 tag=vip", "5 1", "3", "" },
	{ "tag:v*", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "-tag:vip", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "requester:carla@one.example", false, "0123456 requester=carla@one.example", "3 1", "1 3",
		"" },
	{ "requester:carla@one.example", true, "0123456 requester=carla@one.example", "3 1", "1 3",
		"" },
	{ "requester:carla@one.example,emil@two.example", false, "0123456", "7 4 3 1", "1 3 4 7",
		"" },
	{ "requester:carla@one.example,emil@two.example", true, "0123456", "7 4 3 1", "1 3 4 7",
		"" },
	{ "requester:@two.example", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "requester:@two.example", true, "0123456", "7 5 4 3 2 1", "2 4 5 7", "" },
	{ "requester:carla", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "requester:carla", true, "0123456", "7 5 4 3 2 1", "1 3", "" },
	{ "requester:carla,emil", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "requester:carla,emil", true, "0123456", "7 5 4 3 2 1", "1 3 4 7", "" },
	{ "requester:carla@one.example tag:vip", false,
		"0123456 requester=carla@one.example tag=vip", "1", "1 3", "" },
	{ "requester:carla@one.example tag:vip", true,
		"0123456 requester=carla@one.example tag=vip", "1", "1 5", "" },
	{ "requester:dora@two.example queue:support", false,
		"0123456 queue=support requester=dora@two.example", "2", "2 5 6", "" },
	{ "requester:dora@two.example queue:support", true,
		"0123456 queue=support requester=dora@two.example", "2", "2 5", "" },
	{ "requester:dora@two.example or tag:hot", false, "0123456", "5 3 2", "2 3 5 6", "" },
	{ "requester:dora@two.example or tag:hot", true, "0123456", "5 3 2", "2 3 5", "" },
	{ "requester:dora@two.example or is:open", false, "0123456", "7 5 3 2 1", NULL, "" },
	{ "requester:dora@two.example or is:open", true, "0123456", "7 5 3 2 1", NULL, "" },
	{ "queue:support agent:anna", false, "0123456 queue=support agent=anna", "7 1", NULL, "" },
	{ "queue:support queue:sales", false, "0123456 queue=support", "3", NULL, "" },
	{ "project:net project:helpdesk", false, "0123456 project=net", "", NULL, "" },
	{ "number:3", false, "0123456", "7 5 4 3 2 1", "3", "" },
	{ "number:3,5,5", false, "0123456", "7 5 4 3 2 1", "3 5", "" },
	{ "-number:3", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "number:99", false, "0123456", "7 5 4 3 2 1", "99", "" },
	{ "id:m2@mail.example", false, "0123456", "7 5 4 3 2 1", "2", "" },
	{ "id:nothing@mail.example", false, "0123456", "7 5 4 3 2 1", "", "" },
	{ "link:1", false, "0123456", "7 5 4 3 2 1", "7", "" },
	{ "link:7", false, "0123456", "7 5 4 3 2 1", "1", "" },
	{ "link:2", false, "0123456", "7 5 4 3 2 1", "", "" },
	{ "opened:20d..", false, "0123456 since=20.00", "7 5 4 3", NULL, "" },
	{ "opened:..20d", false, "0123456", "2 1", NULL, "" },
	{ "opened:9d..", false, "0123456 since=9.00", "7 5 4", NULL, "" },
	{ "opened:2026-11-18T12:00:00Z..", false, "0123456 since=10.00", "7 5 4 3", NULL, "" },
	{ "opened:2026-11-18T12:00:01Z..", false, "0123456 since=10.00", "7 5 4", NULL, "" },
	{ "opened:..2026-11-18T12:00:00Z", false, "0123456", "2 1", NULL, "" },
	{ "age:10d..", false, "0123456", "3 2 1", NULL, "" },
	{ "age:..9d", false, "0123456 since=9.00", "7 5 4", NULL, "" },
	{ "closed:5d..", false, "0123456 since=5.00", "", NULL, "" },
	{ "closed:..5d", false, "0123456", "2", NULL, "" },
	{ "closed:none", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "updated:4d..", false, "0123456 since=4.00", "7 5 4", NULL, "" },
	{ "updated:..4d", false, "0123456 until=4.00", "3 2 1", NULL, "" },
	{ "updated:4d.. updated:..3d", false, "0123456 since=4.00 until=3.00", "4", NULL, "" },
	{ "updated:..3d updated:..4d", false, "0123456 until=4.00", "3 2 1", NULL, "" },
	{ "updated:3d..,10d..", false, "0123456", "7 5 4 3", NULL, "" },
	{ "updated:10d..,3d..", false, "0123456", "7 5 4 3", NULL, "" },
	{ "idle:4d..", false, "0123456", "4 3 2 1", NULL, "" },
	{ "idle:..4d", false, "0123456 since=4.00", "7 5", NULL, "" },
	{ "updated:2h..", false, "0123456 since=0.08", "", NULL, "" },
	{ "due:1d..", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "due:none", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "due:..1d", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "status:closed updated:10d..", false, "5 since=10.00", "", NULL, "" },
	{ "printer", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "printer", true, "0123456", "7 5 4 3 2 1", "1 2 5", "0" },
	{ "text:printer", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:printer", true, "0123456", "7 5 4 3 2 1", "1 2", "0" },
	{ "text:burns,smokes", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:burns,smokes", true, "0123456", "7 5 4 3 2 1", "1 2 7", "" },
	{ "text:printer text:burns", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:printer text:burns", true, "0123456", "7 5 4 3 2 1", "1", "0 1" },
	{ "printer burns", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "printer burns", true, "0123456", "7 5 4 3 2 1", "1", "0 1" },
	{ "printer or lamp", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "printer or lamp", true, "0123456", "7 5 4 3 2 1", "1 2 5 7", "" },
	{ "printer is:open", false, "01234", "7 5 3 1", NULL, "" },
	{ "printer is:open", true, "01234", "7 5 3 1", "1 2 5", "0" },
	{ "printer tag:vip", false, "0123456 tag=vip", "5 1", "1 5", "" },
	{ "printer tag:vip", true, "0123456 tag=vip", "5 1", "1 5", "" },
	{ "-printer", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "-printer", true, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "note:toner", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "note:toner", true, "0123456", "7 5 4 3 2 1", "2", "0" },
	{ "from:carla", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "from:carla", true, "0123456", "7 5 4 3 2 1", "1 3", "" },
	{ "from:carla@one.example", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "from:carla@one.example", true, "0123456", "7 5 4 3 2 1", "1 3", "" },
	{ "from:@two.example", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "from:@two.example", true, "0123456", "7 5 4 3 2 1", "2 4 5 7", "" },
	{ "text:print*", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:print*", true, "0123456", "7 5 4 3 2 1", "1 2", "0" },
	{ "text:nothing", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:nothing", true, "0123456", "7 5 4 3 2 1", "", "0" },
	{ "text:printer number:1", false, "0123456", "7 5 4 3 2 1", "1", "" },
	{ "text:printer number:1", true, "0123456", "7 5 4 3 2 1", "1", "" },
	{ "text:printer or number:4", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "text:printer or number:4", true, "0123456", "7 5 4 3 2 1", "1 2 4", "" },
	{ "(text:printer text:burns) or (tag:hot)", false, "0123456", "7 5 4 3 2 1", NULL, "" },
	{ "(text:printer text:burns) or (tag:hot)", true, "0123456", "7 5 4 3 2 1", "1 3", "" },
	{ "is:open is:closed", false, "", "", "", "" },
};

static enum status plan_insert(struct txn *txn, void *arg, struct error *err)
{
	const struct plan_ticket *p = arg;
	uint64_t number = (uint64_t)(p - tickets) + 1;
	struct ticket t = {
		.number = number,
		.status = p->status,
		.queue = g_strdup(p->queue),
		.agent = g_strdup(p->agent),
		.project = g_strdup(p->project),
		.requester_address = g_strdup(p->requester),
		.opened = NOW - p->opened * DAY,
		.updated = NOW - p->updated * DAY,
		.touched = NOW - p->updated * DAY,
		.closed = p->status == TICKET_CLOSED ? NOW - p->updated * DAY : 0,
		.undelivered = p->undelivered,
		.merged_into = p->merged,
	};
	struct entry mail = { .direction = DIRECTION_IN, .received = t.opened },
		     note = { .direction = DIRECTION_NOTE, .received = t.updated };
	enum status st;

	mail.message_id = g_strdup_printf("<m%" G_GUINT64_FORMAT "@mail.example>", number);
	mail.from = g_strdup(p->requester);
	if (p->watcher)
		text_list_add(&t.watchers, p->watcher);
	if (p->tag)
		text_list_add(&t.tags, p->tag);
	if (p->link)
		numbers_add(&t.links, p->link);
	st = tickets_insert(txn, &t, err);
	if (st == ST_OK)
		st = tickets_append(txn, &t, &mail, p->text, err);
	if (st == ST_OK && p->note)
		st = tickets_append(txn, &t, &note, p->note, err);
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	record_release(&entry_type, &mail);
	record_release(&entry_type, &note);
	return st;
}

struct plans {
	struct desk d;
	struct fulltext *index;
	const struct plan_row *row;
};

static void plans_index(struct plans *p)
{
	struct indexing_progress progress = { .done = false };

	while (!progress.done)
		g_assert_cmpint(
			indexing_step(p->d.store, p->index, 1000, &progress, &p->d.err), ==, ST_OK);
}

static void plans_open(struct plans *p)
{
	desk_open(&p->d, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tickets); i++)
		g_assert_cmpint(
			store_write(p->d.store, plan_insert, (void *)&tickets[i], &p->d.err), ==,
			ST_OK);
	g_assert_cmpint(indexing_open(p->d.store, p->d.dir, true, &p->index, &p->d.err), ==, ST_OK);
	plans_index(p);
}

static void plans_close(struct plans *p)
{
	fulltext_close(p->index);
	desk_close(&p->d);
}

/* --- what a plan says --- */

static void plan_say(GString *out, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(out, "%s%s=%s", out->len ? " " : "", name, value);
}

static void plan_say_day(GString *out, const char *name, int64_t time)
{
	g_autofree char *days = g_strdup_printf("%.2f", (double)(NOW - time) / (double)DAY);

	if (time)
		plan_say(out, name, days);
}

static char *plan_filter(const struct ticket_filter *f)
{
	GString *out = g_string_new(NULL);

	for (int status = 0; status <= TICKET_SPAM; status++)
		if (f->statuses & BIT(status))
			g_string_append_printf(out, "%d", status);
	plan_say(out, "queue", f->queue);
	plan_say(out, "agent", f->agent);
	plan_say(out, "project", f->project);
	plan_say(out, "requester", f->requester);
	plan_say(out, "tag", f->tag);
	plan_say_day(out, "since", f->since);
	plan_say_day(out, "until", f->until);
	return g_string_free(out, FALSE);
}

static void plan_say_number(GString *out, uint64_t number)
{
	g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, out->len ? " " : "", number);
}

static enum status plan_visit(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	plan_say_number(arg, ticket->number);
	return ST_OK;
}

static void plan_say_held(GString *out, const struct query_plan *plan)
{
	for (unsigned i = 0; i < plan->walk->query->terms; i++)
		if (plan->known && plan->known[i] == KNOWN_HOLDS)
			plan_say_number(out, i);
}

static void assert_plan(struct txn *txn, const struct plan_row *row, const struct query_plan *plan)
{
	g_autofree char *filter = plan_filter(&plan->filter);
	g_autoptr(GString) listed = g_string_new(NULL), led = g_string_new(NULL),
			   held = g_string_new(NULL);
	struct error err;

	g_test_message("%s", row->query);
	g_assert_cmpint(tickets_list(txn, &plan->filter, plan_visit, listed, &err), ==, ST_OK);
	for (guint i = 0; plan->numbers && i < plan->numbers->len; i++)
		plan_say_number(led, g_array_index(plan->numbers, uint64_t, i));
	plan_say_held(held, plan);
	g_assert_cmpstr(filter, ==, row->filter);
	/* Without rows of the list, and blocks, more is looked at. */
	if (!txn_derives(txn))
		return;
	g_assert_cmpstr(held->str, ==, row->held);
	g_assert_cmpstr(listed->str, ==, row->listed);
	g_assert_cmpstr(plan->numbers ? led->str : NULL, ==, row->led);
}

static void plan_make(struct txn *txn, const struct plans *p,
	void (*fn)(struct txn *, const struct plan_row *, const struct query_plan *))
{
	struct query_tree *query = NULL;
	struct query_look look;
	struct query_plan plan = { .walk = NULL };
	struct query_walk walk = { .now = NOW, .index = p->row->indexed ? p->index : NULL };
	struct error err = { "" };

	g_assert_cmpint(query_parse(p->row->query, NULL, &query, &err), ==, ST_OK);
	walk.query = query;
	walk.filter.priority = -1;
	query_look_init(&look, txn, NOW);
	look.index = walk.index;
	g_assert_cmpint(query_plan(&walk, &look, &plan, &err), ==, ST_OK);
	fn(txn, p->row, &plan);
	query_plan_release(&plan);
	query_look_release(&look);
	query_free(query);
}

static enum status plan_look(struct txn *txn, void *arg, struct error *err)
{
	(void)err;
	plan_make(txn, arg, assert_plan);
	return ST_OK;
}

static void test_plans(void)
{
	struct plans p;

	plans_open(&p);
	for (size_t i = 0; i < G_N_ELEMENTS(plan_rows); i++) {
		p.row = &plan_rows[i];
		g_assert_cmpint(store_read(p.d.store, plan_look, &p, &p.d.err), ==, ST_OK);
	}
	plans_close(&p);
}

/* --- what leads to too many leads to none --- */

enum { FIRST = 100 };

struct plan_many {
	const char *tag;
	unsigned from, to;
};

static enum status plan_insert_many(struct txn *txn, void *arg, struct error *err)
{
	const struct plan_many *many = arg;
	const struct actor actor = { "carla", NOW };
	enum status st = ST_OK;

	for (unsigned i = many->from; i < many->to && st == ST_OK; i++) {
		struct ticket t = { .number = FIRST + i,
			.queue = (char *)"ops",
			.requester_address = (char *)"many@three.example",
			.updated = NOW };
		struct entry mail = { .direction = DIRECTION_IN, .received = NOW };

		text_list_add(&t.tags, many->tag);
		st = tickets_insert(txn, &t, err);
		if (st == ST_OK)
			st = tickets_append(txn, &t, &mail, i == 7 ? "rare" : "usual", err);
		if (st == ST_OK)
			st = tickets_save(txn, &t, err);
		if (st == ST_OK)
			st = tickets_index_id(txn, "<known@x>", t.number, 0, ID_REFERENCED, err);
		if (st == ST_OK)
			st = history_add(txn, t.number, &actor, NOTE(EVENT_OPENED), err);
		g_strfreev(t.tags);
	}
	return st;
}

static void assert_led(struct txn *txn, const struct plan_row *row, const struct query_plan *plan)
{
	g_autofree char *led = g_strdup_printf("%u", plan->numbers ? plan->numbers->len : 0);
	g_autoptr(GString) held = g_string_new(NULL);

	g_test_message("%s", row->query);
	plan_say_held(held, plan);
	if (!txn_derives(txn))
		return;
	g_assert_cmpstr(plan->numbers ? led : NULL, ==, row->led);
	g_assert_cmpstr(held->str, ==, row->held);
}

static enum status plan_count(struct txn *txn, void *arg, struct error *err)
{
	(void)err;
	plan_make(txn, arg, assert_led);
	return ST_OK;
}

/* held: places of the terms that are told of. */
static void leads_and_holds(
	struct plans *p, const char *query, bool indexed, const char *led, const char *held)
{
	const struct plan_row row = {
		.query = query, .indexed = indexed, .led = led, .held = held
	};

	p->row = &row;
	g_assert_cmpint(store_read(p->d.store, plan_count, p, &p->d.err), ==, ST_OK);
}

static void leads_to(struct plans *p, const char *query, bool indexed, const char *led)
{
	leads_and_holds(p, query, indexed, led, "");
}

static void plan_more_of(struct plans *p, const char *tag, unsigned from, unsigned to)
{
	const struct plan_many many = { tag, from, to };

	g_assert_cmpint(
		store_write(p->d.store, plan_insert_many, (void *)&many, &p->d.err), ==, ST_OK);
	plans_index(p);
}

static void plan_more(struct plans *p, unsigned from, unsigned to)
{
	plan_more_of(p, "many", from, to);
}

static void test_too_many(void)
{
	struct plans p;

	plans_open(&p);
	/* Fewer than these are looked at sooner than words are looked up. */
	plan_more(&p, 0, 50);
	leads_to(&p, "tag:many text:rare", true, "50");
	plan_more(&p, 50, 51);
	leads_and_holds(&p, "tag:many text:rare", true, "1", "1");
	leads_to(&p, "tag:many text:rare", false, "51");
	leads_and_holds(&p, "tag:many text:usual", true, "50", "1");
	plan_more(&p, 51, 63);
	leads_to(&p, "id:known@x", false, "63");
	leads_to(&p, "id:known@x tag:many", false, "63");
	plan_more(&p, 63, 64);
	leads_to(&p, "id:known@x", false, NULL);
	leads_to(&p, "id:known@x tag:many", false, "64");
	leads_to(&p, "id:known@x or number:1", false, NULL);
	plan_more(&p, 64, 499);
	leads_to(&p, "tag:many", false, "499");
	leads_to(&p, "tag:many,vip", false, "501");
	/* What the words tell of others tells nothing of these. */
	leads_and_holds(&p, "tag:many text:usual", true, "498", "1");
	plan_more_of(&p, "else", 600, 601);
	leads_to(&p, "tag:many text:usual", true, "499");
	plan_more(&p, 499, 500);
	leads_to(&p, "tag:many", false, NULL);
	leads_to(&p, "tag:many,vip", false, NULL);
	leads_to(&p, "tag:many or tag:vip", false, NULL);
	leads_to(&p, "requester:many@three.example,emil@two.example", true, NULL);
	leads_to(&p, "tag:vip tag:many", false, "2");
	plan_more_of(&p, "lots", 1000, 2499);
	leads_and_holds(&p, "text:usual", true, "1999", "0");
	plan_more_of(&p, "lots", 2499, 2500);
	leads_to(&p, "text:usual", true, NULL);
	plans_close(&p);
}

static enum status plan_link(struct txn *txn, void *arg, struct error *err)
{
	const unsigned *count = arg;
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, 3, &t, err);

	for (unsigned i = 0; i < *count; i++)
		numbers_add(&t.links, 1000 + i);
	if (st == ST_OK)
		st = tickets_save(txn, &t, err);
	record_release(&ticket_type, &t);
	return st;
}

/* One that is full may be named by another that it could not name. */
static void test_full_of_links(void)
{
	struct plans p;

	plans_open(&p);
	for (unsigned past = 0; past < 2; past++) {
		unsigned count = LIMIT_LINKS - 1 + past;

		g_assert_cmpint(store_write(p.d.store, plan_link, &count, &p.d.err), ==, ST_OK);
		leads_to(&p, "link:3", false, past ? NULL : "49");
	}
	plans_close(&p);
}

/* --- the words that the index is asked for --- */

static void test_words(void)
{
	static const struct {
		const char *query, *words; /* how many, and whether they are soon asked */
	} rows[] = {
		{ "\"the printer\"", "1 soon" },
		{ "4711 from:carla@one.example", "2 soon" },
		{ "4711 is:open", "1 soon" },
		/* That may go on, or be a part. */
		{ "4711 print*", "2" },
		{ "printer", "1" },
		{ "printer 4711", "2" },
		/* One of several, or none. */
		{ "4711 or 4712", "0 soon" },
		{ "text:4711,4712", "0 soon" },
		{ "has:note", "0 soon" },
		{ "-4711", "0 soon" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct query_tree *query = NULL;
		struct query_words words;
		struct error err;
		g_autofree char *told = NULL;

		g_assert_cmpint(query_parse(rows[i].query, NULL, &query, &err), ==, ST_OK);
		query_index_words(query, &words);
		told = g_strdup_printf("%u%s", words.terms->len, words.soon ? " soon" : "");
		g_test_message("%s", rows[i].query);
		g_assert_cmpstr(told, ==, rows[i].words);
		query_words_release(&words);
		query_free(query);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/query-plan/filter, rows and numbers", test_plans);
	g_test_add_func("/query-plan/what leads to too many", test_too_many);
	g_test_add_func("/query-plan/a ticket that is full of links", test_full_of_links);
	g_test_add_func("/query-plan/words that the index is asked for", test_words);
	return g_test_run();
}
