/* What became of a message, as the log says it: one line, and now and then a warning. */
#ifndef MILTICKET_OUTCOME_LOG_H
#define MILTICKET_OUTCOME_LOG_H

#include "act/outcome.h"
#include "settings/settings.h"

/* "4F2xq: ticket=1042 event=followup …" */
void outcome_log(const char *queue_id, const struct outcome *outcome);

/* Warns of suppressed answers, once an hour, as a flood has thousands. Thread-safe. */
void outcome_warn_of_flood(const struct settings *settings);

#endif
