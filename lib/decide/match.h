/* Which ticket: PRODUCT section 4, first hit wins. Reads the store, changes nothing. */
#ifndef MILTICKET_MATCH_H
#define MILTICKET_MATCH_H

#include "decide/arrival.h"
#include "tables/tickets.h"

struct match_query {
	const struct arrival *arrival;
	const struct recipients *recipients;
	const struct agent *agent; /* who sent it, if the MTA vouches for an agent; else NULL */
	GPtrArray *why;            /* reasons, for who asks (why.h); NULL */
};

/* Does From speak for nobody: several authors, a forged one, or one that can be read in two ways
 * and is not the envelope's sender? Never where the MTA vouches for the sender. */
bool match_sender_is_nobody(const struct match_query *query);

struct match {
	enum match_how how;
	struct ticket ticket; /* number 0: none, open a new one */
	/* tickets named but not allowed, disagreeing, closed for too long or purged */
	struct numbers links;
	bool late;         /* the ticket found was closed too long ago: a new one, linked */
	bool own;          /* the message itself is one that left our house */
	bool known_id;     /* its own Message-ID is known: it may be a second copy */
	bool answers_note; /* an agent's: it answers an internal note, at once or further up */
};

struct seen {
	uint64_t ticket, seq; /* both 0: of no ticket */
	bool copy;            /* changed on its way. False: there is nothing new in it */
};
/* Was this message recorded before? By its identity, also without what an MTA has added
 * since; or, as a copy, by Message-ID, author and Date within five days, where it carries our
 * X-Ticket and tag, or has the same attachments and Subject and text hold, or are held by, the
 * first's. The arrival's body is needed. ST_NOT_FOUND. */
enum status match_seen(
	struct txn *txn, const struct match_query *query, struct seen *seen_out, struct error *err);

/* *match_out must be zeroed or released. */
enum status match_find(struct txn *txn, const struct match_query *query, struct match *match_out,
	struct error *err);
void match_release(struct match *match);

/* --- match-report.c: steps of match_find(). ST_NOT_FOUND: no ticket --- */

/* The first of these ids that a message has which we sent. */
enum status match_sent_id(
	struct txn *txn, const char *const *ids, uint64_t *number_out, struct error *err);
/* The ticket that a report names by what came back, or by a tag and one of its participants. */
enum status match_report(
	struct txn *txn, const struct match_query *query, uint64_t *number_out, struct error *err);

#endif
