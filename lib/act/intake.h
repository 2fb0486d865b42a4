/* The whole story of one message, from what the MTA told us to a committed ticket and a plan of
 * edits. Used by the milter and by import. */
#ifndef MILTICKET_INTAKE_H
#define MILTICKET_INTAKE_H

#include "act/outcome.h"
#include "decide/arrival.h"
#include "store/store.h"
#include "tables/agents-known.h"

/* --- intake-interest.c: before the message is there --- */

/* At DATA, from the envelope alone: is there anything here for us? Pure; no allocation that grows
 * with the mail. */
enum interest { INTEREST_NONE, INTEREST_MAYBE, INTEREST_FULL };
enum interest intake_interest(const struct settings *settings, const struct envelope *envelope);

/* Is this recipient, as given in the envelope, an account in use? */
bool intake_is_addressed(const struct settings *settings, const char *recipient);

/* At the end of headers, asked only after INTEREST_MAYBE (an authenticated sender writes to nobody
 * of ours): is it an agent's mail that belongs to a ticket, or a report (a read receipt), of which
 * only the body tells? The arrival's message has headers only. While the store cannot be asked,
 * mail of who is known to be no agent is not ours; known may be NULL. */
enum status intake_headers(struct store *store, struct agents_known *known, struct arrival *arrival,
	bool *ours_out, struct error *err);

/* --- intake.c --- */

/* Reads the arrival, archives, commits (durably, if the store is so), plans. Anything but ST_OK:
 * nothing is recorded, and the message must not be accepted as a ticket. Safe to call from many
 * threads, each with its own message. outcome must be initialised; what was read of the arrival is
 * released. */
enum status intake(
	struct store *store, struct arrival *arrival, struct outcome *outcome, struct error *err);

/* Several in this order as one transaction and with one sync, for imports: all are recorded or none
 * is. The outcomes must be initialised. */
enum status intake_batch(struct store *store, struct arrival *arrivals, struct outcome *outcomes,
	size_t n, struct error *err);

#endif
