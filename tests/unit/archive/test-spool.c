/* A message while it arrives: the bytes that it becomes, the hash of its body however it is cut,
 * memory, full disks. */
#include "archive/spool.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "archive/archive.h"
#include "base/limits.h"
#include "../store-fixture.h"

static char *dir;

static void add(struct spool *spool, const void *data, size_t len)
{
	struct error err = { "" };

	if (spool_body(spool, data, len, &err) != ST_OK)
		g_error("spool: %s", err.text);
}

/* What the archive then has. */
static GString *kept(struct spool *spool, const char *name)
{
	struct error err = { "" };
	char *data;
	size_t len;
	GString *out;

	if (spool_keep(spool, dir, name, false, &err) != ST_OK ||
		archive_read(dir, name, G_MAXUINT32, &data, &len, &err) != ST_OK)
		g_error("spool: %s", err.text);
	out = g_string_new_len(data, (gssize)len);
	g_free(data);
	return out;
}

/* --- header fields --- */

static bool decides(const char *name, const void *arg)
{
	return strcmp(name, arg) == 0;
}

static void add_header(struct spool *spool, const char *name, const char *value)
{
	g_assert_cmpint(spool_header(spool, name, value, NULL), ==, ST_OK);
}

static struct message *parsed(struct spool *spool)
{
	g_assert_cmpint(spool_end_headers(spool, NULL), ==, ST_OK);
	return spool_parse(spool);
}

static void assert_lines(struct spool *spool, unsigned junk, unsigned deciding)
{
	struct message *message = parsed(spool);

	g_assert_cmpuint(message_header_count(message, "J"), ==, junk);
	g_assert_cmpuint(message_header_count(message, "D"), ==, deciding);
	message_free(message);
	spool_free(spool);
}

static struct spool *deciding_spool(void)
{
	struct spool *spool = spool_new(dir);

	spool_decides(spool, decides, "D");
	return spool;
}

/* LIMIT_HEADER_COUNT, LIMIT_HEADER_RESERVE_COUNT. */
static void test_count(void)
{
	const unsigned room = LIMIT_HEADER_COUNT - LIMIT_HEADER_RESERVE_COUNT;

	for (unsigned past = 0; past < 2; past++) {
		struct spool *spool = deciding_spool();

		for (unsigned i = 0; i < room + past; i++)
			add_header(spool, "J", " x");
		g_assert_cmpint(spool_unread(spool), ==, past);
		for (unsigned i = 0; i < LIMIT_HEADER_RESERVE_COUNT; i++)
			add_header(spool, "D", " x");
		g_assert_false(spool_flooded(spool));
		if (past)
			add_header(spool, "D", " x");
		g_assert_cmpint(spool_flooded(spool), ==, past);
		assert_lines(spool, room, LIMIT_HEADER_RESERVE_COUNT);
	}
}

/* LIMIT_HEADER_BYTES, LIMIT_HEADER_RESERVE_BYTES: name, value, and two. */
static void test_bytes(void)
{
	const size_t room = LIMIT_HEADER_BYTES - LIMIT_HEADER_RESERVE_BYTES;
	const unsigned most = LIMIT_HEADER_RESERVE_BYTES / LIMIT_DECIDING_BYTES;
	g_autofree char *value = g_strnfill(LIMIT_DECIDING_BYTES - 3, 'd');

	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *filler = g_strnfill(room - 3 + past, 'j');
		struct spool *spool = deciding_spool();

		add_header(spool, "J", filler);
		g_assert_cmpint(spool_unread(spool), ==, past);
		add_header(spool, "J", "");
		g_assert_true(spool_unread(spool));
		for (unsigned i = 0; i < most; i++)
			add_header(spool, "D", value);
		g_assert_false(spool_flooded(spool));
		add_header(spool, "D", "");
		g_assert_true(spool_flooded(spool));
		assert_lines(spool, !past, most);
	}
}

/* LIMIT_DECIDING_BYTES. A value that is cut in a fold must not end the headers. */
static void test_cut(void)
{
	g_autofree char *filler = g_strnfill(LIMIT_HEADER_BYTES, 'j');

	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *value = g_strnfill(LIMIT_DECIDING_BYTES + past, 'd');
		struct spool *spool = deciding_spool();
		struct message *message;

		if (past)
			memcpy(value + LIMIT_DECIDING_BYTES - 4, "\r\n \n", 4);
		add_header(spool, "J", filler);
		add_header(spool, "D", value);
		add_header(spool, "D", "last");
		message = parsed(spool);
		g_assert_cmpuint(strlen(message_header(message, "D", 0)), ==,
			LIMIT_DECIDING_BYTES - (past ? 4 : 0));
		g_assert_cmpstr(message_header(message, "D", 1), ==, "last");
		message_free(message);
		spool_free(spool);
	}
}

static void test_headers(void)
{
	static const struct {
		const char *value, *line;
	} headers[] = {
		{ " one", "A: one\n" },
		{ "one", "A:one\n" },
		{ "\tone", "A:\tone\n" },
		{ "", "A:\n" },
		{ " ", "A: \n" },
		{ " one\n two", "A: one\n two\n" },
		{ " one\r\n two", "A: one\n two\n" },
		{ " one\rtwo", "A: one\rtwo\n" },
		{ " one\r", "A: one\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		struct spool *spool = spool_new(dir);
		g_autofree char *name = g_strdup_printf("headers/%zu.eml", i),
				*expected = g_strconcat(headers[i].line, "\nbody", NULL);
		g_autoptr(GString) mail = NULL;

		g_assert_cmpint(spool_header(spool, "A", headers[i].value, NULL), ==, ST_OK);
		g_assert_cmpint(spool_end_headers(spool, NULL), ==, ST_OK);
		add(spool, "body", 4);
		mail = kept(spool, name);
		g_assert_cmpstr(mail->str, ==, expected);
		g_assert_cmpuint(spool_size(spool), ==, strlen(expected));
		spool_free(spool);
	}
}

/* Bodies as they arrive and as they are kept. */
static const struct {
	const char *body;
	size_t len;
	const char *kept;
	size_t kept_len;
} bodies[] = {
	{ "", 0, "", 0 },
	{ "a\r\nb\r\n", 6, "a\nb\n", 4 },
	{ "a\nb\n", 4, "a\nb\n", 4 },
	{ "a\rb\r\r\nc", 7, "a\rb\r\nc", 6 },
	{ "\r", 1, "\r", 1 },
	{ "\r\r\n\n\r", 5, "\r\n\n\r", 4 },
	{ "\r\n\r\n\r\n", 6, "\n\n\n", 3 },
	{ "a\0b\r\n\0", 6, "a\0b\n\0", 5 },
	{ "no end", 6, "no end", 6 },
	{ "a\r\n\r\n.\r\n", 8, "a\n\n.\n", 5 },
};

/* In pieces of 1, 2, … bytes: the same bytes, the same hash. */
static void test_bodies_in_pieces(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *whole = NULL;

		for (size_t piece = MAX(bodies[i].len, 1); piece > 0; piece--) {
			struct spool *spool = spool_new(dir);
			g_autofree char *name = g_strdup_printf("pieces/%zu-%zu.eml", i, piece),
					*hash = NULL;
			g_autoptr(GString) mail = NULL;

			for (size_t at = 0; at < bodies[i].len; at += piece)
				add(spool, bodies[i].body + at, MIN(piece, bodies[i].len - at));
			add(spool, "", 0);
			hash = g_strdup(spool_body_digest(spool));
			whole = whole ? whole : g_strdup(hash);
			g_assert_cmpstr(hash, ==, whole);
			mail = kept(spool, name);
			g_assert_cmpmem(mail->str, mail->len, bodies[i].kept, bodies[i].kept_len);
			spool_free(spool);
		}
	}
}

static char *hash_of(const char *body)
{
	struct spool *spool = spool_new(dir);
	char *hash;

	add(spool, body, strlen(body));
	hash = g_strdup(spool_body_digest(spool));
	spool_free(spool);
	return hash;
}

/* MTAs add and remove empty lines at the end, and write line ends in two ways. */
static void test_same_body(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "a\r\nb\r\n", "a\nb", true },
		{ "a\n\n\n", "a", true },
		{ "", "\r\n\r\n", true },
		{ "a\n\nb", "a\nb", false },
		{ "a", "b", false },
		{ "a\r", "a", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *a = hash_of(pairs[i].a), *b = hash_of(pairs[i].b);

		g_assert_true((strcmp(a, b) == 0) == pairs[i].same);
	}
}

/* LIMIT_SPOOL_MEMORY: so much makes no file, one byte more makes one. */
static void test_memory_limit(void)
{
	g_autofree char *body = g_strnfill(LIMIT_SPOOL_MEMORY + 1, 'x'),
			*nowhere = g_build_filename(dir, "not-made", NULL);

	for (size_t past = 0; past < 2; past++) {
		struct spool *spool = spool_new(nowhere);

		add(spool, body, LIMIT_SPOOL_MEMORY + past);
		g_assert_cmpint(g_file_test(nowhere, G_FILE_TEST_EXISTS), ==, past);
		spool_free(spool);
	}
}

/* A mail of 50 MB takes less than 1 MiB, its text included. */
static void test_memory_of_a_large_mail(void)
{
	g_autofree char *chunk = g_strnfill(65535, 'x');
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after;
	struct spool *spool = spool_new(dir);
	struct message *m;

	memset(chunk + 65533, '\n', 1);
	g_assert_cmpint(spool_header(spool, "Subject", " large", NULL), ==, ST_OK);
	g_assert_cmpint(spool_end_headers(spool, NULL), ==, ST_OK);
	for (int i = 0; i < 800; i++)
		add(spool, chunk, 65535);
	spool_body_digest(spool);
	m = spool_parse(spool);
	g_assert_cmpstr(message_subject(m), ==, "large");
	g_assert_cmpuint(strlen(message_text(m)), ==, LIMIT_TEXT_BYTES);
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	g_assert_cmpuint(after, <, before + 1024 * 1024);
	message_free(m);
	spool_free(spool);
}

static void test_large_mail_is_kept_whole(void)
{
	struct spool *spool = spool_new(dir);
	g_autoptr(GString) mail = NULL, expected = g_string_new("A: b\n\n");

	g_assert_cmpint(spool_header(spool, "A", " b", NULL), ==, ST_OK);
	g_assert_cmpint(spool_end_headers(spool, NULL), ==, ST_OK);
	for (int i = 0; i < 100000; i++) {
		g_autofree char *line = g_strdup_printf("line %d\r\n", i);

		add(spool, line, strlen(line));
		g_string_append_printf(expected, "line %d\n", i);
	}
	message_free(spool_parse(spool));
	mail = kept(spool, "large/1.eml");
	g_assert_cmpmem(mail->str, mail->len, expected->str, expected->len);
	spool_free(spool);
}

static void limit_files_to(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* The disk fills up in the middle of a write; there is space again: nothing is missing, nothing
 * there twice. */
static void test_full_disk(void)
{
	struct spool *spool = spool_new(dir);
	g_autoptr(GString) mail = NULL, expected = g_string_new(NULL);
	struct rlimit before;
	enum status st = ST_OK;
	struct error err = { "" };

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit_files_to(200 * 1000);
	for (int i = 0; i < 30000 && st == ST_OK; i++) {
		g_autofree char *line = g_strdup_printf("line %d\n", i);

		st = spool_body(spool, line, strlen(line), &err);
		g_string_append(expected, line);
	}
	g_assert_cmpint(st, ==, ST_FULL);
	g_assert_cmpstr(err.text, !=, "");
	g_assert_cmpint(spool_keep(spool, dir, "full/1.eml", false, &err), ==, ST_FULL);
	setrlimit(RLIMIT_FSIZE, &before);
	mail = kept(spool, "full/1.eml");
	g_assert_cmpmem(mail->str, mail->len, expected->str, expected->len);
	spool_free(spool);
}

static void test_nothing_is_left(void)
{
	g_autofree char *place = g_build_filename(dir, "left", NULL),
			*body = g_strnfill(LIMIT_SPOOL_MEMORY * 2, 'x');
	struct spool *spool = spool_new(place);
	g_autoptr(GDir) handle = NULL;

	add(spool, body, LIMIT_SPOOL_MEMORY * 2);
	spool_free(spool);
	handle = g_dir_open(place, 0, NULL);
	g_assert_null(g_dir_read_name(handle));
}

static void test_kept_twice(void)
{
	struct spool *first = spool_new(dir), *second = spool_new(dir);
	g_autoptr(GString) mail = NULL, again = NULL;

	add(first, "one", 3);
	add(second, "two", 3);
	mail = kept(first, "twice/1.eml");
	again = kept(second, "twice/1.eml");
	g_assert_cmpstr(again->str, ==, "one");
	spool_free(first);
	spool_free(second);
}

static void test_kept_file(void)
{
	struct spool *spool = spool_new(dir);
	g_autofree char *path = g_build_filename(dir, "2026/11/24/a.eml", NULL);
	struct stat stat;

	add(spool, "x", 1);
	g_assert_cmpint(spool_keep(spool, dir, "2026/11/24/a.eml", true, NULL), ==, ST_OK);
	spool_free(spool);
	g_assert_cmpint(lstat(path, &stat), ==, 0);
	g_assert_cmpuint(stat.st_mode & 0777, ==, 0640);
	g_assert_cmpuint(stat.st_nlink, ==, 1);
}

static void test_places_that_cannot_be(void)
{
	struct spool *spool = spool_new("/proc/nowhere");
	g_autofree char *body = g_strnfill(LIMIT_SPOOL_MEMORY + 1, 'x');
	struct error err = { "" };

	g_assert_cmpint(spool_body(spool, body, LIMIT_SPOOL_MEMORY + 1, &err), ==, ST_IO);
	g_assert_true(g_str_has_prefix(err.text, "cannot make directory '/proc/nowhere'"));
	spool_free(spool);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "header fields, how many", test_count },
	{ "header fields, how large", test_bytes },
	{ "header fields, cut", test_cut },
	{ "headers", test_headers },
	{ "bodies in pieces", test_bodies_in_pieces },
	{ "the same body", test_same_body },
	{ "memory limit", test_memory_limit },
	{ "memory of a large mail", test_memory_of_a_large_mail },
	{ "a large mail is kept whole", test_large_mail_is_kept_whole },
	{ "a full disk", test_full_disk },
	{ "nothing is left of what was not kept", test_nothing_is_left },
	{ "kept twice", test_kept_twice },
	{ "the kept file", test_kept_file },
	{ "places that cannot be", test_places_that_cannot_be },
};

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("spool-XXXXXX", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/spool/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	rc = g_test_run();
	remove_tree(dir);
	g_free(dir);
	return rc;
}
