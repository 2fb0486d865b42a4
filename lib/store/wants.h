/* What a function is going to read, told before it runs, so that an engine with a network in
 * between reads it in one trip. Whoever builds one asks store_reads_ahead() first. */
#ifndef MILTICKET_WANTS_H
#define MILTICKET_WANTS_H

#include "store/store.h"

enum want_kind {
	WANT_ROW, /* the row of that key */
	/* Key of a ticket: it, its last entry, its queue and agent. */
	WANT_TICKET,
	/* Hash of a Message-ID, as keys of TABLE_IDS begin: its rows, and of each the ticket as
	 * above, and the entry that it leads to. */
	WANT_ID,
	/* An address as TABLE_AGENT_ADDRESSES has it: its row, and the agent. */
	WANT_ADDRESS,
};

struct want_row {
	enum want_kind kind;
	enum store_table table; /* of WANT_ROW */
	struct key key;
};

struct wants {
	GArray *rows;     /* struct want_row */
	GPtrArray *names; /* of numbers; char *, owned */
	int64_t since;    /* monotonic time from which store.deadline_s counts; 0: from the call */
};

void wants_init(struct wants *wants);
void wants_release(struct wants *wants);
void want_row(
	struct wants *wants, enum want_kind kind, enum store_table table, const struct key *key);
void want_number(struct wants *wants, const char *name);

#endif
