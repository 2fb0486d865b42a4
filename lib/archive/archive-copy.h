/* All mails of one archive into another: when archive.path has become "database", say, or is no
 * longer. */
#ifndef MILTICKET_ARCHIVE_COPY_H
#define MILTICKET_ARCHIVE_COPY_H

#include "archive/archive.h"

struct archive_copying {
	const char *from, *to; /* as `dir` of archive.h; one of them may be SETTINGS_IN_STORE */
	bool (*go_on)(const struct archive_copying *copying); /* after each mail */
	void *arg;
	uint64_t total, done; /* mails; counted by archive_copy() */
};

/* Byte by byte, each durable before the next, under its name; what is there under that name stays.
 * The source is not changed. Ends early without an error when nobody wants it to go on; run again,
 * it does the rest. */
enum status archive_copy(struct archive_copying *copying, struct error *err);

#endif
