/* Outcomes in the log. */
#include "outcome-log.h"

#include "log.h"
#include "model/ticket.h"

void outcome_log(const char *queue_id, const struct outcome *o)
{
	GString *line = log_line_begin(queue_id);

	log_line_number(line, "ticket", o->ticket);
	log_line_add(line, "event", o->left_alone ? "left-alone" : o->event);
	log_line_add(line, "whose", whose_names[o->whose]);
	log_line_add(line, "match", o->ticket ? match_names[o->match] : NULL);
	log_line_add(line, "queue", o->queue);
	log_line_add(line, "agent", o->agent);
	log_line_add(line, "unverified", o->claimed);
	log_line_add(line, "automatic",
		o->automatic == AUTO_NONE ? NULL : automatic_names[o->automatic]);
	log_line_add(line, "reason", o->reason);
	log_line_add(line, "duplicate", o->duplicate ? "yes" : NULL);
	log_line_number(line, "not-told", o->not_told);
	log_line_end(line);
}

void outcome_warn_of_flood(const struct settings *settings)
{
	static gint warned; /* when, in seconds of the monotonic clock; 0: never; atomic */
	gint now = (gint)(g_get_monotonic_time() / G_TIME_SPAN_SECOND) + 1;
	gint before = g_atomic_int_get(&warned);

	if (before && now - before < (gint)(G_TIME_SPAN_HOUR / G_TIME_SPAN_SECOND))
		return;
	if (!g_atomic_int_compare_and_exchange(&warned, before, now))
		return;
	log_warning("automatic answers are suppressed: an hour has had %" G_GINT64_FORMAT
		    " or nearly (policy.answers_per_hour)",
		settings->policy.answers_per_hour);
}
