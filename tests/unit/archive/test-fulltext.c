/* The index of words: what is put is found, what is removed is not, and nothing of it is left. */
#include "archive/fulltext.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *dir;

static struct fulltext *fulltext_of(const char *store, bool writable, enum status wanted)
{
	struct error err = { "" };
	struct fulltext *f = NULL;

	g_assert_cmpint(fulltext_open(&(struct fulltext_options){ dir, store, writable }, &f, &err),
		==, wanted);
	g_assert_cmpint(err.text[0] != '\0', ==, wanted != ST_OK);
	return f;
}

static struct fulltext *fresh(void)
{
	g_assert_cmpint(fulltext_destroy(dir, NULL), ==, ST_OK);
	return fulltext_of("one", true, ST_OK);
}

static void put(struct fulltext *f, uint64_t number, uint64_t seq, const char *subject,
	const char *people, const char *text, const char *files)
{
	const char *const texts[FULLTEXT_COLUMNS] = {
		[FULLTEXT_TEXT] = text,
		[FULLTEXT_SUBJECT] = subject,
		[FULLTEXT_PEOPLE] = people,
		[FULLTEXT_FILES] = files,
	};
	struct error err = { "" };

	g_assert_cmpint(fulltext_put(f, number, seq, texts, &err), ==, ST_OK);
}

static void begin(struct fulltext *f)
{
	g_assert_cmpint(fulltext_begin(f, NULL), ==, ST_OK);
}

static void commit(struct fulltext *f, uint64_t serial)
{
	const struct fulltext_place place = { .serial = serial, .built = serial > 42 };
	struct error err = { "" };

	g_assert_cmpint(fulltext_commit(f, &place, &err), ==, ST_OK);
}

/* "3 1": the tickets that have all of these words, separated by blanks; a word in quotes is exact.
 */
static char *found(struct fulltext *f, const char *words, unsigned columns)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	struct fulltext_term terms[8] = { 0 };
	g_autoptr(GArray) hits = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	struct error err = { "" };
	int64_t at = FULLTEXT_BEGIN;
	unsigned n = 0;

	for (char **w = list; *w; w++, n++) {
		terms[n].exact = **w == '"';
		terms[n].text = *w;
		terms[n].columns = columns;
	}
	g_assert_cmpint(fulltext_find(f, terms, n, 100, &at, &hits, &err), ==, ST_OK);
	for (guint i = 0; i < hits->len; i++)
		g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? " " : "",
			g_array_index(hits, struct fulltext_hit, i).number);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void finds(struct fulltext *f, const char *words, const char *tickets)
{
	g_autofree char *is = found(f, words, 0);

	if (strcmp(is, tickets) != 0)
		g_error("'%s' finds '%s', not '%s'", words, is, tickets);
}

static struct fulltext *filled(void)
{
	struct fulltext *f = fresh();

	begin(f);
	put(f, 1, 0, "Printer on fire", "Carla Kern carla@customer.example", NULL, NULL);
	put(f, 1, 1, "Printer on fire", "Carla Kern carla@customer.example",
		"It smokes and the paper burns.", "smoke.jpg");
	put(f, 1, 2, NULL, NULL, "Grüße aus Straßburg", NULL);
	put(f, 7, 1, "Drucker", "Dora <dora@example.net>", "The PRINTER has no paper", NULL);
	put(f, 9, 1, "東京都", NULL, "A4用紙がない", NULL);
	commit(f, 42);
	return f;
}

static void test_finding(void)
{
	struct fulltext *f = filled();

	finds(f, "printer", "1 7"); /* in the subject before in the text */
	finds(f, "PRINTER paper", "1 7");
	finds(f, "printer strassburg", "1"); /* in two messages of one ticket */
	finds(f, "printer 東京", "");
	finds(f, "smoke", "1");
	finds(f, "\"smok", "");
	finds(f, "smok", "1");    /* begins */
	finds(f, "rinte", "1 7"); /* in part */
	finds(f, "carla@customer.example", "1");
	finds(f, "京都", "9");
	finds(f, "用紙", "9");
	finds(f, "都", "9");
	finds(f, "東都", "");
	finds(f, "nothing", "");
	fulltext_close(f);
}

static void test_columns(void)
{
	struct fulltext *f = filled();
	g_autofree char *subject = found(f, "printer", 1U << FULLTEXT_SUBJECT),
			*text = found(f, "printer", 1U << FULLTEXT_TEXT),
			*files = found(f, "smoke", 1U << FULLTEXT_FILES),
			*people = found(f, "smoke", 1U << FULLTEXT_PEOPLE);

	g_assert_cmpstr(subject, ==, "1");
	g_assert_cmpstr(text, ==, "7");
	g_assert_cmpstr(files, ==, "1");
	g_assert_cmpstr(people, ==, "");
	fulltext_close(f);
}

/* What FTS5 would read as its own language is words here. */
static void test_nothing_is_syntax(void)
{
	static const char *const hostile[] = { "\"", "a\"b", "NEAR(a", "a*b", "subject:x", "-x",
		"^a", "'; DROP", "(", "AND", "{a}", "\x01z" };
	struct fulltext *f = filled();

	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		const struct fulltext_term term = { .text = hostile[i] };
		g_autoptr(GArray) hits = NULL;
		int64_t at = FULLTEXT_BEGIN;
		struct error err = { "" };
		enum status st = fulltext_find(f, &term, 1, 10, &at, &hits, &err);

		g_assert_true(st == ST_OK || (st == ST_BAD_INPUT && strstr(err.text, "letter")));
	}
	finds(f, "and", "1");
	fulltext_close(f);
}

static void test_replacing_and_removing(void)
{
	struct fulltext *f = filled();
	uint64_t last;

	begin(f);
	put(f, 1, 1, "Printer cold", NULL, "It is out.", NULL);
	g_assert_cmpint(fulltext_remove(f, 7, 0, NULL), ==, ST_OK);
	g_assert_cmpint(fulltext_remove(f, 8, 0, NULL), ==, ST_OK);
	commit(f, 43);
	finds(f, "burns", "");
	finds(f, "cold", "1");
	finds(f, "paper", "");
	begin(f);
	g_assert_cmpint(fulltext_remove(f, 1, 2, NULL), ==, ST_OK);
	commit(f, 44);
	finds(f, "strassburg", "");
	finds(f, "cold", "1");
	g_assert_cmpint(fulltext_last(f, 1, &last, NULL), ==, ST_OK);
	g_assert_cmpuint(last, ==, 1);
	g_assert_cmpint(fulltext_last(f, 7, &last, NULL), ==, ST_OK);
	g_assert_cmpuint(last, ==, 0);
	fulltext_close(f);
}

static void test_undoing(void)
{
	struct fulltext *f = filled();
	struct fulltext_place place;

	begin(f);
	put(f, 11, 1, "Vanishing", NULL, NULL, NULL);
	fulltext_undo(f);
	finds(f, "vanishing", "");
	finds(f, "anishin", "");
	g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
	g_assert_cmpuint(place.serial, ==, 42);
	g_assert_false(place.built);
	begin(f);
	put(f, 11, 1, "Vanishing", NULL, NULL, NULL);
	commit(f, 43);
	finds(f, "anishin", "11"); /* its word was not taken for one that is there */
	fulltext_close(f);
}

static bool file_has(const char *bytes)
{
	g_autofree char *path = g_build_filename(dir, "search.sqlite", NULL), *data = NULL;
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	return memmem(data, len, bytes, strlen(bytes)) != NULL;
}

static void test_nothing_is_left(void)
{
	struct fulltext *f = fresh();
	struct error err = { "" };

	begin(f);
	put(f, 1, 1, "quinquireme of nineveh", NULL, NULL, NULL);
	put(f, 2, 1, "galleon", NULL, NULL, NULL);
	commit(f, 1);
	g_assert_cmpint(fulltext_scrub(f, &err), ==, ST_OK);
	g_assert_true(file_has("quinquireme"));
	begin(f);
	g_assert_cmpint(fulltext_remove(f, 1, 0, &err), ==, ST_OK);
	commit(f, 2);
	g_assert_cmpint(fulltext_scrub(f, &err), ==, ST_OK);
	g_assert_false(file_has("quinq"));
	g_assert_false(file_has("uinquirem"));
	g_assert_true(file_has("galleon"));
	finds(f, "galleon", "2");
	finds(f, "quinquireme", "");
	fulltext_close(f);
}

static void test_whose_it_is(void)
{
	struct fulltext *f = filled();
	struct stat st;
	static const char *const files[] = { "search.sqlite", "search.sqlite-wal",
		"search.sqlite-shm" };
	struct fulltext_place place;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *file = g_build_filename(dir, files[i], NULL);

		g_assert_cmpint(g_stat(file, &st), ==, 0);
		g_assert_cmpint(st.st_mode & 0777, ==, 0660);
	}
	fulltext_close(f);
	fulltext_of("two", false, ST_NOT_FOUND);
	f = fulltext_of("one", false, ST_OK);
	finds(f, "printer", "1 7");
	fulltext_close(f);
	f = fulltext_of("two", true, ST_OK);
	finds(f, "printer", "");
	g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
	g_assert_cmpuint(place.serial, ==, 0);
	g_assert_false(place.built);
	fulltext_close(f);
	g_assert_cmpint(fulltext_destroy(dir, NULL), ==, ST_OK);
	fulltext_of("one", false, ST_NOT_FOUND);
}

/* Never a crash, never a wrong answer: an error, or what was there. */
static void test_damage(void)
{
	g_autofree char *path = g_build_filename(dir, "search.sqlite", NULL), *good = NULL;
	unsigned refused = 0;
	gsize len;

	fulltext_close(filled());
	g_assert_true(g_file_get_contents(path, &good, &len, NULL));
	for (gsize at = 0; at < len; at += 509) {
		const struct fulltext_term term = { .text = "printer" };
		g_autofree char *bad = g_memdup2(good, len);
		g_autoptr(GArray) hits = NULL;
		int64_t from = FULLTEXT_BEGIN;
		struct fulltext *f = NULL;
		struct error err = { "" };

		memset(bad + at, 0xa5, MIN(512, len - at));
		g_assert_true(g_file_set_contents(path, bad, (gssize)len, NULL));
		if (fulltext_open(&(struct fulltext_options){ dir, "one", false }, &f, &err) !=
			ST_OK) {
			refused++;
			continue;
		}
		refused += fulltext_find(f, &term, 1, 10, &from, &hits, &err) != ST_OK;
		fulltext_close(f);
	}
	g_assert_cmpuint(refused, >, 0);
	g_assert_true(g_file_set_contents(path, "no database at all, but a text", -1, NULL));
	fulltext_of("one", false, ST_IO);
	fulltext_close(fulltext_of("one", true, ST_OK));
}

static void test_limit(void)
{
	const struct fulltext_term term = { .text = "word" };
	struct fulltext *f = fresh();
	struct fulltext_status look;
	unsigned seen = 0, pages = 0;

	begin(f);
	for (uint64_t n = 1; n <= 300; n++)
		put(f, n, 1, NULL, NULL, "word", NULL);
	commit(f, 300);
	for (int64_t at = FULLTEXT_BEGIN; at != FULLTEXT_END; pages++) {
		g_autoptr(GArray) hits = NULL;

		g_assert_cmpint(fulltext_find(f, &term, 1, 20, &at, &hits, NULL), ==, ST_OK);
		for (guint i = 0; i < hits->len; i++)
			g_assert_cmpuint(g_array_index(hits, struct fulltext_hit, i).number, ==,
				300 - seen++);
	}
	g_assert_cmpuint(seen, ==, 300);
	g_assert_cmpuint(pages, ==, 15);
	g_assert_cmpint(fulltext_look(f, &look, NULL), ==, ST_OK);
	g_assert_cmpuint(look.tickets, ==, 300);
	g_assert_cmpuint(look.words, ==, 1);
	g_assert_cmpuint(look.place.serial, ==, 300);
	g_assert_true(look.place.built);
	fulltext_close(f);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	umask(077);
	dir = g_dir_make_tmp("milticket-fulltext-XXXXXX", NULL);
	g_assert_nonnull(dir);
	g_test_add_func("/fulltext/words are found in whatever form", test_finding);
	g_test_add_func("/fulltext/a term may be looked for in some columns", test_columns);
	g_test_add_func("/fulltext/nothing asked for is syntax", test_nothing_is_syntax);
	g_test_add_func("/fulltext/rows are replaced and removed", test_replacing_and_removing);
	g_test_add_func("/fulltext/what is undone was never there", test_undoing);
	g_test_add_func("/fulltext/nothing is left of what was removed", test_nothing_is_left);
	g_test_add_func("/fulltext/another store's is not used", test_whose_it_is);
	g_test_add_func("/fulltext/damage is an error", test_damage);
	g_test_add_func("/fulltext/many are found page by page, the newest first", test_limit);
	code = g_test_run();
	g_assert_cmpint(fulltext_destroy(dir, NULL), ==, ST_OK);
	g_rmdir(dir);
	g_free(dir);
	return code;
}
