/* What an admin asks of the daemon of this host, through files in its state directory: a store may
 * have daemons on several hosts, and be away. A serial counts up; each file has it, and the answer
 * a text. */
#ifndef MILTICKET_CONTROL_H
#define MILTICKET_CONTROL_H

#include <stdint.h>

#include "base/status.h"

/* Asks for a reload; the serial names the request. */
enum status control_request_reload(const char *state, uint64_t *serial_out, struct error *err);
/* The daemon: the request that is not answered yet; ST_NOT_FOUND. */
enum status control_pending(const char *state, uint64_t *serial_out);
/* The daemon: "ok", or why not. */
enum status control_answer(const char *state, uint64_t serial, const char *text, struct error *err);
/* ST_NOT_FOUND until this request, or a later one, is answered. Owned. */
enum status control_answered(const char *state, uint64_t serial, char **text_out);

#endif
