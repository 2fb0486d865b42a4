/* The store is damaged in one way each; the check says so, the repair mends it, and the next check
 * is clean. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <utime.h>

#include "base/limits.h"
#include "base/text.h"
#include "keep/replan.h"
#include "tables/check.h"
#include "tables/tickets-index.h"
#include "tables/tickets-rebuild.h"
#include "../desk.h"
#include "../store-fixture.h"

static const char mail[] =
	"From: Carla Kern <carla@customer.example>\nTo: support@example.com\nSubject: Printer\n"
	"Message-ID: <check-1@customer.example>\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\nIt burns.\n";

static struct check_options options_of(const struct desk *desk)
{
	return (struct check_options){ .archive = settings_archive(desk->settings),
		.keep_days = desk->settings->archive.keep_days,
		.now = desk->now,
		.tags = &desk->settings->tag_format,
		.actor = { "unix:tester", desk->now },
		.set = replan_promise,
		.settings = desk->settings };
}

static GPtrArray *findings_of(struct desk *desk)
{
	const struct check_options options = options_of(desk);
	GPtrArray *findings = g_ptr_array_new_with_free_func(g_free);
	uint64_t tickets = 0;

	g_assert_cmpint(
		check_store(desk->store, &options, findings, &tickets, &desk->err), ==, ST_OK);
	g_assert_cmpuint(tickets, <=, 1);
	return findings;
}

static unsigned count_findings(struct desk *desk)
{
	g_autoptr(GPtrArray) findings = findings_of(desk);

	for (unsigned i = 0; i < findings->len; i++)
		g_test_message("%s", (char *)g_ptr_array_index(findings, i));
	return findings->len;
}

static void repair(struct desk *desk)
{
	const struct check_options options = options_of(desk);
	enum status st = check_repair(desk->store, &options, &desk->err);

	if (st != ST_OK)
		g_test_message("%s", desk->err.text);
	g_assert_cmpint(st, ==, ST_OK);
}

/* --- damaging rows --- */

static enum status lose_first(struct txn *txn, enum store_table table)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st = scan_first(&scan, txn, table, all, all, false);

	if (st == ST_OK)
		st = txn_delete(txn, table, scan.key);
	scan_release(&scan);
	return st;
}

static enum status lose(struct txn *txn, void *arg, struct error *err)
{
	enum store_table table = *(const enum store_table *)arg;
	enum status st = lose_first(txn, table);

	(void)err;
	/* One of the ids is that of our answer, which nothing else names, and which of them is the
	 * first is chance: all go. */
	while (table == TABLE_IDS && st == ST_OK)
		st = lose_first(txn, table);
	return table == TABLE_IDS && st == ST_NOT_FOUND ? ST_OK : st;
}

/* A key as those of the table are, of what is not there. */
static enum status stray(struct txn *txn, void *arg, struct error *err)
{
	enum store_table table = *(const enum store_table *)arg;
	const struct bytes all = { NULL, 0 };
	guint8 key[STORE_KEY_MAX];
	struct scan scan;
	enum status st = scan_first(&scan, txn, table, all, all, true);
	size_t len = scan.key.len;

	(void)err;
	g_assert_cmpint(st, ==, ST_OK);
	memcpy(key, scan.key.data, len);
	key[table == TABLE_AGENT_ADDRESSES ? 0 : len - 1] ^= 0x15;
	st = txn_put(txn, table, (struct bytes){ key, len },
		(struct bytes){ "\1\1\1\1", table == TABLE_LOG || table == TABLE_IDS ? 4 : 0 });
	scan_release(&scan);
	return st;
}

static enum status add_event(struct txn *txn, void *arg, struct error *err)
{
	const struct actor actor = { "anna", 1 };

	(void)arg;
	return history_add(
		txn, 1, &actor, NOTE(EVENT_QUEUE, .from = "sales", .to = "support"), err);
}

/* One customer's mail, which tells an event, another event, the mail's answer in the outbox, and
 * what else desk_open makes. */
static void open_desk(struct desk *desk)
{
	desk_open(desk, NULL);
	desk_mail(desk, "carla@customer.example", "support@example.com", NULL, mail);
	g_assert_cmpint(store_write(desk->store, add_event, NULL, &desk->err), ==, ST_OK);
	g_assert_cmpint(desk->status, ==, ST_OK);
	g_assert_cmpuint(desk_outbox(desk, NULL, NULL), ==, 1);
	g_assert_cmpuint(count_findings(desk), ==, 0);
}

static void damage_and_mend_desk(struct desk *desk, store_fn *damage, enum store_table table)
{
	g_assert_cmpint(store_write(desk->store, damage, &table, &desk->err), ==, ST_OK);
	g_assert_cmpuint(count_findings(desk), >, 0);
	repair(desk);
	g_assert_cmpuint(count_findings(desk), ==, 0);
}

static void damage_and_mend(store_fn *damage, enum store_table table)
{
	struct desk desk;

	open_desk(&desk);
	damage_and_mend_desk(&desk, damage, table);
	desk_close(&desk);
}

/* A Message-ID that comes a second time does not tell which message it is. */
static void test_lost_identity(void)
{
	struct desk desk;
	g_autofree char *other = g_strconcat(
		"In-Reply-To: <check-1@customer.example>\n", mail, "Another one.\n", NULL);

	open_desk(&desk);
	desk_mail(&desk, "carla@customer.example", "support@example.com", NULL, other);
	g_assert_cmpint(desk.status, ==, ST_OK);
	damage_and_mend_desk(&desk, lose, TABLE_DIGESTS);
	desk_close(&desk);
}

static void test_lost(gconstpointer data)
{
	damage_and_mend(lose, (enum store_table)GPOINTER_TO_INT(data));
}

static void test_stray(gconstpointer data)
{
	damage_and_mend(stray, (enum store_table)GPOINTER_TO_INT(data));
}

/* --- records --- */

static const char answer[] =
	"From: Anna Adler <anna@example.com>\nTo: carla@customer.example\nSubject: Re: Printer\n"
	"In-Reply-To: <check-1@customer.example>\nMessage-ID: <check-2@example.com>\nDate: Mon, 02 Nov 2026 11:00:00 +0000\n\nPut it out.\n";
static const char again[] =
	"From: Anna Adler <anna@example.com>\nTo: carla@customer.example\nSubject: Re: Printer\n"
	"In-Reply-To: <check-3@customer.example>\nMessage-ID: <check-5@example.com>\nDate: Mon, 02 Nov 2026 12:30:00 +0000\n\nGood.\n";
static const char thanks[] =
	"From: Carla Kern <carla@customer.example>\nTo: support@example.com\nCc: Dora <dora@customer.example>\nSubject: Re: Printer\n"
	"In-Reply-To: <check-2@example.com>\nMessage-ID: <check-3@customer.example>\nDate: Mon, 02 Nov 2026 12:00:00 +0000\n\nDone.\n";
static const char orders[] =
	"From: Anna Adler <anna@example.com>\nTo: support@example.com\nSubject: [example.com #1] Printer\n"
	"In-Reply-To: <check-1@customer.example>\nMessage-ID: <check-4@example.com>\nDate: Mon, 02 Nov 2026 13:00:00 +0000\n\n"
	"priority high\ntag +hot +lab\ntitle The burning printer\nproject lab\nclose\n";

static enum status spoil(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st = scan_first(&scan, txn, *(const enum store_table *)arg, all, all, false);

	(void)err;
	if (st == ST_OK)
		st = txn_put(txn, *(const enum store_table *)arg, scan.key,
			(struct bytes){ "\1\377\377\377", 4 });
	scan_release(&scan);
	return st;
}

/* What messages and events cannot tell. */
static bool may_be_lost(const char *field)
{
	static const char *const names[] = { "watchers", "account", "language", "answered",
		"updated", "participants", NULL };

	return g_strv_contains(names, field);
}

static void compare_tickets(const struct ticket *a, const struct ticket *b)
{
	for (size_t i = 0; i < ticket_type.count; i++) {
		const struct field *field = &ticket_type.fields[i];
		g_autofree char *left = record_field_text(field, a),
				*right = record_field_text(field, b);

		g_test_message("%s: %s", field->name, left);
		if (!may_be_lost(field->name))
			g_assert_cmpstr(left, ==, right);
	}
}

static void lose_record(store_fn *damage)
{
	enum store_table table = TABLE_TICKETS;
	struct ticket before = { 0 }, after = { 0 };
	struct desk desk;

	open_desk(&desk);
	desk_mail(&desk, "anna@example.com", "carla@customer.example", "anna", answer);
	desk_mail(&desk, "carla@customer.example", "support@example.com", NULL, thanks);
	desk.now += G_USEC_PER_SEC;
	desk_mail(&desk, "anna@example.com", "carla@customer.example", "anna", again);
	desk_mail(&desk, "anna@example.com", "support@example.com", "anna", orders);
	desk_ticket(&desk, 1, &before);
	g_assert_cmpint(before.status, ==, TICKET_CLOSED);
	g_assert_cmpstr(before.subject, ==, "The burning printer");
	g_assert_cmpint(store_write(desk.store, damage, &table, &desk.err), ==, ST_OK);
	g_assert_cmpuint(count_findings(&desk), >, 0);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_ticket(&desk, 1, &after);
	compare_tickets(&before, &after);
	g_assert_true(
		g_strv_contains((const char *const *)after.participants, "carla@customer.example"));
	g_assert_cmpuint(desk_events(&desk, 1, "repaired"), ==, 1);
	record_release(&ticket_type, &before);
	record_release(&ticket_type, &after);
	desk_mail(&desk, "carla@customer.example", "support@example.com", NULL,
		"From: carla@customer.example\nIn-Reply-To: <check-2@example.com>\n\nx\n");
	g_assert_cmpuint(desk.last.ticket, ==, 1);
	desk_close(&desk);
}

static void test_lost_record(void)
{
	lose_record(lose);
}

static void test_damaged_record(void)
{
	lose_record(spoil);
}

/* As they were; and what is late in the meantime is that, without being told of again. */
static void test_lost_promise(void)
{
	static const char slas[] =
		"slas = ( { name = \"gold\"; respond = \"4h\"; resolve = \"2d\"; } );";
	enum store_table table = TABLE_TICKETS;
	struct ticket before, after;
	struct desk desk;

	desk_open(&desk, slas);
	desk_mail(&desk, "carla@customer.example", "support@example.com", NULL, mail);
	g_assert_cmpint(desk.status, ==, ST_OK);
	desk_ticket(&desk, 1, &before);
	g_assert_cmpint(before.respond_by, >, 0);
	g_assert_cmpint(store_write(desk.store, lose, &table, &desk.err), ==, ST_OK);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_ticket(&desk, 1, &after);
	g_assert_cmpint(after.respond_by, ==, before.respond_by);
	g_assert_cmpint(after.resolve_by, ==, before.resolve_by);
	g_assert_cmpint(after.sla_due, ==, before.sla_due);
	g_assert_cmpstr(after.sla, ==, "gold");
	record_release(&ticket_type, &after);
	desk.now += G_USEC_PER_SEC * INT64_C(5) * 3600;
	g_assert_cmpint(store_write(desk.store, lose, &table, &desk.err), ==, ST_OK);
	repair(&desk);
	desk_ticket(&desk, 1, &after);
	g_assert_cmpint(after.respond_by, ==, before.respond_by);
	g_assert_cmpint(after.overdue, ==, OVERDUE_RESPOND);
	g_assert_cmpint(after.sla_due, >, desk.now);
	record_release(&ticket_type, &after);
	record_release(&ticket_type, &before);
	desk_close(&desk);
}

static enum status lose_all(struct txn *txn, void *arg, struct error *err)
{
	enum status st = ST_OK;

	(void)arg;
	(void)err;
	while (st == ST_OK)
		st = lose_first(txn, TABLE_ENTRIES);
	return st == ST_NOT_FOUND ? lose_first(txn, TABLE_TICKETS) : st;
}

/* A message that is damaged itself is told of, and nothing is made up for it. */
static void test_damaged_message(void)
{
	enum store_table table = TABLE_ENTRIES;
	struct desk desk;

	open_desk(&desk);
	g_assert_cmpint(store_write(desk.store, spoil, &table, &desk.err), ==, ST_OK);
	g_assert_cmpuint(count_findings(&desk), >, 0);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), >, 0);
	table = TABLE_TICKETS;
	g_assert_cmpint(store_write(desk.store, lose, &table, &desk.err), ==, ST_OK);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), >, 0);
	desk_close(&desk);
}

static void test_only_events(void)
{
	struct ticket t = { 0 };
	struct desk desk;

	open_desk(&desk);
	g_assert_cmpint(store_write(desk.store, lose_all, NULL, &desk.err), ==, ST_OK);
	g_assert_cmpuint(count_findings(&desk), >, 0);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_ticket(&desk, 1, &t);
	g_assert_cmpstr(t.queue, ==, "support");
	g_assert_cmpuint(t.messages_count, ==, 0);
	record_release(&ticket_type, &t);
	desk_close(&desk);
}

static enum status tell_more(struct txn *txn, void *arg, struct error *err)
{
	const struct actor actor = { "anna", 1 };
	enum status st = ST_OK;

	(void)arg;
	for (unsigned i = 0; i < LIMIT_LINKS + 1 && st == ST_OK; i++) {
		g_autofree char *number = g_strdup_printf("%u", 1000 + i);

		st = history_add(txn, 1, &actor, NOTE(EVENT_LINK, .to = number), err);
	}
	return st;
}

/* One that is made anew has no more than one that grew. */
static void test_rebuilt_is_full(void)
{
	enum store_table table = TABLE_TICKETS;
	struct ticket t;
	struct desk desk;

	open_desk(&desk);
	g_assert_cmpint(store_write(desk.store, tell_more, NULL, &desk.err), ==, ST_OK);
	g_assert_cmpint(store_write(desk.store, lose, &table, &desk.err), ==, ST_OK);
	repair(&desk);
	desk_ticket(&desk, 1, &t);
	g_assert_cmpuint(t.links.n, ==, LIMIT_LINKS);
	g_assert_cmpuint(t.links.v[LIMIT_LINKS - 1], ==, 1000 + LIMIT_LINKS - 1);
	record_release(&ticket_type, &t);
	desk_close(&desk);
}

/* As many take part as may, whoever is written to. */
static void test_rebuilt_has_no_more_people(void)
{
	struct ticket t = { 0 };
	struct entry e = { .direction = DIRECTION_OUT };

	for (unsigned i = 0; i < LIMIT_PARTICIPANTS + 1; i++) {
		g_autofree char *to = g_strdup_printf("p%u@example.org", i);

		text_list_add(&e.to, to);
	}
	ticket_add_message(&t, &e);
	g_assert_cmpuint(g_strv_length(t.participants), ==, LIMIT_PARTICIPANTS);
	record_release(&ticket_type, &t);
	record_release(&entry_type, &e);
}

/* --- the archive --- */

static char *path_of(struct desk *desk)
{
	struct entry entry = { 0 };
	char *path;

	desk_entry(desk, 1, 1, &entry);
	path = g_build_filename(desk->settings->archive.path, entry.archive, NULL);
	record_release(&entry_type, &entry);
	return path;
}

static void test_lost_file(void)
{
	struct desk desk;
	struct entry entry = { 0 };
	g_autofree char *path = NULL;

	open_desk(&desk);
	path = path_of(&desk);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpuint(count_findings(&desk), ==, 1);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_entry(&desk, 1, 1, &entry);
	g_assert_null(entry.archive);
	record_release(&entry_type, &entry);
	desk_close(&desk);
}

static void test_expected_loss(void)
{
	struct desk desk;
	g_autofree char *path = NULL;

	open_desk(&desk);
	desk.settings->archive.keep_days = 30;
	path = path_of(&desk);
	g_assert_cmpint(g_remove(path), ==, 0);
	g_assert_cmpuint(count_findings(&desk), ==, 1);
	desk.now += (G_GINT64_CONSTANT(30) * 24 - 1) * 3600 * G_USEC_PER_SEC;
	g_assert_cmpuint(count_findings(&desk), ==, 1);
	desk.now += (int64_t)2 * 3600 * G_USEC_PER_SEC;
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_close(&desk);
}

static void test_short_file(void)
{
	struct desk desk;
	g_autofree char *path = NULL;

	open_desk(&desk);
	path = path_of(&desk);
	g_assert_true(g_file_set_contents(path, "From: short\n", -1, NULL));
	g_assert_cmpuint(count_findings(&desk), ==, 1);
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	desk_close(&desk);
}

static void test_orphan(void)
{
	struct desk desk;
	g_autofree char *orphan = NULL, *aside = NULL;

	open_desk(&desk);
	orphan = g_build_filename(desk.settings->archive.path, "0000orphan.eml", NULL);
	aside = g_build_filename(
		desk.settings->archive.path, "unclaimed", "new", "0000orphan.eml", NULL);
	g_assert_true(g_file_set_contents(orphan, mail, -1, NULL));
	utime(orphan,
		&(struct utimbuf){
			desk.now / G_USEC_PER_SEC - 600, desk.now / G_USEC_PER_SEC - 600 });
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	/* An hour, to the second. */
	for (time_t age = 3599; age <= 3600; age++) {
		time_t then = desk.now / G_USEC_PER_SEC - age;

		g_assert_cmpint(desk.now % G_USEC_PER_SEC, ==, 0);
		utime(orphan, &(struct utimbuf){ then, then });
		g_assert_cmpuint(count_findings(&desk), ==, age == 3600);
	}
	repair(&desk);
	g_assert_cmpuint(count_findings(&desk), ==, 0);
	g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
	desk_close(&desk);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum store_table table;
		bool lost, stray;
	} tables[] = {
		{ "index", TABLE_INDEX, true, true },
		{ "ids", TABLE_IDS, true, true },
		{ "texts", TABLE_TEXTS, false, true },
		{ "events", TABLE_EVENTS, true, false },
		{ "log", TABLE_LOG, true, true },
		{ "outbox", TABLE_OUTBOX, true, false },
		{ "outbox mail", TABLE_OUTBOX_MAIL, true, true },
		{ "outbox due", TABLE_OUTBOX_DUE, true, true },
		{ "agents", TABLE_AGENTS, true, false },
		{ "agent addresses", TABLE_AGENT_ADDRESSES, true, true },
	};

	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *lost = g_strdup_printf(
			"/check/a row of %s is lost", tables[i].name);
		g_autofree char *stray = g_strdup_printf(
			"/check/a row of %s leads nowhere", tables[i].name);

		if (tables[i].lost)
			g_test_add_data_func(
				lost, GINT_TO_POINTER((int)tables[i].table), test_lost);
		if (tables[i].stray)
			g_test_add_data_func(
				stray, GINT_TO_POINTER((int)tables[i].table), test_stray);
	}
	g_test_add_func("/check/a ticket's record is lost: it is made anew of messages and events",
		test_lost_record);
	g_test_add_func("/check/a ticket's record is damaged", test_damaged_record);
	g_test_add_func("/check/a ticket made anew has its deadlines", test_lost_promise);
	g_test_add_func("/check/a ticket is lost but for its events", test_only_events);
	g_test_add_func("/check/a ticket made anew has so many links", test_rebuilt_is_full);
	g_test_add_func("/check/and participants", test_rebuilt_has_no_more_people);
	g_test_add_func("/check/a message is damaged", test_damaged_message);
	g_test_add_func("/check/a row of digests is lost", test_lost_identity);
	g_test_add_func(
		"/check/a file is lost: its message is rebuilt from now on", test_lost_file);
	g_test_add_func("/check/a file that is older than the archive keeps is not missed",
		test_expected_loss);
	g_test_add_func("/check/a file has other bytes than were recorded", test_short_file);
	g_test_add_func("/check/a file that no message names is set aside, unless it is fresh",
		test_orphan);
	return g_test_run();
}
