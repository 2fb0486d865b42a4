/* Tickets on disk: numbers, conversations, indexes, listings, repair. */
#include "tables/tickets.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"
#include "settings/settings.h"
#include "tables/check.h"
#include "tables/due-index.h"
#include "tables/history.h"
#include "tables/tickets-index.h"
#include "../store-fixture.h"

#define DAY_START (INT64_C(1790000000) * TEXT_SECOND) /* 2026-09-21 in UTC */
#define DAY (INT64_C(86400) * TEXT_SECOND)

static const struct numbering sequential = { NUMBERS_SEQUENTIAL, 1, DAY_START };

/* Most tests are one transaction: open, run, close. */
static void in_store(store_fn *fn, void *arg)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, fn, arg, ST_OK);
	place_close(&place);
}

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

/* A ticket with that much to say, stored. */
static uint64_t make(struct txn *txn, struct ticket t)
{
	if (!t.queue)
		t.queue = (char *)"support";
	OK(tickets_create(txn, &sequential, &t, NULL));
	return t.number;
}

static char *listed(struct txn *txn, const struct ticket_filter *filter);

/* --- numbers --- */

static bool was_given(struct txn *txn, uint64_t number)
{
	bool given = false;

	OK(tickets_was_given(txn, number, &given, NULL));
	return given;
}

static enum status number_sequence(struct txn *txn, void *arg, struct error *err)
{
	struct numbering from_100 = { NUMBERS_SEQUENTIAL, 100, DAY_START };
	struct ticket t = { .queue = (char *)"q" },
		      brought = { .number = 500, .queue = (char *)"q" };

	(void)arg;
	g_assert_cmpuint(make(txn, t), ==, 1);
	g_assert_cmpuint(make(txn, t), ==, 2);
	OK(tickets_remove(txn, 2, err));
	g_assert_cmpuint(make(txn, t), ==, 3);
	g_assert_true(was_given(txn, 2));
	g_assert_true(was_given(txn, 3));
	g_assert_false(was_given(txn, 4));
	OK(tickets_create(txn, &from_100, &t, err));
	g_assert_cmpuint(t.number, ==, 100);
	OK(tickets_insert(txn, &brought, err));
	g_assert_cmpint(tickets_insert(txn, &brought, err), ==, ST_EXISTS);
	g_assert_cmpuint(make(txn, t), ==, 501);
	brought.number = 50;
	OK(tickets_insert(txn, &brought, err));
	g_assert_cmpuint(make(txn, t), ==, 502);
	brought.number = 0;
	g_assert_cmpint(tickets_insert(txn, &brought, err), ==, ST_BAD_INPUT);
	return ST_OK;
}

/* One that an import brings is given once, and what is no number never. */
static enum status number_taken(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { .queue = (char *)"q" };

	(void)arg;
	g_assert_cmpint(tickets_take_number(txn, 0, err), ==, ST_EXISTS);
	g_assert_cmpint(tickets_take_number(txn, (uint64_t)INT64_MAX + 1, err), ==, ST_EXISTS);
	OK(tickets_take_number(txn, 7, err));
	g_assert_cmpuint(make(txn, t), ==, 8);
	g_assert_cmpint(tickets_take_number(txn, 8, err), ==, ST_EXISTS);
	OK(tickets_remove(txn, 8, err));
	g_assert_cmpint(tickets_take_number(txn, 8, err), ==, ST_EXISTS);
	return ST_OK;
}

static void test_sequence(void)
{
	in_store(number_sequence, NULL);
	in_store(number_taken, NULL);
}

/* 2027-01-01 */
static const int64_t NEW_YEAR = DAY_START + 102 * DAY;

static uint64_t dated_number(struct txn *txn, int64_t now, uint64_t first)
{
	const struct numbering numbering = { NUMBERS_DATE, first, now };
	struct ticket t = { .queue = (char *)"q" };

	OK(tickets_create(txn, &numbering, &t, NULL));
	return t.number;
}

static enum status number_days(struct txn *txn, void *arg, struct error *err)
{
	struct ticket brought = { .number = 202609219999, .queue = (char *)"q" };

	(void)arg;
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 202609210001);
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 202609210002);
	g_assert_cmpuint(dated_number(txn, DAY_START + DAY, 1), ==, 202609220001);
	/* The clock goes back. */
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 202609210003);
	OK(tickets_remove(txn, 202609210003, err));
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 202609210004);
	/* Another system stopped at some number of today, or of another day. */
	g_assert_cmpuint(dated_number(txn, DAY_START, 202609210100), ==, 202609210100);
	g_assert_cmpuint(dated_number(txn, DAY_START, 202609230700), ==, 202609210101);
	OK(tickets_insert(txn, &brought, err));
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 2026092110000);
	g_assert_cmpuint(dated_number(txn, DAY_START, 1), ==, 2026092110001);
	/* The first and the last day of a year; what no day is begins nothing. */
	g_assert_cmpuint(dated_number(txn, NEW_YEAR, 202701010100), ==, 202701010100);
	g_assert_cmpuint(dated_number(txn, NEW_YEAR - DAY, 202612310100), ==, 202612310100);
	g_assert_cmpuint(dated_number(txn, NEW_YEAR + DAY, 202701000100), ==, 202701020001);
	g_assert_cmpuint(dated_number(txn, NEW_YEAR + 2 * DAY, 202700030100), ==, 202701030001);
	/* The sequence is another, and was not moved by dates. */
	g_assert_cmpuint(make(txn, (struct ticket){ 0 }), ==, 1);
	return ST_OK;
}

static void test_dates(void)
{
	in_store(number_days, NULL);
}

/* 23:00 UTC is tomorrow in a zone that is ahead. */
static enum status number_local_day(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	g_assert_cmpuint(dated_number(txn, INT64_C(1790031600) * TEXT_SECOND, 1), ==, 202609220001);
	return ST_OK;
}

static void test_local_day(void)
{
	g_setenv("TZ", "TST-2", true);
	tzset();
	in_store(number_local_day, NULL);
	g_setenv("TZ", "UTC", true);
	tzset();
}

/* --- loading and merging --- */

static enum status load_and_save(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };
	uint64_t number = make(txn, (struct ticket){ .subject = (char *)"Printer", .updated = 5 });

	(void)arg;
	OK(tickets_load(txn, number, &t, err));
	g_assert_cmpstr(t.subject, ==, "Printer");
	g_assert_cmpuint(t.number, ==, number);
	g_free(t.subject);
	t.subject = g_strdup("Scanner");
	OK(tickets_save(txn, &t, err));
	record_release(&ticket_type, &t);
	OK(tickets_load(txn, number, &t, err));
	g_assert_cmpstr(t.subject, ==, "Scanner");
	t.number = 99;
	g_assert_cmpint(tickets_save(txn, &t, err), ==, ST_NOT_FOUND);
	record_release(&ticket_type, &t);
	g_assert_cmpint(tickets_load(txn, 99, &t, err), ==, ST_NOT_FOUND);
	return ST_OK;
}

static void test_load_and_save(void)
{
	in_store(load_and_save, NULL);
}

static void merge(struct txn *txn, uint64_t number, uint64_t into)
{
	struct ticket t = { 0 };

	OK(tickets_load(txn, number, &t, NULL));
	t.merged_into = into;
	OK(tickets_save(txn, &t, NULL));
	record_release(&ticket_type, &t);
}

static enum status follow_merges(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };

	(void)arg;
	for (int i = 0; i < 3; i++)
		make(txn, t);
	merge(txn, 1, 2);
	merge(txn, 2, 3);
	OK(tickets_resolve(txn, 1, &t, err));
	g_assert_cmpuint(t.number, ==, 3);
	record_release(&ticket_type, &t);
	merge(txn, 3, 1);
	g_assert_cmpint(tickets_resolve(txn, 1, &t, err), ==, ST_IO);
	g_assert_nonnull(strstr(err->text, "circle"));
	merge(txn, 3, 77);
	g_assert_cmpint(tickets_resolve(txn, 1, &t, err), ==, ST_NOT_FOUND);
	return ST_OK;
}

static void test_merges(void)
{
	in_store(follow_merges, NULL);
}

/* --- conversations --- */

static void append(struct txn *txn, uint64_t number, struct entry entry, const char *text)
{
	struct ticket t = { 0 };

	OK(tickets_load(txn, number, &t, NULL));
	OK(tickets_append(txn, &t, &entry, text, NULL));
	OK(tickets_save(txn, &t, NULL));
	record_release(&ticket_type, &t);
}

/* "ticket.seq kind" of each hit. */
static char *hits(struct txn *txn, const char *message_id)
{
	static const char *const kinds[] = { "referenced", "seen", "sent" };
	struct id_hit found[4];
	GString *out = g_string_new(NULL);
	size_t n;

	OK(tickets_find_id(txn, message_id, found, G_N_ELEMENTS(found), &n, NULL));
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, "%s%d.%d %s", i ? ", " : "", (int)found[i].ticket,
			(int)found[i].seq, kinds[found[i].kind]);
	return g_string_free(out, FALSE);
}

static void assert_hits(struct txn *txn, const char *message_id, const char *wanted)
{
	g_autofree char *found = hits(txn, message_id);

	g_assert_cmpstr(found, ==, wanted);
}

static void assert_digest(
	struct txn *txn, const char *id, const char *digest, uint64_t number, uint64_t seq)
{
	uint64_t of_ticket = 0, of_seq = 0;

	g_assert_cmpint(tickets_find_digest(txn, id, digest, &of_ticket, &of_seq, NULL), ==,
		number || seq ? ST_OK : ST_NOT_FOUND);
	g_assert_cmpuint(of_ticket, ==, number);
	g_assert_cmpuint(of_seq, ==, seq);
}

static void assert_text(struct txn *txn, uint64_t number, uint64_t seq, const char *wanted)
{
	g_autofree char *text = NULL;

	OK(tickets_text(txn, number, seq, &text, NULL));
	g_assert_cmpstr(text, ==, wanted);
}

static char *references_of_two[] = { (char *)"<root@example.net>", (char *)"<one@example.net>",
	NULL };

static const struct entry first_entry = { .message_id = (char *)"<one@example.net>",
	.in_reply_to = (char *)"<root@example.net>",
	.digest = (char *)"d1" };
static const struct entry second_entry = { .message_id = (char *)"<two@example.net>",
	.references = references_of_two,
	.digest = (char *)"d2" };

static void make_conversation(struct txn *txn)
{
	make(txn, (struct ticket){ 0 });
	append(txn, 1, first_entry, "first text");
	append(txn, 1, second_entry, NULL);
	append(txn, 1,
		(struct entry){
			.message_id = (char *)"<auto@example.com>", .direction = DIRECTION_OUT },
		"");
}

static enum status converse(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };
	struct entry e = { 0 };

	(void)arg;
	make_conversation(txn);
	OK(tickets_load(txn, 1, &t, err));
	g_assert_cmpuint(t.messages_count, ==, 3);
	record_release(&ticket_type, &t);
	OK(tickets_entry(txn, 1, 2, &e, err));
	g_assert_cmpstr(e.message_id, ==, "<two@example.net>");
	g_assert_cmpuint(e.ticket, ==, 1);
	g_assert_cmpuint(e.seq, ==, 2);
	record_release(&entry_type, &e);
	g_assert_cmpint(tickets_entry(txn, 1, 4, &e, err), ==, ST_NOT_FOUND);
	assert_text(txn, 1, 1, "first text");
	assert_text(txn, 1, 2, "");
	assert_hits(txn, "<one@example.net>", "1.1 seen");
	assert_hits(txn, "<root@example.net>", "1.0 referenced");
	assert_hits(txn, "<auto@example.com>", "1.3 sent");
	assert_hits(txn, "<other@example.com>", "");
	assert_digest(txn, "<two@example.net>", "d2", 1, 2);
	assert_digest(txn, "<two@example.net>", "d3", 0, 0);
	return ST_OK;
}

static void test_conversation(void)
{
	in_store(converse, NULL);
}

/* --- identities --- */

static void assert_identity_rows(struct txn *txn, unsigned wanted)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	unsigned n = 0;

	for (enum status st = scan_first(&scan, txn, TABLE_DIGESTS, all, all, false); st == ST_OK;
		st = scan_next(&scan))
		n++;
	scan_release(&scan);
	g_assert_cmpuint(n, ==, wanted);
}

static enum status one_knows_the_id(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	make_conversation(txn);
	assert_identity_rows(txn, 0);
	assert_digest(txn, "<one@example.net>", "d1", 1, 1);
	assert_digest(txn, "<one@example.net>", "another", 0, 0);
	assert_digest(txn, NULL, "d1", 0, 0);
	return ST_OK;
}

/* A device that never changes its Message-ID, and more of its mails than are looked at. */
static enum status many_know_the_id(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	for (uint64_t i = 1; i <= 20; i++) {
		g_autofree char *digest = g_strdup_printf("device %d", (int)i);

		make(txn, (struct ticket){ 0 });
		append(txn, i,
			(struct entry){ .message_id = (char *)"<same@device>", .digest = digest },
			NULL);
	}
	append(txn, 1,
		(struct entry){ .message_id = (char *)"<same@device>", .digest = (char *)"again" },
		NULL);
	assert_digest(txn, "<same@device>", "device 1", 1, 1);
	assert_digest(txn, "<same@device>", "device 7", 7, 1);
	assert_digest(txn, "<same@device>", "device 20", 20, 1);
	assert_digest(txn, "<same@device>", "again", 1, 2);
	return ST_OK;
}

static enum status another_refers_to_the_id(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	make_conversation(txn);
	OK(tickets_index_id(txn, "<one@example.net>", 5, 0, ID_REFERENCED, err));
	assert_identity_rows(txn, 1);
	assert_digest(txn, "<one@example.net>", "d1", 1, 1);
	return ST_OK;
}

/* A reply that leaves with another id than it came with comes again with the old one. */
static enum status answers_have_rows(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	make(txn, (struct ticket){ 0 });
	append(txn, 1,
		(struct entry){ .message_id = (char *)"<new@example.com>",
			.direction = DIRECTION_OUT,
			.digest = (char *)"d1" },
		NULL);
	assert_digest(txn, "<old@home.example>", "d1", 1, 1);
	assert_digest(txn, "<new@example.com>", "d1", 1, 1);
	return ST_OK;
}

static enum status the_id_is_changed(struct txn *txn, void *arg, struct error *err)
{
	struct entry e = { 0 };

	(void)arg;
	make_conversation(txn);
	OK(tickets_entry(txn, 1, 1, &e, err));
	g_free(e.message_id);
	e.message_id = g_strdup("<redacted@example.net>");
	OK(tickets_entry_save(txn, &e, err));
	record_release(&entry_type, &e);
	assert_digest(txn, "<one@example.net>", "d1", 1, 1);
	return ST_OK;
}

static void test_identities(void)
{
	static store_fn *const cases[] = { one_knows_the_id, many_know_the_id,
		another_refers_to_the_id, answers_have_rows, the_id_is_changed };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		in_store(cases[i], NULL);
}

/* As an import brings them: with a place of their own. */
static enum status save_new_entry(struct txn *txn, void *arg, struct error *err)
{
	uint64_t number = make(txn, (struct ticket){ 0 });
	struct entry e = { .ticket = number, .seq = 3, .message_id = (char *)"<new@x>" },
		     back = { 0 };

	(void)arg;
	OK(tickets_entry_save(txn, &e, err));
	OK(tickets_entry(txn, number, 3, &back, err));
	g_assert_cmpstr(back.message_id, ==, "<new@x>");
	assert_hits(txn, "<new@x>", "1.3 seen");
	record_release(&entry_type, &back);
	return ST_OK;
}

static enum status index_ids(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *longest = g_strnfill(LIMIT_MESSAGE_ID_BYTES, 'x'),
			*longer = g_strnfill(LIMIT_MESSAGE_ID_BYTES + 1, 'x');
	struct id_hit found[2];
	size_t n;

	(void)arg;
	for (uint64_t ticket = 1; ticket <= 3; ticket++)
		OK(tickets_index_id(txn, "<a@b>", ticket, 0, ID_REFERENCED, err));
	OK(tickets_index_id(txn, "<a@b>", 2, 7, ID_SEEN, err));
	OK(tickets_index_id(txn, "<a@b>", 2, 0, ID_REFERENCED, err));
	assert_hits(txn, "<a@b>", "3.0 referenced, 2.7 seen, 1.0 referenced");
	OK(tickets_find_id(txn, "<a@b>", found, 2, &n, err));
	g_assert_cmpuint(n, ==, 2);
	OK(tickets_index_id(txn, longest, 1, 1, ID_SEEN, err));
	OK(tickets_index_id(txn, longer, 1, 1, ID_SEEN, err));
	assert_hits(txn, longest, "1.1 seen");
	assert_hits(txn, longer, "");
	assert_hits(txn, "", "");
	return ST_OK;
}

static void test_ids(void)
{
	in_store(index_ids, NULL);
	in_store(save_new_entry, NULL);
}

static enum status move_entries(struct txn *txn, void *arg, struct error *err)
{
	struct ticket from = { 0 }, to = { 0 };

	(void)arg;
	make_conversation(txn);
	make(txn, (struct ticket){ 0 });
	append(txn, 2, (struct entry){ .message_id = (char *)"<x@example.net>" }, "x");
	OK(tickets_load(txn, 1, &from, err));
	OK(tickets_load(txn, 2, &to, err));
	OK(tickets_entry_move(txn, &from, 1, &to, err));
	g_assert_cmpint(tickets_entry_move(txn, &from, 1, &to, err), ==, ST_NOT_FOUND);
	g_assert_cmpuint(from.messages_count, ==, 2);
	g_assert_cmpuint(to.messages_count, ==, 2);
	OK(tickets_save(txn, &from, err));
	OK(tickets_save(txn, &to, err));
	record_release(&ticket_type, &from);
	record_release(&ticket_type, &to);
	assert_text(txn, 1, 1, "");
	assert_text(txn, 2, 2, "first text");
	assert_hits(txn, "<one@example.net>", "2.2 seen");
	assert_hits(txn, "<root@example.net>", "2.0 referenced, 1.0 referenced");
	assert_digest(txn, "<one@example.net>", "d1", 2, 2);
	return ST_OK;
}

static void test_move(void)
{
	in_store(move_entries, NULL);
}

static enum status change_entry(struct txn *txn, void *arg, struct error *err)
{
	struct entry e = { 0 };

	(void)arg;
	make_conversation(txn);
	OK(tickets_entry(txn, 1, 1, &e, err));
	g_free(e.message_id);
	g_free(e.digest);
	e.message_id = g_strdup("<new@example.net>");
	e.digest = NULL;
	OK(tickets_entry_save(txn, &e, err));
	record_release(&entry_type, &e);
	assert_hits(txn, "<new@example.net>", "1.1 seen");
	assert_hits(txn, "<one@example.net>", "");
	assert_digest(txn, "<one@example.net>", "d1", 0, 0);
	return ST_OK;
}

static void test_change_entry(void)
{
	in_store(change_entry, NULL);
}

/* --- removing --- */

static const struct actor somebody = { "anna", DAY_START };

static void remove_in(struct place *place, store_fn *fn)
{
	place_write(place, fn, NULL, ST_OK);
}

static enum status make_full(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };
	char *tags[] = { (char *)"a", (char *)"b", NULL };

	(void)arg;
	make_conversation(txn);
	OK(tickets_load(txn, 1, &t, err));
	t.tags = g_strdupv(tags);
	t.watchers = g_strdupv(tags);
	t.project = g_strdup("p");
	t.requester_address = g_strdup("kim@example.net");
	t.wait_until = 7;
	t.undelivered = true;
	OK(tickets_save(txn, &t, err));
	record_release(&ticket_type, &t);
	return history_add(txn, 1, &somebody, NOTE(EVENT_OPENED), err);
}

static enum status remove_it(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	OK(tickets_remove(txn, 1, err));
	g_assert_cmpint(tickets_remove(txn, 1, err), ==, ST_NOT_FOUND);
	return ST_OK;
}

static void test_remove(void)
{
	struct place place;
	uint64_t before[TABLE_COUNT];

	place_open(&place, 0);
	for (int i = 0; i < TABLE_COUNT; i++)
		before[i] = rows_of(place.store, (enum store_table)i);
	remove_in(&place, make_full);
	if (!place.url)
		g_assert_cmpuint(rows_of(place.store, TABLE_INDEX), ==, 2);
	g_assert_cmpuint(rows_of(place.store, TABLE_DUE), ==, 1);
	remove_in(&place, remove_it);
	for (int i = 0; i < TABLE_COUNT; i++)
		if (i != TABLE_META)
			g_assert_cmpuint(rows_of(place.store, (enum store_table)i), ==, before[i]);
	place_close(&place);
}

/* --- listings --- */

static enum status note_number(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	GString *out = arg;

	(void)txn;
	(void)err;
	g_string_append_printf(out, "%s%d", out->len ? " " : "", (int)ticket->number);
	return ST_OK;
}

static char *listed(struct txn *txn, const struct ticket_filter *filter)
{
	GString *out = g_string_new(NULL);

	OK(tickets_list(txn, filter, note_number, out, NULL));
	return g_string_free(out, FALSE);
}

/* Seven tickets; updated is ten times the number but of the last, which is the oldest. */
static void make_seven(struct txn *txn)
{
	char *red[] = { (char *)"red", NULL }, *both[] = { (char *)"red", (char *)"blue", NULL },
	     *sales[] = { (char *)"sales", NULL };
	struct ticket tickets[] = {
		{ .status = TICKET_NEW, .requester_address = (char *)"kim@example.net" },
		{ .status = TICKET_OPEN, .agent = (char *)"anna", .tags = red },
		{ .status = TICKET_CLOSED,
			.agent = (char *)"anna",
			.project = (char *)"p",
			.tags = both },
		{ .status = TICKET_SPAM },
		{ .status = TICKET_WAITING,
			.queue = (char *)"sales",
			.agent = (char *)"ben",
			.priority = PRIORITY_HIGH,
			.undelivered = true },
		{ .status = TICKET_CLOSED,
			.merged_into = 1,
			.requester_address = (char *)"kim@example.net" },
		{ .status = TICKET_INTERNAL,
			.watchers = sales,
			.project = (char *)"p",
			.requester_address = (char *)"kim@example.net" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(tickets); i++) {
		tickets[i].updated = i == 6 ? 5 : 10 * ((int64_t)i + 1);
		make(txn, tickets[i]);
	}
}

static void test_wanted(void)
{
	char *red[] = { (char *)"red", NULL };
	const struct ticket t = { .number = 1, .updated = 100, .tags = red, .queue = (char *)"q" };
	const struct {
		struct ticket_filter filter;
		bool wanted;
	} cases[] = {
		{ { .priority = -1 }, true },
		{ { .priority = -1, .tag = "red" }, true },
		{ { .priority = -1, .tag = "blue" }, false },
		{ { .priority = -1, .tag = "re" }, false },
		{ { .priority = -1, .since = 100 }, true },
		{ { .priority = -1, .since = 101 }, false },
		{ { .priority = -1, .until = 101 }, true },
		{ { .priority = -1, .until = 100 }, false },
		{ { .priority = PRIORITY_LOW }, false },
		{ { .priority = -1, .undelivered = true }, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("filter %zu", i);
		g_assert_cmpint(tickets_wanted(&cases[i].filter, &t), ==, cases[i].wanted);
	}
}

static enum status listed_until(struct txn *txn, void *arg, struct error *err)
{
	struct ticket_filter filter = { .priority = -1, .until = 50 };

	(void)arg;
	(void)err;
	make_seven(txn);
	for (int oldest = 0; oldest < 2; oldest++) {
		g_autofree char *before = NULL, *after = NULL;

		filter.oldest_first = oldest;
		filter.until = 50;
		before = listed(txn, &filter);
		g_assert_null(strchr(before, '5'));
		filter.until = 51;
		after = listed(txn, &filter);
		g_assert_nonnull(strchr(after, '5'));
	}
	return ST_OK;
}

static void test_until(void)
{
	in_store(listed_until, NULL);
}

/* --- counts --- */

static enum status count_new(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct queue_count *count = arg;

	(void)txn;
	(void)err;
	count->open++;
	count->new += ticket->status == TICKET_NEW;
	return ST_OK;
}

static void expect_counts_right(struct txn *txn)
{
	static const char *const queues[] = { "support", "sales", "ops" };
	struct queue_count counts[G_N_ELEMENTS(queues)];

	for (size_t i = 0; i < G_N_ELEMENTS(queues); i++)
		counts[i] = (struct queue_count){ queues[i], 99, 99 };
	OK(tickets_count_queues(txn, counts, G_N_ELEMENTS(counts), NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(queues); i++) {
		const struct ticket_filter filter = { .queue = queues[i], .priority = -1 };
		struct queue_count counted = { .open = 0 };

		OK(tickets_list(txn, &filter, count_new, &counted, NULL));
		g_assert_cmpuint(counts[i].open, ==, counted.open);
		g_assert_cmpuint(counts[i].new, ==, counted.new);
	}
}

static enum status counts_follow(struct txn *txn, void *arg, struct error *err)
{
	char *ops[] = { (char *)"ops", (char *)"sales", NULL };
	const struct ticket changes[] = {
		{ .number = 1, .queue = (char *)"support", .status = TICKET_OPEN },
		{ .number = 1, .queue = (char *)"sales", .status = TICKET_OPEN, .watchers = ops },
		{ .number = 2, .queue = (char *)"support", .status = TICKET_NEW },
		{ .number = 3, .queue = (char *)"ops", .status = TICKET_NEW, .watchers = ops },
		{ .number = 4, .queue = (char *)"support", .status = TICKET_SPAM },
		{ .number = 5, .queue = (char *)"sales", .status = TICKET_CLOSED },
		{ .number = 7,
			.queue = (char *)"support",
			.status = TICKET_CLOSED,
			.merged_into = 1 },
	};

	(void)arg;
	make_seven(txn);
	expect_counts_right(txn);
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		OK(tickets_save(txn, &changes[i], err));
		expect_counts_right(txn);
	}
	OK(tickets_remove(txn, 1, err));
	expect_counts_right(txn);
	return ST_OK;
}

static void test_counts(void)
{
	in_store(counts_follow, NULL);
}

#define BIT(status) (1U << (status))
#define EVERY (BIT(TICKET_SPAM + 1) - 1)

static const struct {
	struct ticket_filter filter;
	const char *wanted;
} listings[] = {
	{ { .priority = -1 }, "5 2 1 7" },
	{ { .priority = -1, .oldest_first = true }, "7 1 2 5" },
	{ { .priority = -1, .statuses = EVERY }, "5 4 3 2 1 7" },
	{ { .priority = -1, .statuses = EVERY, .oldest_first = true }, "7 1 2 3 4 5" },
	{ { .priority = -1, .statuses = EVERY, .merged = true }, "6 5 4 3 2 1 7" },
	{ { .priority = -1, .statuses = BIT(TICKET_CLOSED) }, "3" },
	{ { .priority = -1, .statuses = BIT(TICKET_CLOSED) | BIT(TICKET_OPEN) }, "3 2" },
	{ { .priority = -1, .statuses = BIT(TICKET_SPAM) }, "4" },
	{ { .priority = -1, .queue = "sales" }, "5 7" },
	{ { .priority = -1, .queue = "support" }, "2 1 7" },
	{ { .priority = -1, .queue = "support", .statuses = EVERY }, "4 3 2 1 7" },
	{ { .priority = -1, .queue = "support", .statuses = BIT(TICKET_INTERNAL) }, "7" },
	{ { .priority = -1, .queue = "nowhere" }, "" },
	{ { .priority = -1, .agent = "anna" }, "2" },
	{ { .priority = -1, .agent = "anna", .statuses = EVERY }, "3 2" },
	{ { .priority = -1, .agent = "" }, "1 7" },
	{ { .priority = -1, .agent = "", .queue = "sales" }, "7" },
	{ { .priority = -1, .project = "p" }, "7" },
	{ { .priority = -1, .project = "p", .statuses = EVERY }, "3 7" },
	{ { .priority = -1, .requester = "kim@example.net" }, "1 7" },
	{ { .priority = -1, .requester = "kim@example.net", .queue = "sales" }, "7" },
	{ { .priority = -1, .tag = "red" }, "2" },
	{ { .priority = -1, .tag = "blue", .statuses = EVERY }, "3" },
	{ { .priority = PRIORITY_HIGH }, "5" },
	{ { .priority = PRIORITY_NORMAL }, "2 1 7" },
	{ { .priority = -1, .undelivered = true }, "5" },
	{ { .priority = -1, .undelivered = true, .queue = "support" }, "" },
	{ { .priority = -1, .since = 20 }, "5 2" },
	{ { .priority = -1, .since = 21 }, "5" },
	{ { .priority = -1, .until = 20 }, "1 7" },
	{ { .priority = -1, .until = 21 }, "2 1 7" },
	{ { .priority = -1, .since = 10, .until = 50 }, "2 1" },
	{ { .priority = -1, .since = 10, .until = 50, .oldest_first = true }, "1 2" },
	{ { .priority = -1, .since = 20, .statuses = EVERY }, "5 4 3 2" },
	{ { .priority = -1, .since = 20, .until = 50, .statuses = EVERY, .oldest_first = true },
		"2 3 4" },
};

static enum status list_all(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	make_seven(txn);
	for (size_t i = 0; i < G_N_ELEMENTS(listings); i++) {
		g_autofree char *found = listed(txn, &listings[i].filter);

		g_test_message("listing %zu", i);
		g_assert_cmpstr(found, ==, listings[i].wanted);
	}
	return ST_OK;
}

static void test_lists(void)
{
	in_store(list_all, NULL);
}

enum { ROBOTS = 1200 };

/* Fewer tickets of a value than are looked up by themselves, and more. */
static enum status list_many(struct txn *txn, void *arg, struct error *err)
{
	const struct ticket_filter filter = {
		.priority = -1, .requester = "robot@example.net", .since = 1001, .until = 1004
	};

	(void)arg;
	(void)err;
	make_seven(txn);
	for (int i = 0; i < ROBOTS; i++) {
		make(txn,
			(struct ticket){ .requester_address = (char *)"robot@example.net",
				.updated = i % 2 ? 1000 + i : 5000 - i });
		if (i == 9 || i == ROBOTS - 1) {
			g_autofree char *found = listed(txn, &filter);

			g_assert_cmpstr(found, ==, "11 9");
		}
	}
	return ST_OK;
}

static void test_many_of_a_value(void)
{
	in_store(list_many, NULL);
}

struct stopping {
	unsigned seen, max;
	enum status end;
};

static enum status stop_after(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct stopping *s = arg;

	(void)txn;
	(void)ticket;
	(void)err;
	return ++s->seen == s->max ? s->end : ST_OK;
}

static enum status stop_early(struct txn *txn, void *arg, struct error *err)
{
	const struct ticket_filter filter = { .priority = -1 };
	struct stopping two = { 0, 2, ST_NOT_FOUND }, error = { 0, 3, ST_BUSY };

	(void)arg;
	make_seven(txn);
	OK(tickets_list(txn, &filter, stop_after, &two, err));
	g_assert_cmpuint(two.seen, ==, 2);
	g_assert_cmpint(tickets_list(txn, &filter, stop_after, &error, err), ==, ST_BUSY);
	g_assert_cmpuint(error.seen, ==, 3);
	return ST_OK;
}

static void test_stop(void)
{
	in_store(stop_early, NULL);
}

static enum status move_in_indexes(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };
	const struct ticket_filter anna = { .priority = -1, .agent = "anna" },
				   nobody = { .priority = -1, .agent = "" };
	g_autofree char *of_anna = NULL, *of_nobody = NULL;

	(void)arg;
	make_seven(txn);
	OK(tickets_load(txn, 1, &t, err));
	t.agent = g_strdup("anna");
	t.updated = 99;
	OK(tickets_save(txn, &t, err));
	record_release(&ticket_type, &t);
	of_anna = listed(txn, &anna);
	of_nobody = listed(txn, &nobody);
	g_assert_cmpstr(of_anna, ==, "1 2");
	g_assert_cmpstr(of_nobody, ==, "7");
	return ST_OK;
}

static void test_moves(void)
{
	in_store(move_in_indexes, NULL);
}

static void set_wait(struct txn *txn, uint64_t number, int64_t until)
{
	struct ticket t = { 0 };

	OK(tickets_load(txn, number, &t, NULL));
	t.wait_until = until;
	OK(tickets_save(txn, &t, NULL));
	record_release(&ticket_type, &t);
}

static enum status become_due(struct txn *txn, void *arg, struct error *err)
{
	struct due_row due[2];
	size_t n;

	(void)arg;
	make_seven(txn);
	set_wait(txn, 1, 100);
	set_wait(txn, 2, 50);
	set_wait(txn, 3, 70);
	OK(due_index_find(txn, 49, due, 2, &n, err));
	g_assert_cmpuint(n, ==, 0);
	OK(due_index_find(txn, 50, due, 2, &n, err));
	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(due[0].number, ==, 2);
	OK(due_index_find(txn, 1000, due, 2, &n, err));
	g_assert_cmpuint(n, ==, 2);
	g_assert_cmpuint(due[1].number, ==, 3);
	set_wait(txn, 2, 0);
	set_wait(txn, 3, 200);
	OK(due_index_find(txn, 199, due, 2, &n, err));
	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpuint(due[0].number, ==, 1);
	return ST_OK;
}

static void test_due(void)
{
	in_store(become_due, NULL);
}

/* --- checking --- */

static unsigned checked(struct txn *txn, bool repair)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	const struct check_options options = { .actor = { "unix:tester", 0 } };

	OK(check_in(txn, &options, repair, found, NULL));
	for (guint i = 0; i < found->len; i++)
		g_test_message("%s", (char *)g_ptr_array_index(found, i));
	return found->len;
}

static enum status check_and_repair(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	make_full(txn, NULL, err);
	g_assert_cmpuint(checked(txn, false), ==, 0);
	empty_table(txn, TABLE_INDEX);
	if (txn_derives(txn))
		g_assert_cmpuint(checked(txn, false), >, 0);
	OK(tickets_reindex(txn, 1, err));
	g_assert_cmpuint(checked(txn, false), ==, 0);
	empty_table(txn, TABLE_IDS);
	/* Three ids, and two identities that they lead to. */
	g_assert_cmpuint(checked(txn, false), ==, 5);
	OK(tickets_reindex(txn, 1, err));
	g_assert_cmpuint(checked(txn, false), ==, 0);
	empty_table(txn, TABLE_DUE);
	g_assert_cmpuint(checked(txn, true), ==, 1);
	g_assert_cmpuint(checked(txn, false), ==, 0);
	g_assert_cmpint(tickets_reindex(txn, 2, err), ==, ST_NOT_FOUND);
	assert_hits(txn, "<root@example.net>", "1.0 referenced");
	return ST_OK;
}

static void test_check(void)
{
	in_store(check_and_repair, NULL);
}

static enum status recount(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };

	(void)arg;
	make_conversation(txn);
	OK(tickets_load(txn, 1, &t, err));
	t.messages_count = 9;
	OK(tickets_save(txn, &t, err));
	record_release(&ticket_type, &t);
	g_assert_cmpuint(checked(txn, false), ==, 1);
	OK(tickets_reindex(txn, 1, err));
	g_assert_cmpuint(checked(txn, false), ==, 0);
	return ST_OK;
}

static void test_recount(void)
{
	in_store(recount, NULL);
}

static void put_row(
	struct txn *txn, enum store_table table, const struct key *key, const struct key *value)
{
	OK(txn_put(txn, table, key_bytes(key), key_bytes(value)));
}

static enum status sweep_rows(struct txn *txn, void *arg, struct error *err)
{
	struct key key, value;

	(void)arg;
	make_full(txn, NULL, err);
	g_assert_cmpuint(checked(txn, false), ==, 0);
	key_init(&key);
	key_init(&value);
	key_u8(&key, 'L');
	key_u8(&key, 1);
	key_u64(&key, 12345);
	key_number(&key, 1);
	put_row(txn, TABLE_INDEX, &key, &value);
	OK(tickets_index_id(txn, "<gone@example.net>", 77, 1, ID_SEEN, err));
	OK(tickets_index_digest(txn, "gone", 1, 99, err));
	OK(tickets_index_digest(txn, "of no ticket", 0, 0, err));
	key_init(&key);
	key_u64(&key, 8);
	key_number(&key, 1);
	put_row(txn, TABLE_DUE, &key, &value);
	key_init(&key);
	key_u8(&key, 1);
	/* A database has no key that is none. */
	if (txn_derives(txn))
		put_row(txn, TABLE_DUE, &key, &value);
	g_assert_cmpuint(checked(txn, false), ==, txn_derives(txn) ? 5 : 4);
	g_assert_cmpuint(checked(txn, true), ==, txn_derives(txn) ? 5 : 4);
	g_assert_cmpuint(checked(txn, false), ==, 0);
	return ST_OK;
}

static void test_sweep(void)
{
	in_store(sweep_rows, NULL);
}

/* --- size --- */

enum { THREADS = 200, MESSAGES = 5 };

static void append_mail(struct txn *txn, struct ticket *t, int message)
{
	g_autofree char *id = g_strdup_printf("<%08x.%d.mail-0123456789@mx.example.net>",
		(unsigned)t->number * 2654435761U, message);
	g_autofree char *before = g_strdup_printf("<%08x.%d.mail-0123456789@mx.example.net>",
		(unsigned)t->number * 2654435761U, message - 1);
	g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, id, -1);
	g_autofree char *archive = g_strdup_printf("2026/09/21/%.40s.eml", digest);
	char *references[] = { before, NULL }, *to[] = { (char *)"support@example.com", NULL };
	struct entry e = {
		.message_id = id,
		.in_reply_to = message ? before : NULL,
		.references = message ? references : NULL,
		.from = (char *)"Kim Customer <kim.customer@example.net>",
		.to = to,
		.subject = (char *)"Re: The printer on the second floor is on fire",
		.date = DAY_START,
		.received = DAY_START,
		.match = MATCH_MESSAGE_ID,
		.size = 4321,
		.archive = archive,
		.queue_id = (char *)"4FgX2q0W1Dz9sPl",
		.digest = digest,
		.sender = (char *)"kim.customer@example.net",
		.event = EVENT_FOLLOWUP,
	};
	const struct actor actor = { "kim.customer@example.net", DAY_START };

	OK(tickets_append(txn, t, &e, NULL, NULL));
	OK(history_add(txn, t->number, &actor, NOTE(EVENT_FOLLOWUP), NULL));
}

static enum status fill_store(struct txn *txn, void *arg, struct error *err)
{
	char *participants[] = { (char *)"kim.customer@example.net", NULL };

	(void)arg;
	for (int i = 0; i < THREADS; i++) {
		struct ticket t = {
			.subject = (char *)"The printer on the second floor is on fire",
			.queue = (char *)"support",
			.project = (char *)"helpdesk",
			.agent = (char *)"anna",
			.requester_name = (char *)"Kim Customer",
			.requester_address = (char *)"kim.customer@example.net",
			.participants = participants,
			.opened = DAY_START + i,
			.updated = DAY_START + i,
			.last_in = DAY_START + i,
			.account = (char *)"support@example.com",
			.language = (char *)"en",
		};

		OK(tickets_create(txn, &sequential, &t, err));
		for (int m = 0; m < MESSAGES; m++)
			append_mail(txn, &t, m);
		t.updated += 1000;
		OK(tickets_save(txn, &t, err));
	}
	return ST_OK;
}

static void test_size(void)
{
	struct place place;
	g_autofree char *file = NULL, *contents = NULL;
	gsize size;

	place_open(&place, 0);
	file = g_build_filename(place.dir, "copy", NULL);
	for (int i = 0; i < 10; i++)
		place_write(&place, fill_store, NULL, ST_OK);
	OK(store_copy(place.store, file, &place.err));
	g_assert_true(g_file_get_contents(file, &contents, &size, NULL));
	g_test_message("%d bytes a message", (int)(size / (10 * THREADS * MESSAGES)));
	g_assert_cmpuint(size / (10 * THREADS * MESSAGES), <=, 600);
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", true);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tickets/a filter looks at each field", test_wanted);
	g_test_add_func("/tickets/until a time is before it, whichever end is first", test_until);
	g_test_add_func("/tickets/a sequence never gives a number twice", test_sequence);
	g_test_add_func(
		"/tickets/a day's numbers are never given twice, even when the clock goes back",
		test_dates);
	g_test_add_func("/tickets/the day of a number is the local one", test_local_day);
	g_test_add_func("/tickets/are loaded as they were saved", test_load_and_save);
	g_test_add_func(
		"/tickets/merged ones lead to their survivor, and circles end", test_merges);
	g_test_add_func(
		"/tickets/a conversation keeps its messages, texts and ids", test_conversation);
	g_test_add_func("/tickets/an id is found newest ticket first, and seen outranks referenced",
		test_ids);
	g_test_add_func(
		"/tickets/an identity is found by the id that one ticket knows, or has a row of its own",
		test_identities);
	g_test_add_func("/tickets/a moved message takes text, id and identity along", test_move);
	g_test_add_func("/tickets/a changed message is not found by what it no longer says",
		test_change_entry);
	g_test_add_func("/tickets/removing leaves nothing but the number", test_remove);
	g_test_add_func("/tickets/lists by every filter, newest activity first", test_lists);
	g_test_add_func("/tickets/few tickets of a requester and many come in the same order",
		test_many_of_a_value);
	g_test_add_func("/tickets/a listing stops when told", test_stop);
	g_test_add_func(
		"/tickets/what is open in a queue is counted as it changes, in a store without counts too",
		test_counts);
	g_test_add_func("/tickets/a changed ticket moves in its lists", test_moves);
	g_test_add_func("/tickets/are due when their time has come", test_due);
	g_test_add_func("/tickets/check finds lost rows, reindex writes them", test_check);
	g_test_add_func("/tickets/check finds a wrong count, reindex counts", test_recount);
	g_test_add_func(
		"/tickets/sweep finds rows that lead nowhere, and removes them", test_sweep);
	if (!g_getenv("MILTICKET_POSTGRESQL"))
		g_test_add_func(
			"/tickets/a message takes at most 600 bytes without its text", test_size);
	return g_test_run();
}
