/* What is going to be read of the tables, told before it is: see store/wants.h. */
#ifndef MILTICKET_WANTED_H
#define MILTICKET_WANTED_H

#include "store/wants.h"
#include "tables/tickets.h"

/* A ticket, its last message, its queue and its agent. */
void wanted_ticket(struct wants *wants, uint64_t number);
/* Who knows that Message-ID: the tickets as above, and the message. */
void wanted_id(struct wants *wants, const char *message_id);
void wanted_digest(struct wants *wants, const char *digest);
void wanted_queue(struct wants *wants, const char *name);
/* An agent, by login or address, as agents_find() looks for one. */
void wanted_agent(struct wants *wants, const char *login_or_address);
/* What an automatic answer to that address asks. */
void wanted_answer(struct wants *wants, const char *address, int64_t now);
/* The next ticket's number. */
void wanted_number(struct wants *wants, const struct numbering *numbering);

#endif
