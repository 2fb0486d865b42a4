/* The daemon's log: one line an event, to syslog or standard error. Values of mail are cleaned;
 * never a subject, text or secret. */
#ifndef MILTICKET_LOG_H
#define MILTICKET_LOG_H

#include <glib.h>
#include <stdbool.h>

/* Until then, and with to_stderr, lines go to standard error. */
void log_open(bool to_stderr);

void log_info(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void log_warning(const char *fmt, ...) G_GNUC_PRINTF(1, 2);
void log_error(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/* What the log calls a message; NULL or "": the MTA has given it no id yet. Borrowed. */
const char *log_queue_id(const char *queue_id);

/* Builds "4F2xq: ticket=1042 event=followup …": log_line_begin, log_line_add for each,
 * log_line_end. Empty and NULL values are left out. */
GString *log_line_begin(const char *queue_id);
void log_line_add(GString *line, const char *key, const char *value);
void log_line_number(GString *line, const char *key, guint64 value);
void log_line_end(GString *line);

#endif
