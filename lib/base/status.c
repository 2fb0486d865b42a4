/* Error texts. */
#include "base/status.h"

#include <string.h>

#include "base/text.h"

/* Of a text that is too long, the end stays, where the reason stands, and as much of the beginning
 * as there is room for. */
enum { TAIL = 160 };
static const char gap[] = " […] ";

static void put_shortened(struct error *err, const char *text, size_t len)
{
	size_t head = text_cut(text, len, sizeof err->text - sizeof gap - TAIL);
	const char *tail = text + len - TAIL;

	while (((guchar)*tail & 0xc0) == 0x80)
		tail++;
	g_snprintf(err->text, sizeof err->text, "%.*s%s%s", (int)head, text, gap, tail);
}

enum status error_vset(struct error *err, enum status st, const char *fmt, va_list ap)
{
	g_autofree char *raw = NULL, *text = NULL;
	size_t len;

	if (!err)
		return st;
	raw = g_strdup_vprintf(fmt, ap);
	/* Room for what is not seen: at most nine bytes for one. */
	text = text_line_shown(raw, 9 * strlen(raw));
	len = strlen(text);
	if (len < sizeof err->text)
		g_strlcpy(err->text, text, sizeof err->text);
	else
		put_shortened(err, text, len);
	return st;
}

enum status error_set(struct error *err, enum status st, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vset(err, st, fmt, ap);
	va_end(ap);
	return st;
}
