/* The mails of an mbox file or a Maildir, where they lie: found, put in order, read one by one.
 * Changes nothing in them.
 *
 * mbox: a mail begins at a From line; ">From " is unquoted as in mboxrd, Content-Length is not
 * believed. What others append meanwhile is not seen; when they change what is there, that is
 * noticed. Maildir: cur and new of the directory and of every folder below it. */
#ifndef MILTICKET_BOX_H
#define MILTICKET_BOX_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/spool.h"
#include "base/status.h"

struct box;

/* Finds the mails. ST_NOT_FOUND: there is nothing at path; ST_BAD_INPUT: neither mbox nor
 * Maildir. */
enum status box_open(const char *path, struct box **box_out, struct error *err);
void box_close(struct box *box);
size_t box_count(const struct box *box);

/* By date, but no mail before one that it answers, so that a thread whose clocks disagree still
 * begins at its beginning. Reads every header. The same mailbox comes to the same order. */
void box_sort(struct box *box);

/* One mail; zeroed or released before. */
struct mail {
	char *data; /* owned; followed by a NUL */
	size_t len;
	bool quoted;  /* by mbox rules */
	char *sender; /* of the From line, canonical; "" the null sender; NULL unknown */
	int64_t came; /* by the From line or the file's time; 0 unknown */
	char *place;  /* for people: file, and which mail in it */
};
/* Safe from several threads. place is there even when it fails. ST_BAD_INPUT: this one cannot be
 * read; ST_IO: the mbox was changed, and what is known of the others does not count any more. */
enum status box_read(const struct box *box, size_t i, struct mail *mail_out, struct error *err);
void mail_release(struct mail *mail);

/* Hands it to a spool as the milter would: header fields, then the body, unquoted. ST_BAD_INPUT: it
 * is empty or has no header field. */
enum status mail_spool(const struct mail *mail, struct spool *spool, struct error *err);

#endif
