/* What of a query is looked for in texts. */
#ifndef MILTICKET_QUERY_WORDS_H
#define MILTICKET_QUERY_WORDS_H

#include "base/sought.h"
#include "model/query.h"

/* Words, phrases and terms of texts, notes and attachments that are not ruled out: struct sought *,
 * borrowed from the query. */
void query_words(const struct query_tree *query, GPtrArray *words_out);

#endif
