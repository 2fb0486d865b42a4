/* The ticket and its messages as they are recorded. */
#include "act/attempt.h"

#include <string.h>

#include "act/assign.h"
#include "act/link.h"
#include "base/limits.h"
#include "base/tongue.h"
#include "base/text.h"
#include "decide/times.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"
#include "tables/workers.h"

/* --- the entry --- */

/* Our own mail is an answer itself, and nobody answers a bounce. */
static char *record_reply_address(struct attempt *a, enum direction direction)
{
	bool came_in = direction == DIRECTION_IN || direction == DIRECTION_AUTO;
	const struct mailbox *requester = came_in ? attempt_requester(a) : NULL;

	return requester ? mailbox_shown(requester) : NULL;
}

/* What goes through the desk is recorded with who gets it. */
static char **shown_list(const struct attempt *a, struct mailboxes list)
{
	char **out = g_new0(char *, list.n + 1);

	for (size_t i = 0; i < list.n; i++) {
		bool token = a->outcome->whose == WHOSE_DESK_REPLY && a->addressee.address &&
			recipients_desk_ticket(&a->recipients, list.v[i].address);

		out[i] = token ? mailbox_shown(&a->addressee)
			       : mailbox_write(list.v[i].name, list.v[i].address);
	}
	return out;
}

/* The root and the newest: an answer to the root names nothing else of a long thread. An id that
 * was replaced stays known as well, as the agent's own copy has it and answers to that copy name
 * it. */
static char **kept_references(const struct attempt *a)
{
	const char *const *all = message_references(a->arrival->message);
	GPtrArray *kept = g_ptr_array_new();
	size_t n = 0;

	while (all[n])
		n++;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || i + LIMIT_REFERENCES_KEPT > n)
			g_ptr_array_add(kept, g_strdup(all[i]));
	if (a->new_id)
		g_ptr_array_add(kept, g_strdup(a->arrival->id));
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(kept, FALSE);
}

static void describe_entry(struct attempt *a, enum direction direction, enum event_kind event)
{
	struct entry *e = &a->entry;
	struct mailboxes from = a->arrival->from;
	const struct match_query query = attempt_query(a);

	record_release(&entry_type, e);
	e->nobodys = match_sender_is_nobody(&query);
	e->direction = (int)direction;
	e->message_id = g_strdup(attempt_id(a));
	e->in_reply_to = g_strdup(message_in_reply_to(a->arrival->message)[0]);
	e->references = kept_references(a);
	e->from = from.n ? mailbox_write(from.v[0].name, from.v[0].address) : NULL;
	e->to = shown_list(a, a->arrival->to);
	e->cc = shown_list(a, a->arrival->cc);
	e->subject = attempt_subject(a);
	e->subjects = g_strdupv(a->arrival->subjects);
	e->taken = g_strdupv(a->commands.places);
	e->date = message_date(a->arrival->message);
	e->received = a->arrival->now;
	e->match = (int)a->match.how;
	e->size = spool_size(a->arrival->spool);
	e->archive = g_strdup(a->arrival->archive);
	e->queue_id = g_strdup(a->arrival->envelope->queue_id);
	e->digest = g_strdup(a->arrival->digest);
	e->sender = g_strdup(a->arrival->envelope->sender);
	e->event = (int)event;
	e->attached = g_strdupv(a->arrival->attached);
	e->attached_digest = g_strdup(message_attachments_digest(a->arrival->message));
	e->reply_to = record_reply_address(a, direction);
	e->author = direction == DIRECTION_OUT ? g_strdup(a->who.agent.login) : NULL;
	if (a->outcome->whose == WHOSE_DESK_REPLY)
		e->copied = g_strdupv(a->workers);
}

/* A new Subject in the same thread is worth an event, not a new ticket. */
static enum status note_new_subject(struct attempt *a)
{
	struct ticket *t = &a->match.ticket;
	const struct actor actor = attempt_actor(a);

	if (a->entry.direction != DIRECTION_IN || a->match.how != MATCH_MESSAGE_ID ||
		a->arrival->subject.is_reply || !*a->arrival->subject.plain ||
		g_strcmp0(a->arrival->subject.plain, t->subject) == 0)
		return ST_OK;
	return history_add(a->txn, t->number, &actor,
		NOTE(EVENT_SUBJECT, .from = t->subject, .to = a->arrival->subject.plain), a->err);
}

/* An import comes in any order. */
static void record_touch_import(struct ticket *t, enum direction direction, int64_t now)
{
	if (direction == DIRECTION_IN)
		t->last_in = MAX(t->last_in, now);
	else if (direction == DIRECTION_OUT)
		t->last_out = MAX(t->last_out, now);
}

static void record_touch(struct attempt *a, enum direction direction)
{
	struct ticket *t = &a->match.ticket;
	int64_t now = a->arrival->now;

	if (a->match.how == MATCH_COPY)
		direction = DIRECTION_AUTO;
	ticket_touch(t, now, direction != DIRECTION_AUTO && direction != DIRECTION_BOUNCE);
	if (a->arrival->import)
		record_touch_import(t, direction, now);
	else if (direction == DIRECTION_IN)
		ticket_heard(t, now);
	else if (direction == DIRECTION_OUT)
		ticket_answered(t, now);
}

/* --- links --- */

/* Both tickets say of each other what was named but not matched. */
static enum status record_links(struct attempt *a)
{
	struct ticket *t = &a->match.ticket;
	const struct actor actor = attempt_actor(a);
	enum status st = ST_OK;

	for (size_t i = 0; i < a->match.links.n && st == ST_OK; i++) {
		uint64_t other = a->match.links.v[i];
		bool added;

		st = link_add(a->txn, t, other, &actor, &added, a->err);
		if (st == ST_OK && added)
			st = link_stored(a->txn, other, t->number, &actor, a->err);
	}
	return st;
}

/* --- recording --- */

enum status attempt_append(
	struct attempt *a, enum direction direction, const struct event_note *note)
{
	struct ticket *t = &a->match.ticket;
	const struct actor actor = attempt_actor(a);
	g_autofree char *how = g_strjoin("; ", match_names[a->match.how], note->text, NULL);
	enum status st;

	describe_entry(a, direction, note->kind);
	record_touch(a, direction);
	a->outcome->event = attempt_event_name((int)note->kind);
	history_tell(&a->entry, &actor,
		NOTE(note->kind, .from = note->from, .to = note->to, .text = how));
	st = a->is_new
		? tickets_admit(a->txn, t, &a->entry, a->err)
		: tickets_append(a->txn, t, &a->entry, message_text(a->arrival->message), a->err);
	if (st == ST_OK)
		st = note_new_subject(a);
	if (st == ST_OK)
		st = record_links(a);
	a->unsaved = true;
	a->outcome->seq = a->entry.seq;
	return st;
}

/* Of mail of the past nothing was promised. */
static enum status record_promise(struct attempt *a)
{
	return a->arrival->import ? ST_OK
				  : times_keep(a->txn, a->arrival->settings, &a->match.ticket,
					    a->arrival->now, a->err);
}

enum status attempt_save(struct attempt *a)
{
	bool is_new = a->is_new;
	enum status st;

	if (!a->unsaved)
		return ST_OK;
	a->unsaved = a->is_new = false;
	st = record_promise(a);
	if (st != ST_OK)
		return st;
	if (!is_new)
		return tickets_save(a->txn, &a->match.ticket, a->err);
	st = tickets_store_new(a->txn, &a->match.ticket, a->err);
	if (st != ST_OK)
		return st;
	return tickets_entry_put(a->txn, &a->entry, message_text(a->arrival->message), a->err);
}

/* --- opening --- */

static const char *record_or_else(const char *first, const char *second)
{
	if (first && *first)
		return first;
	return second && *second ? second : NULL;
}

/* The agent whom a rule or the queue names, or who stands in for them; nobody where they are away
 * without anybody. One who does not exist is no reason to lose the mail: an event says so. */
static enum status assign_named(struct attempt *a, const char *login)
{
	struct ticket *t = &a->match.ticket;
	const struct workers_query query = { login, t->queue, a->arrival->now };
	struct agent agent = { 0 };
	bool there = false;
	enum status st = workers_stand_in(a->txn, &query, &agent, a->err);

	if (st == ST_OK)
		t->agent = g_strdup(agent.login);
	else if (st == ST_NOT_FOUND)
		st = agents_have(a->txn, login, &there, a->err);
	if (st == ST_OK && !t->agent && !there)
		a->nobody = g_strdup(login);
	record_release(&agent_type, &agent);
	return st;
}

/* What an agent opens is theirs, and what was imported is no work to share. */
static enum status assign_share(struct attempt *a)
{
	const struct reply_context context = attempt_reply_context(a);
	bool assigned;

	if (a->arrival->import || a->outcome->whose == WHOSE_OPENED)
		return ST_OK;
	return assign_by_policy(&context, &a->match.ticket, &assigned, a->err);
}

/* The ticket is assigned to the agent that a rule has given it, else to the queue's responsible. */
static enum status assign_on_opening(struct attempt *a)
{
	struct queue queue = { 0 };
	enum status st = queues_load(a->txn, a->match.ticket.queue, &queue, a->err);
	g_autofree char *named = g_steal_pointer(&a->match.ticket.agent);
	const char *login = record_or_else(named, st == ST_OK ? queue.responsible : NULL);

	if (st == ST_NOT_FOUND)
		st = ST_OK;
	if (login && st == ST_OK)
		st = assign_named(a, login);
	record_release(&queue_type, &queue);
	return st;
}

/* Where an agent put it is where it is to be, whatever rules say. */
static void record_claim(const struct claim *claim, struct ticket *t)
{
	if (claim && claim->queue) {
		g_free(t->queue);
		t->queue = g_strdup(claim->queue);
	}
	if (claim && claim->agent) {
		g_free(t->agent);
		t->agent = g_strdup(claim->agent);
	}
}

static void describe_ticket(struct attempt *a, const struct mailbox *requester,
	const struct rules_result *rules, int status)
{
	struct ticket *t = &a->match.ticket;
	const struct account *account = recipients_account(&a->recipients);

	record_release(&ticket_type, t);
	t->subject = g_strdup(attempt_subject_plain(a));
	t->queue = g_strdup(account->queue);
	t->project = g_strdup(record_or_else(account->project, NULL));
	t->status = status;
	rules_give(rules, t);
	record_claim(a->arrival->claim, t);
	t->account = g_strdup(account->address);
	t->language = g_strdup(message_languages(a->arrival->message));
	t->opened = a->arrival->now;
	t->closed = t->status == TICKET_CLOSED ? a->arrival->now : 0;
	if (requester)
		ticket_set_requester(t, requester);
	attempt_add_participants(a);
	attempt_watch_queues(a);
}

/* The number that it had in another system if that is free here, else the next. */
static enum status give_number(struct attempt *a, uint64_t *number_out)
{
	const struct numbering numbering = { a->arrival->settings->numbers.scheme,
		(uint64_t)a->arrival->settings->numbers.first, a->arrival->now };
	enum status st = a->arrival->number
		? tickets_take_number(a->txn, a->arrival->number, a->err)
		: ST_EXISTS;

	if (st == ST_EXISTS)
		return tickets_give_number(a->txn, &numbering, number_out, a->err);
	if (st == ST_OK)
		a->match.ticket.former = *number_out = a->arrival->number;
	return st;
}

enum status attempt_open_ticket(struct attempt *a, const struct mailbox *requester,
	const struct rules_result *rules, int status)
{
	enum status st;

	describe_ticket(a, requester, rules, status);
	st = queues_ensure(a->txn, a->match.ticket.queue, a->arrival->now, a->err);
	if (st == ST_OK)
		st = assign_on_opening(a);
	if (st == ST_OK)
		st = give_number(a, &a->match.ticket.number);
	a->unsaved = a->is_new = st == ST_OK;
	return st;
}

static enum status record_tell_nobody(struct attempt *a)
{
	const struct actor actor = attempt_actor(a);
	g_autofree char *text = NULL;

	if (!a->nobody)
		return ST_OK;
	text = g_strdup_printf("assigned to '%s', who is no agent: nobody has it", a->nobody);
	return history_add(
		a->txn, a->match.ticket.number, &actor, NOTE(EVENT_AGENT, .text = text), a->err);
}

enum status attempt_tell_assigned(struct attempt *a)
{
	const struct reply_context context = attempt_reply_context(a);
	g_autofree char *address = NULL;
	enum status st = record_tell_nobody(a);

	if (st == ST_OK)
		st = assign_share(a);
	if (st != ST_OK || a->arrival->import || attempt_wants_workers(a))
		return st;
	st = attempt_agent_address(a, &address);
	if (st != ST_OK || !address)
		return st;
	a->outcome->queued = true;
	st = attempt_save(a);
	if (st != ST_OK)
		return st;
	return reply_forward(&context, &a->match.ticket, address,
		_("This ticket was assigned to you.\n"), "notice", a->err);
}
