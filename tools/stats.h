/* What `ticket stats` counts, and its forms. */
#ifndef MILTICKET_STATS_H
#define MILTICKET_STATS_H

#include "cli.h"
#include "model/ticket.h"
#include "keep/mailboxes.h"
#include "search-index.h"
#include "tables/answers.h"

/* Seconds that something took, of many tickets. */
struct spans {
	GArray *seconds; /* uint32_t: there may be millions; sorted once all are in */
	int64_t sum;
};

/* Tickets of one queue, of one agent, or all. */
struct stats_part {
	char *name;
	uint64_t total, open, by_status[TICKET_SPAM + 1];
	struct spans response, resolution;
};

/* What came of one promise, over all its tickets. */
struct stats_promise {
	char *name;                 /* first, for stats_sorted_by_name() */
	uint64_t kept[KEPT_PLACES]; /* enum kept_place */
	uint64_t overdue;           /* tickets that are, now */
};

/* What one automation did, over all tickets. */
struct stats_automation {
	char *name;             /* first, too */
	uint64_t runs, stopped; /* stopped: it was the last before they were */
};

struct stats {
	const struct cli *cli;
	int64_t since; /* 0: all */
	struct stats_part *all;
	GHashTable *queues, *agents; /* name → struct stats_part *; an agent "" is nobody */
	GHashTable *promises;        /* name → struct stats_promise * */
	GHashTable *automations;     /* name → struct stats_automation * */
	uint64_t undelivered, outbox[OUTGOING_SUPPRESSED + 1];
	struct answers_totals answers;
	struct index_state index; /* Prometheus only; this one and what follows */
	struct store_health health;
	bool has_health;
	struct mailboxes_status mailboxes;
	bool has_mailboxes;
};

void stats_init(struct stats *stats, const struct cli *cli);
void stats_release(struct stats *stats);
/* Within a transaction: reads every ticket opened since then. */
enum status stats_collect(struct txn *txn, void *stats, struct error *err);

/* The parts of a table by name, nobody last. Of GList; free the list only. */
GList *stats_sorted(GHashTable *parts);
/* Promises or automations by name, in the same way. */
GList *stats_sorted_by_name(GHashTable *named);
/* -1 when there is none. */
int64_t spans_percentile(const struct spans *spans, unsigned percent);

void stats_print_text(const struct stats *stats);
void stats_print_json(const struct stats *stats);
void stats_print_prometheus(const struct stats *stats);

#endif
