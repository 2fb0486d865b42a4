/* What promises cost: nothing due, a thousand due at once, and how long a writer beside it waits.
 * Prints name=value words. */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "base/text.h"
#include "decide/promise.h"
#include "keep/due.h"
#include "keep/replan.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"

#define HOUR (INT64_C(3600) * TEXT_SECOND)

enum { AT_ONCE = 1000, LOOKS = 2000 };

static int tickets = 100000, promised = 10000, due = 1000;
static const GOptionEntry options[] = {
	{ "tickets", 0, 0, G_OPTION_ARG_INT, &tickets, "in the store", "N" },
	{ "promised", 0, 0, G_OPTION_ARG_INT, &promised, "of them open, with a promise", "N" },
	{ "due", 0, 0, G_OPTION_ARG_INT, &due, "of those, due at the same moment", "N" },
	{ .long_name = NULL },
};

struct bench {
	struct settings *settings;
	struct store *store;
	int64_t now;
	int next;
	gint stop;
	int64_t slowest;
	unsigned written;
	GThread *thread;
};

/* A place in the store for some of them, closed but for the last. */
static enum status put_some(struct txn *txn, void *arg, struct error *err)
{
	struct bench *b = arg;
	enum status st = ST_OK;

	for (int i = 0; i < AT_ONCE && b->next + i < tickets && st == ST_OK; i++) {
		int number = b->next + i + 1;
		bool open = number > tickets - promised, soon = number > tickets - due;
		struct ticket t = { .number = (uint64_t)number, .queue = g_strdup("support") };

		t.subject = g_strdup("The printer burns");
		t.status = open ? TICKET_OPEN : TICKET_CLOSED;
		/* Their answer is due in an hour, that of the others much later. */
		t.opened = t.last_in = t.updated = b->now - (soon ? 3 : 0) * HOUR;
		t.requester_address = g_strdup("carla@example.net");
		st = promise_keep(txn, b->settings, &t, b->now, err);
		if (st == ST_OK)
			st = tickets_insert(txn, &t, err);
		record_release(&ticket_type, &t);
	}
	return st;
}

static enum status add_anna(struct txn *txn, void *arg, struct error *err)
{
	char *at[] = { (char *)"anna@example.com", NULL }, *in[] = { (char *)"support", NULL };
	const struct agent anna = { .login = (char *)"anna", .addresses = at, .queues = in };
	enum status st = queues_ensure(txn, "support", 1, err);

	(void)arg;
	return st == ST_OK ? agents_save(txn, &anna, err) : st;
}

static void fill(struct bench *b)
{
	struct error err;

	if (store_write(b->store, add_anna, NULL, &err) != ST_OK)
		die("%s", err.text);
	for (b->next = 0; b->next < tickets; b->next += AT_ONCE)
		if (store_write(b->store, put_some, b, &err) != ST_OK)
			die("%s", err.text);
}

static int64_t processor_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec * INT64_C(1000000) + used.tv_nsec / 1000;
}

/* All that is promised, reckoned anew. */
static void measure_replan(struct bench *b)
{
	struct replan replan = { .plan = NULL };
	int64_t began = g_get_monotonic_time();
	struct error err;
	unsigned count;

	while (!replan.done)
		if (replan_step(b->store, b->settings, &replan, b->now, &count, &err) != ST_OK)
			die("%s", err.text);
	printf("replan_seconds=%.1f ", (double)(g_get_monotonic_time() - began) / TEXT_SECOND);
	replan_reset(&replan);
}

/* A second of the timers, with nothing to do. */
static void measure_idle(struct bench *b)
{
	struct replan replan = { .plan = NULL };
	int64_t began = processor_us();
	struct error err;
	unsigned count;

	for (int i = 0; i < LOOKS; i++) {
		struct due_done done = { .why = NULL };

		if (i % 60 == 0)
			replan.done = false;
		if (due_run(b->store, b->settings, b->now, &done, &err) != ST_OK ||
			replan_step(b->store, b->settings, &replan, b->now, &count, &err) != ST_OK)
			die("%s", err.text);
	}
	printf("idle_us=%.1f ", (double)(processor_us() - began) / LOOKS);
	replan_reset(&replan);
}

static enum status write_little(struct txn *txn, void *arg, struct error *err)
{
	uint64_t number;

	(void)arg;
	(void)err;
	return txn_next_number(txn, "bench", 1, &number);
}

/* As a message does, one commit after the other. */
static gpointer write_beside(gpointer arg)
{
	struct bench *b = arg;

	while (!g_atomic_int_get(&b->stop)) {
		int64_t began = g_get_monotonic_time();
		struct error err;

		if (store_write(b->store, write_little, NULL, &err) != ST_OK)
			die("%s", err.text);
		b->slowest = MAX(b->slowest, g_get_monotonic_time() - began);
		b->written++;
		g_usleep(2000);
	}
	return NULL;
}

static void measure_due(struct bench *b)
{
	int64_t began = g_get_monotonic_time();
	unsigned told = 0;
	bool more = true;
	struct error err;

	b->thread = g_thread_new("beside", write_beside, b);
	while (more) {
		struct due_done done = { .why = NULL };

		if (due_run(b->store, b->settings, b->now + 2 * HOUR, &done, &err) != ST_OK)
			die("%s", err.text);
		told += done.done[DUE_SLA];
		more = done.more;
		due_done_release(&done);
	}
	printf("due=%u due_seconds=%.2f ", told,
		(double)(g_get_monotonic_time() - began) / TEXT_SECOND);
	g_atomic_int_set(&b->stop, 1);
	g_thread_join(b->thread);
	printf("beside=%u beside_slowest_ms=%.1f\n", b->written, (double)b->slowest / 1000);
}

static void load(struct bench *b, const char *dir)
{
	g_autofree char *conf = g_build_filename(dir, "milticket.conf", NULL);
	g_autofree char *path = g_build_filename(dir, "store", NULL);
	g_autofree char *text = g_strdup_printf(
		"store: { path = \"%s\"; };\narchive: { path = \"\"; };\n"
		"accounts = ( { address = \"support@example.com\"; autoresponse: { opened = \"\"; }; } );\n"
		"slas = ( { name = \"gold\"; when = \"queue:support\"; respond = \"4h\"; resolve = \"5d\"; warn_percent = 0; } );\n",
		path);
	const struct store_options with = { .path = path,
		.map_size = (size_t)64 << 20,
		.durable = true,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	struct error err;

	if (!g_file_set_contents(conf, text, -1, NULL))
		die("cannot write '%s'", conf);
	if (settings_load(conf, &b->settings, &err) != ST_OK ||
		store_open(&with, &b->store, &err) != ST_OK)
		die("%s", err.text);
}

static bool fits(int argc)
{
	return argc == 2 && due <= promised && promised <= tickets;
}

int main(int argc, char **argv)
{
	struct bench b = { .now = INT64_C(1790000000) * TEXT_SECOND };

	arguments_read(options, "DIRECTORY", fits, &argc, &argv);
	load(&b, argv[1]);
	fill(&b);
	measure_replan(&b);
	measure_idle(&b);
	measure_due(&b);
	store_close(b.store);
	settings_unref(b.settings);
	return 0;
}
