/* What reads for long is read to its end; what writes has its deadline. Only with PostgreSQL. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store-fixture.h"
#include "store/wants.h"

/* Longer than store.deadline_s, all of them together. */
enum { LOOKS = 20, PAUSE = 150 * 1000 };

static enum status look_slowly(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes name = { "name", 4 };
	struct bytes value;

	(void)arg;
	(void)err;
	for (int i = 0; i < LOOKS; i++) {
		g_assert_cmpint(txn_get(txn, TABLE_ANSWERED, name, &value), ==, ST_NOT_FOUND);
		g_usleep(PAUSE);
	}
	return ST_OK;
}

static void test_long(void)
{
	struct store_options options;
	struct place place;

	place_open(&place, 0);
	store_close(place.store);
	options = place_options(&place, 0);
	options.deadline_s = 1;
	g_assert_cmpint(store_open(&options, &place.store, &place.err), ==, ST_OK);
	place_read(&place, look_slowly, NULL, ST_OK);
	place_close(&place);
}

/* --- what was waited for before counts --- */

struct hold {
	struct store *store;
	int held, let_go; /* pipes' ends */
};

static enum status hold_lock(struct txn *txn, void *arg, struct error *err)
{
	const struct hold *hold = arg;
	struct bytes value;
	char byte;

	(void)err;
	txn_get(txn, TABLE_ANSWERED, (struct bytes){ "name", 4 }, &value);
	g_assert_cmpint(write(hold->held, "", 1), ==, 1);
	g_assert_cmpint(read(hold->let_go, &byte, 1), ==, 1);
	return ST_OK;
}

static gpointer hold_run(gpointer arg)
{
	struct hold *hold = arg;
	struct error err;

	store_write(hold->store, hold_lock, hold, &err);
	return NULL;
}

static enum status put_one(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return txn_put(txn, TABLE_META, (struct bytes){ "name", 4 }, (struct bytes){ "x", 1 });
}

/* How long it takes until it is told that the other has the lock; whole seconds. */
static int64_t wait_for_lock(struct store *store, int64_t waited)
{
	int64_t begun = g_get_monotonic_time();
	struct wants wants;
	struct error err;

	wants_init(&wants);
	wants.since = begun - waited;
	g_assert_cmpint(store_write_wanting(store, &wants, put_one, NULL, &err), ==, ST_BUSY);
	wants_release(&wants);
	return (g_get_monotonic_time() - begun) / G_TIME_SPAN_SECOND;
}

static void test_since(void)
{
	enum { DEADLINE_S = 6 };
	int held[2], let_go[2];
	struct store_options options;
	struct place place;
	struct hold hold;
	GThread *thread;
	char byte;

	place_open(&place, 0);
	g_assert_cmpint(pipe(held) | pipe(let_go), ==, 0);
	hold = (struct hold){ place.store, held[1], let_go[0] };
	thread = g_thread_new("hold", hold_run, &hold);
	g_assert_cmpint(read(held[0], &byte, 1), ==, 1);
	options = place_options(&place, 0);
	options.deadline_s = DEADLINE_S;
	g_assert_cmpint(store_open(&options, &place.store, &place.err), ==, ST_OK);
	g_assert_cmpint(wait_for_lock(place.store, (DEADLINE_S - 1) * G_TIME_SPAN_SECOND), <,
		DEADLINE_S - 1);
	g_assert_cmpint(write(let_go[1], "", 1), ==, 1);
	g_thread_join(thread);
	store_close(hold.store);
	for (int i = 0; i < 2; i++) {
		close(held[i]);
		close(let_go[i]);
	}
	place_close(&place);
}

/* --- a server that falls silent in the midst of it --- */

struct silence {
	const char *database;
	char **processes; /* the server's for us, stopped; numbers */
	GThread *end;
};

static void signal_all(char *const *processes, int signal)
{
	for (; *processes && **processes; processes++)
		g_assert_cmpint(kill((pid_t)atoi(*processes), signal), ==, 0);
}

static void fall_silent(struct silence *s)
{
	g_autofree char *url = g_strdup_printf("postgresql://postgres@/%s?host=%s", s->database,
				g_getenv("MILTICKET_POSTGRESQL")),
			*found = NULL;
	const char *const words[] = { "psql", "-XAtq", "-c",
		"select pid from pg_stat_activity where datname = current_database()"
		" and usename = 'milticket'",
		url, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
		&found, NULL, NULL, NULL));
	s->processes = g_strsplit(found, "\n", -1);
	g_assert_cmpuint(strlen(s->processes[0]), >, 0);
	signal_all(s->processes, SIGSTOP);
}

/* Not told before, so that it is a round trip of its own. */
static enum status ask_the_silent(struct txn *txn, void *arg, struct error *err)
{
	struct silence *s = arg;
	struct bytes value;

	(void)err;
	if (!s->processes)
		fall_silent(s);
	return txn_get(txn, TABLE_ANSWERED, (struct bytes){ "name", 4 }, &value);
}

/* More than fits between us and the server. */
static enum status write_to_the_silent(struct txn *txn, void *arg, struct error *err)
{
	enum { MUCH = 8 << 20 };
	g_autofree char *value = g_strnfill(MUCH, 'x');
	struct silence *s = arg;

	(void)err;
	if (!s->processes)
		fall_silent(s);
	return txn_put(
		txn, TABLE_ANSWERED, (struct bytes){ "name", 4 }, (struct bytes){ value, MUCH });
}

/* A moment later the process ends in order, with what we have sent unread. */
static gpointer silent_end(gpointer arg)
{
	struct silence *s = arg;

	g_usleep(G_USEC_PER_SEC / 2);
	signal_all(s->processes, SIGTERM);
	signal_all(s->processes, SIGCONT);
	return NULL;
}

static enum status write_to_the_dying(struct txn *txn, void *arg, struct error *err)
{
	struct silence *s = arg;
	bool first = !s->processes;
	enum status st = write_to_the_silent(txn, s, err);

	if (first)
		s->end = g_thread_new("end", silent_end, s);
	return st;
}

static void test_dying_at_much(void)
{
	struct silence silence;
	struct place place;

	place_open(&place, 0);
	silence = (struct silence){ .database = place.database };
	place_write(&place, write_to_the_dying, &silence, ST_OK);
	g_thread_join(silence.end);
	g_strfreev(silence.processes);
	place_close(&place);
}

static void silent_for(store_fn *fn)
{
	enum { DEADLINE_S = 3 };
	struct store_options options;
	struct silence silence;
	struct place place;
	int64_t begun;

	place_open(&place, 0);
	store_close(place.store);
	options = place_options(&place, 0);
	options.deadline_s = DEADLINE_S;
	g_assert_cmpint(store_open(&options, &place.store, &place.err), ==, ST_OK);
	silence = (struct silence){ .database = place.database };
	begun = g_get_monotonic_time();
	place_write(&place, fn, &silence, ST_BUSY);
	g_assert_cmpint(g_get_monotonic_time() - begun, <, (DEADLINE_S + 1) * G_TIME_SPAN_SECOND);
	signal_all(silence.processes, SIGCONT);
	g_strfreev(silence.processes);
	place_close(&place);
}

static void test_silence(void)
{
	silent_for(ask_the_silent);
}

static void test_silence_at_much(void)
{
	silent_for(write_to_the_silent);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reads/longer than an answer may take", test_long);
	g_test_add_func("/writes/what was waited for before counts", test_since);
	g_test_add_func("/writes/a server that falls silent in their midst", test_silence);
	g_test_add_func(
		"/writes/a server that falls silent while it is sent much", test_silence_at_much);
	g_test_add_func("/writes/a server that ends while it is sent much", test_dying_at_much);
	return g_test_run();
}
