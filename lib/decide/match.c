/* Which ticket a message belongs to. */
#include "decide/match.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"
#include "decide/match-people.h"

struct search {
	struct txn *txn;
	const struct match_query *query;
	struct match *match;
	struct error *err;
	struct people people;
	struct numbers
		refused; /* tickets that know an id by reference alone, and are not the sender's */
	struct id_hit own[LIMIT_ID_HITS]; /* what the store knows under the message's own id */
	size_t n_own;
};

/* A step answers ST_OK with the number it found, or ST_NOT_FOUND. */
typedef enum status match_step(struct search *s, uint64_t *number_out);

static enum status by_token(struct search *s, uint64_t *number_out)
{
	GPtrArray *hits = s->query->recipients->hits;

	for (unsigned i = 0; i < hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(hits, i);

		if (hit->ticket) {
			*number_out = hit->ticket;
			why_add(s->query->why, _("recipient %s is a token of #%" PRIu64),
				hit->recipient, hit->ticket);
			return ST_OK;
		}
	}
	why_add(s->query->why, _("no recipient is a ticket's token"));
	return ST_NOT_FOUND;
}

/* A ticket that knows an id, and what speaks for it. */
struct candidate {
	uint64_t number; /* 0: none */
	bool tagged;     /* by a tag that the sender may use */
	enum standing standing;
	bool has_it; /* the message itself, rather than a reference to it */
};

static enum status match_weigh(struct search *s, const struct id_hit *hit, struct candidate *out)
{
	enum status st = people_standing(&s->people, hit->ticket, &out->standing, s->err);

	out->number = hit->ticket;
	out->has_it = hit->kind != ID_REFERENCED;
	out->tagged = numbers_has(&s->query->arrival->subject.tags, hit->ticket) &&
		out->standing >= STANDING_TAKES_PART;
	return st;
}

/* A stranger may have used an id of other people's mail, so what ties the sender to the ticket
 * counts first. */
static bool is_better(const struct candidate *a, const struct candidate *than)
{
	if (!than->number || a->tagged != than->tagged)
		return !than->number || a->tagged;
	if (a->standing != than->standing)
		return a->standing > than->standing;
	return a->has_it && !than->has_it;
}

/* An id known by reference alone leads only the ticket's own people to it. Two who answer one
 * newsletter are strangers, and somebody who lists guessed ids waits for other people's mail. The
 * tickets are linked instead. */
static bool is_refused(struct search *s, const struct candidate *c)
{
	if (c->has_it || c->standing == STANDING_KNOWS_WRITER)
		return false;
	if (c->standing != STANDING_GONE)
		numbers_add(&s->refused, c->number);
	return true;
}

static void say_candidate(struct search *s, const char *id, const struct candidate *c, bool refused)
{
	static const char *const standings[] = {
		[STANDING_GONE] = N_("that ticket is gone"),
		[STANDING_STRANGER] = N_("the sender takes no part in it"),
		[STANDING_TAKES_PART] = N_("the sender takes part in it"),
		[STANDING_KNOWS_WRITER] = N_("the sender takes part in it and names who wrote"),
	};
	const char *has = c->has_it ? _("has that message") : _("only refers to it");

	why_add(s->query->why, "%s: #%" G_GUINT64_FORMAT " %s; %s%s", id, c->number, has,
		_(standings[c->standing]), refused ? _(": not its mail, but linked") : "");
}

/* An id may be known to many tickets (devices that never change it); the newest come first. */
static enum status match_choose(
	struct search *s, const char *id, const struct id_hit *hits, size_t n, uint64_t *number_out)
{
	struct candidate best = { 0 };
	enum status st = ST_OK;

	if (n == 1 && hits[0].kind != ID_REFERENCED) {
		*number_out = hits[0].ticket;
		why_add(s->query->why, _("%s: #%" PRIu64 " has that message"), id, *number_out);
		return ST_OK;
	}
	if (n == 0)
		why_add(s->query->why, _("%s: no ticket knows it"), id);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct candidate c = { 0 };
		bool refused;

		if (hits[i].kind == ID_REFERENCED && numbers_has(&s->refused, hits[i].ticket))
			continue;
		st = match_weigh(s, &hits[i], &c);
		if (st != ST_OK)
			break;
		refused = is_refused(s, &c);
		say_candidate(s, id, &c, refused);
		if (!refused && is_better(&c, &best))
			best = c;
	}
	if (st == ST_OK && best.number)
		*number_out = best.number;
	return st == ST_OK && !best.number ? ST_NOT_FOUND : st;
}

static enum status find_id(struct search *s, const char *id, uint64_t *number_out)
{
	struct id_hit hits[LIMIT_ID_HITS];
	size_t n = 0;
	enum status st = tickets_find_id(s->txn, id, hits, LIMIT_ID_HITS, &n, s->err);

	return st == ST_OK ? match_choose(s, id, hits, n, number_out) : st;
}

static enum status match_find_ids(
	struct search *s, const char *const *ids, bool newest_first, uint64_t *number_out)
{
	size_t n = g_strv_length((char **)ids);

	for (size_t i = 0; i < n; i++) {
		enum status st = find_id(s, ids[newest_first ? n - 1 - i : i], number_out);

		if (st != ST_NOT_FOUND)
			return st;
	}
	return ST_NOT_FOUND;
}

static enum status look_up_own(struct search *s)
{
	const char *id = s->query->arrival->id;

	return id ? tickets_find_id(s->txn, id, s->own, LIMIT_ID_HITS, &s->n_own, s->err) : ST_OK;
}

/* The id is one that we gave, or one that we know and From is ours: so agents' mail leaves. */
static enum status see_own(struct search *s)
{
	struct mailboxes from = s->query->arrival->from;
	bool from_us = from.n && settings_is_own(s->query->arrival->settings, from.v[0].address);
	enum status st = look_up_own(s);

	s->match->known_id = s->n_own > 0;
	for (size_t i = 0; i < s->n_own && st == ST_OK; i++)
		s->match->own |= s->own[i].kind == ID_SENT ||
			(from_us && s->own[i].kind == ID_SEEN);
	return st;
}

/* Replies that came before the message itself have told us its id. If the id was seen already, it
 * is another message's (scanners never change theirs), and the replies meant that one. */
static enum status find_own_id(struct search *s, uint64_t *number_out)
{
	for (size_t i = 0; i < s->n_own && !s->match->own; i++)
		if (s->own[i].kind == ID_SEEN)
			return ST_NOT_FOUND;
	return s->n_own ? match_choose(s, s->query->arrival->id, s->own, s->n_own, number_out)
			: ST_NOT_FOUND;
}

/* A report belongs to a ticket only by a message that we sent; but an agent's own report is about a
 * customer's mail. */
static bool tells_of_ours(const struct search *s)
{
	const enum automatic kind = s->query->arrival->automatic;

	return automatic_reports(kind) && kind != AUTO_SUSPECTED && !s->query->agent;
}

static enum status by_sent_id(struct search *s, uint64_t *number_out)
{
	const struct message *m = s->query->arrival->message;
	enum status st = match_sent_id(s->txn, message_in_reply_to(m), number_out, s->err);

	if (st == ST_NOT_FOUND)
		st = match_sent_id(s->txn, message_references(m), number_out, s->err);
	return st;
}

static enum status by_message_id(struct search *s, uint64_t *number_out)
{
	enum status st;

	if (tells_of_ours(s))
		return by_sent_id(s, number_out);
	st = match_find_ids(s, message_in_reply_to(s->query->arrival->message), false, number_out);
	if (st == ST_NOT_FOUND)
		st = match_find_ids(
			s, message_references(s->query->arrival->message), true, number_out);
	if (st == ST_NOT_FOUND)
		st = find_own_id(s, number_out);
	return st;
}

static enum status by_report(struct search *s, uint64_t *number_out)
{
	if (!automatic_reports(s->query->arrival->automatic))
		return ST_NOT_FOUND;
	if (s->query->agent)
		return match_find_ids(s, s->query->arrival->report->ids, false, number_out);
	return match_report(s->txn, s->query, number_out, s->err);
}

static const char *what_of_tag(enum status st, bool allowed)
{
	if (allowed)
		return _("the sender may do that");
	return st == ST_NOT_FOUND ? _("no such ticket")
				  : _("not obeyed, the sender takes no part in it");
}

static enum status by_subject(struct search *s, uint64_t *number_out)
{
	const struct numbers *tags = &s->query->arrival->subject.tags;

	for (size_t i = 0; i < tags->n; i++) {
		struct ticket ticket = { 0 };
		enum status st = tickets_resolve(s->txn, tags->v[i], &ticket, s->err);
		bool allowed = st == ST_OK && people_may_use_tag(&s->people, &ticket);

		record_release(&ticket_type, &ticket);
		why_add(s->query->why, _("the Subject names #%" PRIu64 ": %s"), tags->v[i],
			what_of_tag(st, allowed));
		if (allowed)
			*number_out = tags->v[i];
		if (allowed || (st != ST_OK && st != ST_NOT_FOUND))
			return st;
	}
	return ST_NOT_FOUND;
}

static const struct {
	enum match_how how;
	match_step *step;
} steps[] = {
	{ .how = MATCH_TOKEN, .step = by_token },
	{ .how = MATCH_MESSAGE_ID, .step = by_message_id },
	{ .how = MATCH_REPORT, .step = by_report },
	{ .how = MATCH_SUBJECT, .step = by_subject },
};

static enum status first_hit(struct search *s, uint64_t *number_out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		enum status st = steps[i].step(s, number_out);

		if (st == ST_OK)
			s->match->how = steps[i].how;
		if (st != ST_NOT_FOUND)
			return st;
	}
	return ST_NOT_FOUND;
}

/* Neither mail that changes no status nor an agent's own opens a new ticket in place of an old one.
 */
static bool closed_too_long(const struct search *s, const struct ticket *ticket)
{
	const struct match_query *query = s->query;
	int64_t window = query->arrival->settings->policy.reopen_days * 24 * 3600 * TEXT_SECOND;

	return window > 0 && automatic_moves(query->arrival->automatic) && !query->agent &&
		!s->match->own && ticket->status == TICKET_CLOSED && ticket->closed &&
		query->arrival->now - ticket->closed > window;
}

static void forget_ticket(struct match *match)
{
	match->how = MATCH_NEW;
	record_release(&ticket_type, &match->ticket);
}

/* Takes the ticket that a step found, or the one it was merged into; or none, with a link to it. */
static enum status match_settle(struct search *s, uint64_t number)
{
	struct match *match = s->match;
	enum status st = tickets_resolve(s->txn, number, &match->ticket, s->err);

	if (st == ST_NOT_FOUND) {
		why_add(s->query->why, _("#%" PRIu64 " was purged: a new ticket, linked"), number);
		forget_ticket(match);
		numbers_add(&match->links, number);
		return ST_OK;
	}
	if (st == ST_OK && match->ticket.number != number)
		why_add(s->query->why, _("#%" PRIu64 " was merged into #%" PRIu64), number,
			match->ticket.number);
	if (st == ST_OK && closed_too_long(s, &match->ticket)) {
		why_add(s->query->why,
			_("#%" PRIu64 " was closed more than %" PRId64
			  " days ago: a new ticket, linked"),
			match->ticket.number, s->query->arrival->settings->policy.reopen_days);
		numbers_add(&match->links, match->ticket.number);
		forget_ticket(match);
		match->late = true;
	}
	return st;
}

/* Tickets that the Subject names and that exist, or once did, are linked when they are not the
 * one. */
static enum status link_tags(struct search *s)
{
	const struct numbers *tags = &s->query->arrival->subject.tags;

	for (size_t i = 0; i < tags->n; i++) {
		struct ticket ticket = { 0 };
		enum status st = tickets_resolve(s->txn, tags->v[i], &ticket, s->err);
		uint64_t number = st == ST_OK ? ticket.number : tags->v[i];
		bool given = st == ST_OK;

		record_release(&ticket_type, &ticket);
		if (st == ST_NOT_FOUND)
			st = tickets_was_given(s->txn, number, &given, s->err);
		if (st != ST_OK)
			return st;
		if (given && number != s->match->ticket.number)
			numbers_add(&s->match->links, number);
	}
	return ST_OK;
}

static enum status see_note(struct search *s, const char *id)
{
	struct id_hit hits[LIMIT_ID_HITS];
	size_t n = 0;
	enum status st = tickets_find_id(s->txn, id, hits, LIMIT_ID_HITS, &n, s->err);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct entry entry = { 0 };

		st = hits[i].seq && hits[i].kind != ID_REFERENCED
			? tickets_entry(s->txn, hits[i].ticket, hits[i].seq, &entry, s->err)
			: ST_NOT_FOUND;
		s->match->answers_note |= st == ST_OK && entry.direction == DIRECTION_NOTE;
		record_release(&entry_type, &entry);
		if (st == ST_NOT_FOUND)
			st = ST_OK;
	}
	return st;
}

/* Only the newest ids' tickets are linked, as each is one more ticket to write. */
static enum status link_refused(struct search *s)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < s->refused.n && i < LIMIT_LINKS_BY_ID && st == ST_OK; i++) {
		struct ticket ticket = { 0 };

		st = tickets_resolve(s->txn, s->refused.v[i], &ticket, s->err);
		if (st == ST_OK && ticket.number != s->match->ticket.number)
			numbers_add(&s->match->links, ticket.number);
		record_release(&ticket_type, &ticket);
		if (st == ST_NOT_FOUND)
			st = ST_OK;
	}
	return st;
}

/* Is there an internal note among the messages that this one answers? No customer's mail names
 * one, as none has seen one. */
static enum status see_notes(struct search *s)
{
	const char *const *lists[] = { message_in_reply_to(s->query->arrival->message),
		message_references(s->query->arrival->message) };
	enum status st = ST_OK;

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
		for (const char *const *id = lists[l]; *id && st == ST_OK; id++)
			st = see_note(s, *id);
	return st;
}

static enum status match_find_ticket(struct search *s)
{
	uint64_t number = 0;
	enum status st = see_own(s);

	if (st == ST_OK)
		st = first_hit(s, &number);
	if (st == ST_OK)
		st = match_settle(s, number);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = link_tags(s);
	if (st == ST_OK)
		st = link_refused(s);
	return st == ST_OK && s->query->agent ? see_notes(s) : st;
}

enum status match_find(struct txn *txn, const struct match_query *query, struct match *match_out,
	struct error *err)
{
	struct search s = { .txn = txn, .query = query, .match = match_out, .err = err };
	enum status st;

	match_out->how = MATCH_NEW;
	people_init(&s.people, txn, query);
	st = match_find_ticket(&s);
	people_release(&s.people);
	g_free(s.refused.v);
	return st;
}

void match_release(struct match *match)
{
	record_release(&ticket_type, &match->ticket);
	g_free(match->links.v);
	memset(match, 0, sizeof *match);
}
