/* Counted nouns. */
#include "counted.h"

#include <glib.h>

#include "base/tongue.h"

char *counted_tickets(uint64_t n)
{
	return g_strdup_printf(ngettext("%" PRIu64 " ticket", "%" PRIu64 " tickets", n), n);
}

char *counted_new_tickets(uint64_t n)
{
	return g_strdup_printf(ngettext("%" PRIu64 " new ticket", "%" PRIu64 " new tickets", n), n);
}

char *counted_messages(uint64_t n)
{
	return g_strdup_printf(ngettext("%" PRIu64 " message", "%" PRIu64 " messages", n), n);
}

char *counted_mails(uint64_t n)
{
	return g_strdup_printf(ngettext("%" PRIu64 " mail", "%" PRIu64 " mails", n), n);
}

char *counted_archived_mails(uint64_t n)
{
	return g_strdup_printf(
		ngettext("%" PRIu64 " archived mail", "%" PRIu64 " archived mails", n), n);
}

char *counted_findings(uint64_t n)
{
	return g_strdup_printf(ngettext("%" PRIu64 " finding", "%" PRIu64 " findings", n), n);
}
