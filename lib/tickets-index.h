/* Index rows of tickets, shared by the files of tickets.h only. */
#ifndef MILTICKET_TICKETS_INDEX_H
#define MILTICKET_TICKETS_INDEX_H

#include "tickets.h"

/* The first byte of a key in TABLE_INDEX; then value NUL, active (1 or 0), activity, number. */
enum index_kind {
	INDEX_ALL = 'A', INDEX_STATUS = 'S', INDEX_QUEUE = 'Q', INDEX_AGENT = 'G', INDEX_PROJECT = 'P', INDEX_REQUESTER = 'R', INDEX_TAG = 'T',
	INDEX_UNDELIVERED = 'U'
};

/* The part of a key that names a list; NULL value: the empty one (nobody's tickets). */
void index_list_key(struct key *key, enum index_kind kind, const char *value);

/* Every index key that this ticket has, struct key * owned by the array. */
GPtrArray *index_keys(const struct ticket *ticket);

/* Moves the rows of a ticket from how it was (NULL: new) to how it is (NULL: gone); touches only rows that differ. */
enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after);

/* The row in TABLE_DUE; false when the ticket waits for no time. */
bool due_key(struct key *key, const struct ticket *ticket);
bool keys_have(GPtrArray *keys, struct bytes key);

void ticket_key(struct key *key, uint64_t number);
void entry_key(struct key *key, uint64_t number, uint64_t seq);
void id_key(struct key *key, const char *message_id, uint64_t number);

/* Compares a row's value with an id; false if it is another's. */
bool id_read(struct bytes key, struct bytes value, const char *message_id, struct id_hit *hit_out);

enum status record_error(struct txn *txn, enum status st, const char *what, uint64_t number, struct error *err);

#endif
