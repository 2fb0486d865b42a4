/* A ticket, as it was before; and mail that has not gone out yet. */
#include "act/undo.h"

#include "act/undo-parts.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/history.h"
#include "tables/outbox.h"

/* --- mail that it caused --- */

/* What a change has us write; what somebody wrote goes its way. */
static const char *const undo_mails_of_changes[] = { "closed", "notice", NULL };

struct undo_mails {
	const struct event *of;
	GPtrArray *unsent; /* struct outgoing * */
};

static enum status undo_see_mail(
	struct txn *txn, const struct outgoing *o, void *arg, struct error *err)
{
	struct undo_mails *m = arg;
	struct outgoing *copy;

	(void)txn;
	(void)err;
	if (o->ticket != m->of->ticket || o->created != m->of->time ||
		o->state != OUTGOING_WAITING ||
		!g_strv_contains(undo_mails_of_changes, text_or_none(o->event)))
		return ST_OK;
	copy = record_dup(&outgoing_type, o);
	copy->id = o->id;
	g_ptr_array_add(m->unsent, copy);
	return ST_OK;
}

static enum status undo_drop_mail(struct undoing *u, struct ticket *t, const struct outgoing *o)
{
	g_autofree char *to = o->to ? g_strjoinv(", ", o->to) : g_strdup("");
	enum status st = ST_OK;

	g_string_append_printf(
		u->said, _("#%" PRIu64 ": mail to %s is not sent: it still waits"), t->number, to);
	g_string_append_c(u->said, '\n');
	if (u->dry_run)
		return ST_OK;
	st = outbox_remove(u->txn, o->id, u->err);
	/* What was never told is told when it happens again. */
	text_list_remove(t->answered, o->event);
	if (st == ST_OK)
		st = tickets_save(u->txn, t, u->err);
	return st == ST_OK ? history_add(u->txn, t->number, &u->by->actor,
				     NOTE(EVENT_DROPPED, .from = o->event, .to = to), u->err)
			   : st;
}

static enum status undo_see_sent(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	GString *to = arg;

	(void)txn;
	(void)err;
	if (e->kind == EVENT_SENT)
		g_string_append_printf(to, "%s%s", to->len ? ", " : "", text_or_none(e->to));
	return ST_OK;
}

/* What the sender has noted since may be of something else: who reads it knows. */
static enum status undo_tell_sent(struct undoing *u, const struct event *last)
{
	g_autoptr(GString) to = g_string_new(NULL);
	enum status st = history_each(
		u->txn, last->ticket, last->serial, undo_see_sent, to, u->err);

	if (st == ST_OK && to->len) {
		g_string_append_printf(u->said,
			_("#%" PRIu64 ": mail was sent since, to %s, and stays so"), last->ticket,
			to->str);
		g_string_append_c(u->said, '\n');
	}
	return st;
}

static enum status undo_mail(struct undoing *u, struct ticket *t, const struct event *last)
{
	struct undo_mails m = { last, g_ptr_array_new_with_free_func(record_free) };
	enum status st = outbox_each(u->txn, undo_see_mail, &m, u->err);

	for (guint i = 0; i < m.unsent->len && st == ST_OK; i++)
		st = undo_drop_mail(u, t, m.unsent->pdata[i]);
	g_ptr_array_unref(m.unsent);
	return st == ST_OK ? undo_tell_sent(u, last) : st;
}

/* --- a ticket --- */

static enum status undo_load(struct undoing *u, uint64_t number, struct ticket *t)
{
	enum status st = tickets_load(u->txn, number, t, u->err);

	if (st == ST_NOT_FOUND)
		return error_set(u->err, st, _("there is no ticket #%" PRIu64), number);
	if (st == ST_OK && !commander_may(u->by, t))
		return error_set(u->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is in queue '%s', which is not yours"), number,
			t->queue);
	return st;
}

/* to: NULL, or what else is to be said of it. */
static enum status undo_note(
	struct undoing *u, uint64_t number, const struct event *first, const char *to)
{
	g_autofree char *serial = g_strdup_printf("%" PRIu64, first->serial);

	return u->dry_run ? ST_OK
			  : history_add(u->txn, number, &u->by->actor,
				    NOTE(EVENT_UNDO, .from = serial, .to = to), u->err);
}

enum status undo_pass(struct undoing *u, uint64_t number)
{
	for (guint i = 0; i < u->undo->events->len; i++) {
		const struct event *e = u->undo->events->pdata[i];

		if (e->ticket == number)
			return undo_note(u, number, e, "nothing");
	}
	return ST_OK;
}

/* The last event first: each finds what it left. */
enum status undo_ticket(struct undoing *u, uint64_t number)
{
	struct ticket t = { 0 };
	const struct event *first = NULL, *last = NULL;
	unsigned done = u->done;
	enum status st = undo_load(u, number, &t);

	for (guint i = u->undo->events->len; i-- > 0 && st == ST_OK;) {
		const struct event *e = u->undo->events->pdata[i];
		struct undo_step step = { u, &t, e, u->err };

		if (e->ticket != number)
			continue;
		first = e;
		last = last ? last : e;
		st = undo_event(&step);
	}
	if (st == ST_OK && last && u->done > done)
		st = undo_mail(u, &t, last);
	if (st == ST_OK && first && u->done > done)
		st = undo_note(u, number, first, NULL);
	record_release(&ticket_type, &t);
	return st;
}
