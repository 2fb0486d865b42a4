/* intake() without an MTA: threads that each take in one message after the other, on a store that
 * may be filled before. Prints figures as name=value. DIR gets the store and the archive; a store
 * that is there already is gone on with. */
#include <glib/gstdio.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "act/intake.h"
#include "archive/spool.h"
#include "arguments.h"
#include "keep/mailboxes.h"
#include "mail/message.h"
#include "settings/settings.h"
#include "tables/agents.h"

enum { PAGE = 4096, THREADS_MAX = 256, FILLERS = 2, CUSTOMERS = 5000, LINES = 44, WORDS_MAX = 32 };

struct bench {
	struct settings *settings;
	struct store *store;
	gint next, limit;    /* next is atomic */
	gint64 until;        /* end of a timed run, monotonic; 0 */
	struct trees *trees; /* NULL */
	gint over;           /* atomic: the mailboxes' thread ends */
};

struct worker {
	struct bench *bench;
	GThread *thread;
	gint64 slowest; /* µs */
	double cpu;     /* seconds */
	guint done;
};

static gint threads = 1, messages = 1000, stored, per_ticket = 2, seconds, agents;
static gboolean not_durable, archive, counting, boxes;
static char *template, *url;
/* Subjects are of many lengths, or records would fill the pages of a store in one way only, a good
 * or a bad one. */
static const char words[] = " about the printer that is on fire";

static GString *lines; /* of every body */

static const GOptionEntry options[] = { { "threads", 0, 0, G_OPTION_ARG_INT, &threads,
						"that take messages in at once (1)", "N" },
	{ "messages", 0, 0, G_OPTION_ARG_INT, &messages, "to take in, all threads together (1000)",
		"N" },
	{ "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "to work for, at most", "N" },
	{ "stored", 0, 0, G_OPTION_ARG_INT, &stored,
		"messages in the store before the clock starts", "N" },
	{ "per-ticket", 0, 0, G_OPTION_ARG_INT, &per_ticket,
		"messages, each answering the one before (2)", "N" },
	{ "not-durable", 0, 0, G_OPTION_ARG_NONE, &not_durable, "without a sync at each commit",
		NULL },
	{ "count", 0, 0, G_OPTION_ARG_NONE, &counting, "say what the store holds afterwards",
		NULL },
	{ "archive", 0, 0, G_OPTION_ARG_NONE, &archive, "keep each message as a file too", NULL },
	{ "agents", 0, 0, G_OPTION_ARG_INT, &agents, "of the queue (0)", "N" },
	{ "mailboxes", 0, 0, G_OPTION_ARG_NONE, &boxes,
		"keep the agents' meanwhile, as the daemon does; with --archive", NULL },
	{ "template", 0, 0, G_OPTION_ARG_FILENAME, &template,
		"answer each new ticket with it (into the outbox)", "FILE" },
	{ "url", 0, 0, G_OPTION_ARG_STRING, &url, "into that database, in place of LMDB",
		"postgresql://…" },
	{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL } };

/* --- a message --- */

static void add_header(struct spool *spool, const char *name, char *value)
{
	g_autofree char *spaced = g_strconcat(" ", value, NULL);

	spool_header(spool, name, spaced, NULL);
	g_free(value);
}

/* Of a customer who may write more than one ticket; some 4 kB. What it costs to make one is part of
 * what is measured: only one line is its own. */
static void write_message(struct spool *spool, int i, const char *customer)
{
	g_autofree char *first = g_strdup_printf(
		"Message %d begins with a line of its own.\r\n", i);

	add_header(spool, "From", g_strdup_printf("Customer %d <%s>", i, customer));
	add_header(spool, "To", g_strdup("support@example.com"));
	add_header(spool, "Subject",
		g_strdup_printf("%sQuestion %d%.*s", i % per_ticket ? "Re: " : "",
			i - i % per_ticket, (i - i % per_ticket) * 7919 % WORDS_MAX, words));
	add_header(spool, "Date", g_strdup("Mon, 21 Sep 2026 10:00:00 +0000"));
	add_header(spool, "Message-ID", g_strdup_printf("<m%d@bench.example.net>", i));
	if (i % per_ticket)
		add_header(spool, "In-Reply-To", g_strdup_printf("<m%d@bench.example.net>", i - 1));
	spool_end_headers(spool, NULL);
	spool_body(spool, first, strlen(first), NULL);
	spool_body(spool, lines->str, lines->len, NULL);
}

static void take_in(struct bench *b, int i)
{
	static const char *const to[] = { "support@example.com", NULL };
	g_autofree char *customer = g_strdup_printf("c%d@example.net", i / per_ticket % CUSTOMERS);
	const struct envelope envelope = {
		.sender = customer,
		.recipients = to,
		.queue_id = "4F2xq",
		.received = g_get_real_time(),
	};
	struct spool *spool = arrival_spool(b->settings);
	struct arrival arrival = { .settings = b->settings, .envelope = &envelope, .spool = spool };
	struct outcome outcome;
	struct error err = { "" };

	write_message(spool, i, customer);
	spool_body_digest(spool);
	arrival.message = spool_parse(spool);
	outcome_init(&outcome);
	if (intake(b->store, &arrival, &outcome, &err) != ST_OK)
		die("%s", err.text);
	if (!outcome.ticket)
		die("message %d has no ticket: %s", i, outcome.reason ? outcome.reason : "");
	outcome_release(&outcome);
	message_free(arrival.message);
	spool_free(spool);
}

/* --- the agents' mailboxes, as milter/boxes.c keeps them --- */

static enum status add_agents(struct txn *txn, void *arg, struct error *err)
{
	char *queues[] = { (char *)"support", NULL };
	enum status st = ST_OK;

	(void)arg;
	for (int i = 0; st == ST_OK && i < agents; i++) {
		g_autofree char *login = g_strdup_printf("agent%d", i);

		st = agents_save(txn, &(struct agent){ .login = login, .queues = queues }, err);
	}
	return st;
}

static void open_mailboxes(struct bench *b)
{
	const char *path = b->settings->mailboxes.path;
	struct error err = { "" };

	if (store_write(b->store, add_agents, NULL, &err) != ST_OK)
		die("%s", err.text);
	if (!boxes)
		return;
	if (g_mkdir_with_parents(path, 0750) != 0)
		die("cannot make '%s'", path);
	if (mailboxes_open(b->store, b->settings, true, &b->trees, &err) != ST_OK)
		die("%s", err.text);
}

static gpointer keep_mailboxes(gpointer arg)
{
	enum { PAUSES = 9, TICK_US = 250 * 1000 };
	struct bench *b = arg;
	struct error err = { "" };

	while (!g_atomic_int_get(&b->over)) {
		gint64 began = g_get_monotonic_time();
		bool more;

		if (mailboxes_step(b->trees, g_get_real_time(), &more, &err) != ST_OK)
			die("%s", err.text);
		if (mailboxes_log_grows(b->trees))
			g_usleep((gulong)MIN(
				(g_get_monotonic_time() - began) * PAUSES, G_TIME_SPAN_SECOND));
		if (!more)
			g_usleep(TICK_US);
	}
	return NULL;
}

/* --- many --- */

/* CPU time of this thread. */
static double thread_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static gpointer work(gpointer arg)
{
	struct worker *w = arg;
	struct bench *b = w->bench;
	int i;

	while ((!b->until || g_get_monotonic_time() < b->until) &&
		(i = g_atomic_int_add(&b->next, 1)) < b->limit) {
		gint64 start = g_get_monotonic_time();

		take_in(b, i);
		w->slowest = MAX(w->slowest, g_get_monotonic_time() - start);
		w->done++;
	}
	w->cpu = thread_seconds();
	return NULL;
}

/* Seconds that it took. */
static double run(struct bench *b, struct worker *workers, int n, int first, int count)
{
	gint64 start = g_get_monotonic_time();

	b->next = first;
	b->limit = first + count;
	for (int i = 0; i < n; i++) {
		workers[i] = (struct worker){ .bench = b };
		workers[i].thread = g_thread_new("bench", work, &workers[i]);
	}
	for (int i = 0; i < n; i++)
		g_thread_join(workers[i].thread);
	return (double)(g_get_monotonic_time() - start) / 1e6;
}

/* --- setting --- */

static void load_settings(struct bench *b, const char *dir)
{
	g_autofree char *conf = g_build_filename(dir, "milticket.conf", NULL);
	const struct group *group = getgrgid(getegid());
	g_autofree char *kept = boxes
		? g_strdup_printf("mailboxes: { path = \"%s/mailboxes\"; group = \"%s\"; };\n", dir,
			  group ? group->gr_name : "")
		: g_strdup("");
	g_autofree char *text = g_strdup_printf(
		"%sstore: { path = \"%s/store\"; };\narchive: { path = \"%s%s\"; };\ntag: { name = \"example.com\"; };\npolicy: { answers_per_hour = 0; };\n"
		"accounts = ( { address = \"support@example.com\"; queue = \"support\"; autoresponse: { opened = \"%s\"; }; } );\n",
		kept, dir, archive ? dir : "", archive ? "/archive" : "", template ? template : "");
	struct error err;

	if (!g_file_set_contents(conf, text, -1, NULL))
		die("cannot write '%s'", conf);
	if (settings_load(conf, &b->settings, &err) != ST_OK)
		die("%s", err.text);
}

struct kept {
	guint64 messages, text_bytes;
};

static enum status count_text(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct kept *kept = arg;
	struct scan scan;
	enum status st;

	(void)err;
	*kept = (struct kept){ 0, 0 };
	for (st = scan_first(&scan, txn, TABLE_TEXTS, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		kept->messages++;
		/* What does not fit into a page with others has pages of its own. */
		kept->text_bytes += scan.value.len > PAGE / 2
			? (scan.value.len + PAGE) / PAGE * PAGE
			: scan.value.len;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Each message of ours has a text. To read the whole store would change what is measured after
 * it. */
static struct kept kept_now(struct store *store)
{
	struct kept kept = { 0, 0 };
	struct error err;

	if (counting && store_read(store, count_text, &kept, &err) != ST_OK)
		die("%s", err.text);
	return kept;
}

static enum status last_ticket(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	size_t offset = 0;
	enum status st = scan_first(&scan, txn, TABLE_TICKETS, all, all, true);

	(void)err;
	*(guint64 *)arg = st == ST_OK ? key_read_number(scan.key, &offset) : 0;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Gives a number that no message in it has reached. */
static int open_store(struct bench *b, const char *dir, bool durable)
{
	g_autofree char *path = g_build_filename(dir, "store", NULL);
	const struct store_options with = { .path = path,
		.url = url,
		.deadline_s = 25,
		.map_size = (size_t)64 << 20,
		.durable = durable,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	guint64 last;
	struct error err;

	if (store_open(&with, &b->store, &err) != ST_OK ||
		store_read(b->store, last_ticket, &last, &err) != ST_OK)
		die("%s", err.text);
	return (int)last * per_ticket;
}

static int prefill(struct bench *b, const char *dir, int wanted)
{
	struct worker workers[FILLERS];
	int there = open_store(b, dir, false);

	if (wanted > there)
		run(b, workers, FILLERS, there, wanted - there);
	store_close(b->store);
	return MAX(there, wanted);
}

/* What the process has used so far. */
struct usage {
	double cpu; /* seconds */
	double faults;
	double pages; /* written */
	guint64 commits;
};

/* Bytes given to write() and its like, by proc(5). */
static double bytes_written(void)
{
	g_autofree char *text = NULL;
	const char *line = g_file_get_contents("/proc/self/io", &text, NULL, NULL)
		? strstr(text, "wchar: ")
		: NULL;

	return line ? g_ascii_strtod(line + strlen("wchar: "), NULL) : 0;
}

static struct usage usage_now(const struct bench *b)
{
	struct store_stat stat;
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	store_stat(b->store, &stat, NULL);
	return (struct usage){
		.cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
		.faults = (double)(u.ru_minflt + u.ru_majflt),
		.pages = bytes_written() / PAGE,
		.commits = stat.commits,
	};
}

static void print_figures(
	const struct bench *b, const struct worker *workers, double wall, struct usage before)
{
	const struct usage after = usage_now(b);
	const struct kept kept = kept_now(b->store);
	guint fewest = workers[0].done, most = 0, done = 0;
	gint64 slowest = 0;
	double intake = 0;
	struct store_stat stat;

	for (int i = 0; i < threads; i++) {
		fewest = MIN(fewest, workers[i].done);
		most = MAX(most, workers[i].done);
		slowest = MAX(slowest, workers[i].slowest);
		done += workers[i].done;
		intake += workers[i].cpu;
	}
	store_stat(b->store, &stat, NULL);
	printf("threads=%d messages=%u stored=%" G_GUINT64_FORMAT
	       " seconds=%.3f per_second=%.1f cpu_us=%.1f intake_us=%.1f slowest_ms=%.1f"
	       " fewest=%u most=%u commits=%" G_GUINT64_FORMAT
	       " pages=%.1f faults=%.1f store_bytes=%" G_GUINT64_FORMAT
	       " text_bytes=%" G_GUINT64_FORMAT "\n",
		threads, done, kept.messages, wall, done / wall,
		(after.cpu - before.cpu) / done * 1e6, intake / done * 1e6, (double)slowest / 1e3,
		fewest, most, after.commits - before.commits, (after.pages - before.pages) / done,
		(after.faults - before.faults) / done, stat.used, kept.text_bytes);
}

static bool fits(int argc)
{
	return argc == 2 && (!boxes || archive) && threads >= 1 && threads <= THREADS_MAX &&
		per_ticket >= 1;
}

int main(int argc, char **argv)
{
	struct worker workers[THREADS_MAX];
	struct bench b = { 0 };
	struct usage before;
	GThread *keeper = NULL;
	double wall;
	int there;

	arguments_read(options, "DIR", fits, &argc, &argv);
	lines = g_string_new(NULL);
	for (int i = 0; i < LINES; i++)
		g_string_append_printf(lines,
			"Line %d of a body, as long as lines of mail are, more or less, for somebody to read.\r\n",
			i);
	load_settings(&b, argv[1]);
	if (stored)
		prefill(&b, argv[1], stored);
	there = open_store(&b, argv[1], !not_durable);
	open_mailboxes(&b);
	if (b.trees)
		keeper = g_thread_new("mailboxes", keep_mailboxes, &b);
	b.until = seconds ? g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND : 0;
	before = usage_now(&b);
	wall = run(&b, workers, threads, there, messages);
	print_figures(&b, workers, wall, before);
	g_atomic_int_set(&b.over, 1);
	if (keeper)
		g_thread_join(keeper);
	mailboxes_close(b.trees);
	store_close(b.store);
	g_string_free(lines, TRUE);
	settings_unref(b.settings);
	return 0;
}
