/* "1 ticket", "2 tickets": how many of what, for sentences. */
#ifndef MILTICKET_COUNTED_H
#define MILTICKET_COUNTED_H

#include <stdint.h>

/* Owned. */
char *counted_tickets(uint64_t n);
char *counted_new_tickets(uint64_t n);
char *counted_messages(uint64_t n);
char *counted_mails(uint64_t n);
char *counted_archived_mails(uint64_t n);
char *counted_findings(uint64_t n);

#endif
