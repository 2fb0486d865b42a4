/* What is recorded of an attachment: a text in struct entry's `attached`. The bytes stay in the
 * archived mail. */
#ifndef MILTICKET_ATTACHMENT_H
#define MILTICKET_ATTACHMENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct attachment {
	char *name;     /* decoded, one line, as its sender named it; NULL: without a name; owned */
	char *type;     /* "application/pdf", lower case; owned */
	uint64_t size;  /* bytes, its transfer encoding undone */
	bool is_inline; /* shown within the text (RFC 2183): a picture of an HTML part, say */
};
void attachment_release(struct attachment *attachment);

/* "1234 i image/png name"; and back. False for what is no such text, and nothing is allocated then.
 * Owned. */
char *attachment_text(const struct attachment *attachment);
bool attachment_read(const char *text, struct attachment *attachment_out);

/* "invoice.pdf (application/pdf, 12 kB)". Owned. */
char *attachment_shown(const struct attachment *attachment);

/* A name that is safe to give a file in one directory: the last part of the path that it may be, no
 * controls, no leading dot, and one made of `number` where nothing is left. Owned. */
char *attachment_file_name(const struct attachment *attachment, unsigned number);

#endif
