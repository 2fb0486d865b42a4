/* The steps that verbs share. */
#include "act/change.h"

#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "tables/queues.h"
#include "tables/tickets.h"

enum status change_tell(struct change *c, const struct event_note *note)
{
	struct event_note whole = *note;

	whole.way = c->by->way;
	return history_add(c->txn, c->ticket.number, &c->by->actor, &whole, c->err);
}

enum status change_save(struct change *c, const struct event_note *note)
{
	enum status st;

	ticket_touch(&c->ticket, c->by->actor.now, !actor_is_program(&c->by->actor));
	st = times_keep(c->txn, c->by->settings, &c->ticket, c->by->actor.now, c->err);
	if (st == ST_OK)
		st = tickets_save(c->txn, &c->ticket, c->err);
	return st == ST_OK ? change_tell(c, note) : st;
}

enum status change_unchanged(struct change *c, const char *what)
{
	g_string_append_printf(c->done, _("#%" PRIu64 " %s already"), c->ticket.number, what);
	return ST_OK;
}

void change_say(struct change *c, const char *what)
{
	g_string_append_printf(c->done, "#%" PRIu64 " %s", c->ticket.number, what);
}

struct reply_context change_mail_context(const struct change *c)
{
	struct reply_context context = { c->txn, c->by->settings, &c->by->key,
		{ "milticket", c->by->actor.now } };

	return context;
}

/* Union of two lists of texts; *into is replaced. */
void change_unite(char ***into, char *const *from, unsigned max)
{
	GPtrArray *all = g_ptr_array_new();

	for (char **p = *into; p && *p; p++)
		g_ptr_array_add(all, g_strdup(*p));
	for (char *const *p = from; p && *p && all->len < max; p++)
		if (!text_list_has(*into, *p))
			g_ptr_array_add(all, g_strdup(*p));
	g_ptr_array_add(all, NULL);
	g_strfreev(*into);
	*into = (char **)g_ptr_array_free(all, FALSE);
}

/* --- times --- */

enum status change_when(struct change *c, int64_t *when_out)
{
	const struct calendar *calendar;
	struct queue queue = { 0 };
	enum status st;

	*when_out = c->command->when;
	if (c->command->business.kind == DURATION_NONE)
		return ST_OK;
	st = queues_load(c->txn, text_or_none(c->ticket.queue), &queue, c->err);
	calendar = settings_calendar(c->by->settings, queue.calendar);
	record_release(&queue_type, &queue);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	*when_out = duration_end(&c->command->business, calendar, c->by->actor.now);
	return *when_out < INT64_MAX
		? ST_OK
		: error_set(c->err, ST_REFUSED, _("the calendar of queue '%s' never opens again"),
			  c->ticket.queue);
}
