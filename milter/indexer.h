/* The thread that keeps the search index (tables/indexing.h) up to date: after the commit, and
 * never in the way of mail. What is wrong with the index is a line in the log, and nothing else. */
#ifndef MILTICKET_INDEXER_H
#define MILTICKET_INDEXER_H

#include "daemon.h"

/* False: there is no thread to be had. */
bool indexer_start(struct daemon *daemon);
/* Returns after the step at hand. */
void indexer_stop(void);
/* The log may be longer. From any thread; cheap. */
void indexer_wake(void);

#endif
