/* Queues on disk. */
#include "tables/queues.h"

#include "base/tongue.h"
#include "model/names.h"

#include <string.h>

static void queue_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, name);
}

static enum status queues_failed(
	struct txn *txn, enum status st, const char *what, const char *name, struct error *err)
{
	if (st == ST_OK || st == ST_NOT_FOUND)
		return st;
	return error_set(err, st, _("cannot %s queue '%s': %s"), what, name, txn_reason(txn));
}

enum status queues_load(
	struct txn *txn, const char *name, struct queue *queue_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	queue_key(&key, name);
	st = txn_get(txn, TABLE_QUEUES, key_bytes(&key), &value);
	if (st != ST_OK)
		return queues_failed(txn, st, _("read"), name, err);
	return record_decode(&queue_type, value, queue_out, err) == ST_OK ? ST_OK : ST_IO;
}

enum status queues_save(struct txn *txn, const struct queue *queue, struct error *err)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key;

	if (!queue_name_valid(queue->name))
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is no queue name: expected 1 to %d of a-z 0-9 . _ -"), queue->name,
			QUEUE_NAME_MAX_BYTES);
	queue_key(&key, queue->name);
	record_encode(&queue_type, queue, value);
	return queues_failed(txn,
		txn_put(txn, TABLE_QUEUES, key_bytes(&key),
			(struct bytes){ value->data, value->len }),
		_("write"), queue->name, err);
}

enum status queues_ensure(struct txn *txn, const char *name, int64_t now, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	queue_key(&key, name);
	st = txn_get(txn, TABLE_QUEUES, key_bytes(&key), &value);
	if (st != ST_NOT_FOUND)
		return queues_failed(txn, st, _("read"), name, err);
	return queues_save(txn, &(struct queue){ .name = (char *)name, .created = now }, err);
}

enum status queues_remove(struct txn *txn, const char *name, struct error *err)
{
	struct key key;

	queue_key(&key, name);
	return queues_failed(
		txn, txn_delete(txn, TABLE_QUEUES, key_bytes(&key)), _("remove"), name, err);
}

enum status queues_each(struct txn *txn, queue_visit *fn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_QUEUES, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		struct queue queue = { 0 };

		st = record_decode(&queue_type, scan.value, &queue, err) == ST_OK
			? fn(txn, &queue, arg, err)
			: ST_IO;
		record_release(&queue_type, &queue);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}
