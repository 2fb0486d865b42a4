/* Has this message come before, unchanged or changed on its way? */
#include "decide/match.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"

/* How long an MTA tries to deliver (RFC 5321 section 4.5.4.1). */
static const int64_t copy_time = INT64_C(5) * 24 * 3600 * TEXT_SECOND;

/* --- the same author and Date --- */

static bool copy_is_author(const struct match_query *query, const struct entry *e)
{
	struct mailboxes from = query->arrival->from;
	g_autofree char *author = mailbox_read_address(e->from);

	if (!e->from)
		return true;
	if (from.n == 0)
		return false;
	if (e->direction == DIRECTION_OUT &&
		settings_is_own(query->arrival->settings, from.v[0].address))
		return true;
	return g_strcmp0(author, from.v[0].address) == 0;
}

/* An MTA may have added what the recorded message did not have. */
static bool is_of_same_time(const struct match_query *query, const struct entry *e)
{
	return !e->date || e->date == message_date(query->arrival->message);
}

/* --- nothing changed --- */

static bool was_given_its_id(const struct entry *e)
{
	g_autofree char *start = e->message_id ? g_strdup_printf("<%.32s@", e->digest) : NULL;

	return start && g_str_has_prefix(e->message_id, start);
}

/* Compares identities without the fields that an MTA may have added: as this version makes them,
 * and as earlier ones did, which left the Subject out. */
static bool is_identical(const struct match_query *query, const struct entry *e)
{
	const char *const subjects[] = { query->arrival->subject.plain, NULL };
	struct identity identity = {
		.body_digest = query->arrival->body_digest,
		.without_from = !e->from,
		.without_date = !e->date,
		.without_id = e->digest && was_given_its_id(e),
	};
	bool same = false;

	for (size_t i = 0; i < G_N_ELEMENTS(subjects) && e->digest && !same; i++) {
		g_autofree char *digest = NULL;

		identity.subject_plain = subjects[i];
		digest = message_digest(query->arrival->message, &identity);
		same = strcmp(digest, e->digest) == 0;
	}
	return same;
}

/* --- changed on its way --- */

/* The text as words between blanks. Of a part that may have been cut at `max` bytes, because it is
 * long or stands below a banner, three quarters are compared. */
static char *copy_words_of(const char *text, size_t max, bool part)
{
	g_autofree char *line = text_line(text, max);
	size_t len = strlen(line), whole = max / 4 * 3;

	if (part && len > whole) {
		char *blank = memrchr(line, ' ', whole);

		line[blank ? (size_t)(blank - line) : whole] = '\0';
		return g_strconcat(" ", line, blank ? " " : "", NULL);
	}
	return g_strconcat(" ", line, " ", NULL);
}

static bool copy_holds(const char *whole, const char *part, size_t max)
{
	g_autofree char *a = copy_words_of(whole, max, false), *b = copy_words_of(part, max, true);

	return memmem(a, strlen(a), b, strlen(b)) != NULL;
}

/* Does one contain the other, word by word? An empty text is two blanks, and contained in an empty
 * one alone; else every mail would be a copy of one without text. */
static bool is_around(const char *a, const char *b, size_t max)
{
	return copy_holds(a, b, max) || copy_holds(b, a, max);
}

static bool has_same_subject(const struct match_query *query, const struct entry *e)
{
	struct subject_view view;
	bool same;

	subject_view_init(&view, e->subject, &query->arrival->settings->tag_format);
	same = is_around(query->arrival->subject.plain, view.plain, LIMIT_TITLE_BYTES);
	subject_view_release(&view);
	return same;
}

/* False also where not all of the attachments were looked at. */
static bool has_same_attachments(const struct match_query *query, const struct entry *e)
{
	guint recorded = e->attached ? g_strv_length(e->attached) : 0;
	size_t n;

	message_attachments(query->arrival->message, &n);
	if (n != recorded || n >= LIMIT_ATTACHMENTS || e->size > LIMIT_PARSE_BYTES)
		return false;
	return g_strcmp0(e->attached_digest, message_attachments_digest(query->arrival->message)) ==
		0;
}

static enum status compare_texts(struct txn *txn, const struct match_query *query,
	const struct entry *e, bool *same_out, struct error *err)
{
	g_autofree char *text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	if (st == ST_OK)
		*same_out = is_around(
			message_text(query->arrival->message), text, LIMIT_TEXT_BYTES);
	return st;
}

/* A filter may have changed anything in a message that carries our own claim; on other ways a
 * banner or a list's footer is added. A device that never changes its Message-ID and whose clock
 * stands still sends other texts or files: those are messages of their own. */
static enum status copy_judge(struct txn *txn, const struct match_query *query,
	const struct entry *e, struct seen *out, struct error *err)
{
	bool recent = ABS(query->arrival->now - e->received) <= copy_time;
	bool same = recent && query->arrival->claimed == e->ticket, compare;
	enum status st = ST_OK;

	if (!copy_is_author(query, e) || !is_of_same_time(query, e))
		return ST_NOT_FOUND;
	out->copy = !is_identical(query, e);
	compare = out->copy && !same && recent;
	if (compare && has_same_subject(query, e) && has_same_attachments(query, e))
		st = compare_texts(txn, query, e, &same, err);
	if (st == ST_OK && out->copy && !same)
		return ST_NOT_FOUND;
	out->ticket = e->ticket;
	out->seq = e->seq;
	return st;
}

static enum status judge_hit(struct txn *txn, const struct match_query *query,
	const struct id_hit *hit, struct seen *out, struct error *err)
{
	struct entry e = { 0 };
	enum status st = ST_NOT_FOUND;

	if (hit->kind == ID_SEEN)
		st = tickets_entry(txn, hit->ticket, hit->seq, &e, err);
	if (st == ST_OK)
		st = copy_judge(txn, query, &e, out, err);
	record_release(&entry_type, &e);
	return st;
}

static enum status find_original(
	struct txn *txn, const struct match_query *query, struct seen *out, struct error *err)
{
	const char *id = query->arrival->id;
	struct id_hit hits[LIMIT_ID_HITS];
	size_t n = 0;
	enum status st = id ? tickets_find_id(txn, id, hits, LIMIT_ID_HITS, &n, err) : ST_OK;

	if (st != ST_OK)
		return st;
	st = ST_NOT_FOUND;
	for (size_t i = 0; i < n && st == ST_NOT_FOUND; i++)
		st = judge_hit(txn, query, &hits[i], out, err);
	return st;
}

enum status match_seen(
	struct txn *txn, const struct match_query *query, struct seen *out, struct error *err)
{
	const struct arrival *arrival = query->arrival;
	enum status st = tickets_find_digest(
		txn, arrival_id(arrival), arrival->digest, &out->ticket, &out->seq, err);

	out->copy = false;
	return st == ST_NOT_FOUND ? find_original(txn, query, out, err) : st;
}
