/* What an import counts, what it stops for, and what it leaves behind when it does. */
#include <glib/gstdio.h>
#include <string.h>

#include "keep/import.h"
#include "../desk.h"

enum { BATCH = 128 };

struct run {
	struct desk desk;
	char *path;
	struct import_counts counts;
	enum status status;
	unsigned stop_after, batches, told; /* batches until it is to be stopped; 0: never */
};

static void run_open(struct run *run, const char *extra)
{
	memset(run, 0, sizeof *run);
	desk_open(&run->desk, extra);
	run->path = g_build_filename(run->desk.dir, "box", NULL);
}

static void run_close(struct run *run)
{
	g_free(run->path);
	desk_close(&run->desk);
}

static void add_mail(GString *box, unsigned n, const char *date, const char *more)
{
	g_string_append_printf(box,
		"From carla@customer.example Tue Nov 14 22:13:20 2023\nFrom: Carla <carla@customer.example>\nTo: support@example.com\n"
		"Subject: Question %u\nMessage-ID: <import-%u@customer.example>\nDate: %s\n%s\nText %u.\n\n",
		n, n, date, more, n);
}

static const char day[] = "Tue, 14 Nov 2023 10:00:00 +0000";

static GString *many(unsigned n)
{
	GString *box = g_string_new(NULL);

	for (unsigned i = 1; i <= n; i++)
		add_mail(box, i, day, "");
	return box;
}

static bool progress(const struct import_counts *counts, void *arg)
{
	struct run *run = arg;
	const uint64_t told = counts->opened + counts->threaded + counts->duplicates +
		counts->left_alone + counts->older + counts->broken;

	g_assert_true(counts->done == told);
	return ++run->batches != run->stop_after;
}

static void broken(const char *place, const char *why, void *arg)
{
	g_assert_true(strstr(place, ": mail ") && *why);
	((struct run *)arg)->told++;
}

/* The options are laid over the usual ones. */
static void take_in(struct run *run, const GString *text, struct import_options options)
{
	struct box *box = NULL;

	options.settings = run->desk.settings;
	options.account = g_ptr_array_index(run->desk.settings->accounts, 0);
	options.now = run->desk.now;
	options.progress = progress;
	options.broken = broken;
	options.arg = run;
	run->batches = run->told = 0;
	g_assert_true(g_file_set_contents(run->path, text->str, (gssize)text->len, NULL));
	g_assert_cmpint(box_open(run->path, &box, &run->desk.err), ==, ST_OK);
	run->status = import_mails(run->desk.store, box, &options, &run->counts, &run->desk.err);
	box_close(box);
}

static enum status count_ticket(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_assert_cmpuint(ticket->messages_count, >, 0);
	++*(uint64_t *)arg;
	return ST_OK;
}

static enum status count_tickets(struct txn *txn, void *arg, struct error *err)
{
	*(uint64_t *)arg = 0;
	return tickets_each(txn, count_ticket, arg, err);
}

static uint64_t tickets_of(struct run *run)
{
	uint64_t n;

	g_assert_cmpint(store_read(run->desk.store, count_tickets, &n, &run->desk.err), ==, ST_OK);
	return n;
}

/* --- what is counted --- */

static void test_counts(void)
{
	g_autoptr(GString) box = g_string_new(NULL);
	struct run run;

	run_open(&run, NULL);
	add_mail(box, 1, day, "");
	add_mail(box, 2, day, "In-Reply-To: <import-1@customer.example>\n");
	add_mail(box, 1, day, "");
	add_mail(box, 3, "Tue, 14 Nov 2000 10:00:00 +0000", "");
	g_string_append(box, "From x Tue Nov 14 22:13:20 2023\nrubbish\n");
	take_in(&run, box,
		(struct import_options){ .since = G_GINT64_CONSTANT(1600000000) * G_USEC_PER_SEC });
	g_assert_cmpint(run.status, ==, ST_OK);
	g_assert_cmpuint(run.counts.total, ==, 5);
	g_assert_cmpuint(run.counts.done, ==, 5);
	g_assert_cmpuint(run.counts.opened, ==, 1);
	g_assert_cmpuint(run.counts.threaded, ==, 1);
	g_assert_cmpuint(run.counts.duplicates, ==, 1);
	g_assert_cmpuint(run.counts.older, ==, 1);
	g_assert_cmpuint(run.counts.broken, ==, 1);
	g_assert_cmpuint(run.told, ==, 1);
	g_assert_cmpuint(desk_outbox(&run.desk, NULL, NULL), ==, 0);
	run_close(&run);
}

static void test_batches(void)
{
	static const unsigned sizes[] = { 0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH };

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GString) box = many(sizes[i]);
		struct run run;

		run_open(&run, NULL);
		take_in(&run, box, (struct import_options){ 0 });
		g_assert_cmpint(run.status, ==, ST_OK);
		g_assert_cmpuint(run.counts.opened, ==, sizes[i]);
		g_assert_cmpuint(run.batches, ==, (sizes[i] + BATCH - 1) / BATCH);
		g_assert_cmpuint(tickets_of(&run), ==, sizes[i]);
		run_close(&run);
	}
}

/* --- what it stops for --- */

static void test_stopped(void)
{
	g_autoptr(GString) box = many(3 * BATCH);
	struct run run;

	run_open(&run, NULL);
	run.stop_after = 2;
	take_in(&run, box, (struct import_options){ 0 });
	g_assert_cmpint(run.status, ==, ST_BUSY);
	g_assert_cmpuint(run.counts.opened, ==, 2 * BATCH);
	g_assert_cmpuint(tickets_of(&run), ==, 2 * BATCH);
	run.stop_after = 0;
	take_in(&run, box, (struct import_options){ 0 });
	g_assert_cmpint(run.status, ==, ST_OK);
	g_assert_cmpuint(run.counts.duplicates, ==, 2 * BATCH);
	g_assert_cmpuint(run.counts.opened, ==, BATCH);
	/* Stopped when all is done, it is done. */
	run.stop_after = 3;
	take_in(&run, box, (struct import_options){ 0 });
	g_assert_cmpint(run.status, ==, ST_OK);
	run_close(&run);
}

/* The archive is a file: nothing can be kept, and none of the mails is to blame. */
static void test_no_archive(void)
{
	g_autoptr(GString) box = many(2);
	struct run run;

	run_open(&run, NULL);
	g_assert_true(g_file_set_contents(run.desk.settings->archive.path, "x", 1, NULL));
	take_in(&run, box, (struct import_options){ 0 });
	g_assert_cmpint(run.status, !=, ST_OK);
	g_assert_cmpuint(run.counts.broken, ==, 0);
	g_assert_cmpuint(tickets_of(&run), ==, 0);
	run_close(&run);
}

/* Agents' commands are neither run nor recorded; a customer's words are text here, too. */
static void test_commands(void)
{
	g_autoptr(GString) box = g_string_new(
		"From a Tue Nov 14 22:13:20 2023\nFrom: anna@example.com\n"
		"To: carla@customer.example\nCc: support@example.com\nSubject: Your printer !close\n"
		"Message-ID: <import-a@example.com>\nDate: Tue, 14 Nov 2023 09:00:00 +0000\n\nx\n\n");
	struct ticket t;
	struct entry e;
	struct run run;

	run_open(&run, NULL);
	take_in(&run, box, (struct import_options){ 0 });
	g_assert_cmpint(run.status, ==, ST_OK);
	desk_ticket(&run.desk, 1, &t);
	g_assert_cmpstr(t.subject, ==, "Your printer");
	g_assert_cmpint(t.status, ==, TICKET_WAITING);
	record_release(&ticket_type, &t);
	desk_entry(&run.desk, 1, 1, &e);
	g_assert_cmpint(e.direction, ==, DIRECTION_OUT);
	g_assert_cmpstr(e.subject, ==, "Your printer");
	record_release(&entry_type, &e);
	g_assert_cmpuint(desk_outbox(&run.desk, NULL, NULL), ==, 0);
	run_close(&run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import/each mail is counted for what became of it", test_counts);
	g_test_add_func("/import/a box may end anywhere in a batch", test_batches);
	g_test_add_func(
		"/import/one that is stopped has what it counted, and goes on", test_stopped);
	g_test_add_func("/import/an archive that cannot be written ends it", test_no_archive);
	g_test_add_func("/import/commands are neither run nor recorded", test_commands);
	return g_test_run();
}
