/* A message of a ticket as mail again: the copy in the archive, or what the record has of it. */
#ifndef MILTICKET_ENTRY_MAIL_H
#define MILTICKET_ENTRY_MAIL_H

#include "model/ticket.h"
#include "settings/settings.h"

/* The mail's bytes with LF line ends, up to max of them when it is from the archive. text: the
 * entry's excerpt, or NULL. Owned. */
GString *entry_mail(
	const struct settings *settings, const struct entry *entry, const char *text, size_t max);

/* The same, of any size: its beginning with the header, and a file from where that ends. Of a
 * header larger than what is kept of one, the end counts as body. */
struct entry_file {
	GString *begin;
	int fd; /* -1: there is no more */
};
struct entry_file entry_file(
	const struct settings *settings, const struct entry *entry, const char *text);
void entry_file_close(struct entry_file *file);

#endif
