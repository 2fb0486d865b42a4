/* Error texts. */
#include "status.h"

enum status error_set(struct error *err, enum status st, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return st;
	va_start(ap, fmt);
	g_vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return st;
}
