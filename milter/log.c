/* Logging. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/text.h"

enum { VALUE_MAX = 200, LINE_MAX_BYTES = 1000 };

static bool use_syslog;

void log_open(bool to_stderr)
{
	use_syslog = !to_stderr;
	if (use_syslog)
		openlog("milticketd", LOG_PID, LOG_MAIL);
}

static const char *log_word(int priority)
{
	if (priority == LOG_ERR)
		return "error: ";
	return priority == LOG_WARNING ? "warning: " : "";
}

G_GNUC_PRINTF(2, 0) static void write_line(int priority, const char *fmt, va_list ap)
{
	g_autofree char *raw = g_strdup_vprintf(fmt, ap),
			*line = text_line_shown(raw, LINE_MAX_BYTES);

	if (use_syslog)
		syslog(priority, "%s", line);
	else
		fprintf(stderr, "milticketd: %s%s\n", log_word(priority), line);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_INFO, fmt, ap);
	va_end(ap);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_WARNING, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_line(LOG_ERR, fmt, ap);
	va_end(ap);
}

const char *log_queue_id(const char *queue_id)
{
	return queue_id && *queue_id ? queue_id : "NOQUEUE";
}

GString *log_line_begin(const char *queue_id)
{
	GString *line = g_string_new(log_queue_id(queue_id));

	return g_string_append_c(line, ':');
}

/* A value stays one word, so that lines can be taken apart again. */
void log_line_add(GString *line, const char *key, const char *value)
{
	g_autofree char *clean = value && *value ? text_line_shown(value, VALUE_MAX) : NULL;

	if (!clean)
		return;
	if (strchr(clean, ' '))
		g_string_append_printf(line, " %s=\"%s\"", key, g_strdelimit(clean, "\"", '\''));
	else
		g_string_append_printf(line, " %s=%s", key, clean);
}

void log_line_number(GString *line, const char *key, guint64 value)
{
	if (value)
		g_string_append_printf(line, " %s=%" G_GUINT64_FORMAT, key, value);
}

void log_line_end(GString *line)
{
	log_info("%s", line->str);
	g_string_free(line, TRUE);
}
