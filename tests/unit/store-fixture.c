/* A store to test on. */
#include "store-fixture.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void remove_below(const char *path)
{
	/* A symbolic link is removed itself: what it leads to is none of the test's. */
	bool link = g_file_test(path, G_FILE_TEST_IS_SYMLINK);
	GDir *dir = link ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		remove_below(child);
	}
	if (dir)
		g_dir_close(dir);
	g_remove(path);
}

/* Tests run as root on machines of people: what a mistaken path names must not go. */
static bool is_below_temporary(const char *path)
{
	g_autofree char *parent = path ? g_path_get_dirname(path) : NULL;
	g_autofree char *real = parent ? realpath(parent, NULL) : NULL,
			*temporary = realpath(g_get_tmp_dir(), NULL);
	g_autofree char *name = path ? g_path_get_basename(path) : NULL;

	if (!real || !temporary || strcmp(temporary, "/") == 0 || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0)
		return false;
	return g_str_has_prefix(real, temporary) &&
		(real[strlen(temporary)] == '\0' || real[strlen(temporary)] == '/');
}

void remove_tree(const char *path)
{
	g_assert_true(is_below_temporary(path));
	remove_below(path);
}

/* --- a database of PostgreSQL; one that a test is done with is emptied for the next --- */

static bool fixture_sql(const char *database, const char *sql)
{
	const char *server = g_getenv("MILTICKET_POSTGRESQL");
	g_autofree char *url = g_strdup_printf(
		"postgresql://postgres@/%s?host=%s", database, server);
	const char *const words[] = { "psql", "-X", "-q", "-c", sql, url, NULL };
	int how = 0;

	return g_spawn_sync(NULL, (char **)words, NULL,
		       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
		       &how, NULL) &&
		how == 0;
}

static const char fixture_empty[] =
	"do $$ declare t regclass; begin for t in select oid from pg_class"
	" where relnamespace = to_regnamespace('milticket') and relkind = 'r'"
	" and relname <> 'schema' loop execute 'delete from ' || t; end loop; end $$";

static GQueue fixture_free = G_QUEUE_INIT; /* names; owned */

void fixture_lmdb_alone(void)
{
	g_unsetenv("MILTICKET_POSTGRESQL");
}

char *fixture_database(void)
{
	char *name = g_queue_pop_head(&fixture_free);
	g_autofree char *sql = NULL;

	if (!g_getenv("MILTICKET_POSTGRESQL"))
		return NULL;
	if (name && fixture_sql(name, fixture_empty))
		return name;
	g_free(name);
	/* A process id comes again in a long run. */
	name = g_strdup_printf("unit_%d_%" PRIu64, (int)getpid(), (uint64_t)g_get_real_time());
	sql = g_strdup_printf("create database %s owner milticket", name);
	if (!fixture_sql("postgres", sql))
		g_error("no database for a test");
	return name;
}

char *fixture_url(const char *database)
{
	return database ? g_strdup_printf("postgresql://milticket@/%s?host=%s", database,
				  g_getenv("MILTICKET_POSTGRESQL"))
			: NULL;
}

void fixture_give_back(char *database)
{
	if (database)
		g_queue_push_tail(&fixture_free, database);
}

struct store_options place_options(const struct place *place, size_t map_size)
{
	return (struct store_options){ .path = place->path,
		.url = place->url,
		.deadline_s = 20,
		.map_size = map_size ? map_size : 16 << 20,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
}

void place_open(struct place *place, size_t map_size)
{
	struct store_options options;

	*place = (struct place){ .dir = g_dir_make_tmp("place-XXXXXX", NULL) };
	place->path = g_build_filename(place->dir, "store", NULL);
	place->database = fixture_database();
	place->url = fixture_url(place->database);
	options = place_options(place, map_size);
	if (store_open(&options, &place->store, &place->err) != ST_OK)
		g_error("%s", place->err.text);
}

enum status place_reopen(struct place *place, bool read_only)
{
	struct store_options options = place_options(place, 0);

	options.read_only = read_only;
	return store_open(&options, &place->store, &place->err);
}

void place_close(struct place *place)
{
	store_close(place->store);
	remove_tree(place->dir);
	fixture_give_back(place->database);
	g_free(place->url);
	g_free(place->path);
	g_free(place->dir);
}

void place_write(struct place *place, store_fn *fn, void *arg, enum status wanted)
{
	enum status st = store_write(place->store, fn, arg, &place->err);

	if (st != wanted)
		g_test_message("%s", place->err.text);
	g_assert_cmpint(st, ==, wanted);
}

void place_read(struct place *place, store_fn *fn, void *arg, enum status wanted)
{
	enum status st = store_read(place->store, fn, arg, &place->err);

	if (st != wanted)
		g_test_message("%s", place->err.text);
	g_assert_cmpint(st, ==, wanted);
}

struct counted {
	enum store_table table;
	uint64_t n;
};

static enum status count_rows(struct txn *txn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct counted *c = arg;
	struct scan scan;
	enum status st;

	(void)err;
	c->n = 0;
	for (st = scan_first(&scan, txn, c->table, all, all, false); st == ST_OK;
		st = scan_next(&scan))
		c->n++;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

uint64_t rows_of(struct store *store, enum store_table table)
{
	struct counted counted = { .table = table };

	g_assert_cmpint(store_read(store, count_rows, &counted, NULL), ==, ST_OK);
	return counted.n;
}

void empty_table(struct txn *txn, enum store_table table)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, table, all, all, false); st == ST_OK;
		st = scan_next(&scan))
		g_assert_cmpint(txn_delete(txn, table, scan.key), ==, ST_OK);
	scan_release(&scan);
}

static void run_store_test(gconstpointer test)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, ((const struct store_test *)test)->fn, NULL, ST_OK);
	place_close(&place);
}

void add_store_tests(const struct store_test *tests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		g_test_add_data_func(tests[i].name, &tests[i], run_store_test);
}

void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	limit.rlim_cur = size ? size : limit.rlim_max;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

mode_t mode_of(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	struct stat status;

	g_assert_cmpint(stat(path, &status), ==, 0);
	return status.st_mode & 07777;
}
