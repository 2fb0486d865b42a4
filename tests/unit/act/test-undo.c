/* What somebody did last is taken back, each event by itself, as it was before and not otherwise.
 */
#include "act/undo.h"

#include <inttypes.h>
#include <string.h>

#include "act/command.h"
#include "base/text.h"
#include "tables/history.h"
#include "../desk.h"

struct deed {
	struct desk *desk;
	const char *actor;
	const struct agent *agent; /* whose queues bound them */
	const char *line;          /* a command; NULL: undo */
	const uint64_t *numbers;   /* of tickets; 0 ends them */
	bool dry_run;
	unsigned done;
	GString *said;
};

static enum status deed_command(
	struct txn *txn, const struct deed *o, const struct commander *by, struct error *err)
{
	struct command command = { 0 };
	enum status st = ST_OK;

	g_assert_cmpint(command_parse_line(o->line, o->desk->now, &command, err), ==, ST_OK);
	for (const uint64_t *n = o->numbers; *n && st == ST_OK; n++) {
		g_autofree char *done = NULL;

		st = command_apply(txn, by, *n, &command, &done, err);
	}
	command_release(&command);
	return st;
}

/* As the shell with no number: all that the command did to any ticket. */
static enum status deed_undo(
	struct txn *txn, struct deed *o, const struct commander *by, struct error *err)
{
	struct numbers of = { 0 };
	struct undo undo;
	enum status st = ST_OK;

	undo_init(&undo);
	/* Whoever has looked before asks again. */
	for (unsigned i = 0; i < 2; i++)
		st = undo_find(txn, o->actor, o->numbers ? o->numbers[0] : 0, &undo, err);
	for (guint i = 0; i < undo.events->len; i++)
		numbers_add(&of, ((const struct event *)undo.events->pdata[i])->ticket);
	for (size_t i = 0; i < of.n && st == ST_OK; i++) {
		struct undoing u = { .txn = txn,
			.by = by,
			.undo = &undo,
			.dry_run = o->dry_run,
			.said = o->said,
			.err = err };

		st = undo_ticket(&u, of.v[i]);
		o->done += u.done;
	}
	g_free(of.v);
	undo_release(&undo);
	return st;
}

static enum status deed_do(struct txn *txn, void *arg, struct error *err)
{
	struct deed *o = arg;
	const struct commander by = { .actor = { o->actor, o->desk->now },
		.agent = o->agent,
		.settings = o->desk->settings };
	enum status st;

	g_string_truncate(o->said, 0);
	o->done = 0;
	st = o->line ? deed_command(txn, o, &by, err) : deed_undo(txn, o, &by, err);
	if (st != ST_OK && !o->line) {
		g_string_assign(o->said, err->text);
		return ST_OK;
	}
	return st;
}

#define OF(...) ((const uint64_t[]){ __VA_ARGS__, 0 })

static void does(struct desk *d, const char *actor, const uint64_t *numbers, const char *line)
{
	g_autoptr(GString) said = g_string_new(NULL);
	struct deed deed = {
		.desk = d, .actor = actor, .line = line, .numbers = numbers, .said = said
	};

	d->now += TEXT_SECOND;
	if (store_write(d->store, deed_do, &deed, &d->err) != ST_OK)
		g_error("%s: %s", line, d->err.text);
}

static unsigned count(const char *text, const char *of)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, of)); p++)
		n++;
	return n;
}

/* What the undo says; first only looking, which must say the same. */
static void undoes_of(
	struct desk *d, const char *actor, const uint64_t *numbers, const char *wanted)
{
	g_autoptr(GString) said = g_string_new(NULL);
	g_autofree char *would = NULL;
	struct deed deed = {
		.desk = d, .actor = actor, .numbers = numbers, .dry_run = true, .said = said
	};
	unsigned done;

	d->now += TEXT_SECOND;
	g_assert_cmpint(store_read(d->store, deed_do, &deed, &d->err), ==, ST_OK);
	would = g_strdup(said->str);
	done = deed.done;
	deed.dry_run = false;
	g_assert_cmpint(store_write(d->store, deed_do, &deed, &d->err), ==, ST_OK);
	g_assert_cmpstr(said->str, ==, wanted);
	g_assert_cmpstr(would, ==, wanted);
	g_assert_cmpuint(done, ==, deed.done);
	g_assert_cmpuint(done, ==, count(wanted, " → "));
}

static void undoes(struct desk *d, const char *wanted)
{
	undoes_of(d, "unix:anna", NULL, wanted);
}

static const char nothing[] = "'unix:anna' did nothing that could be undone";

static void comes_asking(struct desk *d, const char *id, const char *reply_to)
{
	g_autofree char *mail = g_strdup_printf(
		"From: Carla Kern <carla@example.net>\nSubject: %s\n"
		"To: support@example.com, Zoe <zoe@example.net>\n"
		"Cc: yan@example.net\n%s"
		"Message-ID: <%s@x>\n\nx\n",
		id, reply_to, id);

	desk_mail(d, "carla@example.net", "support@example.com", NULL, mail);
	g_assert_cmpint(d->status, ==, ST_OK);
}

static void comes(struct desk *d, const char *id)
{
	comes_asking(d, id, "");
}

/* Three tickets, of Carla's three mails. */
static void open_three(struct desk *d)
{
	desk_open(d, NULL);
	comes(d, "a");
	comes(d, "b");
	comes(d, "c");
}

static char *list(char *const *v)
{
	return v ? g_strjoinv(",", (char **)v) : g_strdup("-");
}

static char *state(struct desk *d, uint64_t number)
{
	struct ticket t;
	g_autofree char *tags = NULL, *watching = NULL, *participants = NULL;
	GString *s = g_string_new(NULL);

	desk_ticket(d, number, &t);
	tags = list(t.tags);
	watching = list(t.watching);
	participants = list(t.participants);
	g_string_printf(s,
		"%s until %" PRId64 " closed %" PRId64 " agent %s queue %s project %s %s tags %s "
		"title %s requester %s <%s> participants %s watching %s links",
		ticket_status_names[t.status], t.wait_until, t.closed, t.agent, t.queue, t.project,
		priority_names[t.priority], tags, t.subject, t.requester_name, t.requester_address,
		participants, watching);
	for (size_t i = 0; i < t.links.n; i++)
		g_string_append_printf(s, " %" PRIu64, t.links.v[i]);
	g_string_append_printf(
		s, " merged %" PRIu64 " %d messages", t.merged_into, (int)t.messages_count);
	record_release(&ticket_type, &t);
	return g_string_free(s, FALSE);
}

static void is(struct desk *d, uint64_t number, const char *wanted)
{
	g_autofree char *now = state(d, number);

	g_assert_cmpstr(now, ==, wanted);
}

/* By a person, just now. */
static void touched(struct desk *d, uint64_t number)
{
	struct ticket t;

	desk_ticket(d, number, &t);
	g_assert_cmpint(t.updated, ==, d->now);
	g_assert_cmpint(t.touched, ==, d->now);
	record_release(&ticket_type, &t);
}

/* --- events --- */

struct told {
	uint64_t number;
	GString *kinds;
};

static enum status told_see(struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	if (e->kind == EVENT_UNDO)
		g_string_append(arg, "undo ");
	else
		g_string_append_printf(arg, "%s(%s>%s)%s ", event_kind_names[e->kind],
			text_or_none(e->from), text_or_none(e->to), text_or_none(e->text));
	return ST_OK;
}

static enum status told_list(struct txn *txn, void *arg, struct error *err)
{
	struct told *told = arg;

	g_string_truncate(told->kinds, 0);
	return history_each(txn, told->number, 0, told_see, told->kinds, err);
}

/* The events of a ticket end so. */
static void told_last(struct desk *d, uint64_t number, const char *wanted)
{
	g_autoptr(GString) kinds = g_string_new(NULL);
	struct told told = { number, kinds };

	g_assert_cmpint(store_read(d->store, told_list, &told, &d->err), ==, ST_OK);
	if (!g_str_has_suffix(kinds->str, wanted))
		g_assert_cmpstr(kinds->str, ==, wanted);
}

static enum status told_add_event(struct txn *txn, void *arg, struct error *err)
{
	const struct event *e = arg;
	const struct actor actor = { e->actor, e->time };

	return history_add(txn, e->ticket, &actor,
		NOTE((enum event_kind)e->kind, .from = e->from, .to = e->to, .text = e->text), err);
}

/* An event that no command of today leaves. */
static void tell(struct desk *d, struct event e)
{
	d->now += e.time ? 0 : TEXT_SECOND;
	e.time = e.time ? e.time : d->now;
	e.actor = e.actor ? e.actor : (char *)"unix:anna";
	e.ticket = e.ticket ? e.ticket : 1;
	g_assert_cmpint(store_write(d->store, told_add_event, &e, &d->err), ==, ST_OK);
}

/* --- each kind --- */

static void test_each_kind(void)
{
	static const struct {
		const char *line, *said, *told;
	} rows[] = {
		{ "close",
			"#1 status: closed → new\n"
			"#1: mail to carla@example.net is not sent: it still waits\n",
			"status(closed>new) dropped(closed>carla@example.net) undo " },
		{ "spam", "#1 status: spam → new\n", "status(spam>new) ham(>) undo " },
		{ "wait 2030-01-02T00:00Z", "#1 status: waiting → new\n",
			"status(waiting>new) undo " },
		{ "status internal", "#1 status: internal → new\n", "status(internal>new) undo " },
		{ "assign anna",
			"#1 status: open → new\n#1 agent: anna → none\n"
			"#1: mail to anna@example.com is not sent: it still waits\n",
			"status(open>new) agent(anna>) dropped(notice>anna@example.com) undo " },
		{ "queue sales", "#1 queue: sales → support\n", "queue(sales>support) undo " },
		{ "project core", "#1 project: core → helpdesk\n", "project(core>helpdesk) undo " },
		{ "priority high", "#1 priority: high → normal\n", "priority(high>normal) undo " },
		{ "tag +x +y", "#1 tags: x y → none\n", "tag(x y>) undo " },
		{ "title New", "#1 subject: New → a\n", "title(New>a) undo " },
		{ "requester dora@example.net",
			"#1 requester: dora@example.net → carla@example.net\n",
			"requester(dora@example.net>carla@example.net) undo " },
		{ "watch dora@example.net", "#1 watched by: dora@example.net → none\n",
			"watch(dora@example.net>) undo " },
		{ "link 3", "#1 link: 3 → none\n#3 link: 1 → none\n", "link(3>) undo " },
		{ "merge 3", "#1 merged into: 3 → none\n", "split(3>) undo " },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *first = NULL, *third = NULL;
		struct desk d;

		open_three(&d);
		first = state(&d, 1);
		third = state(&d, 3);
		does(&d, "unix:anna", OF(1), rows[i].line);
		undoes(&d, rows[i].said);
		is(&d, 1, first);
		is(&d, 3, third);
		touched(&d, 1);
		told_last(&d, 1, rows[i].told);
		undoes(&d, nothing);
		is(&d, 1, first);
		g_assert_cmpint(desk_events(&d, 1, "undo"), ==, 1);
		g_assert_cmpint(desk_events(&d, 2, "undo"), ==, 0);
		desk_close(&d);
	}
}
/* --- what must be as it was left --- */

static void test_changed_again(void)
{
	static const struct {
		const char *line, *again, *said;
	} rows[] = {
		{ "close", "status internal", "#1: status was changed again, to 'internal'\n" },
		{ "priority high", "priority low", "#1: priority was changed again, to 'low'\n" },
		{ "queue sales", "queue desk", "#1: queue was changed again, to 'desk'\n" },
		{ "tag +x", "tag +y", "#1: tags were changed again, to 'x y'\n" },
		{ "requester dora@example.net", "requester eve@example.net",
			"#1: the requester was changed again, to 'eve@example.net'\n" },
		{ "watch dora@example.net", "unwatch dora@example.net",
			"#1: who watches it was changed again\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *now = NULL;
		struct desk d;

		open_three(&d);
		does(&d, "unix:anna", OF(1), rows[i].line);
		does(&d, "unix:ben", OF(1), rows[i].again);
		now = state(&d, 1);
		undoes(&d, rows[i].said);
		is(&d, 1, now);
		g_assert_cmpint(desk_events(&d, 1, "undo"), ==, 0);
		desk_close(&d);
	}
}

/* Who was watching before is so again, once. */
static void test_unwatched(void)
{
	g_autofree char *watched = NULL;
	struct desk d;

	open_three(&d);
	does(&d, "unix:anna", OF(1), "watch dora@example.net");
	does(&d, "unix:anna", OF(1), "watch eve@example.net");
	watched = state(&d, 1);
	does(&d, "unix:anna", OF(1), "unwatch eve@example.net");
	undoes(&d, "#1 watched by: none → eve@example.net\n");
	is(&d, 1, watched);
	told_last(&d, 1, "watch(>eve@example.net) undo ");
	does(&d, "unix:anna", OF(1), "unwatch dora@example.net");
	does(&d, "unix:ben", OF(1), "watch dora@example.net");
	undoes(&d, "#1: who watches it was changed again\n");
	desk_close(&d);
}

/* Each event of what was done to several tickets is by itself. */
static void test_one_of_two(void)
{
	g_autofree char *second = NULL, *third = NULL;
	struct desk d;

	open_three(&d);
	second = state(&d, 2);
	third = state(&d, 3);
	does(&d, "unix:anna", OF(1, 2), "priority high");
	does(&d, "unix:ben", OF(1), "priority low");
	undoes(&d, "#1: priority was changed again, to 'low'\n#2 priority: high → normal\n");
	is(&d, 2, second);
	is(&d, 3, third);
	g_assert_cmpint(desk_events(&d, 1, "undo"), ==, 0);
	g_assert_cmpint(desk_events(&d, 2, "undo"), ==, 1);
	undoes(&d, nothing);
	desk_close(&d);
}

/* --- status --- */

static void status_is(struct desk *d, int status, int64_t until, int64_t closed)
{
	struct ticket t;

	desk_ticket(d, 1, &t);
	g_assert_cmpstr(ticket_status_names[t.status], ==, ticket_status_names[status]);
	g_assert_cmpint(t.wait_until, ==, until);
	g_assert_cmpint(t.closed, ==, closed);
	record_release(&ticket_type, &t);
}

static void test_status(void)
{
	const int64_t until = INT64_C(1893542400) * TEXT_SECOND; /* 2030-01-02 */
	struct desk d;
	int64_t closed;

	open_three(&d);
	does(&d, "unix:anna", OF(1), "close");
	closed = d.now;
	does(&d, "unix:ben", OF(1), "title closed");
	does(&d, "unix:ben", OF(1), "reopen");
	does(&d, "unix:anna", OF(1), "wait 2030-01-02T00:00Z");
	does(&d, "unix:anna", OF(1), "close");
	undoes(&d, "#1 status: closed → waiting\n");
	status_is(&d, TICKET_WAITING, until, 0);
	told_last(&d, 1, "status(closed>waiting)2030-01-02T00:00:00Z undo ");
	undoes(&d, "#1 status: waiting → open\n");
	status_is(&d, TICKET_OPEN, 0, 0);
	undoes_of(&d, "unix:ben", NULL, "#1 status: open → closed\n");
	status_is(&d, TICKET_CLOSED, 0, closed);
	/* It was not spam, and is none now. */
	g_assert_cmpint(desk_events(&d, 1, "spam"), ==, 0);
	g_assert_cmpint(desk_events(&d, 1, "ham"), ==, 0);
	/* What it waited for at last, not before, nor now. */
	does(&d, "unix:anna", OF(2), "wait 2030-01-02T00:00Z");
	does(&d, "unix:anna", OF(2), "wait 2031-01-02T00:00Z");
	undoes(&d, "#2 status: waiting → waiting\n");
	told_last(&d, 2, "status(waiting>waiting)2030-01-02T00:00:00Z undo ");
	does(&d, "unix:anna", OF(1), "wait 2031-01-02T00:00Z");
	does(&d, "unix:anna", OF(1), "status waiting");
	does(&d, "unix:anna", OF(1), "spam");
	undoes(&d, "#1 status: spam → waiting\n");
	status_is(&d, TICKET_WAITING, 0, 0);
	told_last(&d, 1, "status(spam>waiting) ham(>) undo ");
	does(&d, "unix:anna", OF(1), "spam");
	does(&d, "unix:ben", OF(1), "status clarify");
	undoes_of(&d, "unix:ben", NULL, "#1 status: clarify → spam\n");
	told_last(&d, 1, "status(clarify>spam) spam(>) undo ");
	desk_close(&d);
}

/* One that came closed has no event that says so. */
static void test_closed_from_the_start(void)
{
	g_autofree char *closed = NULL;
	struct desk d;

	desk_open(&d, "rules = ( { name = \"log\"; set: { status = \"closed\"; }; } );");
	comes(&d, "a");
	closed = state(&d, 1);
	does(&d, "unix:anna", OF(1), "reopen");
	undoes(&d, "#1 status: open → closed\n");
	is(&d, 1, closed);
	desk_close(&d);
}

/* --- what is not there any more --- */

static void test_gone(void)
{
	static const struct {
		int kind;
		const char *from, *to, *said;
	} rows[] = {
		{ EVENT_QUEUE, "nowhere", "support", "#1: there is no queue 'nowhere' any more\n" },
		{ EVENT_QUEUE, NULL, "support", "#1: there is no queue '' any more\n" },
		{ EVENT_AGENT, "nobody", "", "#1: there is no agent 'nobody' any more\n" },
		{ EVENT_PRIORITY, "vast", "normal", "#1: priority cannot be 'vast' again\n" },
		{ EVENT_LINK, NULL, "3", "#1: it is not linked any more\n" },
		{ EVENT_LINK, NULL, NULL, "#1: it is not linked any more\n" },
		{ EVENT_LINK, NULL, "x", "#1: it is not linked any more\n" },
		{ EVENT_MERGED, NULL, "3", "#1: it is not merged any more\n" },
		{ EVENT_SPLIT, NULL, "3", "#1: what was split off stays; merge 3 into it\n" },
		{ EVENT_OPENED, NULL, NULL, "#1: the mail that opened it stays\n" },
		{ EVENT_REPLY, NULL, NULL, "#1: the answer stays: it was sent\n" },
		{ EVENT_NOTE, NULL, NULL, "#1: the note stays\n" },
		{ EVENT_FOLLOWUP, NULL, NULL, "#1: the mail stays\n" },
		{ EVENT_REMIND, NULL, NULL, "#1: the reminder stays; 'remind -' takes it away\n" },
		{ EVENT_SPLIT, "3", NULL, "" },
		{ EVENT_SPAM, NULL, NULL, "" },
		{ EVENT_HAM, NULL, NULL, "" },
	};
	struct desk d;

	open_three(&d);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *before = state(&d, 1);

		tell(&d,
			(struct event){ .kind = rows[i].kind,
				.from = (char *)rows[i].from,
				.to = (char *)rows[i].to });
		undoes(&d, rows[i].said);
		is(&d, 1, before);
	}
	g_assert_cmpint(desk_events(&d, 1, "undo"), ==, 0);
	desk_close(&d);
}

/* --- people --- */

/* Who wrote, or was written to, takes part all the same, and has the name of the mail. */
static void test_requester(void)
{
	static const char *const seen[] = { "zoe@example.net", "yan@example.net",
		"carla@example.net" };
	static const char *const names[] = { "Zoe", NULL, "Carla Kern" };
	struct desk d;

	desk_open(&d, NULL);
	comes_asking(&d, "a", "Reply-To: xia@example.net\n");
	for (size_t i = 0; i < G_N_ELEMENTS(seen); i++) {
		g_autofree char *to = g_strdup_printf("requester %s", seen[i]);
		g_autofree char *back = g_strdup_printf(
			"#1 requester: %s → xia@example.net\n", seen[i]);
		g_autofree char *again = g_strdup_printf(
			"#1 requester: dora@example.net → %s\n", seen[i]);
		struct ticket t;

		does(&d, "unix:anna", OF(1), to);
		undoes(&d, back);
		desk_ticket(&d, 1, &t);
		if (!text_list_has(t.participants, seen[i]))
			g_error("%s takes no part any more", seen[i]);
		g_assert_cmpstr(t.requester_name, ==, "Carla Kern");
		record_release(&ticket_type, &t);
		does(&d, "unix:anna", OF(1), to);
		does(&d, "unix:ben", OF(1), "requester dora@example.net");
		undoes_of(&d, "unix:ben", NULL, again);
		desk_ticket(&d, 1, &t);
		g_assert_cmpstr(t.requester_name, ==, names[i]);
		g_assert_false(text_list_has(t.participants, "dora@example.net"));
		record_release(&ticket_type, &t);
		undoes(&d, back);
	}
	desk_close(&d);
}

/* --- who did it, and what --- */

/* A ticket of nobody's, to which somebody was given. */
static void test_no_requester(void)
{
	struct ticket t;
	struct desk d;

	open_three(&d);
	tell(&d, (struct event){ .kind = EVENT_REQUESTER, .to = "carla@example.net" });
	undoes(&d, "#1 requester: carla@example.net → none\n");
	desk_ticket(&d, 1, &t);
	g_assert_null(t.requester_address);
	g_assert_null(t.requester_name);
	record_release(&ticket_type, &t);
	desk_close(&d);
}

static void test_whose(void)
{
	struct desk d;

	open_three(&d);
	does(&d, "unix:anna", OF(1), "priority high");
	does(&d, "anna", OF(2), "tag +x");
	does(&d, "unix:ben", OF(1, 2, 3), "project core");
	undoes_of(&d, "unix:eve", NULL, "'unix:eve' did nothing that could be undone");
	undoes_of(&d, "anna", OF(3), "'anna' did nothing that could be undone");
	/* By mail or at the shell, it is one person. */
	undoes(&d, "#2 tags: x → none\n");
	undoes_of(&d, "anna", NULL, "#1 priority: high → normal\n");
	undoes(&d, nothing);
	undoes_of(&d, "unix:ben", OF(2), "#2 project: core → helpdesk\n");
	desk_close(&d);
}

/* Only what one command did: of the same moment, and the same person. */
static void test_one_moment(void)
{
	struct desk d;
	int64_t then;

	open_three(&d);
	then = d.now + TEXT_SECOND;
	for (uint64_t n = 1; n <= 3; n++) {
		d.now = then - TEXT_SECOND;
		does(&d, n == 2 ? "unix:ben" : "unix:anna", OF(n), "priority high");
	}
	/* A host whose clock is a little ahead. */
	tell(&d, (struct event){ .kind = EVENT_NOTE, .actor = "unix:eve", .time = then + 1 });
	d.now = then - TEXT_SECOND;
	does(&d, "unix:anna", OF(2), "tag +x");
	d.now = then + TEXT_SECOND;
	undoes(&d, "#1 priority: high → normal\n#3 priority: high → normal\n#2 tags: x → none\n");
	undoes(&d, nothing);
	undoes_of(&d, "unix:ben", NULL, "#2 priority: high → normal\n");
	desk_close(&d);
}

/* What came before an event of an earlier time is another command's. */
static void test_moment_is_over(void)
{
	struct desk d;
	int64_t then;

	open_three(&d);
	does(&d, "unix:anna", OF(1), "priority high");
	then = d.now;
	tell(&d, (struct event){ .kind = EVENT_NOTE, .actor = "unix:eve", .time = then - 1 });
	d.now = then - TEXT_SECOND;
	does(&d, "unix:anna", OF(2), "priority high");
	undoes(&d, "#2 priority: high → normal\n");
	undoes(&d, "#1 priority: high → normal\n");
	undoes(&d, nothing);
	desk_close(&d);
}

/* Before which there is nothing. */
static void test_very_first(void)
{
	struct desk d;

	desk_open(&d, NULL);
	desk_insert(&d, &(struct ticket){ .number = 1, .queue = "support", .subject = "a" });
	does(&d, "unix:anna", OF(1), "assign anna");
	undoes(&d,
		"#1 status: open → new\n#1 agent: anna → none\n"
		"#1: mail to anna@example.com is not sent: it still waits\n");
	undoes(&d, nothing);
	desk_close(&d);
	desk_open(&d, NULL);
	desk_insert(&d, &(struct ticket){ .number = 1, .queue = "support", .subject = "a" });
	does(&d, "unix:anna", OF(1), "priority high");
	undoes(&d, "#1 priority: high → normal\n");
	does(&d, "unix:anna", OF(1), "priority low");
	undoes_of(&d, "unix:anna", OF(1), "#1 priority: low → normal\n");
	desk_close(&d);
	desk_open(&d, NULL);
	desk_insert(&d, &(struct ticket){ .number = 1, .queue = "support", .subject = "a" });
	does(&d, "unix:ben", OF(1), "wait 2030-01-02T00:00Z");
	does(&d, "unix:anna", OF(1), "status clarify");
	undoes(&d, "#1 status: clarify → waiting\n");
	told_last(&d, 1, "status(clarify>waiting)2030-01-02T00:00:00Z undo ");
	desk_close(&d);
	desk_open(&d, NULL);
	desk_insert(&d, &(struct ticket){ .number = 1, .queue = "support", .subject = "a" });
	does(&d, "unix:anna", OF(1), "priority high");
	undoes_of(&d, "unix:anna", OF(1), "#1 priority: high → normal\n");
	desk_close(&d);
}

struct crowd {
	struct desk *desk;
	unsigned n;
};

static enum status crowd_add(struct txn *txn, void *arg, struct error *err)
{
	const struct crowd *crowd = arg;
	const struct actor actor = { "unix:eve", crowd->desk->now };
	enum status st = ST_OK;

	for (unsigned i = 0; i < crowd->n && st == ST_OK; i++)
		st = history_add(txn, 3, &actor, NOTE(EVENT_NOTE), err);
	return st;
}

/* It is looked for among the last 5,000 events. */
static void test_long_ago(void)
{
	struct crowd crowd = { .n = 4998 };
	struct desk d;

	open_three(&d);
	crowd.desk = &d;
	does(&d, "unix:anna", OF(1), "priority high");
	does(&d, "unix:anna", OF(2), "priority high");
	g_assert_cmpint(store_write(d.store, crowd_add, &crowd, &d.err), ==, ST_OK);
	undoes(&d, "#2 priority: high → normal\n"); /* two events more */
	undoes(&d, nothing);
	undoes_of(&d, "unix:anna", OF(1), "#1 priority: high → normal\n");
	desk_close(&d);
}

/* --- mail that it caused --- */

struct letter {
	struct outgoing o;
	bool save; /* as it is under its id */
};

static enum status letter_put(struct txn *txn, void *arg, struct error *err)
{
	struct letter *l = arg;

	return l->save ? outbox_save(txn, &l->o, err) : outbox_put(txn, &l->o, "x", 1, err);
}

static void put(struct desk *d, struct outgoing o)
{
	char *to[] = { "zoe@example.net", "yan@example.net", NULL };
	struct letter letter = { .o = o };

	letter.o.sender = "";
	letter.o.to = to;
	g_assert_cmpint(store_write(d->store, letter_put, &letter, &d->err), ==, ST_OK);
}

/* Only what the change had us write, of that ticket and moment, and what still waits. */
static void test_mail(void)
{
	struct outgoing last;
	struct desk d;

	open_three(&d);
	g_assert_cmpint(desk_outbox(&d, NULL, NULL), ==, 3); /* each was answered */
	does(&d, "unix:anna", OF(1), "close");
	put(&d, (struct outgoing){ .ticket = 1, .event = "reply", .created = d.now });
	put(&d, (struct outgoing){ .ticket = 2, .event = "closed", .created = d.now });
	put(&d, (struct outgoing){ .ticket = 1, .event = "closed", .created = d.now - 1 });
	put(&d, (struct outgoing){ .ticket = 1, .event = "closed", .created = d.now + 1 });
	put(&d,
		(struct outgoing){ .ticket = 1,
			.event = "closed",
			.created = d.now,
			.state = OUTGOING_FAILED });
	put(&d, (struct outgoing){ .ticket = 1, .event = "forward", .created = d.now });
	put(&d, (struct outgoing){ .ticket = 1, .event = "notice", .created = d.now });
	undoes(&d,
		"#1 status: closed → new\n"
		"#1: mail to carla@example.net is not sent: it still waits\n"
		"#1: mail to zoe@example.net, yan@example.net is not sent: it still waits\n");
	told_last(&d, 1,
		"status(closed>new) dropped(closed>carla@example.net) "
		"dropped(notice>zoe@example.net, yan@example.net) undo ");
	g_assert_cmpint(desk_outbox(&d, "closed", NULL), ==, 4);
	g_assert_cmpint(desk_outbox(&d, "notice", NULL), ==, 0);
	g_assert_cmpint(desk_outbox(&d, "reply", NULL), ==, 1);
	g_assert_cmpint(desk_outbox(&d, NULL, NULL), ==, 9);
	/* It was never told, so it is when it is closed again. */
	does(&d, "unix:anna", OF(1), "close");
	desk_outgoing(&d, "closed", &last);
	g_assert_cmpint(last.created, ==, d.now);
	record_release(&outgoing_type, &last);
	g_assert_cmpint(desk_outbox(&d, "closed", NULL), ==, 5);
	desk_close(&d);
}

static void test_sent_since(void)
{
	struct desk d;

	open_three(&d);
	tell(&d,
		(struct event){
			.kind = EVENT_SENT, .actor = "milticket", .to = "eve@example.net" });
	does(&d, "unix:anna", OF(1), "priority high");
	tell(&d,
		(struct event){
			.kind = EVENT_SENT, .actor = "milticket", .to = "dora@example.net" });
	tell(&d,
		(struct event){
			.kind = EVENT_FAILED, .actor = "milticket", .to = "eve@example.net" });
	tell(&d,
		(struct event){
			.kind = EVENT_SENT, .actor = "milticket", .to = "zoe@example.net" });
	undoes(&d,
		"#1 priority: high → normal\n"
		"#1: mail was sent since, to dora@example.net, zoe@example.net, and stays so\n");
	/* Nothing is said of mail where nothing is undone. */
	does(&d, "unix:anna", OF(1), "priority high");
	does(&d, "unix:ben", OF(1), "priority low");
	tell(&d,
		(struct event){
			.kind = EVENT_SENT, .actor = "milticket", .to = "zoe@example.net" });
	undoes(&d, "#1: priority was changed again, to 'low'\n");
	desk_close(&d);
}

/* --- whose tickets --- */

static void test_may(void)
{
	char *sales[] = { "sales", NULL };
	const struct agent ben = { .login = "ben", .queues = sales };
	g_autoptr(GString) said = g_string_new(NULL);
	struct deed deed = { .actor = "ben", .agent = &ben, .said = said };
	g_autofree char *sold = NULL;
	struct desk d;

	open_three(&d);
	deed.desk = &d;
	does(&d, "ben", OF(1, 2), "queue sales");
	does(&d, "unix:anna", OF(1), "queue desk");
	sold = state(&d, 1);
	deed.numbers = OF(1);
	g_assert_cmpint(store_write(d.store, deed_do, &deed, &d.err), ==, ST_OK);
	g_assert_cmpstr(said->str, ==, "ticket #1 is in queue 'desk', which is not yours");
	is(&d, 1, sold);
	deed.numbers = OF(2);
	g_assert_cmpint(store_write(d.store, deed_do, &deed, &d.err), ==, ST_OK);
	g_assert_cmpstr(said->str, ==, "#2 queue: sales → support\n");
	tell(&d,
		(struct event){
			.ticket = 99, .kind = EVENT_PRIORITY, .from = "low", .to = "high" });
	undoes(&d, "there is no ticket #99");
	desk_close(&d);
}

static void unlink_third(struct desk *d)
{
	struct ticket t;

	desk_ticket(d, 3, &t);
	numbers_remove(&t.links, 1);
	desk_save(d, &t);
	record_release(&ticket_type, &t);
}

static enum status purge_third(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	return tickets_remove(txn, 3, err);
}

/* One ticket alone: what ties it to another is taken back on both. */
static void test_pairs_alone(void)
{
	g_autofree char *first = NULL, *third = NULL, *merged = NULL;
	struct desk d;

	open_three(&d);
	first = state(&d, 1);
	third = state(&d, 3);
	does(&d, "unix:anna", OF(1), "link 3");
	undoes_of(&d, "unix:anna", OF(3), "#3 link: 1 → none\n#1 link: 3 → none\n");
	is(&d, 1, first);
	is(&d, 3, third);
	told_last(&d, 1, "link(3>) ");
	told_last(&d, 3, "link(1>) undo ");
	undoes_of(&d, "unix:anna", OF(1), "#1: it is not linked any more\n");
	does(&d, "unix:anna", OF(1), "merge 3");
	merged = state(&d, 3);
	undoes_of(&d, "unix:anna", OF(3), "#3: 1 was merged into it; undo or unmerge that one\n");
	is(&d, 3, merged);
	undoes_of(&d, "unix:anna", OF(1), "#1 merged into: 3 → none\n");
	is(&d, 1, first);
	is(&d, 3, third);
	does(&d, "unix:anna", OF(1), "link 3");
	unlink_third(&d);
	undoes_of(&d, "unix:anna", OF(1), "#1 link: 3 → none\n");
	is(&d, 1, first);
	is(&d, 3, third);
	does(&d, "unix:anna", OF(1), "link 3");
	g_assert_cmpint(store_write(d.store, purge_third, NULL, &d.err), ==, ST_OK);
	undoes_of(&d, "unix:anna", OF(1), "#1 link: 3 → none\n");
	is(&d, 1, first);
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/undo/each kind of change", test_each_kind);
	g_test_add_func("/undo/what was changed again stays", test_changed_again);
	g_test_add_func("/undo/who was watching", test_unwatched);
	g_test_add_func("/undo/one of two", test_one_of_two);
	g_test_add_func("/undo/a status as it was", test_status);
	g_test_add_func("/undo/closed from the start", test_closed_from_the_start);
	g_test_add_func("/undo/what is not there any more", test_gone);
	g_test_add_func("/undo/who it was for", test_requester);
	g_test_add_func("/undo/nobody's", test_no_requester);
	g_test_add_func("/undo/whose it was", test_whose);
	g_test_add_func("/undo/one moment", test_one_moment);
	g_test_add_func("/undo/another moment", test_moment_is_over);
	g_test_add_func("/undo/the very first events", test_very_first);
	g_test_add_func("/undo/long ago", test_long_ago);
	g_test_add_func("/undo/mail that it caused", test_mail);
	g_test_add_func("/undo/mail that was sent since", test_sent_since);
	g_test_add_func("/undo/whose tickets", test_may);
	g_test_add_func("/undo/one of a pair", test_pairs_alone);
	return g_test_run();
}
