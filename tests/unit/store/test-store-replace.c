/* Other files in the place of a store's that is in use: what was deleted is gone, what was
 * committed is not. */
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build-config.h"
#include "tables/tickets.h"
#include "../store-fixture.h"

enum { REWRITES = 20 };

static const char secret_word[] = "carla@customer.example";

static struct bytes word(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static bool file_has(struct place *place, const char *wanted)
{
	g_autofree char *path = g_build_filename(place->path, "data.mdb", NULL), *data = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	return memmem(data, len, wanted, strlen(wanted)) != NULL;
}

static enum status put_secret(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return txn_put(txn, TABLE_ANSWERED, word("key"), word(secret_word));
}

static enum status delete_secret(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	return txn_delete(txn, TABLE_ANSWERED, word("key"));
}

static void test_nothing_is_left(void)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, put_secret, NULL, ST_OK);
	place_write(&place, delete_secret, NULL, ST_OK);
	store_close(place.store);
	g_assert_true(file_has(&place, secret_word));
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	g_assert_cmpint(store_rewrite(place.store, &place.err), ==, ST_OK);
	g_assert_false(file_has(&place, secret_word));
	place_write(&place, put_secret, NULL, ST_OK);
	place_close(&place);
}

/* --- several processes --- */

static enum status count_up(struct txn *txn, void *arg, struct error *err)
{
	uint64_t number;

	(void)arg;
	(void)err;
	return txn_next_number(txn, "test", 1, &number);
}

static enum status read_count(struct txn *txn, void *arg, struct error *err)
{
	enum status st = txn_next_number(txn, "test", 1, arg);

	(void)err;
	return st;
}

/* A process that tells when it has begun to write, writes until there is something to read, and
 * then tells how often it did. */
struct writer {
	pid_t pid;
	int stop, told; /* ends of pipes */
};

static void write_until(struct place *place, int stop, int tell)
{
	struct pollfd stopped = { .fd = stop, .events = POLLIN };
	uint64_t count = 0;

	if (place_reopen(place, false) != ST_OK)
		_exit(2);
	while (poll(&stopped, 1, 0) == 0) {
		if (store_write(place->store, count_up, NULL, &place->err) != ST_OK)
			_exit(1);
		if (count++ == 0 && write(tell, "x", 1) != 1)
			_exit(3);
	}
	_exit(write(tell, &count, sizeof count) == sizeof count ? 0 : 3);
}

static void start_writer(struct place *place, struct writer *writer)
{
	int stop[2], told[2];
	char begun;

	g_assert_cmpint(pipe(stop), ==, 0);
	g_assert_cmpint(pipe(told), ==, 0);
	writer->pid = fork();
	g_assert_cmpint(writer->pid, >=, 0);
	if (writer->pid == 0)
		write_until(place, stop[0], told[1]);
	writer->stop = stop[1];
	writer->told = told[0];
	g_assert_cmpint(read(writer->told, &begun, 1), ==, 1);
}

static uint64_t stop_writer(const struct writer *writer)
{
	uint64_t count = 0;
	int status;

	g_assert_cmpint(write(writer->stop, "x", 1), ==, 1);
	g_assert_cmpint(waitpid(writer->pid, &status, 0), ==, writer->pid);
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpint(read(writer->told, &count, sizeof count), ==, sizeof count);
	return count;
}

static void test_no_commit_is_lost(void)
{
	struct place place;
	struct writer writers[2];
	uint64_t count = 0, wanted = 1;

	place_open(&place, 0);
	store_close(place.store);
	for (size_t i = 0; i < G_N_ELEMENTS(writers); i++)
		start_writer(&place, &writers[i]);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	for (int i = 0; i < REWRITES; i++) {
		enum status st = store_rewrite(place.store, &place.err);

		g_assert_true(st == ST_OK || st == ST_BUSY);
		place_write(&place, count_up, NULL, ST_OK);
		wanted++;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(writers); i++)
		wanted += stop_writer(&writers[i]);
	/* As who comes new sees it: all of them might have stayed with the old files. */
	store_close(place.store);
	g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
	place_write(&place, read_count, &count, ST_OK);
	g_assert_cmpuint(count, ==, wanted);
	place_close(&place);
}

static enum status read_secret_word(struct txn *txn, void *arg, struct error *err)
{
	struct bytes value;

	(void)arg;
	(void)err;
	return txn_get(txn, TABLE_ANSWERED, word("key"), &value);
}

/* Readers, too, see the new files at once. */
static void test_readers_go_over(void)
{
	struct place place, other;
	g_autofree char *backup = NULL, *kept = NULL;
	struct store_options options;

	place_open(&place, 0);
	place_open(&other, 0);
	place_write(&other, put_secret, NULL, ST_OK);
	backup = g_build_filename(other.dir, "backup", NULL);
	g_assert_cmpint(store_copy(other.store, backup, &other.err), ==, ST_OK);
	place_read(&place, read_secret_word, NULL, ST_NOT_FOUND);
	options = place_options(&place, 0);
	g_assert_cmpint(store_restore(&options, backup, false, &kept, &place.err), ==, ST_EXISTS);
	g_assert_cmpint(store_restore(&options, backup, true, &kept, &place.err), ==, ST_OK);
	place_read(&place, read_secret_word, NULL, ST_OK);
	g_assert_nonnull(kept);
	place_close(&other);
	place_close(&place);
}

/* As on a machine that takes another's place. */
static void test_restores_where_none_is(void)
{
	struct place place;
	g_autofree char *backup = NULL, *kept = NULL, *missing = NULL;
	struct store_options options;
	mode_t before;

	place_open(&place, 0);
	place_write(&place, put_secret, NULL, ST_OK);
	backup = g_build_filename(place.dir, "backup", NULL);
	missing = g_build_filename(place.dir, "new", "store", NULL);
	g_assert_cmpint(store_copy(place.store, backup, &place.err), ==, ST_OK);
	options = place_options(&place, 0);
	options.path = missing;
	before = umask(077);
	g_assert_cmpint(store_restore(&options, backup, false, &kept, &place.err), ==, ST_OK);
	umask(before);
	g_assert_null(kept);
	g_assert_cmphex(mode_of(missing, ""), ==, 02770);
	g_assert_cmphex(mode_of(missing, "data.mdb"), ==, 0660);
	g_assert_cmphex(mode_of(missing, "lock.mdb"), ==, 0660);
	g_clear_pointer(&place.store, store_close);
	g_assert_cmpint(store_open(&options, &place.store, &place.err), ==, ST_OK);
	place_read(&place, read_secret_word, NULL, ST_OK);
	place_close(&place);
}

/* --- replacers that die --- */

#ifdef ENABLE_FAILPOINTS

/* A backup with one commit that the store does not have. */
static char *make_backup(const struct place *place)
{
	struct place other;
	char *backup = g_build_filename(place->dir, "backup", NULL);

	place_open(&other, 0);
	place_write(&other, put_secret, NULL, ST_OK);
	g_assert_cmpint(store_copy(other.store, backup, &other.err), ==, ST_OK);
	place_close(&other);
	return backup;
}

static enum status replace_it(struct place *place, const char *backup)
{
	const struct store_options options = place_options(place, 0);
	g_autofree char *kept = NULL;

	return backup ? store_restore(&options, backup, true, &kept, &place->err)
		      : store_rewrite(place->store, &place->err);
}

/* In a process of its own, which is killed at the step. The store is not open in this one. */
static void die_replacing(struct place *place, const char *backup, const char *step)
{
	int status;
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		g_setenv("MILTICKET_DIE_AT", step, TRUE);
		if (!backup && place_reopen(place, false) != ST_OK)
			_exit(2);
		_exit(replace_it(place, backup) == ST_OK ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFSIGNALED(status));
}

static unsigned names_in(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

static void test_replacers_die(void)
{
	static const struct {
		const char *step;
		bool restores, replaced;
	} cases[] = {
		{ "rewritten", false, false },
		{ "lock-replaced", false, false },
		{ "data-replaced", false, true },
		{ "backup-copied", true, false },
		{ "old-kept", true, false },
		{ "lock-replaced", true, false },
		{ "data-replaced", true, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *backup = NULL;
		struct writer writer;
		struct place place;
		uint64_t count = 0;

		g_test_message(
			"%s of %s", cases[i].step, cases[i].restores ? "a restore" : "a rewrite");
		place_open(&place, 0);
		backup = cases[i].restores ? make_backup(&place) : NULL;
		place_write(&place, count_up, NULL, ST_OK);
		store_close(place.store);
		start_writer(&place, &writer);
		die_replacing(&place, backup, cases[i].step);
		g_assert_cmpint(place_reopen(&place, false), ==, ST_OK);
		place_write(&place, count_up, NULL, ST_OK);
		count = stop_writer(&writer);
		g_assert_cmpuint(count, >, 0);
		/* A restored store has what was written since, the others all. */
		place_read(&place, read_secret_word, NULL,
			cases[i].restores && cases[i].replaced ? ST_OK : ST_NOT_FOUND);
		if (!(cases[i].restores && cases[i].replaced)) {
			uint64_t now = 0;

			place_write(&place, read_count, &now, ST_OK);
			g_assert_cmpuint(now, ==, count + 3);
		}
		g_assert_cmpint(replace_it(&place, backup), ==, ST_OK);
		place_read(
			&place, read_secret_word, NULL, cases[i].restores ? ST_OK : ST_NOT_FOUND);
		g_assert_cmpuint(names_in(place.path), <=, cases[i].restores ? 4 : 2);
		place_close(&place);
	}
}

#endif

int main(int argc, char **argv)
{
	fixture_lmdb_alone();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replace/what was deleted is not in the file that is written anew",
		test_nothing_is_left);
	g_test_add_func("/replace/other processes write meanwhile, and no commit is lost",
		test_no_commit_is_lost);
	g_test_add_func("/replace/who has a store open reads a backup that took its place",
		test_readers_go_over);
	g_test_add_func("/replace/a restore makes what is missing as a daemon does",
		test_restores_where_none_is);
#ifdef ENABLE_FAILPOINTS
	g_test_add_func(
		"/replace/who is killed leaves the one or the other, and the next one finishes",
		test_replacers_die);
#endif
	return g_test_run();
}
