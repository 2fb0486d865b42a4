/* The whole story of one message, from what the MTA told us to a committed ticket and a plan of
 * edits. Used by the milter and by import. */
#ifndef MILTICKET_INTAKE_H
#define MILTICKET_INTAKE_H

#include "archive/spool.h"
#include "decide/classify.h"
#include "mail/edits.h"
#include "settings/settings.h"
#include "store/store.h"

/* At DATA, from the envelope alone: is there anything here for us? Pure; no allocation that grows
 * with the mail. */
enum interest { INTEREST_NONE, INTEREST_MAYBE, INTEREST_FULL };
enum interest intake_interest(const struct settings *settings, const struct envelope *envelope);

/* Is this recipient, as given in the envelope, an account in use? */
bool intake_is_addressed(const struct settings *settings, const char *recipient);

/* At the end of headers, asked only after INTEREST_MAYBE (an authenticated sender writes to nobody
 * of ours): is it an agent's mail that belongs to a ticket, or a report (a read receipt), of which
 * only the body tells? `message` has headers only. */
enum status intake_headers(struct store *store, const struct settings *settings,
	const struct envelope *envelope, struct message *message, bool *ours_out,
	struct error *err);

/* Where a message is kept while it arrives, for intake() to have: as the settings say, and with the
 * header fields that decide, however many come before them. The settings outlive it. */
struct spool *intake_spool(const struct settings *settings);
/* Is a header of that name one that decides what becomes of a message? */
bool intake_header_decides(const char *name, const void *settings);

struct arrival {
	const struct settings *settings;
	const struct envelope *envelope;
	struct message *message;
	/* kept in the archive when the message is recorded and an archive is configured */
	struct spool *spool;
	/* of an import: the ticket's in the system that the mail comes from, whoever names it; 0:
	 * none */
	uint64_t number;
	bool import; /* no autoresponse, no notices, no edits; the From header tells whose it is */
};

struct outcome {
	struct edits edits; /* what shall become of the message */
	enum whose whose;
	bool left_alone;   /* not recorded: accepted as it came; `reason` says why */
	bool duplicate;    /* recorded before: same ticket, same edits, nothing added */
	unsigned not_told; /* members of the queue past LIMIT_NOTIFIED */
	bool queued;       /* something is in the outbox: wake the sender */
	bool over_hour;    /* not answered: there were policy.answers_per_hour */
	uint64_t ticket, seq;
	const char *event; /* of its arrival (ticket.h), or "commands"; static */
	int match;         /* enum match_how */
	enum automatic automatic;
	const char *reason; /* static; NULL */
	char *queue;        /* owned */
	char *agent;        /* login of the authenticated agent who sent it; NULL; owned */
	/* login of the agent that From names while nobody vouches for the sender; NULL; owned */
	char *claimed;
};
void outcome_init(struct outcome *outcome);
void outcome_release(struct outcome *outcome);

/* Archives, commits (durably, if the store is so), plans. Anything but ST_OK: nothing is recorded,
 * and the message must not be accepted as a ticket. Safe to call from many threads, each with its
 * own message. outcome must be initialised. */
enum status intake(struct store *store, const struct arrival *arrival, struct outcome *outcome,
	struct error *err);

/* Several in this order as one transaction and with one sync, for imports: all are recorded or none
 * is. The outcomes must be initialised. */
enum status intake_batch(struct store *store, const struct arrival *arrivals,
	struct outcome *outcomes, size_t n, struct error *err);

#endif
