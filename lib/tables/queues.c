/* Queues on disk. */
#include "tables/queues.h"

#include "base/nearest.h"
#include "base/tongue.h"
#include "model/names.h"

static void queue_key(struct key *key, const void *queue)
{
	key_init(key);
	key_text(key, ((const struct queue *)queue)->name);
}

/* For one that is damaged. */
static void queue_read_key(struct bytes key, void *record)
{
	struct queue *queue = record;

	if (!queue->name)
		queue->name = g_strndup(key.data, key.len);
}

static char *queue_subject(const void *queue)
{
	return g_strdup_printf(_("queue '%s'"), ((const struct queue *)queue)->name);
}

const struct table_type queue_table = {
	.name = "queue",
	.table = TABLE_QUEUES,
	.record = &queue_type,
	.key = queue_key,
	.read_key = queue_read_key,
	.subject = queue_subject,
	.of_every_store = true,
	.exported_alone = true,
};

static struct queue queue_named(const char *name)
{
	return (struct queue){ .name = (char *)name };
}

enum status queues_load(
	struct txn *txn, const char *name, struct queue *queue_out, struct error *err)
{
	const struct queue like = queue_named(name);

	return table_load(txn, &queue_table, &like, queue_out, err);
}

enum status queues_save(struct txn *txn, const struct queue *queue, struct error *err)
{
	if (!queue_name_valid(queue->name))
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is no queue name: expected 1 to %d of a-z 0-9 . _ -"), queue->name,
			QUEUE_NAME_MAX_BYTES);
	return table_save(txn, &queue_table, queue, err);
}

enum status queues_ensure(struct txn *txn, const char *name, int64_t now, struct error *err)
{
	struct queue queue = queue_named(name);
	bool there = false;
	enum status st = table_has(txn, &queue_table, &queue, &there, err);

	queue.created = now;
	return st == ST_OK && !there ? queues_save(txn, &queue, err) : st;
}

enum status queues_remove(struct txn *txn, const char *name, struct error *err)
{
	const struct queue like = queue_named(name);

	return table_remove(txn, &queue_table, &like, err);
}

struct queue_visitor {
	queue_visit *fn;
	void *arg;
};

static enum status queue_visit_record(
	struct txn *txn, const void *queue, void *arg, struct error *err)
{
	const struct queue_visitor *visitor = arg;

	return visitor->fn(txn, queue, visitor->arg, err);
}

enum status queues_each(struct txn *txn, queue_visit *fn, void *arg, struct error *err)
{
	struct queue_visitor visitor = { fn, arg };
	const struct table_walk walk = {
		.type = &queue_table,
		.fn = queue_visit_record,
		.arg = &visitor,
	};

	return table_each(txn, &walk, err);
}

/* --- what is not there --- */

static enum status queue_keep_name(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, g_strdup(queue->name));
	return ST_OK;
}

enum status queues_missing(struct txn *txn, const char *name, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	enum status st = queues_each(txn, queue_keep_name, names, err);
	const char *nearest;

	if (st != ST_OK)
		return st;
	g_ptr_array_add(names, NULL);
	nearest = nearest_begun(name, (const char *const *)names->pdata);
	if (!nearest)
		return error_set(err, ST_NOT_FOUND, _("there is no queue '%s'"), name);
	return error_set(
		err, ST_NOT_FOUND, _("there is no queue '%s'; did you mean '%s'?"), name, nearest);
}

enum status queues_need(struct txn *txn, const char *name, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(txn, name, &queue, err);

	record_release(&queue_type, &queue);
	return st == ST_NOT_FOUND ? queues_missing(txn, name, err) : st;
}
