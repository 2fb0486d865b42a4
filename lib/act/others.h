/* A requester's other open tickets, as who works on one of them wants to know of the rest. */
#ifndef MILTICKET_OTHERS_H
#define MILTICKET_OTHERS_H

#include "model/ticket.h"
#include "store/store.h"

/* "#12 Printer on fire (open), #15 No paper (waiting)": those that are neither closed, spam nor
 * merged, newest activity first, a few of them and how many more there are. agent: who reads it,
 * and learns only of tickets that they may work on; NULL: all. *line_out owned; NULL when there is
 * none. */
enum status others_line(struct txn *txn, const struct ticket *ticket, const struct agent *agent,
	char **line_out, struct error *err);

#endif
