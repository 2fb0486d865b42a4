/* The header of a mail as it lies in a file, changed: fields are taken out and written anew, all
 * other bytes stay as they are. */
#ifndef MILTICKET_HEADING_H
#define MILTICKET_HEADING_H

#include <glib.h>
#include <stdbool.h>

struct heading {
	/* Fields that are left out. NULL: none. */
	bool (*drops)(const char *name, const void *arg);
	const void *arg;
	/* "Name: value\n" with folds, in front of what is left; NULL: nothing */
	const char *first;
};

/* The beginning of a mail in a file, read from where fd is: all of its header, and some of what
 * follows; at most max bytes. Owned. */
GString *heading_read(int fd, size_t max);
/* The raw value of the nth field of that name, folds as "\n" before a blank, without what ends it;
 * NULL. Owned. */
char *heading_value(const char *mail, size_t len, const char *name, unsigned nth);
/* Appends the changed mail. Line ends are LF; a mail without a header gets one. */
void heading_write(const char *mail, size_t len, const struct heading *heading, GString *out);

#endif
