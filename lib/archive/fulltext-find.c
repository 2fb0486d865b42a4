/* Asking the index. Each term is a list of rows, newest ticket first; they are walked together,
 * from one ticket that all of them may have to the next. */
#include <string.h>

#include "archive/fulltext-parts.h"
#include "base/tongue.h"

/* Past any ticket's id, and still an id with a seq below it. */
#define FAR (INT64_MAX >> (FULLTEXT_SEQ_BITS + 1))

enum {
	STEPS_A_WORD = 30,  /* to the next row, cost about as much as to find a word's first */
	PARTS_MAX = 1000,   /* words that have a part in them and are looked for */
	PARTS_SEEN = 20000, /* words that these are chosen from */
	SCORE_OWN = 4       /* a term in what the ticket says of itself; in a message: 1 */
};

/* One term as FTS5 reads it, and where its walk stands. */
struct walk {
	char *match; /* without columns */
	unsigned columns;
	unsigned steps; /* that cost about as much as to ask anew */
	sqlite3_stmt *rows;
	bool going;
	int64_t ticket; /* of the row that it stands at; -1: at the end */
	uint64_t seq;
	int64_t own; /* the last ticket of which its own row was met */
};

struct fulltext_search {
	struct fulltext *f;
	struct walk *walks;
	unsigned n;
	int64_t at; /* where the next page begins; -1: there is none */
	char *cut;
};

/* --- from a term to a question --- */

static void find_quote(GString *out, const char *word)
{
	g_string_append_printf(out, "%s\"%s\"", out->len ? " OR " : "", word);
}

/* The words of "\nword\nword\n" that have the part in them. */
static void find_add_words(const char *words, size_t len, const char *part, GPtrArray *out)
{
	const char *p = words, *end = words + len;
	size_t part_len = strlen(part);

	while (out->len < PARTS_SEEN && (p = memmem(p, (size_t)(end - p), part, part_len))) {
		const char *start = memrchr(words, '\n', (size_t)(p - words)),
			   *stop = memchr(p, '\n', (size_t)(end - p));

		if (!start || !stop)
			return;
		g_ptr_array_add(out, g_strndup(start + 1, (gsize)(stop - start - 1)));
		p = stop;
	}
}

static enum status find_words(
	struct fulltext *f, const char *part, GPtrArray *out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_ALL_PARTS, err);
	int code = SQLITE_DONE;

	if (!s)
		return ST_IO;
	while (out->len < PARTS_SEEN && (code = sqlite.step(s)) == SQLITE_ROW)
		find_add_words(
			sqlite.column_blob(s, 0), (size_t)sqlite.column_bytes(s, 0), part, out);
	sqlite.reset(s);
	return code == SQLITE_DONE || code == SQLITE_ROW ? ST_OK
							 : fulltext_failed(f, _("read"), err);
}

/* Those that begin with it first, and then the shortest: most of them is what was asked for. */
static gint find_nearer(gconstpointer a, gconstpointer b, gpointer part)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	bool x_begins = g_str_has_prefix(x, part), y_begins = g_str_has_prefix(y, part);
	size_t x_len = strlen(x), y_len = strlen(y);

	if (x_begins != y_begins)
		return x_begins ? -1 : 1;
	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return strcmp(x, y);
}

static enum status find_parts(struct fulltext_search *search, const char *part, struct walk *w,
	GString *out, struct error *err)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	enum status st = find_words(search->f, part, words, err);

	if (words->len > PARTS_MAX) {
		g_ptr_array_sort_with_data(words, find_nearer, (gpointer)part);
		g_ptr_array_set_size(words, PARTS_MAX);
		g_free(search->cut);
		search->cut = g_strdup(part);
	}
	for (guint i = 0; i < words->len; i++)
		find_quote(out, words->pdata[i]);
	w->steps += STEPS_A_WORD * words->len;
	return st;
}

/* "a b c" in a row, the last of which may go on. */
static void find_phrase(GString *out, const struct sought *sought)
{
	for (unsigned i = 0; i < sought->n; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "\"", sought->words[i]);
	g_string_append(out, sought->open ? "\" *" : "\"");
}

static enum status find_match(struct fulltext_search *search, const struct sought *sought,
	struct walk *w, struct error *err)
{
	g_autoptr(GString) out = g_string_new(NULL);
	enum status st = ST_OK;

	w->steps = STEPS_A_WORD;
	find_phrase(out, sought);
	if (sought->part)
		st = find_parts(search, sought->words[0], w, out, err);
	if (st == ST_OK)
		w->match = g_string_free(g_steal_pointer(&out), FALSE);
	return st;
}

/* --- walking --- */

static const char *const find_columns[FULLTEXT_COLUMNS] = {
	[FULLTEXT_TEXT] = "text",
	[FULLTEXT_NOTE] = "note",
	[FULLTEXT_SUBJECT] = "subject",
	[FULLTEXT_FROM] = "author",
	[FULLTEXT_TO] = "recipients",
	[FULLTEXT_PEOPLE] = "people",
	[FULLTEXT_FILES] = "files",
	[FULLTEXT_MARKS] = "marks",
};
static const unsigned find_all = (1U << FULLTEXT_COLUMNS) - 1;

/* "{subject text} : (…)". Owned. */
static char *find_in_columns(const struct walk *w, unsigned columns)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (columns == find_all)
		return g_strdup(w->match);
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		if (columns & (1U << c))
			g_string_append_printf(names, " %s", find_columns[c]);
	return g_strdup_printf("{%s } : (%s)", names->str, w->match);
}

static enum status find_begin(
	struct fulltext *f, struct walk *w, unsigned columns, struct error *err)
{
	static const char sql[] = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid < ?2"
				  " ORDER BY rowid DESC";
	g_autofree char *match = find_in_columns(w, columns);

	w->going = false;
	w->ticket = FAR;
	if (sqlite.prepare_v2(f->db, sql, -1, &w->rows, NULL) != SQLITE_OK)
		return fulltext_failed(f, _("read"), err);
	sqlite.bind_text(w->rows, 1, match, -1, SQLITE_TRANSIENT);
	return ST_OK;
}

static enum status find_step(struct fulltext *f, struct walk *w, struct error *err)
{
	int code = sqlite.step(w->rows);
	int64_t row = code == SQLITE_ROW ? sqlite.column_int64(w->rows, 0) : -1;

	w->ticket = row < 0 ? -1 : row >> FULLTEXT_SEQ_BITS;
	w->seq = (uint64_t)row & ((1U << FULLTEXT_SEQ_BITS) - 1);
	if (row >= 0 && w->seq == 0)
		w->own = w->ticket;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return ST_OK;
	return fulltext_failed(f, _("read"), err);
}

/* To the first row of a ticket that is not after `ticket`. */
static enum status find_seek(struct fulltext *f, struct walk *w, int64_t ticket, struct error *err)
{
	sqlite.reset(w->rows);
	sqlite.bind_int64(w->rows, 2, (ticket + 1) << FULLTEXT_SEQ_BITS);
	w->going = true;
	return find_step(f, w, err);
}

/* To the first row at or below `ticket`: near ones are cheaper reached step by step. */
static enum status find_go_on(struct fulltext *f, struct walk *w, int64_t ticket, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < w->steps && w->ticket > ticket && st == ST_OK && w->going; i++)
		st = find_step(f, w, err);
	return st == ST_OK && w->ticket > ticket ? find_seek(f, w, ticket, err) : st;
}

/* The next ticket, at or below `ticket`, that every walk has; -1: there is none. */
static enum status find_common(
	struct fulltext *f, struct walk *walks, unsigned n, int64_t *ticket, struct error *err)
{
	unsigned agree = 0;
	enum status st = ST_OK;

	for (unsigned i = 0; agree < n && *ticket >= 0 && st == ST_OK; i = (i + 1) % n) {
		struct walk *w = &walks[i];

		st = find_go_on(f, w, *ticket, err);
		agree = w->ticket == *ticket ? agree + 1 : 1;
		*ticket = w->ticket;
	}
	return st;
}

/* Nothing is held between two calls: who writes need not wait. */
static void find_rest(struct fulltext_search *search)
{
	for (unsigned i = 0; i < search->n; i++) {
		sqlite.reset(search->walks[i].rows);
		search->walks[i].going = false;
		search->walks[i].ticket = FAR;
	}
}

/* --- hits --- */

/* 0: it was removed. */
static enum status find_number(
	struct fulltext *f, int64_t ticket, uint64_t *number_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_TICKET_BY_ID, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, ticket);
	code = sqlite.step(s);
	*number_out = code == SQLITE_ROW ? (uint64_t)sqlite.column_int64(s, 0) : 0;
	sqlite.reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK
							 : fulltext_failed(f, _("read"), err);
}

/* They stand newest first, and stay so among those of one score. */
static int find_better(const void *a, const void *b)
{
	const struct fulltext_hit *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->number != y->number)
		return x->number < y->number ? 1 : -1;
	return 0;
}

/* --- all of it --- */

enum status fulltext_search_new(struct fulltext *f, const struct fulltext_term *terms, unsigned n,
	struct fulltext_search **search_out, struct error *err)
{
	struct fulltext_search *search = g_new0(struct fulltext_search, 1);
	enum status st = ST_OK;

	search->f = f;
	search->walks = g_new0(struct walk, n);
	search->n = n;
	search->at = FAR - 1;
	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		struct walk *w = &search->walks[i];

		w->columns = terms[i].columns ? terms[i].columns : find_all;
		st = find_match(search, terms[i].sought, w, err);
		if (st == ST_OK)
			st = find_begin(f, w, w->columns, err);
	}
	if (st == ST_OK)
		*search_out = search;
	else
		fulltext_search_free(search);
	return st;
}

void fulltext_search_free(struct fulltext_search *search)
{
	if (!search)
		return;
	for (unsigned i = 0; i < search->n; i++) {
		sqlite.finalize(search->walks[i].rows);
		g_free(search->walks[i].match);
	}
	g_free(search->walks);
	g_free(search->cut);
	g_free(search);
}

const char *fulltext_search_cut(const struct fulltext_search *search)
{
	return search->cut;
}

/* On to what comes after the ticket. Its own row is the last of a ticket's: where it has the term,
 * the walk comes by. */
static enum status find_score(
	struct fulltext_search *search, int64_t ticket, struct fulltext_hit *hit, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < search->n && st == ST_OK; i++) {
		struct walk *w = &search->walks[i];

		st = find_go_on(search->f, w, ticket - 1, err);
		hit->score += w->own == ticket ? SCORE_OWN : 1;
	}
	return st;
}

static enum status find_collect(
	struct fulltext_search *search, unsigned limit, GArray *hits, struct error *err)
{
	int64_t ticket = search->at;
	enum status st = ST_OK;

	while (st == ST_OK && hits->len < limit && ticket >= 0) {
		struct fulltext_hit hit = { .score = 0 };

		st = find_common(search->f, search->walks, search->n, &ticket, err);
		if (st == ST_OK && ticket >= 0)
			st = find_number(search->f, ticket, &hit.number, err);
		if (st != ST_OK || ticket < 0)
			break;
		hit.seq = search->walks[0].seq;
		st = find_score(search, ticket, &hit, err);
		if (hit.number)
			g_array_append_val(hits, hit);
		ticket--;
	}
	search->at = ticket;
	return st;
}

enum status fulltext_search_next(
	struct fulltext_search *search, unsigned limit, GArray **hits_out, struct error *err)
{
	g_autoptr(GArray) hits = g_array_new(FALSE, TRUE, sizeof(struct fulltext_hit));
	enum status st = find_collect(search, limit, hits, err);

	find_rest(search);
	if (st == ST_OK)
		st = fulltext_check_made(search->f, err);
	if (st == ST_OK) {
		g_array_sort(hits, find_better);
		*hits_out = g_steal_pointer(&hits);
	}
	return st;
}

enum status fulltext_search_score(
	struct fulltext_search *search, uint64_t number, unsigned *score_out, struct error *err)
{
	struct fulltext_hit hit = { .score = 0 };
	int64_t id;
	uint64_t last;
	enum status st = fulltext_find_ticket(search->f, number, &id, &last, err);
	bool has = st == ST_OK;

	if (st == ST_NOT_FOUND)
		st = ST_OK;
	for (unsigned i = 0; i < search->n && st == ST_OK && has; i++) {
		st = find_seek(search->f, &search->walks[i], id, err);
		has = search->walks[i].ticket == id;
	}
	if (st == ST_OK && has)
		st = find_score(search, id, &hit, err);
	find_rest(search);
	if (st == ST_OK)
		st = fulltext_check_made(search->f, err);
	if (st == ST_OK)
		*score_out = hit.score;
	return st;
}
