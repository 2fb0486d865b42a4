/* A mail of ours while it is written: headers that cannot be broken by their values, then text. */
#ifndef MILTICKET_LETTER_H
#define MILTICKET_LETTER_H

#include <glib.h>
#include <stdint.h>

/* What every mail of ours says. Strings are borrowed for the call; NULL leaves a header out. */
struct letter {
	const char *from;       /* a finished header value: address_header() */
	const char *to, *cc;    /* finished header values */
	const char *subject;    /* raw value, encoded already: subject_retag() */
	const char *message_id; /* with <> */
	const char *in_reply_to;
	char *const *references; /* NULL or NULL-terminated; in_reply_to is added by the caller */
	const char *reply_to;
	/* RFC 3834 section 5: "auto-replied", "auto-generated"; NULL for a person's mail */
	const char *auto_submitted;
	const char *language; /* Content-Language */
	char *const *extra;   /* further "Name: value" lines, UTF-8; may be NULL */
	int64_t date;
	const char *text; /* UTF-8, \n line ends */
};

/* A whole mail with LF line ends, text/plain in UTF-8. Owned. */
GString *letter_write(const struct letter *letter);

/* The same as the first part of a multipart/mixed, left open: letter_attach() adds to it,
 * letter_close() ends it. */
GString *letter_write_open(const struct letter *letter);
/* Adds a message/rfc822 part. message_id is the letter's: it names the boundary. */
void letter_attach(GString *mail, const char *message_id, const char *data, size_t len);
/* Adds a file: a finished MIME part, message_encode_part(). */
void letter_attach_part(GString *mail, const char *message_id, const char *part);
void letter_close(GString *mail, const char *message_id);

#endif
