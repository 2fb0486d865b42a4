/* intake() alone: generated mail through N threads into a store of its own; messages per second, commits per second, bytes a message.
 *   bench-intake DIR THREADS MESSAGES [PRELOAD]
 * PRELOAD messages are put in first, without durability, to see whether cost grows with the store. One line: key=value pairs. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake.h"
#include "tickets.h"

struct bench {
	struct settings *settings;
	struct store *store;
	gint next, limit;
	gint64 slowest;		/* µs */
	GMutex lock;
};

static char *make_mail(int i)
{
	/* Every other mail answers the one before it. */
	g_autofree char *reply = i % 2 ? g_strdup_printf("In-Reply-To: <m%d@bench.example.net>\n", i - 1) : g_strdup("");
	GString *mail = g_string_new(NULL);

	g_string_append_printf(mail, "From: Customer %d <c%d@example.net>\nTo: support@example.com\nSubject: Question %d\n"
		"Date: Mon, 21 Sep 2026 10:00:00 +0000\nMessage-ID: <m%d@bench.example.net>\n%s\n", i, i % 1000, i, i, reply);
	for (int line = 0; line < 50; line++)
		g_string_append_printf(mail, "Line %d of message %d, as long as lines of mail are, more or less.\n", line, i);
	return g_string_free(mail, FALSE);
}

static void fill(struct spool *spool, const char *mail)
{
	const char *p = mail, *end;

	for (; *p != '\n'; p = end + 1) {
		const char *colon = strchr(p, ':');
		g_autofree char *name = g_strndup(p, (gsize)(colon - p)), *value = NULL;

		end = strchr(p, '\n');
		value = g_strndup(colon + 1, (gsize)(end - colon - 1));
		spool_header(spool, name, value, true, NULL);
	}
	spool_end_headers(spool, NULL);
	spool_body(spool, p + 1, strlen(p + 1), NULL);
}

static enum status one(struct bench *b, int i)
{
	static const char *const to[] = { "support@example.com", NULL };
	g_autofree char *mail = make_mail(i);
	const struct envelope envelope = { .sender = "c@example.net", .recipients = to, .queue_id = "bench", .hostname = "mx.example.com", .received = g_get_real_time() };
	struct spool *spool = spool_new(b->settings->store.path);
	struct arrival arrival = { .settings = b->settings, .envelope = &envelope, .spool = spool };
	struct outcome outcome;
	struct error err = { "" };
	enum status st;

	fill(spool, mail);
	spool_body_sha256(spool);
	arrival.message = spool_parse(spool);
	outcome_init(&outcome);
	st = intake(b->store, &arrival, &outcome, &err);
	if (st != ST_OK)
		fprintf(stderr, "bench-intake: %s\n", err.text);
	outcome_release(&outcome);
	message_free(arrival.message);
	spool_free(spool);
	return st;
}

static gpointer work(gpointer arg)
{
	struct bench *b = arg;
	gint64 slowest = 0;
	int i;

	while ((i = g_atomic_int_add(&b->next, 1)) < b->limit) {
		gint64 start = g_get_monotonic_time();

		if (one(b, i) != ST_OK)
			exit(1);
		slowest = MAX(slowest, g_get_monotonic_time() - start);
	}
	g_mutex_lock(&b->lock);
	b->slowest = MAX(b->slowest, slowest);
	g_mutex_unlock(&b->lock);
	return NULL;
}

static double run(struct bench *b, int threads, int messages)
{
	GThread **t = g_new(GThread *, threads);
	gint64 start = g_get_monotonic_time();

	b->limit = b->next + messages;
	for (int i = 0; i < threads; i++)
		t[i] = g_thread_new("bench", work, b);
	for (int i = 0; i < threads; i++)
		g_thread_join(t[i]);
	b->next = b->limit;
	g_free(t);
	return (double)(g_get_monotonic_time() - start) / 1e6;
}

static void open_store(struct bench *b, const char *dir, bool durable)
{
	g_autofree char *path = g_build_filename(dir, "store", NULL);
	const struct store_options options = { .path = path, .map_size = (size_t)64 << 20, .durable = durable, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	struct error err;

	if (store_open(&options, &b->store, &err) != ST_OK) {
		fprintf(stderr, "bench-intake: %s\n", err.text);
		exit(1);
	}
}

static void load_settings(struct bench *b, const char *dir)
{
	g_autofree char *conf = g_build_filename(dir, "milticket.conf", NULL);
	g_autofree char *text = g_strdup_printf("store: { path = \"%s/store\"; }; archive: { path = \"\"; }; tag: { name = \"example.com\"; };\n"
		"accounts = ( { address = \"support@example.com\"; queue = \"support\"; } );\n", dir);
	struct error err;

	g_file_set_contents(conf, text, -1, NULL);
	if (settings_load(conf, &b->settings, &err) != ST_OK) {
		fprintf(stderr, "bench-intake: %s\n", err.text);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct store_stat stat;
	double seconds;
	int threads, messages, preload;

	if (argc < 4) {
		fprintf(stderr, "usage: bench-intake DIR THREADS MESSAGES [PRELOAD]\n");
		return 64;
	}
	threads = atoi(argv[2]);
	messages = atoi(argv[3]);
	preload = argc > 4 ? atoi(argv[4]) : 0;
	message_library_init();
	load_settings(&b, argv[1]);
	if (preload) {
		open_store(&b, argv[1], false);
		run(&b, 8, preload);
		store_close(b.store);
		b.slowest = 0;
	}
	open_store(&b, argv[1], true);
	seconds = run(&b, threads, messages);
	store_stat(b.store, &stat, NULL);
	printf("threads=%d messages=%d stored=%d seconds=%.3f per_second=%.0f slowest_ms=%.1f bytes_per_message=%.0f\n", threads, messages,
		preload + messages, seconds, messages / seconds, (double)b.slowest / 1e3, (double)stat.used / (preload + messages));
	store_close(b.store);
	settings_unref(b.settings);
	return 0;
}
