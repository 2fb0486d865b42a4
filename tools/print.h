/* What commands print: one interface, a form for people and one for programs. */
#ifndef MILTICKET_PRINT_H
#define MILTICKET_PRINT_H

#include "cli.h"
#include "tables/snippets.h"
#include "tables/tickets.h"

enum print_kind {
	PRINT_TICKETS,
	PRINT_QUEUES,
	PRINT_AGENTS,
	PRINT_ACCOUNTS,
	PRINT_OUTBOX,
	PRINT_QUERIES,
	PRINT_EVENTS
};

/* A queue with what is counted of it. */
struct queue_view {
	struct queue *queue;
	char **members; /* logins; NULL-terminated */
	struct queue_count count;
};

/* A ticket with all that belongs to it. */
struct ticket_view {
	const struct ticket *ticket;
	GPtrArray *entries; /* struct entry * */
	GPtrArray *texts;   /* char *, of the entry at the same place */
	GPtrArray *events;  /* struct event * */
	char *others;       /* the requester's other open tickets, a line; NULL: none */
	/* struct ticket *: all of the requester's, newest activity first; NULL: not asked for */
	GPtrArray *history;
};

struct printer;

/* One form of output. */
struct print_form {
	void (*begin)(struct printer *printer);
	void (*ticket)(struct printer *printer, const struct ticket *ticket);
	void (*queue)(struct printer *printer, const struct queue_view *view);
	void (*agent)(struct printer *printer, const struct agent *agent);
	void (*account)(struct printer *printer, const struct account *account);
	void (*outgoing)(struct printer *printer, const struct outgoing *outgoing);
	void (*query)(struct printer *printer, const struct shared_query *query, bool shared);
	void (*event)(struct printer *printer, const struct event *event);
	void (*view)(struct printer *printer, const struct ticket_view *view);
	void (*end)(struct printer *printer);
};
extern const struct print_form print_text_form, print_json_form;

struct printer {
	const struct print_form *form;
	struct cli *cli;
	enum print_kind kind;
	unsigned count;
	struct table *table;          /* text only */
	struct table_column *columns; /* of it, where they were chosen; NULL */
	/* where in the ticket that is printed what was looked for stands; NULL */
	struct found_snippet *found;
};

/* The usual columns of tickets, by their names; NULL-terminated. Others are as in --format. */
extern const char *const print_columns[];

void print_begin(struct printer *printer, struct cli *cli, enum print_kind kind);
void print_ticket(struct printer *printer, const struct ticket *ticket);
void print_queue(struct printer *printer, const struct queue_view *view);
void print_agent(struct printer *printer, const struct agent *agent);
void print_account(struct printer *printer, const struct account *account);
void print_outgoing(struct printer *printer, const struct outgoing *outgoing);
/* One's own has neither .by nor .saved. */
void print_query(struct printer *printer, const struct shared_query *query, bool shared);
void print_event(struct printer *printer, const struct event *event);
/* "old → new", "→ new", "old →"; then what else is said. Owned. */
char *print_change(const struct event *event);
void print_view(struct printer *printer, const struct ticket_view *view);
/* EXIT_DONE, or EXIT_NOTHING when nothing was printed. */
int print_end(struct printer *printer);

#endif
