/* Asking the index. In each half a term is a list of rows, newest ticket first; these are walked
 * together, from one ticket that all of them may have to the next. */
#include <string.h>

#include "archive/fulltext-half.h"
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
	unsigned steps; /* that cost about as much as to ask anew */
	sqlite3_stmt *rows;
	bool going;
	int64_t ticket; /* of the row that it stands at; -1: at the end */
	uint64_t seq;
	int64_t own, own_before; /* the last tickets of which their own rows were met */
};

/* The terms in one half. */
struct half_search {
	struct half *half;
	struct walk *walks;
	unsigned n;
	int64_t at; /* where the next ticket is looked for; -1: there is none */
	bool found; /* it is at `at`, and the walks are at it */
};

struct fulltext_search {
	struct fulltext *f;
	struct half_search halves[FULLTEXT_HALVES];
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

static enum status find_words(struct half *h, const char *part, GPtrArray *out, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_ALL_PARTS, err);
	int code = SQLITE_DONE;

	if (!s)
		return ST_IO;
	while (out->len < PARTS_SEEN && (code = sqlite.step(s)) == SQLITE_ROW)
		find_add_words(
			sqlite.column_blob(s, 0), (size_t)sqlite.column_bytes(s, 0), part, out);
	sqlite.reset(s);
	return code == SQLITE_DONE || code == SQLITE_ROW ? ST_OK : half_failed(h, _("read"), err);
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

/* Of too many words the nearest are taken, and *cut tells. */
static void find_cut(GPtrArray *words, const char *part, char **cut)
{
	if (words->len <= PARTS_MAX)
		return;
	g_ptr_array_sort_with_data(words, find_nearer, (gpointer)part);
	g_ptr_array_set_size(words, PARTS_MAX);
	g_free(*cut);
	*cut = g_strdup(part);
}

static enum status find_parts(struct fulltext_search *search, struct half *h, const char *part,
	GString *out, struct error *err)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	enum status st = find_words(h, part, words, err);

	find_cut(words, part, &search->cut);
	for (guint i = 0; i < words->len; i++)
		find_quote(out, words->pdata[i]);
	return st;
}

/* "a b c" in a row, the last of which may go on. */
static void find_phrase(GString *out, const struct sought *sought)
{
	for (unsigned i = 0; i < sought->n; i++)
		g_string_append_printf(out, "%s%s", i ? " " : "\"", sought->words[i]);
	g_string_append(out, sought->open ? "\" *" : "\"");
}

/* That are looked for at once. */
static unsigned find_words_of(const char *match)
{
	unsigned n = 1;

	for (const char *p = match; (p = strstr(p, " OR ")); p++)
		n++;
	return n;
}

static enum status find_match(struct fulltext_search *search, struct half *h,
	const struct sought *sought, GString *out, struct error *err)
{
	find_phrase(out, sought);
	return sought->part ? find_parts(search, h, sought->words[0], out, err) : ST_OK;
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

/* "{subject text} : (…)" */
static void find_in_columns(GString *match, unsigned columns)
{
	g_autoptr(GString) names = g_string_new("{");

	if (!columns || columns == find_all)
		return;
	for (unsigned c = 0; c < FULLTEXT_COLUMNS; c++)
		if (columns & (1U << c))
			g_string_append_printf(names, " %s", find_columns[c]);
	g_string_append(names, " } : (");
	g_string_prepend(match, names->str);
	g_string_append_c(match, ')');
}

static enum status find_begin(struct half *h, struct walk *w, const char *match, struct error *err)
{
	static const char sql[] = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid < ?2"
				  " ORDER BY rowid DESC";

	w->going = false;
	w->ticket = FAR;
	if (sqlite.prepare_v2(h->db, sql, -1, &w->rows, NULL) != SQLITE_OK)
		return half_failed(h, _("read"), err);
	sqlite.bind_text(w->rows, 1, match, -1, SQLITE_TRANSIENT);
	return ST_OK;
}

static enum status find_step(struct half *h, struct walk *w, struct error *err)
{
	int code = sqlite.step(w->rows);
	int64_t row = code == SQLITE_ROW ? sqlite.column_int64(w->rows, 0) : -1;

	w->ticket = row < 0 ? -1 : row >> FULLTEXT_SEQ_BITS;
	w->seq = (uint64_t)row & ((1U << FULLTEXT_SEQ_BITS) - 1);
	if (row >= 0 && w->seq == 0) {
		w->own_before = w->own;
		w->own = w->ticket;
	}
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return ST_OK;
	return half_failed(h, _("read"), err);
}

/* To the first row of a ticket that is not after `ticket`. */
static enum status find_seek(struct half *h, struct walk *w, int64_t ticket, struct error *err)
{
	sqlite.reset(w->rows);
	sqlite.bind_int64(w->rows, 2, (ticket + 1) << FULLTEXT_SEQ_BITS);
	w->going = true;
	return find_step(h, w, err);
}

/* To the first row at or below `ticket`: near ones are cheaper reached step by step. */
static enum status find_go_on(struct half *h, struct walk *w, int64_t ticket, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < w->steps && w->ticket > ticket && st == ST_OK && w->going; i++)
		st = find_step(h, w, err);
	return st == ST_OK && w->ticket > ticket ? find_seek(h, w, ticket, err) : st;
}

/* The next ticket, at or below `ticket`, that every walk has; -1: there is none. */
static enum status find_common(
	struct half *h, struct walk *walks, unsigned n, int64_t *ticket, struct error *err)
{
	unsigned agree = 0;
	enum status st = ST_OK;

	for (unsigned i = 0; agree < n && *ticket >= 0 && st == ST_OK; i = (i + 1) % n) {
		struct walk *w = &walks[i];

		st = find_go_on(h, w, *ticket, err);
		agree = w->ticket == *ticket ? agree + 1 : 1;
		*ticket = w->ticket;
	}
	return st;
}

/* Nothing is held between two calls: who writes need not wait. */
static void find_rest(struct fulltext_search *search)
{
	for (unsigned i = 0; i < FULLTEXT_HALVES; i++) {
		struct half_search *s = &search->halves[i];

		s->found = false;
		for (struct walk *w = s->walks; w < s->walks + s->n; w++) {
			sqlite.reset(w->rows);
			w->going = false;
			w->ticket = FAR;
		}
	}
}

/* --- hits --- */

/* 0: it was removed. */
static enum status find_number(
	struct half *h, int64_t ticket, uint64_t *number_out, struct error *err)
{
	sqlite3_stmt *s = half_statement(h, SQL_TICKET_BY_ID, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite.bind_int64(s, 1, ticket);
	code = sqlite.step(s);
	*number_out = code == SQLITE_ROW ? (uint64_t)sqlite.column_int64(s, 0) : 0;
	sqlite.reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK : half_failed(h, _("read"), err);
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

/* On to what comes after the ticket. Its own row is the last of a ticket's: where it has the term,
 * the walk comes by. */
static enum status find_score(
	struct half_search *s, int64_t ticket, struct fulltext_hit *hit, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < s->n && st == ST_OK; i++) {
		struct walk *w = &s->walks[i];

		st = find_go_on(s->half, w, ticket - 1, err);
		hit->score += w->own == ticket || w->own_before == ticket ? SCORE_OWN : 1;
	}
	return st;
}

/* To the half's next ticket, which is not taken yet. */
static enum status find_next(struct half_search *s, struct error *err)
{
	enum status st = ST_OK;

	if (!s->found && s->at >= 0)
		st = find_common(s->half, s->walks, s->n, &s->at, err);
	s->found = st == ST_OK && s->at >= 0;
	return st;
}

/* Takes it, and looks no further. hit->number 0: it was removed. */
static enum status find_hit(struct half_search *s, struct fulltext_hit *hit, struct error *err)
{
	enum status st = find_number(s->half, s->at, &hit->number, err);

	hit->seq = s->walks[0].seq;
	if (st == ST_OK)
		st = find_score(s, s->at, hit, err);
	s->at--;
	s->found = false;
	return st;
}

/* --- all of it --- */

static enum status find_add_term(struct fulltext_search *search, struct half_search *s,
	const struct fulltext_term *term, struct error *err)
{
	g_autoptr(GString) match = g_string_new(NULL);
	struct walk *w = &s->walks[s->n++];
	enum status st = find_match(search, s->half, term->sought, match, err);

	w->steps = STEPS_A_WORD * find_words_of(match->str);
	find_in_columns(match, term->columns);
	return st == ST_OK ? find_begin(s->half, w, match->str, err) : st;
}

enum status fulltext_search_new(struct fulltext *f, const struct fulltext_term *terms, unsigned n,
	struct fulltext_search **search_out, struct error *err)
{
	struct fulltext_search *search = g_new0(struct fulltext_search, 1);
	enum status st = ST_OK;

	search->f = f;
	for (unsigned h = 0; h < FULLTEXT_HALVES; h++)
		search->halves[h] = (struct half_search){
			.half = &f->halves[h], .walks = g_new0(struct walk, n), .at = FAR - 1
		};
	for (unsigned i = 0; i < FULLTEXT_HALVES * n && st == ST_OK; i++)
		st = find_add_term(search, &search->halves[i / n], &terms[i % n], err);
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
	for (unsigned h = 0; h < FULLTEXT_HALVES; h++) {
		for (unsigned i = 0; i < search->halves[h].n; i++)
			sqlite.finalize(search->halves[h].walks[i].rows);
		g_free(search->halves[h].walks);
	}
	g_free(search->cut);
	g_free(search);
}

const char *fulltext_search_cut(const struct fulltext_search *search)
{
	return search->cut;
}

/* Ids of both halves grow alike, as tickets come into both in turns. */
static struct half_search *find_newest(struct fulltext_search *search)
{
	struct half_search *a = &search->halves[0], *b = &search->halves[1];

	if (!a->found)
		return b->found ? b : NULL;
	return b->found && b->at > a->at ? b : a;
}

static enum status find_collect(
	struct fulltext_search *search, unsigned limit, GArray *hits, struct error *err)
{
	enum status st = ST_OK;

	while (st == ST_OK && hits->len < limit) {
		struct fulltext_hit hit = { .score = 0 };
		struct half_search *newest;

		st = find_next(&search->halves[0], err);
		if (st == ST_OK)
			st = find_next(&search->halves[1], err);
		newest = find_newest(search);
		if (st != ST_OK || !newest)
			break;
		st = find_hit(newest, &hit, err);
		if (hit.number)
			g_array_append_val(hits, hit);
	}
	return st;
}

static enum status find_check_made(struct fulltext *f, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned h = 0; h < FULLTEXT_HALVES && st == ST_OK; h++)
		st = half_check_made(&f->halves[h], err);
	return st;
}

enum status fulltext_search_next(
	struct fulltext_search *search, unsigned limit, GArray **hits_out, struct error *err)
{
	g_autoptr(GArray) hits = g_array_new(FALSE, TRUE, sizeof(struct fulltext_hit));
	enum status st = find_collect(search, limit, hits, err);

	find_rest(search);
	if (st == ST_OK)
		st = find_check_made(search->f, err);
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
	struct half *h = fulltext_half_of(search->f, number);
	struct half_search *s = &search->halves[h - search->f->halves];
	int64_t id;
	uint64_t last;
	enum status st = half_find_ticket(h, number, &id, &last, err);
	bool has = st == ST_OK;

	if (st == ST_NOT_FOUND)
		st = ST_OK;
	for (unsigned i = 0; i < s->n && st == ST_OK && has; i++) {
		st = find_seek(h, &s->walks[i], id, err);
		has = s->walks[i].ticket == id;
	}
	if (st == ST_OK && has)
		st = find_score(s, id, &hit, err);
	find_rest(search);
	if (st == ST_OK)
		st = find_check_made(search->f, err);
	if (st == ST_OK)
		*score_out = hit.score;
	return st;
}
