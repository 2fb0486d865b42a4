/* What is found and shown by mail: for a screen as narrow as a phone's. What strangers wrote stands
 * behind a bar, so that no line of it is a command in an answer to the transcript. */
#ifndef MILTICKET_COMMAND_FIND_H
#define MILTICKET_COMMAND_FIND_H

#include "act/commander.h"

/* Tickets that the commander may work on. Owned. filter: NULL, "me", a queue or status, or terms of
 * a query (model/query.h): those that are open, unless it says which. ST_BAD_INPUT, ST_NOT_FOUND,
 * ST_REFUSED say what is wrong with it. */
enum status find_list(struct txn *txn, const struct commander *commander, const char *filter,
	char **answer_out, struct error *err);
/* The same by a query over all tickets, with the places where its words stand, the best first. With
 * no index of words, only tickets that were changed last are read, and the answer says so. */
enum status find_search(struct txn *txn, const struct commander *commander, const char *query,
	char **answer_out, struct error *err);
/* A ticket with the texts of its last messages, and what happened to it last. */
enum status find_show(struct txn *txn, const struct commander *commander, uint64_t number,
	char **answer_out, struct error *err);

#endif
