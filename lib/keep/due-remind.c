/* Reminders that agents set. */
#include "act/notice.h"
#include "base/text.h"
#include "base/tongue.h"
#include "keep/due-work.h"
#include "tables/history.h"
#include "tables/tickets.h"

/* The text of the last one that was set; owned, in *arg. */
static enum status remind_find(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	char **text = arg;

	(void)txn;
	(void)err;
	if (event->kind != EVENT_REMIND || !event->to)
		return ST_OK;
	g_free(*text);
	*text = g_strdup(event->text);
	return ST_OK;
}

enum status due_remind(struct due_work *w)
{
	const struct reply_context context = due_mail_context(w);
	g_autofree char *text = NULL;
	struct notice notice = { .lead = _("You wanted to be reminded of this ticket.") };
	enum status st = history_each(w->txn, w->ticket.number, 0, remind_find, &text, w->err);

	w->ticket.remind_at = 0;
	notice.text = text;
	if (st == ST_OK)
		st = tickets_save(w->txn, &w->ticket, w->err);
	if (st == ST_OK)
		st = history_add(w->txn, w->ticket.number, &context.actor,
			NOTE(EVENT_REMIND, .text = text), w->err);
	return st == ST_OK ? notice_send(&context, &w->ticket, &notice, w->err) : st;
}
