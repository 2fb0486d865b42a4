/* Index rows of tickets, shared by the files of tickets.h only. */
#ifndef MILTICKET_TICKETS_INDEX_H
#define MILTICKET_TICKETS_INDEX_H

#include "tables/tickets.h"

/* A key in TABLE_INDEX: kind, hash of the value, active (1 or 0), activity, number. A hash of 32
 * bits may bring tickets of another value: whoever walks a list looks at the record. There is no
 * list of all: it is the lists of each status. */
enum index_kind {
	INDEX_STATUS = 'S',
	INDEX_QUEUE = 'Q',
	INDEX_AGENT = 'G',
	INDEX_PROJECT = 'P',
	INDEX_REQUESTER = 'R',
	INDEX_TAG = 'T',
	INDEX_UNDELIVERED = 'U'
};

/* The part of a key that names a list; NULL value: the empty one. A ticket that is nobody's is in
 * no agent's. */
void index_list_key(struct key *key, enum index_kind kind, const char *value, bool active);
/* What follows it. */
int64_t index_activity(struct bytes key);
uint64_t index_number(struct bytes key);

/* Every index key that this ticket has, struct key * owned by the array. */
GPtrArray *index_keys(const struct ticket *ticket);

/* Moves the rows of a ticket from how it was (NULL: new) to how it is (NULL: gone); touches only
 * rows that differ. */
enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after);

/* Of the queue, or watched by it. */
bool ticket_in_queue(const struct ticket *ticket, const char *queue);

/* The row in TABLE_DUE: time, number; false when the ticket waits for no time. */
bool due_key(struct key *key, const struct ticket *ticket);
uint64_t due_number(struct bytes key);
bool keys_have(GPtrArray *keys, struct bytes key);

/* Moves the counts of a ticket's queues; before its rows and its record are changed, as a queue
 * without a count is counted. */
enum status counts_move(struct txn *txn, const struct ticket *before, const struct ticket *after,
	struct error *err);
/* They are counted when they are next needed. */
enum status counts_forget(struct txn *txn, const struct ticket *ticket);
/* Rows of TABLE_META that are counts; and whether one is right. */
bool counts_row(struct bytes key);
bool counts_row_right(struct txn *txn, struct bytes key, struct bytes value);

void ticket_key(struct key *key, uint64_t number);
void entry_key(struct key *key, uint64_t number, uint64_t seq);
void entry_key_read(struct bytes key, uint64_t *number_out, uint64_t *seq_out);
/* How many it has. */
uint64_t entry_attachments(const struct entry *entry);
void id_key(struct key *key, const char *message_id, uint64_t number);
struct id_hit id_read(struct bytes key, struct bytes value);

enum status record_error(
	struct txn *txn, enum status st, const char *what, uint64_t number, struct error *err);

#endif
