/* Which tickets go, what goes with them, and what stays; and the rows and files that exports,
 * purges and redactions are made of. */
#include <glib/gstdio.h>
#include <string.h>

#include "keep/purge.h"
#include "tables/check.h"
#include "tables/doomed.h"
#include "tables/rows.h"
#include "../desk.h"

/* The nth customer's mail; the ticket gets the number n. */
static void ask(struct desk *desk, unsigned n)
{
	g_autofree char *mail = g_strdup_printf(
		"From: Carla <carla@customer.example>\nTo: support@example.com\nSubject: Question %u\n"
		"Message-ID: <purge-%u@customer.example>\n\nText.\n",
		n, n);

	desk_mail(desk, "carla@customer.example", "support@example.com", NULL, mail);
	g_assert_cmpint(desk->status, ==, ST_OK);
}

static void close_ticket(struct desk *desk, uint64_t number, int64_t when, uint64_t merged_into)
{
	struct ticket t = { 0 };

	desk_ticket(desk, number, &t);
	t.status = TICKET_CLOSED;
	t.closed = when;
	t.merged_into = merged_into;
	desk_save(desk, &t);
	record_release(&ticket_type, &t);
}

static enum status look_for(struct txn *txn, void *arg, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, *(const uint64_t *)arg, &t, err);

	record_release(&ticket_type, &t);
	return st;
}

static bool is_there(struct desk *desk, uint64_t number)
{
	return store_read(desk->store, look_for, &number, &desk->err) == ST_OK;
}

static char *file_of(struct desk *desk, uint64_t number)
{
	struct entry entry = { 0 };
	char *path;

	desk_entry(desk, number, 1, &entry);
	path = g_build_filename(desk->settings->archive.path, entry.archive, NULL);
	record_release(&entry_type, &entry);
	return path;
}

static struct purge_counts purge(struct desk *desk, int64_t before, bool dry_run)
{
	const struct purge_options options = { .archive = settings_archive(desk->settings),
		.before = before,
		.actor = { "unix:tester", desk->now },
		.dry_run = dry_run };
	struct purge_counts counts;

	g_assert_cmpint(purge_closed(desk->store, &options, &counts, &desk->err), ==, ST_OK);
	return counts;
}

enum { NOW = 1000, EARLY = 500, LATE = 1500 };

/* --- which --- */

static void test_choice(void)
{
	static const struct {
		const char *name;
		int64_t closed, other_closed; /* of ticket 1, and of 2; 0: open */
		uint64_t merged_into;         /* of ticket 1 */
		bool first_goes, second_goes;
	} cases[] = {
		{ "open ones stay", 0, 0, 0, false, false },
		{ "closed before goes", EARLY, 0, 0, true, false },
		{ "closed at that time stays", NOW, 0, 0, false, false },
		{ "closed later stays", LATE, 0, 0, false, false },
		{ "merged into an open one stays", EARLY, 0, 2, false, false },
		{ "merged into one that was closed later stays", EARLY, LATE, 2, false, false },
		{ "merged goes with the one that it leads to", LATE, EARLY, 2, true, true },
		{ "merged into one that is gone goes", LATE, 0, 9, true, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct purge_counts told, done;
		struct desk desk;

		g_test_message("%s", cases[i].name);
		desk_open(&desk, NULL);
		ask(&desk, 1);
		ask(&desk, 2);
		if (cases[i].closed)
			close_ticket(&desk, 1, cases[i].closed, cases[i].merged_into);
		if (cases[i].other_closed)
			close_ticket(&desk, 2, cases[i].other_closed, 0);
		told = purge(&desk, NOW, true);
		g_assert_true(is_there(&desk, 1) && is_there(&desk, 2));
		done = purge(&desk, NOW, false);
		g_assert_cmpuint(
			done.tickets, ==, (guint)cases[i].first_goes + cases[i].second_goes);
		g_assert_true(told.tickets == done.tickets && told.mails == done.mails &&
			done.mails == done.tickets);
		g_assert_cmpint(is_there(&desk, 1), ==, !cases[i].first_goes);
		g_assert_cmpint(is_there(&desk, 2), ==, !cases[i].second_goes);
		desk_close(&desk);
	}
}

/* --- what goes along --- */

static void test_all_of_it(void)
{
	g_autofree char *first = NULL, *second = NULL;
	struct desk desk;

	desk_open(&desk, NULL);
	ask(&desk, 1);
	ask(&desk, 2);
	first = file_of(&desk, 1);
	second = file_of(&desk, 2);
	g_assert_cmpuint(desk_outbox(&desk, "opened", NULL), ==, 2);
	close_ticket(&desk, 1, EARLY, 0);
	g_assert_cmpuint(purge(&desk, NOW, false).mails, ==, 1);
	g_assert_false(g_file_test(first, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(second, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(desk_outbox(&desk, NULL, NULL), ==, 1);
	g_assert_cmpuint(desk_events(&desk, 1, "opened"), ==, 0);
	g_assert_cmpuint(desk_events(&desk, 1, "purged"), ==, 1);
	ask(&desk, 1);
	g_assert_cmpuint(desk.last.ticket, ==, 3);
	desk_close(&desk);
}

/* --- files that are to go --- */

static enum status doom_first(struct txn *txn, void *arg, struct error *err)
{
	struct entry entry = { 0 };
	enum status st = tickets_entry(txn, 1, 1, &entry, err);

	if (st == ST_OK)
		st = doomed_add(txn, &entry, err);
	if (st == ST_OK && *(const bool *)arg) {
		g_clear_pointer(&entry.archive, g_free);
		st = tickets_entry_save(txn, &entry, err);
	}
	record_release(&entry_type, &entry);
	return st;
}

static void doom(struct desk *desk, bool forget, uint64_t wanted)
{
	uint64_t count;

	g_assert_cmpint(store_write(desk->store, doom_first, &forget, &desk->err), ==, ST_OK);
	g_assert_cmpint(
		doomed_remove(desk->store, desk->settings->archive.path, &count, &desk->err), ==,
		ST_OK);
	g_assert_cmpuint(count, ==, wanted);
	g_assert_cmpint(
		doomed_remove(desk->store, desk->settings->archive.path, &count, &desk->err), ==,
		ST_OK);
	g_assert_cmpuint(count, ==, 0);
}

/* The same mail may have come again before its file was removed. */
static void test_doomed(void)
{
	g_autofree char *path = NULL;
	struct desk desk;

	desk_open(&desk, NULL);
	ask(&desk, 1);
	path = file_of(&desk, 1);
	doom(&desk, false, 0);
	g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	doom(&desk, true, 1);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	desk_close(&desk);
}

static enum status doom_odd(struct txn *txn, void *arg, struct error *err)
{
	struct entry entry = { .archive = arg };

	return doomed_add(txn, &entry, err);
}

static void test_odd_names(void)
{
	static const char *const names[] = { "../outside", "/etc/passwd", "", "a/../../b",
		"2020/01/01/not there.eml" };
	struct desk desk;
	uint64_t count;

	desk_open(&desk, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(
			store_write(desk.store, doom_odd, (void *)names[i], &desk.err), ==, ST_OK);
	g_assert_cmpint(doomed_remove(desk.store, desk.settings->archive.path, &count, &desk.err),
		==, ST_OK);
	g_assert_cmpuint(count, ==, 0);
	desk_close(&desk);
}

/* --- old files --- */

static void test_old_files(void)
{
	static const struct {
		int64_t keep_days, days;
		uint64_t removed;
	} cases[] = { { 0, 1000, 0 }, { 30, 30, 0 }, { 30, 31, 1 }, { 300, 300, 0 },
		{ 300, 301, 1 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct desk desk;
		uint64_t count;
		int64_t now;

		desk_open(&desk, NULL);
		ask(&desk, 1);
		now = desk.now + cases[i].days * 24 * 3600 * G_USEC_PER_SEC;
		g_assert_cmpint(purge_archive(desk.settings->archive.path, cases[i].keep_days, now,
					10, &count, &desk.err),
			==, ST_OK);
		g_assert_cmpuint(count, ==, cases[i].removed);
		desk_close(&desk);
	}
}

/* --- rows of an export --- */

struct taken {
	GString *tables;
	const struct numbers *numbers;
	bool new;
};

static enum status take_row(struct txn *txn, const struct row *row, void *arg, struct error *err)
{
	struct taken *taken = arg;

	(void)txn;
	(void)err;
	g_assert_false(row->key.len >= 6 && memcmp(row->key.data, "format", 6) == 0);
	g_assert_false(doomed_is_row(row->key));
	if (!strstr(taken->tables->str, row->table))
		g_string_append_printf(taken->tables, "%s ", row->table);
	return ST_OK;
}

static enum status take_rows(struct txn *txn, void *arg, struct error *err)
{
	struct taken *taken = arg;
	enum status st;

	g_string_truncate(taken->tables, 0);
	st = rows_store_is_new(txn, &taken->new, err);
	return st == ST_OK ? rows_each(txn, &(struct rows_wanted){ .numbers = taken->numbers },
				     take_row, taken, err)
			   : st;
}

static void test_rows(void)
{
	uint64_t one = 1;
	const struct numbers some = { &one, 1 };
	struct taken taken = { .tables = g_string_new(NULL) };
	struct desk desk;

	desk_open(&desk, NULL);
	ask(&desk, 1);
	ask(&desk, 2);
	g_assert_cmpint(store_read(desk.store, take_rows, &taken, &desk.err), ==, ST_OK);
	g_assert_nonnull(strstr(taken.tables->str, "meta "));
	g_assert_nonnull(strstr(taken.tables->str, "answered "));
	g_assert_false(taken.new);
	/* Of some tickets, nothing that is of the whole store. */
	taken.numbers = &some;
	g_assert_cmpint(store_read(desk.store, take_rows, &taken, &desk.err), ==, ST_OK);
	g_assert_null(strstr(taken.tables->str, "meta "));
	g_assert_null(strstr(taken.tables->str, "answered "));
	g_string_free(taken.tables, TRUE);
	desk_close(&desk);
}

static enum status put_row(struct txn *txn, void *arg, struct error *err)
{
	return rows_put(txn, arg, err);
}

static void test_odd_rows(void)
{
	char long_key[STORE_KEY_MAX + 1] = "";
	struct {
		const char *name;
		struct row row;
		enum status st;
	} cases[] = {
		{ "a counter", { "meta", { "x", 1 }, { "1", 1 } }, ST_OK },
		{ "no table", { NULL, { "x", 1 }, { "1", 1 } }, ST_BAD_INPUT },
		{ "a table that is exported otherwise", { "tickets", { "x", 1 }, { "1", 1 } },
			ST_BAD_INPUT },
		{ "no key", { "meta", { "", 0 }, { "1", 1 } }, ST_BAD_INPUT },
		{ "a key that is too long", { "meta", { long_key, sizeof long_key }, { "1", 1 } },
			ST_BAD_INPUT },
		{ "the longest key", { "meta", { long_key, STORE_KEY_MAX }, { "1", 1 } }, ST_OK },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct desk desk;

		g_test_message("%s", cases[i].name);
		desk_open(&desk, NULL);
		g_assert_cmpint(store_write(desk.store, put_row, &cases[i].row, &desk.err), ==,
			cases[i].st);
		desk_close(&desk);
	}
}

/* The automatic answers' ids stay, and are no damage. */
static void test_check_finds_nothing_afterwards(void)
{
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
	struct desk desk;
	uint64_t tickets = 0;

	desk_open(&desk, NULL);
	ask(&desk, 1);
	ask(&desk, 2);
	g_assert_cmpuint(desk_outbox(&desk, "opened", NULL), ==, 2);
	close_ticket(&desk, 1, EARLY, 0);
	g_assert_cmpuint(purge(&desk, NOW, false).tickets, ==, 1);
	g_assert_cmpint(check_store(desk.store,
				&(struct check_options){ .archive = settings_archive(desk.settings),
					.now = desk.now,
					.tags = &desk.settings->tag_format,
					.actor = { "unix:tester", desk.now } },
				findings, &tickets, &desk.err),
		==, ST_OK);
	g_assert_cmpuint(findings->len, ==, 0);
	g_assert_cmpuint(tickets, ==, 1);
	desk_close(&desk);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/purge/closed tickets go, and merged ones with what they lead to", test_choice);
	g_test_add_func(
		"/purge/all that is theirs goes along, and the number stays given", test_all_of_it);
	g_test_add_func(
		"/purge/files that are to go are removed, unless a message names them again",
		test_doomed);
	g_test_add_func(
		"/purge/the check finds nothing afterwards", test_check_finds_nothing_afterwards);
	g_test_add_func("/purge/a name that is no file's removes nothing", test_odd_names);
	g_test_add_func("/purge/files that are older than the archive keeps go", test_old_files);
	g_test_add_func("/rows/an export has what no record tells", test_rows);
	g_test_add_func("/rows/only rows of those tables are taken in", test_odd_rows);
	return g_test_run();
}
