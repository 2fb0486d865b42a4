/* Reasons. */
#include "base/why.h"

void why_add_line(GPtrArray *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(why, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}
