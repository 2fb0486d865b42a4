/* A listing of tickets, as the options of `list` and `search` describe it: filter, order, limit,
 * form. */
#ifndef MILTICKET_LISTING_H
#define MILTICKET_LISTING_H

#include "cli.h"
#include "tables/tickets.h"

/* The options of both commands. */
extern const struct cli_option listing_options[];

/* Is this one of those that are looked for? Beyond the filter, within the same transaction. */
typedef enum status listing_match(struct txn *txn, const struct ticket *ticket, void *arg,
	bool *wanted_out, struct error *err);

/* Adds the numbers of the next tickets to be shown, in that order; none: there are no more. */
typedef enum status listing_source(GArray *numbers, void *arg, struct error *err);

/* Prints what the options of cli ask for, newest activity first unless they say otherwise, at most
 * `limit` unless they say otherwise (0: all). matches may be NULL. Statuses are all rather than the
 * active ones with everything, if no option names one. Ends early, with what was found so far, when
 * interrupted or when nobody reads any more. Gives an exit code. */
int listing_run(
	struct cli *cli, uint64_t limit, bool everything, listing_match *matches, void *arg);

/* The same for tickets that a source gives, in its order unless the options name one. */
int listing_run_source(struct cli *cli, uint64_t limit, listing_source *source, void *arg);

#endif
