/* What an admin asks of the running daemon, through the store that both have open. */
#ifndef MILTICKET_CONTROL_H
#define MILTICKET_CONTROL_H

#include "store/store.h"

/* Asks for a reload; the serial names the request. */
enum status control_request_reload(struct txn *txn, uint64_t *serial_out, struct error *err);
/* The daemon: the request that is not answered yet; ST_NOT_FOUND. */
enum status control_pending(struct txn *txn, uint64_t *serial_out, struct error *err);
/* The daemon: "ok", or why not. */
enum status control_answer(struct txn *txn, uint64_t serial, const char *text, struct error *err);
/* ST_NOT_FOUND until this request, or a later one, is answered. Owned. */
enum status control_answered(struct txn *txn, uint64_t serial, char **text_out, struct error *err);

#endif
