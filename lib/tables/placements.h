/* What is in the agents' mailboxes below a directory, and how far they have followed the log. A
 * directory is named by `box`, placements_box() of its path. */
#ifndef MILTICKET_PLACEMENTS_H
#define MILTICKET_PLACEMENTS_H

#include "model/ticket.h"
#include "tables/record-table.h"

void placements_box(const char *path, char box_out[BOX_BYTES]);

/* ST_NOT_FOUND: the ticket has no messages in the mailboxes. */
enum status placements_load(struct txn *txn, const char *box, uint64_t ticket,
	struct placement *placement_out, struct error *err);
enum status placements_save(struct txn *txn, const struct placement *placement, struct error *err);
/* ST_OK also when there is none. */
enum status placements_remove(struct txn *txn, const char *box, uint64_t ticket, struct error *err);

/* Each of a directory, by ticket, from a number on. fn as record_visit. */
enum status placements_each(struct txn *txn, const char *box, uint64_t from, record_visit *fn,
	void *arg, struct error *err);
enum status trees_each(
	struct txn *txn, const char *box, record_visit *fn, void *arg, struct error *err);

/* How far. */
struct placements_place {
	uint64_t serial; /* of the log: what came until then is in the rows */
	uint64_t done;   /* and until then in the files */
	uint64_t number; /* while they are built: up to which ticket */
	bool built;      /* all tickets are in the rows */
	uint64_t asked;  /* for building anew: counts up */
	uint64_t begun;  /* the last that was begun */
};
/* All zero where there is none. */
enum status placements_place(
	struct txn *txn, const char *box, struct placements_place *place_out, struct error *err);
enum status placements_place_save(
	struct txn *txn, const char *box, const struct placements_place *place, struct error *err);

/* Addresses, a line each, of people who are to be in none of the mails that are kept there; "" for
 * none. Asked for by who redacts, done by who has the rights to it. *addresses_out is owned. */
enum status placements_redact_ask(
	struct txn *txn, const char *box, const char *address, struct error *err);
enum status placements_redact_wanted(
	struct txn *txn, const char *box, char **addresses_out, struct error *err);
enum status placements_redact_done(struct txn *txn, const char *box, struct error *err);

#endif
