/* What somebody did last. */
#include "act/undo.h"

#include "base/text.h"
#include "base/tongue.h"
#include "tables/history.h"

enum { UNDO_EVENTS = 5000 /* looked at, the last ones */ };

void undo_init(struct undo *undo)
{
	undo->events = g_ptr_array_new_with_free_func(record_free);
}

void undo_release(struct undo *undo)
{
	g_clear_pointer(&undo->events, g_ptr_array_unref);
}

/* --- what it is --- */

static enum status undo_keep(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct event *copy = record_dup(&event_type, event);

	(void)txn;
	(void)err;
	copy->serial = event->serial;
	copy->ticket = event->ticket;
	g_ptr_array_add(arg, copy);
	return ST_OK;
}

/* Of one command. */
static bool undo_is_same(const struct event *a, const struct event *b)
{
	return a->time == b->time && g_strcmp0(a->actor, b->actor) == 0;
}

/* What belongs to the event at `last`: from *first_out on, others' between them. */
static void undo_bounds(const GPtrArray *all, guint last, guint *first_out)
{
	guint first = last;

	for (guint i = last; i-- > 0;) {
		const struct event *e = all->pdata[i];

		if (undo_is_same(e, all->pdata[last]))
			first = i;
		else if (e->time < ((const struct event *)all->pdata[last])->time)
			break;
	}
	*first_out = first;
}

/* An undo names what it took back by the serial of an event. True: it is one. */
static bool undo_note_undone(const GPtrArray *all, guint first, guint last, GHashTable *undone)
{
	bool is = false;

	for (guint i = first; i <= last; i++) {
		const struct event *e = all->pdata[i];

		if (e->kind != EVENT_UNDO || !undo_is_same(e, all->pdata[last]))
			continue;
		g_hash_table_add(undone, g_strdup(text_or_none(e->from)));
		is = true;
	}
	return is;
}

static bool undo_is_undone(const GPtrArray *all, guint first, guint last, GHashTable *undone)
{
	bool is = false;

	for (guint i = first; i <= last && !is; i++) {
		g_autofree char *serial = g_strdup_printf(
			"%" PRIu64, ((const struct event *)all->pdata[i])->serial);

		is = g_hash_table_contains(undone, serial);
	}
	return is;
}

/* The last one of that actor that is no undo and has not been taken back. */
static void undo_choose(const GPtrArray *all, const char *actor, struct undo *out)
{
	g_autoptr(GHashTable) undone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct error none;

	for (guint last = all->len; last-- > 0;) {
		guint first;

		if (!actor_is_same(((const struct event *)all->pdata[last])->actor, actor))
			continue;
		undo_bounds(all, last, &first);
		if (!undo_note_undone(all, first, last, undone) &&
			!undo_is_undone(all, first, last, undone)) {
			for (guint i = first; i <= last; i++)
				if (undo_is_same(all->pdata[i], all->pdata[last]))
					undo_keep(NULL, all->pdata[i], out->events, &none);
			return;
		}
		last = first;
	}
}

enum status undo_find(
	struct txn *txn, const char *actor, uint64_t ticket, struct undo *out, struct error *err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(record_free);
	enum status st = ticket ? history_each(txn, ticket, 0, undo_keep, all, err)
				: history_tail(txn, UNDO_EVENTS, undo_keep, all, err);

	g_ptr_array_set_size(out->events, 0);
	if (st == ST_OK)
		undo_choose(all, actor, out);
	if (st == ST_OK && out->events->len == 0)
		return error_set(
			err, ST_NOT_FOUND, _("'%s' did nothing that could be undone"), actor);
	return st;
}
