/* A ticket with everything that belongs to it, loaded. */
#ifndef MILTICKET_VIEW_H
#define MILTICKET_VIEW_H

#include "print.h"

/* Fills *view_out and *ticket_out; ST_NOT_FOUND. view_release() frees both. */
enum status view_load(struct txn *txn, uint64_t number, struct ticket *ticket_out,
	struct ticket_view *view_out, struct error *err);
/* Adds the line of its requester's other open tickets, in the same transaction. */
enum status view_load_others(struct txn *txn, struct ticket_view *view, struct error *err);
/* Adds the other tickets of its requester, in the same transaction; VIEW_HISTORY_MAX of them at
 * most, the ticket itself among them. */
enum { VIEW_HISTORY_MAX = 1000 };
enum status view_load_history(struct txn *txn, struct ticket_view *view, struct error *err);
void view_release(struct ticket *ticket, struct ticket_view *view);

#endif
