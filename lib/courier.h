/* One mail to one relay by SMTP or LMTP; the only home of libcurl. Keeps its connection. For one thread. */
#ifndef MILTICKET_COURIER_H
#define MILTICKET_COURIER_H

#include <glib.h>

#include "settings.h"
#include "status.h"

struct courier;

/* Call once, before any thread. */
void courier_library_init(void);

/* Reads the password file. */
enum status courier_new(const struct settings *settings, struct courier **courier_out, struct error *err);
void courier_free(struct courier *courier);

enum delivery { DELIVERY_SENT, DELIVERY_LATER, DELIVERY_FAILED };

/* What became of one recipient, and the relay's words (≤ LIMIT_REPLY_TEXT, one line). */
struct delivery_result {
	enum delivery delivery;
	char reply[401];
};

/* sender "" is the null sender (MAIL FROM:<>). mail has LF or CRLF line ends. results[i] is of to[i]; all are written.
 * SMTPUTF8 is asked for when an address needs it. `stop` (may be NULL) aborts within a second when it becomes non-zero: all LATER. */
void courier_send(struct courier *courier, const char *sender, const char *const *to, const char *mail, size_t len,
	const gint *stop, struct delivery_result *results);

#endif
