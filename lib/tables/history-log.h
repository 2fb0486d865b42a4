/* Where each event is. The log maps its serial to its ticket, or to the message that it came with
 * and whose record tells it: most events are of mail, and need no row of their own. */
#ifndef MILTICKET_HISTORY_LOG_H
#define MILTICKET_HISTORY_LOG_H

#include "model/ticket.h"
#include "tables/record-table.h"

struct log_place {
	uint64_t ticket, seq; /* seq 0: the event has a row of its own */
};

/* The next serial; the caller puts it into the log. */
enum status log_next(struct txn *txn, uint64_t *serial_out);
enum status log_put(struct txn *txn, uint64_t serial, const struct log_place *place);
enum status log_find(struct txn *txn, uint64_t serial, struct log_place *place_out);
enum status log_delete(struct txn *txn, uint64_t serial);
struct log_place log_read(struct bytes value);

void log_key(struct key *key, uint64_t serial);
/* Of a row of its own. */
void event_key(struct key *key, uint64_t ticket, uint64_t serial);
/* Those with rows of their own. */

/* The event that the entry tells; its texts are borrowed. False when it tells none. */
bool log_told(const struct entry *entry, struct event *event_out);

#endif
