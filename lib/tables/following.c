/* Tickets by the events of the log. */
#include "tables/following.h"

#include "tables/history.h"

/* The rest can only have brought a message. */
static const guint8 following_kinds[EVENT_KINDS] = {
	[EVENT_OPENED] = CHANGED_TICKET,
	[EVENT_TAG] = CHANGED_TICKET,
	[EVENT_TITLE] = CHANGED_TICKET,
	[EVENT_REQUESTER] = CHANGED_TICKET,
	[EVENT_UNKNOWN] = CHANGED_ALL,
	[EVENT_MERGED] = CHANGED_ALL,
	[EVENT_SPLIT] = CHANGED_ALL,
	[EVENT_PURGED] = CHANGED_ALL,
	[EVENT_REDACTED] = CHANGED_ALL,
	[EVENT_REPAIRED] = CHANGED_ALL,
};

void following_init(struct following *f, unsigned most)
{
	*f = (struct following){ .most = most,
		.tickets = g_hash_table_new(g_direct_hash, g_direct_equal) };
}

void following_release(struct following *f)
{
	g_hash_table_unref(f->tickets);
}

struct following_walk {
	struct following *following;
	unsigned left;
};

static enum status following_note(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct following_walk *walk = arg;
	GHashTable *tickets = walk->following->tickets;
	gpointer key = GSIZE_TO_POINTER((gsize)event->ticket);
	guint was = GPOINTER_TO_UINT(g_hash_table_lookup(tickets, key)),
	      is = event->kind < EVENT_KINDS ? following_kinds[event->kind] : CHANGED_ALL;

	(void)txn;
	(void)err;
	walk->following->last = event->serial;
	walk->following->taken_out |= event->kind == EVENT_PURGED || event->kind == EVENT_REDACTED;
	g_hash_table_insert(tickets, key, GUINT_TO_POINTER(MAX(MAX(was, is), CHANGED_MESSAGES)));
	return --walk->left == 0 ? ST_NOT_FOUND : ST_OK;
}

enum status following_read(struct txn *txn, struct following *f, uint64_t after, struct error *err)
{
	struct following_walk walk = { f, f->most };
	enum status st;

	g_hash_table_remove_all(f->tickets);
	f->last = after;
	f->taken_out = false;
	st = history_each(txn, 0, after, following_note, &walk, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status following_note_end(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(uint64_t *)arg = event->serial;
	return ST_OK;
}

enum status following_end(struct txn *txn, uint64_t *serial_out, struct error *err)
{
	*serial_out = 0;
	return history_tail(txn, 1, following_note_end, serial_out, err);
}
