/* A message of a ticket as mail again: the copy in the archive, or what the record has of it. */
#ifndef MILTICKET_ENTRY_MAIL_H
#define MILTICKET_ENTRY_MAIL_H

#include "model/ticket.h"
#include "settings/settings.h"

/* The mail's bytes with LF line ends, up to max of them when it is from the archive. text: the
 * entry's excerpt, or NULL. Owned. */
GString *entry_mail(
	const struct settings *settings, const struct entry *entry, const char *text, size_t max);

#endif
