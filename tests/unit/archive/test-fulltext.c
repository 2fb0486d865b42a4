/* The index of words: what is put is found, what is removed is not, and nothing of it is left. */
#include "archive/fulltext.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fold.h"

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
	struct fulltext_row row = { .number = number, .seq = seq };
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	struct error err = { "" };

	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++) {
		GString *folded = g_string_new(NULL);

		fold_text(texts[c], folded);
		row.texts[c] = g_string_free(folded, FALSE);
	}
	g_ptr_array_add(rows, &row);
	g_assert_cmpint(fulltext_put(f, rows, &err), ==, ST_OK);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		g_free(row.texts[c]);
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

/* What is asked for, and its search. */
struct asked {
	struct sought *sought[8];
	struct fulltext_search *search;
};

/* words: separated by blanks; one in quotes is exact. */
static void ask(struct fulltext *f, struct asked *a, const char *words, unsigned columns)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	struct fulltext_term terms[8] = { 0 };
	struct error err = { "" };
	unsigned n = 0;

	*a = (struct asked){ .search = NULL };
	for (char **w = list; *w; w++, n++) {
		a->sought[n] = **w == '"' ? sought_new(*w, SOUGHT_EXACT) : sought_written(*w);
		terms[n] = (struct fulltext_term){ a->sought[n], columns };
	}
	g_assert_cmpint(fulltext_search_new(f, terms, n, &a->search, &err), ==, ST_OK);
}

static void asked_release(struct asked *a)
{
	fulltext_search_free(a->search);
	for (unsigned i = 0; i < G_N_ELEMENTS(a->sought); i++)
		sought_free(a->sought[i]);
}

/* "3 1": the tickets that have all of these words. */
static char *found(struct fulltext *f, const char *words, unsigned columns)
{
	g_autoptr(GArray) hits = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	struct error err = { "" };
	struct asked a;

	ask(f, &a, words, columns);
	g_assert_cmpint(fulltext_search_next(a.search, 100, &hits, &err), ==, ST_OK);
	for (guint i = 0; i < hits->len; i++)
		g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, i ? " " : "",
			g_array_index(hits, struct fulltext_hit, i).number);
	asked_release(&a);
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
		"^a", "';DROP", "(", "AND", "{a}", "\x01z" };
	static const char letters[] = "abjectsuzADENOPRx";
	struct fulltext *f = filled();

	for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
		struct sought *sought = sought_written(hostile[i]);

		g_assert_cmpint(
			sought != NULL, ==, hostile[i][strcspn(hostile[i], letters)] != '\0');
		if (sought)
			g_free(found(f, hostile[i], 0));
		sought_free(sought);
	}
	finds(f, "and", "1");
	fulltext_close(f);
}

static void test_replacing_and_removing(void)
{
	struct fulltext *f = filled();
	struct fulltext_status look;
	uint64_t last;

	begin(f);
	put(f, 1, 0, "Printer cold", NULL, NULL, NULL); /* what the ticket says is replaced */
	put(f, 1, 2, "never seen", NULL, NULL, NULL);   /* and a message is there already */
	g_assert_cmpint(fulltext_remove(f, 7, NULL), ==, ST_OK);
	g_assert_cmpint(fulltext_remove(f, 8, NULL), ==, ST_OK);
	commit(f, 43);
	finds(f, "fire", "1"); /* still of its first message */
	finds(f, "cold", "1");
	finds(f, "seen", "");
	finds(f, "dora", "");
	finds(f, "drucker", "");
	g_assert_cmpint(fulltext_last(f, 1, &last, NULL), ==, ST_OK);
	g_assert_cmpuint(last, ==, 2);
	g_assert_cmpint(fulltext_last(f, 7, &last, NULL), ==, ST_OK);
	g_assert_cmpuint(last, ==, 0);
	begin(f);
	put(f, 7, 1, "Again", NULL, NULL, NULL);
	commit(f, 44);
	finds(f, "again", "7");
	finds(f, "drucker", ""); /* it is another ticket to the index */
	g_assert_cmpint(fulltext_look(f, &look, NULL), ==, ST_OK);
	g_assert_cmpuint(look.dead, ==, 2);
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
	commit(f, 1);
	fulltext_close(f);
	f = fulltext_of("one", true, ST_OK);
	g_assert_true(file_has("quinquireme"));
	g_assert_cmpint(fulltext_empty(f, &err), ==, ST_OK);
	g_assert_false(file_has("quinq"));
	finds(f, "quinquireme", "");
	begin(f);
	put(f, 1, 1, "quinquireme", NULL, NULL, NULL);
	commit(f, 2);
	finds(f, "quinq", "1"); /* its word was not taken for one that is there */
	fulltext_close(f);
}

static void test_whose_it_is(void)
{
	struct fulltext *f = filled();
	struct stat st;
	static const char *const files[] = { "search.sqlite", "search.sqlite-wal",
		"search.sqlite-shm", "search.sqlite-2", "search.sqlite-2-wal",
		"search.sqlite-2-shm" };
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
	struct sought *printer = sought_written("printer");
	unsigned refused = 0;
	gsize len;

	fulltext_close(filled());
	g_assert_true(g_file_get_contents(path, &good, &len, NULL));
	for (gsize at = 0; at < len; at += 509) {
		const struct fulltext_term term = { .sought = printer };
		g_autofree char *bad = g_memdup2(good, len);
		g_autoptr(GArray) hits = NULL;
		struct fulltext_search *search = NULL;
		struct fulltext *f = NULL;
		struct error err = { "" };

		memset(bad + at, 0xa5, MIN(512, len - at));
		g_assert_true(g_file_set_contents(path, bad, (gssize)len, NULL));
		if (fulltext_open(&(struct fulltext_options){ dir, "one", false }, &f, &err) !=
			ST_OK) {
			refused++;
			continue;
		}
		refused += fulltext_search_new(f, &term, 1, &search, &err) != ST_OK ||
			fulltext_search_next(search, 10, &hits, &err) != ST_OK;
		fulltext_search_free(search);
		fulltext_close(f);
	}
	sought_free(printer);
	g_assert_cmpuint(refused, >, 0);
	g_assert_true(g_file_set_contents(path, "no database at all, but a text", -1, NULL));
	fulltext_of("one", false, ST_IO);
	fulltext_close(fulltext_of("one", true, ST_OK));
}

static char *file_read(const char *name, gsize *len_out)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *data = NULL;

	g_assert_true(g_file_get_contents(path, &data, len_out, NULL));
	return data;
}

static void file_write(const char *name, const char *data, gsize len)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
}

/* Who was killed between the commits of both files. */
static void test_one_file_is_less_far(void)
{
	for (int which = 0; which < 2; which++) {
		const char *name = which ? "search.sqlite-2" : "search.sqlite";
		struct fulltext *f = fresh();
		struct fulltext_place place;
		g_autofree char *before = NULL;
		gsize len;

		begin(f);
		put(f, 1, 1, "bireme", NULL, NULL, NULL);
		put(f, 2, 1, "bireme", NULL, NULL, NULL);
		commit(f, 43);
		fulltext_close(f);
		before = file_read(name, &len);
		for (int again = 0; again < 2; again++) {
			f = fulltext_of("one", true, ST_OK);
			g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
			g_assert_cmpuint(place.serial, ==, 43);
			g_assert_true(place.built);
			begin(f);
			put(f, 1, 2, "trireme", NULL, NULL, NULL);
			put(f, 2, 2, "trireme", NULL, NULL, NULL);
			put(f, 3, 1, "trireme", NULL, NULL, NULL);
			commit(f, 50);
			finds(f, "trireme", "3 2 1");
			finds(f, "rirem", "3 2 1");
			fulltext_close(f);
			if (!again)
				file_write(name, before, len);
		}
	}
}

/* What was taken out meanwhile may be in the one that is left. */
static void test_both_are_made_anew(void)
{
	for (int which = 0; which < 2; which++) {
		g_autofree char *path = g_build_filename(
			dir, which ? "search.sqlite-2" : "search.sqlite", NULL);
		struct fulltext *f = filled();
		struct fulltext_place place = { .serial = 1 };

		g_assert_true(fulltext_is_whole(dir));
		begin(f);
		put(f, 2, 1, "coffee", NULL, NULL, NULL);
		commit(f, 43);
		fulltext_close(f);
		g_assert_cmpint(g_unlink(path), ==, 0);
		g_assert_false(fulltext_is_whole(dir));
		g_assert_true(fulltext_exists(dir));
		fulltext_of("one", false, ST_NOT_FOUND);
		f = fulltext_of("one", true, ST_OK);
		g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
		g_assert_false(place.built);
		g_assert_cmpuint(place.serial, ==, 0);
		begin(f);
		put(f, 9, 1, "lamp", NULL, NULL, NULL);
		commit(f, 44);
		finds(f, "printer", "");
		finds(f, "coffee", "");
		finds(f, "lamp", "9");
		fulltext_close(f);
	}
}

/* Pieces of many transactions become one, and are found as before. */
static void test_merging(void)
{
	struct fulltext *f = fresh();
	bool merged = false;

	for (uint64_t n = 1; n <= 40; n++) {
		begin(f);
		put(f, n, 1, n % 10 ? "many" : "few", NULL, "of words", NULL);
		commit(f, n);
	}
	while (!merged) {
		begin(f);
		g_assert_cmpint(fulltext_merge(f, &merged, NULL), ==, ST_OK);
		commit(f, 43);
	}
	finds(f, "few", "40 30 20 10");
	finds(f, "many words",
		"39 38 37 36 35 34 33 32 31 29 28 27 26 25 24 23 22 21 19 18 17 16 "
		"15 14 13 12 11 9 8 7 6 5 4 3 2 1");
	begin(f);
	put(f, 41, 1, "few", NULL, NULL, NULL);
	commit(f, 44);
	finds(f, "few", "41 40 30 20 10");
	fulltext_close(f);
}

/* More than one thread is worth. */
static void test_many_rows(void)
{
	struct fulltext *f = fresh();
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
	struct fulltext_status look;

	for (uint64_t n = 1; n <= 2000; n++) {
		struct fulltext_row *row = g_new0(struct fulltext_row, 1);

		*row = (struct fulltext_row){ .number = (n + 1) / 2, .seq = n % 2 };
		row->texts[FULLTEXT_TEXT] = n % 700 ? "lots of words" : "rare words";
		g_ptr_array_add(rows, row);
	}
	begin(f);
	g_assert_cmpint(fulltext_put(f, rows, NULL), ==, ST_OK);
	commit(f, 43);
	finds(f, "rare", "700 350"); /* 1,400 halved */
	finds(f, "are words", "700 350");
	g_assert_cmpint(fulltext_look(f, &look, NULL), ==, ST_OK);
	g_assert_cmpuint(look.tickets, ==, 1000);
	g_assert_cmpuint(look.words, ==, 3);
	fulltext_close(f);
}

static void test_limit(void)
{
	struct fulltext *f = fresh();
	struct fulltext_status look;
	unsigned seen = 0, pages = 0;
	struct asked a;

	begin(f);
	for (uint64_t n = 1; n <= 300; n++)
		put(f, n, 1, NULL, NULL, "wordy", NULL);
	commit(f, 300);
	ask(f, &a, "word", 0);
	for (bool more = true; more; pages++) {
		g_autoptr(GArray) hits = NULL;

		g_assert_cmpint(fulltext_search_next(a.search, 20, &hits, NULL), ==, ST_OK);
		more = hits->len > 0;
		for (guint i = 0; i < hits->len; i++)
			g_assert_cmpuint(g_array_index(hits, struct fulltext_hit, i).number, ==,
				300 - seen++);
	}
	asked_release(&a);
	g_assert_cmpuint(seen, ==, 300);
	g_assert_cmpuint(pages, ==, 16);
	g_assert_cmpint(fulltext_look(f, &look, NULL), ==, ST_OK);
	g_assert_cmpuint(look.tickets, ==, 300);
	g_assert_cmpuint(look.words, ==, 1);
	g_assert_cmpuint(look.dead, ==, 0);
	g_assert_cmpuint(look.place.serial, ==, 300);
	g_assert_true(look.place.built);
	fulltext_close(f);
}

/* A search may be asked about single tickets, and which message it was. */
static void test_one_ticket(void)
{
	struct fulltext *f = filled();
	static const bool expected[] = { false, true, false, false, false, false, false, true };
	g_autoptr(GArray) hits = NULL;
	struct asked a;

	ask(f, &a, "paper printer", 0);
	for (uint64_t n = 0; n < G_N_ELEMENTS(expected); n++) {
		unsigned score = !expected[n];

		g_assert_cmpint(fulltext_search_score(a.search, n, &score, NULL), ==, ST_OK);
		g_assert_cmpint(score > 0, ==, expected[n]);
	}
	g_assert_cmpint(fulltext_search_next(a.search, 5, &hits, NULL), ==, ST_OK);
	g_assert_cmpuint(hits->len, ==, 2);
	g_assert_cmpuint(g_array_index(hits, struct fulltext_hit, 0).seq, ==, 1);
	asked_release(&a);
	fulltext_close(f);
}

/* Another process empties it, and who asks is told rather than answered that there is nothing. */
static void test_emptied_meanwhile(void)
{
	struct fulltext *f = filled(), *other = fulltext_of("one", true, ST_OK);
	struct fulltext_place place;
	struct error err = { "" };
	g_autoptr(GArray) hits = NULL;
	struct asked a;
	unsigned has = 1;

	g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
	ask(f, &a, "printer", 0);
	g_assert_cmpint(fulltext_empty(other, &err), ==, ST_OK);
	g_assert_cmpint(fulltext_search_next(a.search, 5, &hits, &err), ==, ST_BUSY);
	g_assert_cmpint(fulltext_search_score(a.search, 1, &has, &err), ==, ST_BUSY);
	g_assert_cmpint(fulltext_place(f, &place, NULL), ==, ST_OK);
	g_assert_cmpint(fulltext_search_score(a.search, 1, &has, &err), ==, ST_OK);
	g_assert_cmpuint(has, ==, 0);
	asked_release(&a);
	fulltext_close(other);
	fulltext_close(f);
}

/* Those that begin with the part, and the shortest, are looked for; that it were not all is told.
 */
static void test_parts_of_many_words(void)
{
	struct fulltext *f = fresh();
	struct asked a;

	begin(f);
	for (unsigned n = 1; n < 2600; n++) {
		g_autofree char *word = g_strdup_printf("%c%c%citems%c", 'a' + n % 10,
			'a' + n / 10 % 10, 'a' + n / 100, n % 2 ? 'y' : 'z');

		put(f, n, 1, NULL, NULL, word, NULL);
	}
	put(f, 3000, 1, NULL, NULL, "itemsofinventory", NULL);
	commit(f, 300);
	ask(f, &a, "items", 0);
	g_assert_cmpstr(fulltext_search_cut(a.search), ==, "items");
	asked_release(&a);
	ask(f, &a, "itemsof", 0);
	g_assert_null(fulltext_search_cut(a.search));
	asked_release(&a);
	finds(f, "items*", "3000");
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
	g_test_add_func("/fulltext/a ticket is one of them or not", test_one_ticket);
	g_test_add_func("/fulltext/one that was emptied says so", test_emptied_meanwhile);
	g_test_add_func("/fulltext/a part may be in too many words", test_parts_of_many_words);
	g_test_add_func("/fulltext/one file is less far", test_one_file_is_less_far);
	g_test_add_func("/fulltext/both files are made anew", test_both_are_made_anew);
	g_test_add_func("/fulltext/pieces become one", test_merging);
	g_test_add_func("/fulltext/many rows are put in at once", test_many_rows);
	g_test_add_func("/fulltext/many are found page by page, the newest first", test_limit);
	code = g_test_run();
	g_assert_cmpint(fulltext_destroy(dir, NULL), ==, ST_OK);
	g_rmdir(dir);
	g_free(dir);
	return code;
}
