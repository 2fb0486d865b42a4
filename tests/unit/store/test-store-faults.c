/* Each look into the engine fails once: whatever it is for, the transaction is undone and says so,
 * and nobody was told something on its strength. */
#include <lmdb.h>
#include <string.h>

#include "../desk.h"
#include "../store-fixture.h"
#include "tables/agents.h"
#include "tables/check.h"
#include "tables/claim-rows.h"
#include "tables/doomed.h"
#include "tables/due-index.h"
#include "tables/placements.h"
#include "tables/queues.h"

/* The linker puts these in place of LMDB's; see Makefile.am. */
int __real_mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __wrap_mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __real_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op);
int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op);

/* The look that fails, counted down; 0: none. */
static unsigned looks_left;
static bool failed;

static bool look_fails(void)
{
	if (looks_left == 0 || --looks_left > 0)
		return false;
	failed = true;
	return true;
}

int __wrap_mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
	return look_fails() ? MDB_CORRUPTED : __real_mdb_get(txn, dbi, key, data);
}

int __wrap_mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op)
{
	return look_fails() ? MDB_CORRUPTED : __real_mdb_cursor_get(cursor, key, data, op);
}

static void fail_at(unsigned look)
{
	looks_left = look;
	failed = false;
}

/* --- mail: each look of intake() --- */

static const char question[] =
	"From: Carla Kern <carla@customer.example>\nTo: support@example.com\nSubject: Printer\n"
	"Message-ID: <fault-1@customer.example>\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\nIt burns.\n";
static const char thanks[] =
	"From: Carla Kern <carla@customer.example>\nTo: support@example.com\nSubject: Re: Printer\n"
	"In-Reply-To: <fault-1@customer.example>\nMessage-ID: <fault-2@customer.example>\n"
	"Date: Mon, 02 Nov 2026 11:00:00 +0000\n\nStill.\n";
static const char answer[] =
	"From: Anna Adler <anna@example.com>\nTo: carla@customer.example\nSubject: Re: Printer\n"
	"In-Reply-To: <fault-1@customer.example>\nMessage-ID: <fault-3@example.com>\n"
	"Date: Mon, 02 Nov 2026 12:00:00 +0000\n\n!tag +hot\nPut it out.\n";
static const char orders[] =
	"From: Anna Adler <anna@example.com>\nTo: support@example.com\n"
	"Subject: [example.com #1] Printer\nMessage-ID: <fault-4@example.com>\n"
	"Date: Mon, 02 Nov 2026 13:00:00 +0000\n\nassign ben\nclose\n";

static const struct sent {
	const char *what, *sender, *to, *authen, *mail;
} mails[] = {
	{ "a question", "carla@customer.example", "support@example.com", NULL, question },
	{ "a follow-up", "carla@customer.example", "support@example.com", NULL, thanks },
	{ "an answer", "anna@example.com", "carla@customer.example", "anna", answer },
	{ "a note with commands", "anna@example.com", "support@example.com", "anna", orders },
};

static void send(struct desk *desk, const struct sent *mail)
{
	desk_mail(desk, mail->sender, mail->to, mail->authen, mail->mail);
}

/* All that the store says, for comparison. */
static uint64_t all_rows(struct desk *desk)
{
	uint64_t n = 0;

	for (int table = 0; table < TABLE_COUNT; table++)
		n = n * 31 + rows_of(desk->store, (enum store_table)table);
	return n;
}

static void test_mail(gconstpointer data)
{
	const struct sent *mail = data;
	unsigned look = 0;
	uint64_t before;
	struct desk desk;

	desk_open(&desk, NULL);
	for (const struct sent *earlier = mails; earlier < mail; earlier++) {
		send(&desk, earlier);
		g_assert_cmpint(desk.status, ==, ST_OK);
	}
	before = all_rows(&desk);
	do {
		fail_at(++look);
		send(&desk, mail);
		looks_left = 0;
		if (failed) {
			g_assert_cmpint(desk.status, !=, ST_OK);
			g_assert_cmpint(desk.status, !=, ST_NOT_FOUND);
			g_assert_cmpuint(all_rows(&desk), ==, before);
		}
	} while (failed);
	g_test_message("%u looks", look - 1);
	g_assert_cmpuint(look, >, 5);
	g_assert_cmpint(desk.status, ==, ST_OK);
	g_assert_cmpuint(all_rows(&desk), !=, before);
	desk_close(&desk);
}

/* --- the tables: who asks is not told "no" --- */

static enum status ask_given(struct txn *txn, void *arg, struct error *err)
{
	return tickets_was_given(txn, 1, arg, err);
}

static enum status ask_agent(struct txn *txn, void *arg, struct error *err)
{
	return agents_have(txn, "anna@example.com", arg, err);
}

static enum status ensure_queue(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	return queues_ensure(txn, "support", 1, err);
}

static enum status take_number(struct txn *txn, void *arg, struct error *err)
{
	enum status st = tickets_take_number(txn, 1, err);

	(void)arg;
	return st == ST_EXISTS ? ST_OK : st;
}

static enum status check_rows_of(struct txn *txn, void *arg, struct error *err)
{
	const struct check_options options = { .actor = { "unix:tester", 0 } };
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

	(void)arg;
	return check_in(txn, &options, false, findings, err);
}

static enum status ask_claims(struct txn *txn, void *arg, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	bool noted;
	enum status st = claims_noted(txn, "some", &noted, err);

	(void)arg;
	return st == ST_OK ? claims_list(txn, names, err) : st;
}

static enum status ask_due(struct txn *txn, void *arg, struct error *err)
{
	struct due_row rows[4];
	size_t n;

	(void)arg;
	return due_index_find(txn, INT64_MAX, rows, G_N_ELEMENTS(rows), &n, err);
}

static enum status ask_mailboxes(struct txn *txn, void *arg, struct error *err)
{
	struct placements_place place;
	g_autofree char *addresses = NULL;
	char box[BOX_BYTES];
	enum status st;

	(void)arg;
	placements_box("/nowhere", box);
	st = placements_place(txn, box, &place, err);
	return st == ST_OK ? placements_redact_wanted(txn, box, &addresses, err) : st;
}

/* A visitor that swallows what it is told. */
static enum status swallow(struct txn *txn, void *arg, struct error *err)
{
	struct bytes value;

	(void)arg;
	(void)err;
	txn_get(txn, TABLE_META, (struct bytes){ "none", 4 }, &value);
	return ST_OK;
}

static const struct asked {
	const char *what;
	store_fn *fn;
} questions[] = {
	{ "whether a number was given", ask_given },
	{ "whether somebody is an agent", ask_agent },
	{ "whether a queue is there", ensure_queue },
	{ "whether a number is free", take_number },
	{ "whether the rows are whole", check_rows_of },
	{ "which mails were dropped in", ask_claims },
	{ "what is due", ask_due },
	{ "how far the mailboxes are", ask_mailboxes },
	{ "what nobody looks at", swallow },
};

static void test_asked(gconstpointer data)
{
	const struct asked *asked = data;
	unsigned look = 0;
	struct desk desk;

	desk_open(&desk, NULL);
	send(&desk, &mails[0]);
	do {
		bool said = true;
		enum status st;

		fail_at(++look);
		st = store_write(desk.store, asked->fn, &said, &desk.err);
		looks_left = 0;
		g_assert_cmpint(st == ST_OK, ==, !failed);
		g_assert_true(said);
		g_assert_true(!failed || desk.err.text[0]);
	} while (failed);
	g_assert_cmpuint(look, >, 1);
	desk_close(&desk);
}

/* A file that a purge is to remove stays when it is not known whether a message names it. */
static enum status doom(struct txn *txn, void *arg, struct error *err)
{
	struct entry entry = { 0 };
	enum status st = tickets_entry(txn, 1, 1, &entry, err);

	(void)arg;
	if (st == ST_OK)
		st = doomed_add(txn, &entry, err);
	record_release(&entry_type, &entry);
	return st;
}

static void test_doomed(void)
{
	unsigned look = 0;
	struct desk desk;

	desk_open(&desk, NULL);
	send(&desk, &mails[0]);
	do {
		uint64_t removed = 0;

		g_assert_cmpint(store_write(desk.store, doom, NULL, &desk.err), ==, ST_OK);
		fail_at(++look);
		doomed_remove(desk.store, desk.settings->archive.path, &removed, &desk.err);
		looks_left = 0;
		g_assert_cmpuint(removed, ==, 0);
	} while (failed);
	g_assert_cmpuint(look, >, 2);
	desk_close(&desk);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++) {
		g_autofree char *path = g_strconcat("/faults/each look of ", mails[i].what, NULL);

		g_test_add_data_func(path, &mails[i], test_mail);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
		g_autofree char *path = g_strconcat("/faults/", questions[i].what, NULL);

		g_test_add_data_func(path, &questions[i], test_asked);
	}
	g_test_add_func("/faults/a file that may be named stays", test_doomed);
	return g_test_run();
}
