/* Queues on disk. */
#ifndef MILTICKET_QUEUES_H
#define MILTICKET_QUEUES_H

#include "model/ticket.h"
#include "tables/record-table.h"

/* queue_out zeroed or released before; the caller's to release. */
enum status queues_load(
	struct txn *txn, const char *name, struct queue *queue_out, struct error *err);
enum status queues_save(
	struct txn *txn, const struct queue *queue, struct error *err); /* makes or replaces */
/* Makes it if it is not there. ST_OK either way. */
enum status queues_ensure(struct txn *txn, const char *name, int64_t now, struct error *err);
/* Only the record: whether tickets point to it is for the caller to see. */
enum status queues_remove(struct txn *txn, const char *name, struct error *err);

/* Says that there is no such queue, and which name is nearest. ST_NOT_FOUND. */
enum status queues_missing(struct txn *txn, const char *name, struct error *err);
/* Is there such a queue? ST_NOT_FOUND: no, as queues_missing() says. */
enum status queues_need(struct txn *txn, const char *name, struct error *err);

/* By name. fn as ticket_visit. */
typedef enum status queue_visit(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err);
enum status queues_each(struct txn *txn, queue_visit *fn, void *arg, struct error *err);

#endif
