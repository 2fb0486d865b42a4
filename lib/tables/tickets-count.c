/* How many tickets of a queue are open, kept as a row so that nobody has to count them; a queue
 * without one is counted. */
#include <string.h>

#include "base/tongue.h"
#include "tables/tickets-index.h"

static const char ROWS[] = "queue-count";

static void count_count_key(struct key *key, const char *queue)
{
	key_init(key);
	key_text(key, ROWS);
	key_text(key, queue);
}

static enum status count_count_one(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct queue_count *count = arg;

	(void)txn;
	(void)err;
	count->open++;
	count->new += t->status == TICKET_NEW;
	return ST_OK;
}

static enum status count_all(
	struct txn *txn, const char *queue, struct queue_count *count_out, struct error *err)
{
	const struct ticket_filter filter = { .queue = queue, .priority = -1 };
	struct queue_count count = { 0, 0 };
	enum status st = tickets_list(txn, &filter, count_count_one, &count, err);

	if (st == ST_OK)
		*count_out = count;
	return st;
}

static struct queue_count read_count(struct bytes value)
{
	return (struct queue_count){ key_read_u64(value, 0), key_read_u64(value, 8) };
}

enum status tickets_count_queue(
	struct txn *txn, const char *queue, struct queue_count *count_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	count_count_key(&key, queue);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	if (st == ST_NOT_FOUND)
		return count_all(txn, queue, count_out, err);
	if (st == ST_OK)
		*count_out = read_count(value);
	return st == ST_OK
		? st
		: error_set(err, st, _("cannot count queue '%s': %s"), queue, txn_reason(txn));
}

/* --- keeping them --- */

/* What a ticket counts for: nothing, or 1. */
static struct queue_count count_weight(const struct ticket *t, const char *queue)
{
	bool counts = t && ticket_status_active(t->status) && !t->merged_into &&
		ticket_in_queue(t, queue);

	return (struct queue_count){ counts, counts && t->status == TICKET_NEW };
}

/* No damage makes a count wrap around. */
static uint64_t count_moved(uint64_t count, uint64_t less, uint64_t more)
{
	return (count > less ? count - less : 0) + more;
}

static enum status move_queue(struct txn *txn, const struct ticket *before,
	const struct ticket *after, const char *queue, struct error *err)
{
	const struct queue_count less = count_weight(before, queue),
				 more = count_weight(after, queue);
	struct queue_count count;
	struct key key, value;
	enum status st;

	if (less.open == more.open && less.new == more.new)
		return ST_OK;
	st = tickets_count_queue(txn, queue, &count, err);
	if (st != ST_OK)
		return st;
	count_count_key(&key, queue);
	key_init(&value);
	key_u64(&value, count_moved(count.open, less.open, more.open));
	key_u64(&value, count_moved(count.new, less.new, more.new));
	return txn_put(txn, TABLE_META, key_bytes(&key), key_bytes(&value));
}

static void add_queue(GPtrArray *queues, char *queue)
{
	if (queue && !g_ptr_array_find_with_equal_func(queues, queue, g_str_equal, NULL))
		g_ptr_array_add(queues, queue);
}

static void add_queues(GPtrArray *queues, const struct ticket *t)
{
	if (!t)
		return;
	add_queue(queues, t->queue);
	for (char **w = t->watchers; w && *w; w++)
		add_queue(queues, *w);
}

enum status counts_move(
	struct txn *txn, const struct ticket *before, const struct ticket *after, struct error *err)
{
	g_autoptr(GPtrArray) queues = g_ptr_array_new();
	enum status st = ST_OK;

	add_queues(queues, before);
	add_queues(queues, after);
	for (unsigned i = 0; i < queues->len && st == ST_OK; i++)
		st = move_queue(txn, before, after, g_ptr_array_index(queues, i), err);
	return st;
}

enum status counts_forget(struct txn *txn, const struct ticket *ticket)
{
	g_autoptr(GPtrArray) queues = g_ptr_array_new();
	enum status st = ST_OK;

	add_queues(queues, ticket);
	for (unsigned i = 0; i < queues->len && (st == ST_OK || st == ST_NOT_FOUND); i++) {
		struct key key;

		count_count_key(&key, g_ptr_array_index(queues, i));
		st = txn_delete(txn, TABLE_META, key_bytes(&key));
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- checking them --- */

bool counts_row(struct bytes key)
{
	return key.len > sizeof ROWS && memcmp(key.data, ROWS, sizeof ROWS) == 0;
}

bool counts_row_right(struct txn *txn, struct bytes key, struct bytes value)
{
	const char *name = (const char *)key.data + sizeof ROWS;
	g_autofree char *queue = g_strndup(name, key.len - sizeof ROWS);
	struct queue_count kept, count;

	if (value.len != 16 || count_all(txn, queue, &count, NULL) != ST_OK)
		return false;
	kept = read_count(value);
	return kept.open == count.open && kept.new == count.new;
}
