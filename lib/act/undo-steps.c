/* Each kind of event, taken back. It says what was before; the ticket must still be as it says that
 * it became. */
#include <string.h>

#include "act/undo-parts.h"
#include "act/unmerge.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "tables/history.h"
#include "tables/queues.h"

G_GNUC_PRINTF(2, 3) static enum status step_stays(struct undo_step *s, const char *fmt, ...)
{
	g_autofree char *why = NULL;
	va_list list;

	va_start(list, fmt);
	why = g_strdup_vprintf(fmt, list);
	va_end(list);
	g_string_append_printf(s->u->said, _("#%" PRIu64 ": %s"), s->e->ticket, why);
	g_string_append_c(s->u->said, '\n');
	return ST_OK;
}

/* It is so, or would be: the caller saves the ticket. */
static void step_done(struct undo_step *s, const char *what, const char *now, const char *then)
{
	const char *none = _("none");

	g_string_append_printf(s->u->said, "#%" PRIu64 " %s: ", s->e->ticket, what);
	g_string_append(s->u->said, now && *now ? now : none);
	g_string_append_printf(s->u->said, " → %s\n", then && *then ? then : none);
	s->u->done++;
}

static enum status step_save(struct undo_step *s)
{
	g_autofree char *until = s->e->kind == EVENT_STATUS ? text_rfc3339(s->t->wait_until) : NULL;
	struct event_note note = { .kind = (enum event_kind)s->e->kind,
		.from = s->e->to,
		.to = s->e->from,
		.text = until };
	enum status st;

	if (s->u->dry_run)
		return ST_OK;
	ticket_touch(s->t, s->u->by->actor.now, true);
	st = times_keep(s->u->txn, s->u->by->settings, s->t, s->u->by->actor.now, s->err);
	if (st == ST_OK)
		st = tickets_save(s->u->txn, s->t, s->err);
	return st == ST_OK ? history_add(s->u->txn, s->t->number, &s->u->by->actor, &note, s->err)
			   : st;
}

static const struct field *step_field(int kind)
{
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].event && ticket_type.fields[i].event == kind)
			return &ticket_type.fields[i];
	return NULL;
}

/* As its events write it. Owned. */
static char *step_value(const struct field *f, const struct ticket *t)
{
	if (f->type != FIELD_LIST)
		return g_strdup(text_or_none(record_field_word(f, t)));
	return record_field_list(f, t) ? g_strjoinv(" ", (char **)record_field_list(f, t))
				       : g_strdup("");
}

static enum status undo_field(struct undo_step *s)
{
	const struct field *f = step_field(s->e->kind);
	g_autofree char *now = step_value(f, s->t);

	if (strcmp(now, text_or_none(s->e->to)) != 0)
		return step_stays(s,
			f->type == FIELD_LIST ? _("%s were changed again, to '%s'")
					      : _("%s was changed again, to '%s'"),
			f->name, now);
	if (!record_field_set(f, s->t, s->e->from))
		return step_stays(
			s, _("%s cannot be '%s' again"), f->name, text_or_none(s->e->from));
	step_done(s, f->name, now, s->e->from);
	return step_save(s);
}

static enum status undo_queue(struct undo_step *s)
{
	struct queue queue = { 0 };
	enum status st = queues_load(s->u->txn, text_or_none(s->e->from), &queue, s->err);

	record_release(&queue_type, &queue);
	if (st == ST_NOT_FOUND)
		return step_stays(
			s, _("there is no queue '%s' any more"), text_or_none(s->e->from));
	return st == ST_OK ? undo_field(s) : st;
}

static enum status undo_agent(struct undo_step *s)
{
	struct agent agent = { 0 };
	enum status st = ST_OK;

	if (s->e->from && *s->e->from)
		st = agents_load(s->u->txn, s->e->from, &agent, s->err);
	record_release(&agent_type, &agent);
	if (st == ST_NOT_FOUND)
		return step_stays(s, _("there is no agent '%s' any more"), s->e->from);
	return st == ST_OK ? undo_field(s) : st;
}

/* --- status: what it waited for, and since when it was closed --- */

struct status_before {
	uint64_t serial; /* only what came before it */
	const char *status;
	int64_t time, until;
};

static enum status undo_see_status(
	struct txn *txn, const struct event *e, void *arg, struct error *err)
{
	struct status_before *b = arg;

	(void)txn;
	(void)err;
	if (e->serial >= b->serial)
		return ST_NOT_FOUND;
	if (e->kind != EVENT_STATUS || g_strcmp0(e->to, b->status) != 0)
		return ST_OK;
	b->time = e->time;
	if (!e->text || text_parse_date(e->text, &b->until) != ST_OK)
		b->until = 0;
	return ST_OK;
}

/* For filters that learn from people. */
static enum status undo_tell_filters(struct undo_step *s, int was)
{
	const struct event_note *note = was == TICKET_SPAM ? NOTE(EVENT_HAM) : NOTE(EVENT_SPAM);

	if (s->u->dry_run || was == s->t->status ||
		(was != TICKET_SPAM && s->t->status != TICKET_SPAM))
		return ST_OK;
	return history_add(s->u->txn, s->t->number, &s->u->by->actor, note, s->err);
}

static enum status undo_status(struct undo_step *s)
{
	/* One that was so from the start has no event of it. */
	struct status_before before = {
		.serial = s->e->serial, .status = s->e->from, .time = s->t->opened
	};
	int was = s->t->status;
	enum status st = history_each(s->u->txn, s->t->number, 0, undo_see_status, &before, s->err);

	if (st != ST_OK)
		return st;
	if (strcmp(ticket_status_names[was], text_or_none(s->e->to)) == 0) {
		s->t->wait_until = before.until;
		s->t->closed = g_strcmp0(s->e->from, ticket_status_names[TICKET_CLOSED]) == 0
			? before.time
			: 0;
	}
	st = undo_field(s);
	return st == ST_OK ? undo_tell_filters(s, was) : st;
}

/* --- people --- */

struct person_seen {
	const char *address;
	char *name; /* owned */
	bool seen;
};

static void undo_see_mailbox(struct person_seen *p, const char *text)
{
	struct mailbox box = { 0 };

	if (text && mailbox_read(text, &box) && strcmp(box.address, p->address) == 0) {
		p->seen = true;
		if (box.name && *box.name) {
			g_free(p->name);
			p->name = g_strdup(box.name);
		}
	}
	mailbox_release(&box);
}

static enum status undo_see_people(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	undo_see_mailbox(arg, e->from);
	undo_see_mailbox(arg, e->reply_to);
	for (char **p = e->to; p && *p; p++)
		undo_see_mailbox(arg, *p);
	for (char **p = e->cc; p && *p; p++)
		undo_see_mailbox(arg, *p);
	return ST_OK;
}

/* Who takes part only as the requester that was set does so no more. */
static enum status undo_requester(struct undo_step *s)
{
	struct person_seen then = { .address = text_or_none(s->e->from) },
			   now = { .address = text_or_none(s->e->to) };
	struct ticket *t = s->t;
	enum status st;

	if (g_strcmp0(t->requester_address, s->e->to) != 0)
		return step_stays(s, _("the requester was changed again, to '%s'"),
			text_or_none(t->requester_address));
	st = tickets_each_entry(s->u->txn, t->number, undo_see_people, &then, s->err);
	if (st == ST_OK)
		st = tickets_each_entry(s->u->txn, t->number, undo_see_people, &now, s->err);
	if (!now.seen)
		text_list_remove(t->participants, now.address);
	g_free(t->requester_name);
	t->requester_name = g_steal_pointer(&then.name);
	g_free(t->requester_address);
	t->requester_address = g_strdup(s->e->from);
	g_free(now.name);
	step_done(s, _("requester"), s->e->to, s->e->from);
	return st == ST_OK ? step_save(s) : st;
}

static enum status undo_watch(struct undo_step *s)
{
	const char *added = s->e->to, *who = added ? added : text_or_none(s->e->from);

	if (text_list_has(s->t->watching, who) != (added != NULL))
		return step_stays(s, _("who watches it was changed again"));
	if (added)
		text_list_remove(s->t->watching, who);
	else
		text_list_add(&s->t->watching, who);
	step_done(s, _("watched by"), added, s->e->from);
	return step_save(s);
}

/* --- pairs --- */

/* Where one ticket alone is undone, only its own events are looked at. */
static bool undo_has_ticket(const struct undo *undo, uint64_t number)
{
	for (guint i = 0; i < undo->events->len; i++)
		if (((const struct event *)undo->events->pdata[i])->ticket == number)
			return true;
	return false;
}

static enum status undo_unlink(struct undo_step *s, uint64_t other)
{
	numbers_remove(&s->t->links, other);
	step_done(s, _("link"), s->e->to, NULL);
	return step_save(s);
}

/* No link has one end. */
static enum status undo_unlink_there(struct undo_step *s, uint64_t number)
{
	g_autofree char *here = g_strdup_printf("%" PRIu64, s->t->number);
	const struct event e = { .kind = EVENT_LINK, .ticket = number, .to = here };
	struct ticket t = { 0 };
	struct undo_step there = { s->u, &t, &e, s->err };
	enum status st = tickets_load(s->u->txn, number, &t, s->err);

	if (st == ST_OK && numbers_has(&t.links, s->t->number))
		st = undo_unlink(&there, s->t->number);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool step_is_of_split(const struct undo_step *s)
{
	for (guint i = 0; i < s->u->undo->events->len; i++)
		if (((const struct event *)s->u->undo->events->pdata[i])->kind == EVENT_SPLIT)
			return true;
	return false;
}

/* What was split off stays, and so does the way to it. */
static enum status undo_link(struct undo_step *s)
{
	enum status st;
	uint64_t other;

	if (step_is_of_split(s))
		return ST_OK;
	if (!s->e->to || text_parse_number(s->e->to, &other) != ST_OK ||
		!numbers_has(&s->t->links, other))
		return step_stays(s, _("it is not linked any more"));
	st = undo_unlink(s, other);
	return st == ST_OK && !undo_has_ticket(s->u->undo, other) ? undo_unlink_there(s, other)
								  : st;
}

/* The other side's event is told by that ticket's, where it is undone, too. */
static enum status undo_merged_there(struct undo_step *s)
{
	uint64_t other;

	if (!s->e->from || text_parse_number(s->e->from, &other) != ST_OK ||
		undo_has_ticket(s->u->undo, other))
		return ST_OK;
	return step_stays(s, _("%s was merged into it; undo or unmerge that one"), s->e->from);
}

static enum status undo_merged(struct undo_step *s)
{
	struct ticket into = { 0 };
	enum status st;

	if (!s->e->to)
		return undo_merged_there(s);
	if (!s->t->merged_into)
		return step_stays(s, _("it is not merged any more"));
	step_done(s, _("merged into"), s->e->to, NULL);
	if (s->u->dry_run)
		return ST_OK;
	st = tickets_resolve(s->u->txn, s->t->number, &into, s->err);
	if (st == ST_OK)
		st = unmerge(s->u->txn, s->u->by, s->t, &into, s->err);
	record_release(&ticket_type, &into);
	return st;
}

static enum status undo_split(struct undo_step *s)
{
	return s->e->to ? step_stays(s, _("what was split off stays; merge %s into it"), s->e->to)
			: ST_OK;
}

/* Comes with another event, which says it. */
static enum status undo_nothing(struct undo_step *s)
{
	(void)s;
	return ST_OK;
}

static enum status (*const undo_kinds[EVENT_KINDS])(struct undo_step *s) = {
	[EVENT_STATUS] = undo_status,
	[EVENT_AGENT] = undo_agent,
	[EVENT_QUEUE] = undo_queue,
	[EVENT_PROJECT] = undo_field,
	[EVENT_PRIORITY] = undo_field,
	[EVENT_TAG] = undo_field,
	[EVENT_TITLE] = undo_field,
	[EVENT_REQUESTER] = undo_requester,
	[EVENT_WATCH] = undo_watch,
	[EVENT_LINK] = undo_link,
	[EVENT_MERGED] = undo_merged,
	[EVENT_SPLIT] = undo_split,
	[EVENT_SPAM] = undo_nothing,
	[EVENT_HAM] = undo_nothing,
};

/* Why the others stay. */
static const char *const undo_reasons[EVENT_KINDS] = {
	[EVENT_OPENED] = N_("the mail that opened it stays"),
	[EVENT_REPLY] = N_("the answer stays: it was sent"),
	[EVENT_NOTE] = N_("the note stays"),
	[EVENT_FOLLOWUP] = N_("the mail stays"),
	[EVENT_REMIND] = N_("the reminder stays; 'remind -' takes it away"),
};

enum status undo_event(struct undo_step *s)
{
	const char *reason = undo_reasons[s->e->kind];

	if (undo_kinds[s->e->kind])
		return undo_kinds[s->e->kind](s);
	return step_stays(s, "%s",
		reason ? _(reason) : _("there is more that cannot be taken back; see its log"));
}
