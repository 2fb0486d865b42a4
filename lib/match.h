/* Which ticket: PRODUCT section 4, first hit wins. Reads the store, changes nothing. */
#ifndef MILTICKET_MATCH_H
#define MILTICKET_MATCH_H

#include "automatic.h"
#include "classify.h"
#include "tickets.h"

struct match_query {
	const struct message *message;
	const struct recipients *recipients;
	const struct subject_view *subject;
	const struct settings *settings;
	const char *sender;		/* the envelope's; speaks where there is no From */
	enum automatic automatic;
	const struct agent *agent;	/* who sent it, if the MTA vouches for an agent; else NULL */
	bool forged;			/* a believed Authentication-Results says that From is */
	uint64_t former;		/* the number in the system that the mail is imported from; 0: none */
	int64_t now;
	GPtrArray *why;			/* reasons, for who asks (why.h); NULL */
};

/* Does From speak for nobody: several authors, a forged one, or one that can be read in two ways and is not the envelope's
 * sender? Never where the MTA vouches for the sender. */
bool match_sender_is_nobody(const struct match_query *query);

struct match {
	enum match_how how;
	struct ticket ticket;		/* number 0: none, open a new one */
	struct numbers links;		/* tickets named but not allowed, disagreeing, closed for too long or purged */
	bool late;			/* the ticket found was closed too long ago: a new one, linked */
	bool own;			/* the message itself is one that left our house */
	bool known_id;			/* its own Message-ID is known: it may be a second copy */
	bool answers_note;		/* an agent's: it answers an internal note, at once or further up */
};

/* Was this message recorded before: by its identity (message_digest; id is its Message-ID, or the one given to it), or because it carries our X-Ticket and tag beside an id, author and
 * date that we know, as after a content filter that changed its body and an MTA that added what was missing? ST_NOT_FOUND.
 * Ticket and seq 0: seen, and of no ticket. */
enum status match_seen(struct txn *txn, const struct match_query *query, const char *id, const char *digest, uint64_t *ticket_out, uint64_t *seq_out,
	struct error *err);

/* *match_out must be zeroed or released. */
enum status match_find(struct txn *txn, const struct match_query *query, struct match *match_out, struct error *err);
void match_release(struct match *match);

#endif
