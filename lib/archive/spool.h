/* A message while it arrives: its bytes in memory while it is small, in an unlinked or archive file
 * when it is not; the hash of its body as it streams by. Becomes an archive file, or goes away
 * without a trace. */
#ifndef MILTICKET_SPOOL_H
#define MILTICKET_SPOOL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "mail/message.h"

struct spool;

/* Which header fields are kept past LIMIT_HEADER_BYTES and LIMIT_HEADER_COUNT, but for a reserve.
 * arg is the caller's, and outlives the spool. Without it, none. */
typedef bool spool_decides_fn(const char *name, const void *arg);
void spool_decides(struct spool *spool, spool_decides_fn *decides, const void *arg);

/* dir: where a large message is spooled; the archive, or the store's directory when there is none.
 * Makes no file yet. */
struct spool *spool_new(const char *dir);
void spool_free(struct spool *spool); /* removes what was not kept */

/* value: as it stands after the colon, leading blank and folds included. */
/* What there is no room for is left out. */
enum status spool_header(
	struct spool *spool, const char *name, const char *value, struct error *err);
enum status spool_end_headers(struct spool *spool, struct error *err);
enum status spool_body(struct spool *spool, const void *data, size_t len, struct error *err);

bool spool_unread(const struct spool *spool);  /* something of a header field was left out */
bool spool_flooded(const struct spool *spool); /* all of a field that decides */

uint64_t spool_size(const struct spool *spool);
const char *spool_body_digest(
	struct spool *spool);                     /* hex of its SHA-256; ends the body. Borrowed. */
struct message *spool_parse(struct spool *spool); /* owned; borrows from the spool until freed */

/* Makes the message durable as archive file `name` (archive_name()) below dir: written, synced,
 * renamed, directory synced. An identical file that is already there is kept. After it spool_free
 * leaves the file. */
enum status spool_keep(
	struct spool *spool, const char *dir, const char *name, bool durable, struct error *err);

/* The same with all bytes of a file, which is read from its beginning. */
enum status spool_copy(int fd, const char *dir, const char *name, struct error *err);

#endif
