/* The store under many hands: gathered commits, growth and failure in the middle of a group,
 * several processes. Worth building with --enable-sanitizers=thread. */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/lmdb/store-engine.h"
#include "../store-fixture.h"

enum { THREADS = 32, WRITES = 50, GROUP = 16, MIB = 1 << 20 };

static enum status put_number(struct txn *txn, uint32_t number, size_t size)
{
	g_autofree char *data = g_malloc0(size);
	struct key key;

	key_init(&key);
	key_u32(&key, number);
	return txn_put(txn, TABLE_ANSWERED, key_bytes(&key), (struct bytes){ data, size });
}

static bool has_number(struct txn *txn, uint32_t number)
{
	struct bytes value;
	struct key key;

	key_init(&key);
	key_u32(&key, number);
	return txn_get(txn, TABLE_ANSWERED, key_bytes(&key), &value) == ST_OK;
}

static uint64_t rows(struct store *store)
{
	return rows_of(store, TABLE_ANSWERED);
}

static size_t commits(struct store *store)
{
	MDB_envinfo info;

	mdb_env_info(lmdb_of(store)->env, &info);
	return info.me_last_txnid;
}

/* --- one of many writers --- */

struct writer {
	struct store *store;
	uint32_t number;
	size_t size;
	enum status end, got;
	struct error err;
	int running; /* atomic */
	GThread *thread;
};

static enum status write_number(struct txn *txn, void *arg, struct error *err)
{
	struct writer *w = arg;
	enum status st = put_number(txn, w->number, w->size);

	return st == ST_OK && w->end != ST_OK
		? error_set(err, w->end, "number %u is refused", w->number)
		: st;
}

static gpointer write_once(gpointer arg)
{
	struct writer *w = arg;

	w->got = store_write(w->store, write_number, w, &w->err);
	return NULL;
}

/* --- a group: one writer holds the lead until all others wait --- */

static unsigned waiting(struct store *store)
{
	unsigned n = 0;

	pthread_mutex_lock(&store->lock);
	for (struct job *j = store->first; j; j = j->next)
		n++;
	pthread_mutex_unlock(&store->lock);
	return n;
}

static enum status hold(struct txn *txn, void *arg, struct error *err)
{
	struct writer *w = arg;

	(void)err;
	g_atomic_int_set(&w->running, 1);
	while (waiting(w->store) < w->number)
		g_usleep(100);
	return put_number(txn, UINT32_MAX, 1);
}

static gpointer hold_lead(gpointer arg)
{
	struct writer *w = arg;

	w->got = store_write(w->store, hold, w, &w->err);
	return NULL;
}

/* Runs all writers of a group in one commit, in the order of their numbers. Gives how many commits
 * there were besides the holder's. */
static size_t run_group(struct store *store, struct writer *writers, unsigned n)
{
	struct writer holder = { .store = store, .number = n };
	size_t before = commits(store);

	holder.thread = g_thread_new("holder", hold_lead, &holder);
	while (!g_atomic_int_get(&holder.running))
		g_usleep(100);
	for (unsigned i = 0; i < n; i++) {
		writers[i].store = store;
		while (waiting(store) < i)
			g_usleep(100);
		writers[i].thread = g_thread_new("writer", write_once, &writers[i]);
	}
	for (unsigned i = 0; i < n; i++)
		g_thread_join(writers[i].thread);
	g_thread_join(holder.thread);
	g_assert_cmpint(holder.got, ==, ST_OK);
	return commits(store) - before - 1;
}

static void make_writers(struct writer *writers, size_t size)
{
	memset(writers, 0, GROUP * sizeof *writers);
	for (uint32_t i = 0; i < GROUP; i++) {
		writers[i].number = i;
		writers[i].size = size;
	}
}

static void test_one_commit(void)
{
	struct writer writers[GROUP];
	struct place place;

	place_open(&place, 0);
	make_writers(writers, 10);
	g_assert_cmpuint(run_group(place.store, writers, GROUP), ==, 1);
	for (int i = 0; i < GROUP; i++)
		g_assert_cmpint(writers[i].got, ==, ST_OK);
	g_assert_cmpuint(rows(place.store), ==, GROUP + 1);
	place_close(&place);
}

static enum status check_survivors(struct txn *txn, void *arg, struct error *err)
{
	const struct writer *writers = arg;

	(void)err;
	for (uint32_t i = 0; i < GROUP; i++)
		g_assert_cmpint(has_number(txn, i), ==, writers[i].end == ST_OK);
	return ST_OK;
}

static void test_failure_in_the_middle(void)
{
	struct writer writers[GROUP];
	struct place place;

	place_open(&place, 0);
	make_writers(writers, 10);
	writers[0].end = ST_EXISTS;
	writers[GROUP / 2].end = ST_REFUSED;
	writers[GROUP - 1].end = ST_BAD_INPUT;
	g_assert_cmpuint(run_group(place.store, writers, GROUP), ==, 1);
	for (int i = 0; i < GROUP; i++)
		g_assert_cmpint(writers[i].got, ==, writers[i].end);
	g_assert_cmpstr(writers[GROUP / 2].err.text, ==, "number 8 is refused");
	place_read(&place, check_survivors, writers, ST_OK);
	place_close(&place);
}

static void test_all_fail(void)
{
	struct writer writers[GROUP];
	struct place place;

	place_open(&place, 0);
	make_writers(writers, 10);
	for (int i = 0; i < GROUP; i++)
		writers[i].end = ST_REFUSED;
	g_assert_cmpuint(run_group(place.store, writers, GROUP), ==, 0);
	g_assert_cmpuint(rows(place.store), ==, 1);
	place_close(&place);
}

static void test_growth_in_the_middle(void)
{
	struct writer writers[GROUP];
	struct place place;

	place_open(&place, MIB);
	make_writers(writers, MIB / 4);
	writers[GROUP / 2].end = ST_REFUSED;
	g_assert_cmpuint(run_group(place.store, writers, GROUP), ==, 1);
	for (int i = 0; i < GROUP; i++)
		g_assert_cmpint(writers[i].got, ==, writers[i].end);
	place_read(&place, check_survivors, writers, ST_OK);
	place_close(&place);
}

static void test_commit_fails_for_all(void)
{
	struct writer writers[GROUP];
	struct place place;

	place_open(&place, 0);
	make_writers(writers, MIB / 4);
	writers[3].end = ST_REFUSED;
	limit_file_size(MIB);
	run_group(place.store, writers, GROUP);
	limit_file_size(0);
	for (int i = 0; i < GROUP; i++) {
		g_assert_cmpint(writers[i].got, ==, ST_FULL);
		g_assert_nonnull(strstr(writers[i].err.text, "cannot write store"));
	}
	g_assert_cmpuint(rows(place.store), ==, 1);
	make_writers(writers, MIB / 4);
	run_group(place.store, writers, GROUP);
	g_assert_cmpuint(rows(place.store), ==, GROUP + 1);
	place_close(&place);
}

/* --- many threads --- */

struct taker {
	struct store *store;
	uint64_t numbers[WRITES];
	unsigned i, refused;
	GThread *thread;
};

/* Every seventh changes its mind after writing. */
static enum status take(struct txn *txn, void *arg, struct error *err)
{
	struct taker *t = arg;
	enum status st = txn_next_number(txn, "x", 1, &t->numbers[t->i]);

	if (st == ST_OK)
		st = put_number(txn, (uint32_t)t->numbers[t->i], 2000);
	return st == ST_OK && t->i % 7 == 6 ? error_set(err, ST_REFUSED, "refused") : st;
}

static gpointer take_many(gpointer arg)
{
	struct taker *t = arg;

	for (t->i = 0; t->i < WRITES; t->i++) {
		enum status st = store_write(t->store, take, t, NULL);

		g_assert_cmpint(st, ==, t->i % 7 == 6 ? ST_REFUSED : ST_OK);
		if (st != ST_OK)
			t->numbers[t->i] = 0;
		t->refused += st != ST_OK;
	}
	return NULL;
}

struct onlooker {
	struct store *store;
	int stop; /* atomic */
	GThread *thread;
};

static gpointer look_on(gpointer arg)
{
	struct onlooker *o = arg;

	while (!g_atomic_int_get(&o->stop))
		rows(o->store);
	return NULL;
}

/* Numbers 1 to n, each once. */
static void assert_all_given(const struct taker *takers, uint64_t n)
{
	g_autofree bool *given = g_new0(bool, n + 1);

	for (int t = 0; t < THREADS; t++)
		for (int i = 0; i < WRITES; i++) {
			uint64_t number = takers[t].numbers[i];

			g_assert_cmpuint(number, <=, n);
			g_assert_true(number == 0 || !given[number]);
			given[number] = true;
		}
	for (uint64_t i = 1; i <= n; i++)
		g_assert_true(given[i]);
}

static void test_many_threads(void)
{
	g_autofree struct taker *takers = g_new0(struct taker, THREADS);
	struct place place;
	struct onlooker onlooker = { 0 };
	uint64_t kept = 0;

	place_open(&place, MIB);
	onlooker.store = place.store;
	onlooker.thread = g_thread_new("onlooker", look_on, &onlooker);
	for (int t = 0; t < THREADS; t++) {
		takers[t].store = place.store;
		takers[t].thread = g_thread_new("taker", take_many, &takers[t]);
	}
	for (int t = 0; t < THREADS; t++) {
		g_thread_join(takers[t].thread);
		kept += WRITES - takers[t].refused;
	}
	g_atomic_int_set(&onlooker.stop, 1);
	g_thread_join(onlooker.thread);
	g_assert_cmpuint(rows(place.store), ==, kept);
	assert_all_given(takers, kept);
	place_close(&place);
}

/* --- several processes --- */

static enum status take_alone(struct txn *txn, void *arg, struct error *err)
{
	uint64_t number;
	enum status st = txn_next_number(txn, "x", 1, &number);

	(void)arg;
	(void)err;
	return st == ST_OK ? put_number(txn, (uint32_t)number, 20000) : st;
}

static void take_in_process(struct place *place)
{
	bool ok = place_reopen(place, false) == ST_OK;

	for (int i = 0; i < 4 * WRITES && ok; i++)
		ok = store_write(place->store, take_alone, NULL, &place->err) == ST_OK;
	if (ok)
		g_clear_pointer(&place->store, store_close);
	_exit(ok ? 0 : 1);
}

static void await(pid_t pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Each sees the map that the other made larger; the first open of an empty directory is a race,
 * too. */
static void test_processes(void)
{
	struct place place = { .dir = g_dir_make_tmp("place-XXXXXX", NULL) };
	pid_t pids[3];

	place.path = g_build_filename(place.dir, "store", NULL);
	for (int i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			take_in_process(&place);
	}
	for (int i = 0; i < 3; i++)
		await(pids[i]);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	g_assert_cmpuint(rows(place.store), ==, 3 * 4 * WRITES);
	place_close(&place);
}

static enum status die(struct txn *txn, void *arg, struct error *err)
{
	(void)txn;
	(void)arg;
	(void)err;
	_exit(0);
}

/* Says that it reads, and reads on until the other end is closed. */
static enum status read_until_told(struct txn *txn, void *arg, struct error *err)
{
	const int *ends = arg;
	char byte = 0;

	(void)txn;
	(void)err;
	_exit(write(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 0 ? 0 : 1);
}

static enum status rewrite(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return put_number(txn, 1, MIB / 4);
}

/* The bytes in use after twenty rewrites of a quarter of a MiB. */
static uint64_t used_after_rewrites(struct place *place)
{
	struct store_stat stat;

	for (int i = 0; i < 20; i++)
		place_write(place, rewrite, NULL, ST_OK);
	g_assert_cmpint(store_stat(place->store, &stat, NULL), ==, ST_OK);
	return stat.used;
}

/* Killed while it reads, it holds on to every page that was in use then and later, until its slot
 * is freed. */
static void test_dead_reader(void)
{
	uint64_t before, held;
	struct place place;
	int ends[2], how;
	pid_t pid;
	char byte;

	place_open(&place, 0);
	before = used_after_rewrites(&place);
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		_exit(place_reopen(&place, true) == ST_OK &&
					store_read(place.store, read_until_told, ends, NULL) ==
						ST_OK
				? 0
				: 1);
	}
	close(ends[0]);
	g_assert_cmpint(read(ends[1], &byte, 1), ==, 1);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	g_assert_cmpuint(store_clear_readers(place.store), ==, 0);
	g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
	g_assert_cmpint(waitpid(pid, &how, 0), ==, pid);
	close(ends[1]);
	held = used_after_rewrites(&place);
	g_assert_cmpuint(held, >=, before + 4 * MIB);
	g_assert_cmpuint(store_clear_readers(place.store), ==, 1);
	g_assert_cmpuint(store_clear_readers(place.store), ==, 0);
	for (int i = 0; i < 5; i++)
		g_assert_cmpuint(used_after_rewrites(&place), ==, held);
	g_test_message("used: %" G_GUINT64_FORMAT " before, %" G_GUINT64_FORMAT
		       " with the dead reader and for good",
		before, held);
	place_close(&place);
}

static void test_dead_writer(void)
{
	struct place place;
	pid_t pid;

	place_open(&place, 0);
	g_clear_pointer(&place.store, store_close);
	pid = fork();
	if (pid == 0 && place_reopen(&place, false) == ST_OK)
		store_write(place.store, die, NULL, NULL);
	await(pid);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	place_write(&place, take_alone, NULL, ST_OK);
	place_close(&place);
}

/* --- taking turns --- */

enum { OURS = 77 };

/* Says that it writes, and is done when it is told. */
static enum status write_until_told(struct txn *txn, void *arg, struct error *err)
{
	int end = *(const int *)arg;
	char byte = 0;

	(void)err;
	return write(end, &byte, 1) == 1 && read(end, &byte, 1) == 1 ? put_number(txn, 1, 10)
								     : ST_IO;
}

static enum status find_ours(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return has_number(txn, OURS) ? ST_OK : ST_NOT_FOUND;
}

/* A process that never pauses: its next write comes right behind the one before. */
static void write_twice(struct place *place, int end)
{
	bool ok = place_reopen(place, false) == ST_OK &&
		store_write(place->store, write_until_told, &end, NULL) == ST_OK &&
		store_write(place->store, find_ours, NULL, NULL) == ST_OK;

	_exit(ok ? 0 : 1);
}

static void wait_until_somebody_waits(const char *dir)
{
	int gate = open(dir, O_RDONLY | O_DIRECTORY), tries = 0;

	while (flock(gate, LOCK_EX | LOCK_NB) == 0 && tries++ < 5000) {
		flock(gate, LOCK_UN);
		g_usleep(1000);
	}
	g_assert_cmpint(tries, <, 5000);
	close(gate);
}

static void test_turns(void)
{
	struct writer ours = { .number = OURS, .size = 10, .got = ST_IO };
	struct place place;
	int ends[2];
	pid_t pid;
	char byte;

	place_open(&place, 0);
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
	pid = fork();
	if (pid == 0)
		write_twice(&place, ends[0]);
	g_assert_cmpint(read(ends[1], &byte, 1), ==, 1);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	ours.store = place.store;
	ours.thread = g_thread_new("ours", write_once, &ours);
	wait_until_somebody_waits(place.path);
	g_assert_cmpint(write(ends[1], &byte, 1), ==, 1);
	g_thread_join(ours.thread);
	g_assert_cmpint(ours.got, ==, ST_OK);
	await(pid);
	close(ends[0]);
	close(ends[1]);
	place_close(&place);
}

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store-group/processes share a store that grows", test_processes);
	g_test_add_func("/store-group/pages behind a dead reader are used again", test_dead_reader);
	g_test_add_func(
		"/store-group/a writer that dies leaves the store usable", test_dead_writer);
	g_test_add_func(
		"/store-group/a writer waits for one commit of another process, which then waits for it",
		test_turns);
	g_test_add_func("/store-group/waiting writers share one commit", test_one_commit);
	g_test_add_func(
		"/store-group/one that fails undoes only itself", test_failure_in_the_middle);
	g_test_add_func("/store-group/all failing commits nothing", test_all_fail);
	g_test_add_func(
		"/store-group/growth in the middle runs all again", test_growth_in_the_middle);
	g_test_add_func("/store-group/a commit that fails fails for all, and the next works",
		test_commit_fails_for_all);
	g_test_add_func("/store-group/32 threads lose and double nothing", test_many_threads);
	return g_test_run();
}
