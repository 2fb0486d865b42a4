/* Asking the index. Each term is a list of rows, newest ticket first; they are walked together,
 * from one ticket that all of them may have to the next. */
#include <string.h>

#include "archive/fulltext-parts.h"
#include "base/fold.h"
#include "base/tongue.h"

/* Past any ticket's id, and still an id with a seq below it. */
#define FAR (INT64_MAX >> (FULLTEXT_SEQ_BITS + 1))

enum {
	STEPS_A_WORD = 30,     /* to the next row, cost about as much as to find a word's first */
	PARTS_MAX = 48,        /* words that begin with a part, and as many that have it inside */
	SCORE_SUBJECT = 4,     /* what a term in it is worth */
	SCORE_PEOPLE_FILES = 2 /* and there; in the text: 1 */
};

/* One term as FTS5 reads it, and where its walk stands. */
struct walk {
	char *match; /* without columns */
	unsigned columns;
	unsigned steps; /* that cost about as much as to ask anew */
	sqlite3_stmt *rows;
	bool going;
	int64_t ticket; /* of the row that it stands at; -1: at the end */
};

/* --- from a term to a question --- */

static void find_quote(GString *out, const char *word)
{
	g_string_append_printf(out, "%s\"%s\"", out->len ? " OR " : "", word);
}

/* Adds the terms that the statement finds for a pattern. */
static enum status find_add_words(struct fulltext *f, enum fulltext_sql sql, const char *pattern,
	struct walk *w, GString *out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, sql, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite3_bind_text(s, 1, pattern, -1, SQLITE_STATIC);
	sqlite3_bind_int(s, 2, PARTS_MAX);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		find_quote(out, (const char *)sqlite3_column_text(s, 0));
		w->steps += STEPS_A_WORD;
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? ST_OK : fulltext_failed(f, _("read"), err);
}

/* Words that have it inside, first those that begin with it. */
static enum status find_parts(
	struct fulltext *f, const char *word, struct walk *w, GString *out, struct error *err)
{
	g_autofree char *inside = g_strdup_printf("?*%s*", word);
	enum status st = find_add_words(f, SQL_BEGINNINGS, word, w, out, err);

	return st == ST_OK ? find_add_words(f, SQL_PARTS, inside, w, out, err) : st;
}

/* "a b c" in a row, the last of which may go on. */
static void find_phrase(GString *out, char *const *words, bool open)
{
	g_string_append_c(out, '"');
	for (char *const *w = words; *w; w++)
		g_string_append_printf(out, "%s%s", w == words ? "" : " ", *w);
	g_string_append(out, open ? "\" *" : "\"");
}

static enum status find_match(
	struct fulltext *f, const struct fulltext_term *term, struct walk *w, struct error *err)
{
	bool open;
	g_auto(GStrv) words = fold_asked(term->text, &open);
	g_autoptr(GString) out = g_string_new(NULL);
	enum status st = ST_OK;

	if (!words[0])
		return error_set(err, ST_BAD_INPUT,
			_("'%s' has no letter or digit that could be looked for"), term->text);
	w->steps = STEPS_A_WORD;
	find_phrase(out, words, open || term->open);
	if (!term->exact && !term->open && !words[1] && strlen(words[0]) >= 3)
		st = find_parts(f, words[0], w, out, err);
	if (st == ST_OK)
		w->match = g_string_free(g_steal_pointer(&out), FALSE);
	return st;
}

/* --- walking --- */

static const char *const find_columns[FULLTEXT_COLUMNS] = { "text", "subject", "people", "files" };

/* "{subject text} : (…)". Owned. */
static char *find_in_columns(const struct walk *w, unsigned columns)
{
	g_autoptr(GString) names = g_string_new(NULL);

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

	g_clear_pointer(&w->rows, sqlite3_finalize);
	w->going = false;
	w->ticket = FAR;
	if (sqlite3_prepare_v2(f->db, sql, -1, &w->rows, NULL) != SQLITE_OK)
		return fulltext_failed(f, _("read"), err);
	sqlite3_bind_text(w->rows, 1, match, -1, SQLITE_TRANSIENT);
	return ST_OK;
}

static enum status find_step(struct fulltext *f, struct walk *w, struct error *err)
{
	int code = sqlite3_step(w->rows);

	w->ticket = code == SQLITE_ROW ? sqlite3_column_int64(w->rows, 0) >> FULLTEXT_SEQ_BITS : -1;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return ST_OK;
	return fulltext_failed(f, _("read"), err);
}

/* To the first row of a ticket that is not after `ticket`. */
static enum status find_seek(struct fulltext *f, struct walk *w, int64_t ticket, struct error *err)
{
	sqlite3_reset(w->rows);
	sqlite3_bind_int64(w->rows, 2, (ticket + 1) << FULLTEXT_SEQ_BITS);
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

/* --- what a hit is worth --- */

/* Adds the points of the tickets, newest first, in which the walk's term is in these columns. */
static enum status find_score(struct fulltext *f, struct walk *w, unsigned columns, unsigned points,
	const GArray *tickets, GArray *hits, struct error *err)
{
	enum status st = ST_OK;

	columns &= w->columns;
	if (columns)
		st = find_begin(f, w, columns, err);
	for (guint i = 0; columns && i < tickets->len && st == ST_OK && w->ticket >= 0; i++) {
		int64_t ticket = g_array_index(tickets, int64_t, i);

		st = find_go_on(f, w, ticket, err);
		if (w->ticket == ticket)
			g_array_index(hits, struct fulltext_hit, i).score += points;
	}
	return st;
}

static enum status find_scores(struct fulltext *f, struct walk *walks, unsigned n,
	const GArray *tickets, GArray *hits, struct error *err)
{
	const unsigned subject = 1U << FULLTEXT_SUBJECT,
		       marks = 1U << FULLTEXT_PEOPLE | 1U << FULLTEXT_FILES;
	enum status st = ST_OK;

	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		st = find_score(f, &walks[i], subject, SCORE_SUBJECT, tickets, hits, err);
		if (st == ST_OK)
			st = find_score(
				f, &walks[i], marks, SCORE_PEOPLE_FILES, tickets, hits, err);
	}
	return st;
}

static enum status find_number(
	struct fulltext *f, int64_t ticket, uint64_t *number_out, struct error *err)
{
	sqlite3_stmt *s = fulltext_statement(f, SQL_TICKET_BY_ID, err);
	int code;

	if (!s)
		return ST_IO;
	sqlite3_bind_int64(s, 1, ticket);
	code = sqlite3_step(s);
	*number_out = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	if (code == SQLITE_ROW)
		return ST_OK;
	return code == SQLITE_DONE ? fulltext_is_damaged(f, err)
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

static enum status find_walks(struct fulltext *f, const struct fulltext_term *terms, unsigned n,
	struct walk *walks, struct error *err)
{
	const unsigned all = (1U << FULLTEXT_COLUMNS) - 1;
	enum status st = ST_OK;

	for (unsigned i = 0; i < n && st == ST_OK; i++) {
		walks[i].columns = terms[i].columns ? terms[i].columns : all;
		st = find_match(f, &terms[i], &walks[i], err);
		if (st == ST_OK)
			st = find_begin(f, &walks[i], walks[i].columns, err);
	}
	return st;
}

static enum status find_collect(struct fulltext *f, struct walk *walks, unsigned n, unsigned limit,
	int64_t *at, GArray *tickets, GArray *hits, struct error *err)
{
	int64_t ticket = *at == FULLTEXT_BEGIN ? FAR - 1 : *at;
	enum status st = ST_OK;

	while (st == ST_OK && hits->len < limit) {
		struct fulltext_hit hit = { .score = n };

		st = find_common(f, walks, n, &ticket, err);
		if (st != ST_OK || ticket < 0)
			break;
		st = find_number(f, ticket, &hit.number, err);
		g_array_append_val(tickets, ticket);
		g_array_append_val(hits, hit);
		ticket--;
	}
	*at = ticket > 0 ? ticket : FULLTEXT_END;
	return st;
}

enum status fulltext_find(struct fulltext *f, const struct fulltext_term *terms, unsigned n,
	unsigned limit, int64_t *at, GArray **hits_out, struct error *err)
{
	g_autofree struct walk *walks = g_new0(struct walk, n);
	g_autoptr(GArray) tickets = g_array_new(FALSE, FALSE, sizeof(int64_t)),
			  hits = g_array_new(FALSE, TRUE, sizeof(struct fulltext_hit));
	enum status st = find_walks(f, terms, n, walks, err);

	if (n == 0)
		*at = FULLTEXT_END;
	if (st == ST_OK && *at != FULLTEXT_END)
		st = find_collect(f, walks, n, limit, at, tickets, hits, err);
	if (st == ST_OK)
		st = find_scores(f, walks, n, tickets, hits, err);
	if (st == ST_OK) {
		g_array_sort(hits, find_better);
		*hits_out = g_steal_pointer(&hits);
	}
	for (unsigned i = 0; i < n; i++) {
		sqlite3_finalize(walks[i].rows);
		g_free(walks[i].match);
	}
	return st;
}
