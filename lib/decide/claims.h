/* What a mail says of its ticket: header fields X-Ticket… */
#ifndef MILTICKET_CLAIMS_H
#define MILTICKET_CLAIMS_H

#include "model/ticket.h"

/* Nobody but us says what a ticket is: is a field of that name ours to write? */
bool claims_have(const char *name);

/* Those that the ticket alone tells, in order; the value is UTF-8. is_ours: a customer must not see
 * it. */
typedef void claim_visit(const char *name, const char *value, bool is_ours, void *arg);
void claims_each(const struct ticket *ticket, claim_visit *fn, void *arg);

#endif
