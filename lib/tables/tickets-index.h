/* Index rows of tickets, shared by the files of tickets.h only. */
#ifndef MILTICKET_TICKETS_INDEX_H
#define MILTICKET_TICKETS_INDEX_H

#include "tables/tickets.h"

/* An engine that finds tickets by what is in their records (txn_query()) has none of these rows.
 * For one that derives: one list has every ticket, in the order of activity; its key in
 * TABLE_INDEX: INDEX_LIST, active (1 or 0), activity, number. The row's value tells what the usual
 * filters ask for, so that a walk loads few tickets; it may tell a little too much, never too
 * little: whoever walks the list looks at the record. Who looks for what few tickets have, a
 * requester or a tag, finds their numbers in blocks of BLOCK_TICKETS numbers in a row (key:
 * INDEX_BLOCK, number of the block): new tickets come to the last one, so that mail writes no page
 * for them somewhere in the store. */
enum index_kind {
	INDEX_LIST = 'L',
	INDEX_BLOCK = 'B',
	/* in values only: texts' .index in the rows of fields */
	INDEX_QUEUE = 'Q',
	INDEX_AGENT = 'G',
	INDEX_PROJECT = 'P',
	INDEX_REQUESTER = 'R',
	INDEX_TAG = 'T',
	/* times, in seconds; older rows have none */
	INDEX_OPENED = 'O',
	INDEX_CLOSED = 'C',
	/* of rows with LISTED_TELLS: where it is not the usual one; where it is not the activity */
	INDEX_PRIORITY = 'Y',
	INDEX_TOUCHED = 'I',
};

/* A filter's field as it stands in a row: kind and hash of the value. */
enum { TRAIT_BYTES = 6, BLOCK_TICKETS = 64 };
struct trait {
	guint8 data[TRAIT_BYTES];
};
struct trait trait_of(enum index_kind kind, const char *value);

/* The value of a ticket's row in the list. */
enum trait_flags {
	LISTED_UNDELIVERED = 1,
	LISTED_MERGED = 2,
	LISTED_OVERDUE = 4,
	LISTED_LINKED = 8,
	LISTED_ATTACHED = 16,
	LISTED_UNANSWERED = 32,
	LISTED_CROSSED = 64,
	LISTED_TELLS = 128, /* of these five, too; older rows do not */
};
struct listed {
	int status;
	unsigned flags;
	const struct trait *traits; /* borrowed from the row */
	size_t n;
};
/* False when it is none. */
bool listed_read(struct bytes value, struct listed *listed_out);
bool listed_has(const struct listed *listed, struct trait trait);
/* INDEX_OPENED, INDEX_CLOSED or INDEX_TOUCHED, the beginning of its second; 0: it does not tell. */
int64_t listed_time(const struct listed *listed, enum index_kind kind);
/* Is it what the ticket's row should be? */
bool listed_right(struct bytes value, const struct ticket *ticket);

/* The part of a key that names one half of the list, and what follows it. */
void list_key(struct key *key, bool active);
int64_t list_activity(struct bytes key);
uint64_t list_number(struct bytes key);
bool is_list_key(struct bytes key);

void list_row_key(struct key *key, const struct ticket *ticket);
GByteArray *listed_value(const struct ticket *ticket); /* owned */

/* A block's value: of each of its tickets its place in the block and a trait, as often as it has
 * any. */
enum { PART_BYTES = 1 + TRAIT_BYTES };
/* False when it is no block's. */
bool block_read_key(struct bytes key, uint64_t *block_out);
/* Appends the parts of a ticket. */
void block_add(GByteArray *parts, const struct ticket *ticket);
/* Of the block that the number is in; without parts it has no row. */
enum status block_save(struct txn *txn, uint64_t number, const GByteArray *parts);

struct bytes index_bytes(const GByteArray *value);
/* Are the ticket's row in the list and its part of a block as they should be? */
enum status index_right(struct txn *txn, const struct ticket *ticket, bool *right_out);

/* Numbers of tickets with that requester or tag, at most max, the largest first; a few more
 * perhaps. */
enum status blocks_find(
	struct txn *txn, struct trait trait, uint64_t *numbers, size_t max, size_t *n_out);

/* Moves the rows of a ticket from how it was (NULL: new) to how it is (NULL: gone); touches only
 * rows that differ. */
enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after);

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
