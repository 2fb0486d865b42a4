/* Loading a ticket whole. */
#include "view.h"

#include "act/others.h"
#include "base/tongue.h"
#include "tables/tickets.h"

static enum status view_add_entry(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct ticket_view *view = arg;
	char *text = NULL;
	enum status st = tickets_text(txn, entry->ticket, entry->seq, &text, err);

	g_ptr_array_add(view->entries, record_dup(&entry_type, entry));
	g_ptr_array_add(view->texts, text);
	return st;
}

static enum status view_add_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct ticket_view *view = arg;

	(void)txn;
	(void)err;
	g_ptr_array_add(view->events, record_dup(&event_type, event));
	return ST_OK;
}

enum status view_load(struct txn *txn, uint64_t number, struct ticket *ticket_out,
	struct ticket_view *view_out, struct error *err)
{
	enum status st = tickets_load(txn, number, ticket_out, err);

	if (st != ST_OK)
		return st == ST_NOT_FOUND
			? error_set(err, st, _("there is no ticket #%" PRIu64), number)
			: st;
	*view_out = (struct ticket_view){ .ticket = ticket_out,
		.entries = g_ptr_array_new_with_free_func(record_free),
		.texts = g_ptr_array_new_with_free_func(g_free),
		.events = g_ptr_array_new_with_free_func(record_free) };
	st = tickets_each_entry(txn, number, view_add_entry, view_out, err);
	if (st == ST_OK)
		st = history_each(txn, number, 0, view_add_event, view_out, err);
	if (st != ST_OK)
		view_release(ticket_out, view_out);
	return st;
}

enum status view_load_others(struct txn *txn, struct ticket_view *view, struct error *err)
{
	return others_line(txn, view->ticket, NULL, &view->others, err);
}

static enum status add_to_history(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct ticket_view *view = arg;

	(void)txn;
	(void)err;
	g_ptr_array_add(view->history, record_dup(&ticket_type, ticket));
	return view->history->len < VIEW_HISTORY_MAX ? ST_OK : ST_NOT_FOUND;
}

enum status view_load_history(struct txn *txn, struct ticket_view *view, struct error *err)
{
	const struct ticket_filter filter = { .requester = view->ticket->requester_address,
		.priority = -1,
		.statuses = ~0U,
		.merged = true };

	view->history = g_ptr_array_new_with_free_func(record_free);
	return view->ticket->requester_address
		? tickets_list(txn, &filter, add_to_history, view, err)
		: ST_OK;
}

void view_release(struct ticket *ticket, struct ticket_view *view)
{
	record_release(&ticket_type, ticket);
	g_clear_pointer(&view->entries, g_ptr_array_unref);
	g_clear_pointer(&view->texts, g_ptr_array_unref);
	g_clear_pointer(&view->events, g_ptr_array_unref);
	g_clear_pointer(&view->history, g_ptr_array_unref);
	g_clear_pointer(&view->others, g_free);
}
