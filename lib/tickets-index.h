/* Index rows of tickets, shared by the files of tickets.h only. */
#ifndef MILTICKET_TICKETS_INDEX_H
#define MILTICKET_TICKETS_INDEX_H

#include "tickets.h"

/* The first byte of a key in TABLE_INDEX; then value NUL, active (1 or 0), activity, number. */
enum index_kind {
	INDEX_ALL = 'A', INDEX_STATUS = 'S', INDEX_QUEUE = 'Q', INDEX_AGENT = 'G', INDEX_PROJECT = 'P', INDEX_REQUESTER = 'R', INDEX_TAG = 'T'
};

/* The part of a key that names a list; NULL value: the empty one (nobody's tickets). */
void index_list_key(struct key *key, enum index_kind kind, const char *value);

/* Every index key that this ticket has, as GBytes-like struct key *, owned by the array. */
GPtrArray *index_keys(const struct ticket *ticket);

/* Moves the rows of a ticket from how it was (NULL: new) to how it is (NULL: gone); touches only rows that differ. */
enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after);

void ticket_key(struct key *key, uint64_t number);
void entry_key(struct key *key, uint64_t number, uint64_t seq);
void id_key(struct key *key, const char *message_id, uint64_t number);

enum status record_error(struct txn *txn, enum status st, const char *what, uint64_t number, struct error *err);

#endif
