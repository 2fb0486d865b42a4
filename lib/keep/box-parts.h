/* What the files of the mailbox share. Not for others. */
#ifndef MILTICKET_BOX_PARTS_H
#define MILTICKET_BOX_PARTS_H

#include "keep/box.h"

/* Where a mail is: a file of its own, or a stretch of the mbox. Files are read, never mapped: one
 * that is cut short meanwhile would end the process. */
struct place {
	char *file;             /* NULL: the mbox */
	uint64_t from, at, end; /* its From line, its first byte, past its last */
	unsigned nth;           /* from 1, as found */
};

struct box {
	char *path;
	int mbox;       /* its file; -1: a Maildir */
	GArray *places; /* struct place */
};

/* ST_BAD_INPUT: it does not begin with a From line. */
enum status mbox_scan(struct box *box, struct error *err);
/* The sender (as in struct mail) and the time that a From line tells. */
void mbox_from_line(const char *line, size_t len, char **sender_out, int64_t *came_out);

/* box_read() of as many first bytes as its header has, as a rule more; at most
 * LIMIT_HEADER_BYTES. */
enum status box_read_header(
	const struct box *box, size_t i, struct mail *mail_out, struct error *err);

/* ST_BAD_INPUT: no cur and no new anywhere in it. */
enum status maildir_scan(struct box *box, struct error *err);

#endif
