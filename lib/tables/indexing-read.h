/* What of the store goes into the index of words next. */
#ifndef MILTICKET_INDEXING_READ_H
#define MILTICKET_INDEXING_READ_H

#include "archive/fulltext.h"
#include "tables/following.h"

/* What is read in one transaction. */
struct reading {
	struct fulltext *fulltext; /* NULL: nobody may ask it now */
	uint64_t after;            /* ticket's number, or serial of the log */
	unsigned most;
	size_t bytes;    /* of texts, so far */
	bool cut;        /* there was more than is read at once: the same is to be read again */
	GPtrArray *rows; /* struct fulltext_row * */
	GArray *removed; /* uint64_t: tickets of which nothing older stays */
	struct following log;
	uint64_t last; /* ticket or serial that was read last */
};

void reading_init(struct reading *reading);
void reading_release(struct reading *reading);

/* store_fn, of a struct reading: what the log says after a serial, or tickets after a number. Of
 * the former, and where there is an index, only messages that it has not. */
enum status indexing_read_log(struct txn *txn, void *reading, struct error *err);
enum status indexing_read_tickets(struct txn *txn, void *reading, struct error *err);

#endif
