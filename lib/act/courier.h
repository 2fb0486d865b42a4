/* One mail to one relay by SMTP; the only home of libcurl. Keeps its connection. For one thread. */
#ifndef MILTICKET_COURIER_H
#define MILTICKET_COURIER_H

#include <glib.h>

#include "base/limits.h"
#include "base/status.h"
#include "settings/settings.h"

struct courier;

/* Reads the password, the first line of its file; the relay is not spoken to yet, nor libcurl
 * loaded. With a login, encryption that is to be tried is required, certificate and all, unless the
 * relay is on this host. */
enum status courier_new(struct settings *settings, struct courier **courier_out, struct error *err);
void courier_free(struct courier *courier);

/* Seconds that the relay may owe an answer; at_end: the one to the end of the text. */
int64_t courier_patience(int64_t timeout_s, bool at_end);

enum delivery { DELIVERY_SENT, DELIVERY_LATER, DELIVERY_FAILED };

/* What became of one recipient, and the relay's words, one line. */
struct delivery_result {
	enum delivery delivery;
	char reply[LIMIT_REPLY_TEXT + 1];
};

/* sender "" is the null sender. mail has LF line ends. results[i] is of to[i]; all are written. A
 * relay that cannot be spoken to, or refuses us rather than the mail, is LATER for all;
 * *relay_down_out then tells that the next mail would fare no better. An address that needs
 * SMTPUTF8 (RFC 6531) of a relay without it is FAILED. `stop` (may be NULL) aborts within a second
 * when it becomes non-zero: LATER for all that were not sent. */
void courier_send(struct courier *courier, const char *sender, const char *const *to,
	const char *mail, size_t len, const gint *stop, struct delivery_result *results,
	bool *relay_down_out);

#endif
