/* A listing of tickets, as the options of `list` and `search` describe it: filter, order, limit,
 * form. */
#ifndef MILTICKET_LISTING_H
#define MILTICKET_LISTING_H

#include "choosing.h"
#include "tables/tickets.h"

/* The options of both commands. */
extern const struct cli_option listing_options[];

/* Adds the numbers of the next tickets to be shown, in that order; none: there are no more. */
typedef enum status listing_source(GArray *numbers, void *arg, struct error *err);

struct listing_request;
/* Before the first of them is asked for: they should pass the filter, which lives as long as the
 * listing, and no more than `most` will be shown; 0: all. May take the source away. */
typedef void listing_begin(struct listing_request *request, const struct ticket_filter *filter,
	uint64_t most, void *arg);

struct listing_request {
	uint64_t limit;  /* unless an option says another; 0: all */
	bool everything; /* all statuses rather than the active ones, if nothing names one */
	struct choosing *choosing; /* which of them; NULL: all */
	/* only those that it would do something with now, its condition being chosen; NULL */
	const struct automation *automation;
	/* Where they come from, in its order unless an option names one; NULL: from the store, the
	 * newest activity first. */
	listing_source *source;
	listing_begin *begin;
	void *arg;
};

/* Prints what the options of cli ask for. Ends early, with what was found so far, when interrupted
 * or when nobody reads any more. Gives an exit code. */
int listing_run(struct cli *cli, struct listing_request *request);

#endif
