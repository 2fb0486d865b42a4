/* Steps that inbound and agents' mail have in common: opening, appending, participants, links. */
#include "act/intake-work.h"

#include <string.h>

#include "act/command.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/addressee.h"
#include "decide/requester.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"

const char *work_from_address(const struct work *w)
{
	struct mailboxes from = message_from(w->message);

	return from.n ? from.v[0].address : "";
}

bool is_agent_address(const char *canonical, void *work)
{
	return agents_have(((struct work *)work)->txn, canonical);
}

const struct mailbox *work_requester(struct work *w)
{
	const struct requester_query query = {
		.message = w->message,
		.sender = w->envelope->sender,
		.settings = w->settings,
		.is_agent = is_agent_address,
		.arg = w,
		.vouched = w->is_agent,
	};

	if (!w->requester.address && !requester_find(&query, &w->requester))
		return NULL;
	return &w->requester;
}

void work_find_addressee(struct work *w, const struct entry *answered)
{
	const struct addressee_query query = {
		.settings = w->settings,
		.is_agent = is_agent_address,
		.arg = w,
		.ticket = &w->match.ticket,
		.answered = answered,
	};

	mailbox_release(&w->addressee);
	addressee_find(&query, &w->addressee);
}

const char *const *work_answered_ids(const struct work *w)
{
	const char *const *ids = message_in_reply_to(w->message);

	if (*ids)
		return ids;
	/* RFC 5322 section 3.6.4: the parent is the last. */
	for (ids = message_references(w->message); ids[0] && ids[1];)
		ids++;
	return ids;
}

bool work_is_author(const struct work *w)
{
	return agent_is(&w->agent, work_from_address(w));
}

bool work_may_act(struct work *w)
{
	const struct commander commander = { .agent = &w->agent };

	return !w->is_agent || w->arrival->import || commander_may(&commander, &w->match.ticket);
}

struct actor work_actor(const struct work *w)
{
	const char *from = work_from_address(w);
	struct actor actor = { w->is_agent ? w->agent.login
			: *from            ? from
					   : w->envelope->sender,
		w->now };

	if (!actor.name || !*actor.name)
		actor.name = "<>";
	return actor;
}

char *work_subject(const struct work *w)
{
	if (w->commands.rest)
		return message_decode_header(w->commands.rest, LIMIT_TITLE_BYTES);
	return text_line_kept(message_subject(w->message), LIMIT_TITLE_BYTES);
}

const char *work_subject_plain(const struct work *w)
{
	return w->plain ? w->plain : w->subject.plain;
}

struct reply_context work_reply_context(const struct work *w)
{
	struct reply_context context = { w->txn, w->settings, &w->key, { "milticket", w->now } };

	return context;
}

const struct account *work_account(const struct work *w)
{
	const struct account *account = NULL;
	g_autofree char *detail = NULL;

	if (w->match.ticket.account)
		account = settings_account(w->settings, w->match.ticket.account, &detail);
	if (!account)
		account = recipients_account(&w->recipients);
	/* An agent's address must not go out for want of the ticket's account. */
	return account || !w->settings->accounts->len ? account
						      : g_ptr_array_index(w->settings->accounts, 0);
}

const char *work_event_name(int stored)
{
	bool of_mail = (stored >= EVENT_OPENED && stored <= EVENT_BOUNCE) || stored == EVENT_COPY;

	return event_kind_names[of_mail ? stored : EVENT_FOLLOWUP];
}

/* --- people --- */

static bool work_takes_part(struct work *w, const char *address)
{
	return !settings_is_desk(w->settings, address) && !is_agent_address(address, w);
}

static void work_add_participant(struct work *w, GPtrArray *people, const char *address)
{
	for (unsigned i = 0; i < people->len; i++)
		if (strcmp(g_ptr_array_index(people, i), address) == 0)
			return;
	if (people->len < LIMIT_PARTICIPANTS && work_takes_part(w, address))
		g_ptr_array_add(people, g_strdup(address));
}

static void add_participants(struct work *w, GPtrArray *people, struct mailboxes list)
{
	for (size_t i = 0; i < list.n; i++)
		work_add_participant(w, people, list.v[i].address);
}

/* An agent is known without From. */
static bool work_is_forged(const struct work *w)
{
	return w->auth.dmarc_fail && !w->is_agent;
}

void work_add_participants(struct work *w)
{
	const struct mailboxes lists[] = {
		message_from(w->message),
		message_reply_to(w->message),
		message_to(w->message),
		message_cc(w->message),
	};
	struct ticket *t = &w->match.ticket;
	GPtrArray *people = g_ptr_array_new();

	for (char **p = t->participants; p && *p; p++)
		g_ptr_array_add(people, *p);
	g_free(t->participants);
	if (t->requester_address && people->len == 0 &&
		!settings_is_own(w->settings, t->requester_address))
		g_ptr_array_add(people, g_strdup(t->requester_address));
	for (size_t i = 0; i < G_N_ELEMENTS(lists) && !work_is_forged(w); i++)
		add_participants(w, people, lists[i]);
	g_ptr_array_add(people, NULL);
	t->participants = (char **)g_ptr_array_free(people, FALSE);
}

/* --- queues --- */

static bool work_watches(const struct ticket *t, const char *queue)
{
	return g_strcmp0(t->queue, queue) == 0 || text_list_has(t->watchers, queue);
}

bool work_watch_queues(struct work *w)
{
	struct ticket *t = &w->match.ticket;
	bool added = false;

	for (unsigned i = 0; i < w->recipients.accounts->len; i++) {
		const struct account *account = g_ptr_array_index(w->recipients.accounts, i);

		/* Its own account's queue is where the ticket was moved away from, if it is not
		 * there. */
		if (g_strcmp0(account->address, t->account) != 0 &&
			!work_watches(t, account->queue)) {
			text_list_add(&t->watchers, account->queue);
			added = true;
		}
	}
	return added;
}

bool work_wants_workers(const struct work *w)
{
	for (unsigned i = 0; i < w->recipients.accounts->len; i++) {
		const struct account *account = g_ptr_array_index(w->recipients.accounts, i);

		if (account->deliver == DELIVER_AGENTS || account->deliver == DELIVER_BOTH)
			return !w->arrival->import;
	}
	return false;
}

struct members {
	const char *queue;
	GPtrArray *addresses;
	unsigned not_told;
};

static enum status work_add_member(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct members *m = arg;

	(void)txn;
	(void)err;
	if (agent->inactive || !agent_address(agent))
		return ST_OK;
	if (!agent_in_queue(agent, m->queue))
		return ST_OK;
	if (m->addresses->len < LIMIT_NOTIFIED)
		g_ptr_array_add(m->addresses, g_strdup(agent_address(agent)));
	else
		m->not_told++;
	return ST_OK;
}

static enum status say_not_told(struct work *w, unsigned count)
{
	const struct actor actor = work_actor(w);
	uint64_t number = w->match.ticket.number;
	g_autofree char *why = g_strdup_printf("%u members of queue '%s' do not get this mail; "
					       "at most %d do",
		count, w->match.ticket.queue, LIMIT_NOTIFIED);

	w->outcome->not_told = count;
	if (!count || w->outcome->duplicate)
		return ST_OK;
	return history_add(w->txn, number, &actor, NOTE(EVENT_SUPPRESSED, .text = why), w->err);
}

enum status work_find_workers(struct work *w)
{
	const struct ticket *t = &w->match.ticket;
	struct members m = { t->queue, g_ptr_array_new(), 0 };
	struct agent agent = { 0 };
	enum status st = ST_NOT_FOUND;

	if (t->agent)
		st = agents_find(w->txn, t->agent, &agent, w->err);
	if (st == ST_OK && agent_address(&agent))
		g_ptr_array_add(m.addresses, g_strdup(agent_address(&agent)));
	record_release(&agent_type, &agent);
	if (m.addresses->len == 0 && (st == ST_OK || st == ST_NOT_FOUND))
		st = agents_each(w->txn, work_add_member, &m, w->err);
	g_ptr_array_add(m.addresses, NULL);
	w->workers = (char **)g_ptr_array_free(m.addresses, FALSE);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	return say_not_told(w, m.not_told);
}

enum status work_agent_address(struct work *w, char **address_out)
{
	struct agent agent = { 0 };
	enum status st = w->match.ticket.agent
		? agents_find(w->txn, w->match.ticket.agent, &agent, w->err)
		: ST_NOT_FOUND;
	bool sender = st == ST_OK && w->is_agent && strcmp(agent.login, w->agent.login) == 0;

	*address_out = st == ST_OK && !sender ? g_strdup(agent_address(&agent)) : NULL;
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status record_nobody(struct work *w)
{
	const struct actor actor = work_actor(w);
	g_autofree char *text = NULL;

	if (!w->nobody)
		return ST_OK;
	text = g_strdup_printf("assigned to '%s', who is no agent: nobody has it", w->nobody);
	return history_add(
		w->txn, w->match.ticket.number, &actor, NOTE(EVENT_AGENT, .text = text), w->err);
}

enum status work_tell_assigned(struct work *w)
{
	const struct reply_context context = work_reply_context(w);
	g_autofree char *address = NULL;
	enum status st = record_nobody(w);

	if (st != ST_OK || w->arrival->import || work_wants_workers(w))
		return st;
	st = work_agent_address(w, &address);
	if (st != ST_OK || !address)
		return st;
	w->outcome->queued = true;
	return reply_forward(&context, &w->match.ticket, address,
		_("This ticket was assigned to you.\n"), "notice", w->err);
}

/* --- the entry --- */

/* Ours are answers themselves, and nobody answers a bounce. */
static char *work_reply_address(struct work *w, enum direction direction)
{
	bool came_in = direction == DIRECTION_IN || direction == DIRECTION_AUTO;
	const struct mailbox *requester = came_in ? work_requester(w) : NULL;

	return requester ? mailbox_shown(requester) : NULL;
}

/* What goes through the desk is recorded with who gets it. */
static char **shown_list(const struct work *w, struct mailboxes list)
{
	char **out = g_new0(char *, list.n + 1);

	for (size_t i = 0; i < list.n; i++) {
		bool token = w->outcome->whose == WHOSE_DESK_REPLY && w->addressee.address &&
			recipients_desk_ticket(&w->recipients, list.v[i].address);

		out[i] = token ? mailbox_shown(&w->addressee)
			       : mailbox_write(list.v[i].name, list.v[i].address);
	}
	return out;
}

/* The root and the newest: an answer to the root names nothing else of a long thread. An id that
 * was replaced stays known, too: the agent's own copy has it, and answers to that copy name it. */
static char **kept_references(const struct work *w)
{
	const char *const *all = message_references(w->message);
	GPtrArray *kept = g_ptr_array_new();
	size_t n = 0;

	while (all[n])
		n++;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || i + LIMIT_REFERENCES_KEPT > n)
			g_ptr_array_add(kept, g_strdup(all[i]));
	if (w->new_id)
		g_ptr_array_add(kept, g_strdup(message_id(w->message)));
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(kept, FALSE);
}

static const char *id_afterwards(const struct work *w)
{
	const char *id = message_id(w->message);

	return w->new_id ? w->new_id : id ? id : w->given_id;
}

static void describe_entry(struct work *w, enum direction direction, enum event_kind event)
{
	struct entry *e = &w->entry;
	struct mailboxes from = message_from(w->message);
	const struct match_query query = work_query(w);

	record_release(&entry_type, e);
	e->nobodys = match_sender_is_nobody(&query);
	e->direction = (int)direction;
	e->message_id = g_strdup(id_afterwards(w));
	e->in_reply_to = g_strdup(message_in_reply_to(w->message)[0]);
	e->references = kept_references(w);
	e->from = from.n ? mailbox_write(from.v[0].name, from.v[0].address) : NULL;
	e->to = shown_list(w, message_to(w->message));
	e->cc = shown_list(w, message_cc(w->message));
	e->subject = work_subject(w);
	e->subjects = message_other_subjects(w->message);
	e->taken = g_strdupv(w->commands.places);
	e->date = message_date(w->message);
	e->received = w->now;
	e->match = (int)w->match.how;
	e->size = spool_size(w->arrival->spool);
	e->archive = g_strdup(w->archive);
	e->queue_id = g_strdup(w->envelope->queue_id);
	e->digest = g_strdup(w->digest);
	e->sender = g_strdup(w->envelope->sender);
	e->event = (int)event;
	e->attached = message_attachment_texts(w->message);
	e->attached_digest = g_strdup(message_attachments_digest(w->message));
	e->reply_to = work_reply_address(w, direction);
}

/* Same thread, another matter: worth saying, not worth a new ticket. */
static enum status note_new_subject(struct work *w)
{
	struct ticket *t = &w->match.ticket;
	const struct actor actor = work_actor(w);

	if (w->entry.direction != DIRECTION_IN || w->match.how != MATCH_MESSAGE_ID ||
		w->subject.is_reply || !*w->subject.plain ||
		g_strcmp0(w->subject.plain, t->subject) == 0)
		return ST_OK;
	return history_add(w->txn, t->number, &actor,
		NOTE(EVENT_SUBJECT, .from = t->subject, .to = w->subject.plain), w->err);
}

static void work_touch(struct ticket *t, enum direction direction, int64_t now)
{
	t->updated = MAX(t->updated, now);
	if (direction == DIRECTION_IN)
		t->last_in = MAX(t->last_in, now);
	else if (direction == DIRECTION_OUT)
		t->last_out = MAX(t->last_out, now);
}

enum status work_append(struct work *w, enum direction direction, const struct event_note *note)
{
	struct ticket *t = &w->match.ticket;
	const struct actor actor = work_actor(w);
	g_autofree char *how = g_strjoin("; ", match_names[w->match.how], note->text, NULL);
	enum status st = ST_OK;

	describe_entry(w, direction, note->kind);
	work_touch(t, w->match.how == MATCH_COPY ? DIRECTION_AUTO : direction, w->now);
	w->outcome->event = work_event_name((int)note->kind);
	if (w->is_new)
		st = tickets_begin(w->txn, t, w->err);
	if (st == ST_OK)
		st = tickets_append(w->txn, t, &w->entry, message_text(w->message), w->err);
	if (st == ST_OK)
		st = history_add(w->txn, t->number, &actor,
			NOTE(note->kind, .from = note->from, .to = note->to, .text = how), w->err);
	if (st == ST_OK)
		st = note_new_subject(w);
	if (st == ST_OK)
		st = work_link(w);
	w->unsaved = true;
	w->outcome->seq = w->entry.seq;
	return st;
}

enum status work_save(struct work *w)
{
	bool is_new = w->is_new;

	if (!w->unsaved)
		return ST_OK;
	w->unsaved = w->is_new = false;
	return is_new ? tickets_store_new(w->txn, &w->match.ticket, w->err)
		      : tickets_save(w->txn, &w->match.ticket, w->err);
}

/* --- opening --- */

static const char *or_else(const char *a, const char *b)
{
	return a && *a ? a : b && *b ? b : NULL;
}

/* A queue with a responsible person assigns; an agent that a rule names wins. One that does not
 * exist is no reason to lose the mail, and an event of the ticket. */
static enum status assign_on_opening(struct work *w, const struct rules_result *rules)
{
	struct ticket *t = &w->match.ticket;
	struct queue queue = { 0 };
	struct agent agent = { 0 };
	enum status st = queues_load(w->txn, t->queue, &queue, w->err);
	const char *login = or_else(rules->assign, st == ST_OK ? queue.responsible : NULL);

	if (login && (st == ST_OK || st == ST_NOT_FOUND))
		st = agents_find(w->txn, login, &agent, w->err);
	if (st == ST_OK && login)
		t->agent = g_strdup(agent.login);
	else if (st == ST_NOT_FOUND && login)
		w->nobody = g_strdup(login);
	record_release(&agent_type, &agent);
	record_release(&queue_type, &queue);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static void describe_ticket(struct work *w, const struct mailbox *requester,
	const struct rules_result *rules, int status)
{
	struct ticket *t = &w->match.ticket;
	const struct account *account = recipients_account(&w->recipients);
	int named = rules->status ? names_find(ticket_status_names, rules->status) : -1;
	int priority = rules->priority ? names_find(priority_names, rules->priority) : -1;

	record_release(&ticket_type, t);
	t->subject = g_strdup(work_subject_plain(w));
	t->queue = g_strdup(or_else(rules->queue, account->queue));
	t->project = g_strdup(or_else(rules->project, account->project));
	t->status = named >= 0 ? named : status;
	t->priority = priority >= 0 ? priority : PRIORITY_NORMAL;
	t->account = g_strdup(account->address);
	t->language = g_strdup(message_languages(w->message));
	t->opened = w->now;
	t->closed = t->status == TICKET_CLOSED ? w->now : 0;
	for (unsigned i = 0; i < rules->tags->len && i < LIMIT_TAGS; i++)
		text_list_add(&t->tags, g_ptr_array_index(rules->tags, i));
	if (requester)
		ticket_set_requester(t, requester);
	work_add_participants(w);
	work_watch_queues(w);
}

/* That of another system where it is free, else the next. */
static enum status give_number(struct work *w, uint64_t *number_out)
{
	const struct numbering numbering = { w->settings->numbers.scheme,
		(uint64_t)w->settings->numbers.first, w->now };
	enum status st = w->arrival->number
		? tickets_take_number(w->txn, w->arrival->number, w->err)
		: ST_EXISTS;

	if (st == ST_EXISTS)
		return tickets_give_number(w->txn, &numbering, number_out, w->err);
	if (st == ST_OK)
		w->match.ticket.former = *number_out = w->arrival->number;
	return st;
}

enum status work_open_ticket(struct work *w, const struct mailbox *requester,
	const struct rules_result *rules, int status)
{
	enum status st;

	describe_ticket(w, requester, rules, status);
	st = queues_ensure(w->txn, w->match.ticket.queue, w->now, w->err);
	if (st == ST_OK)
		st = assign_on_opening(w, rules);
	if (st == ST_OK)
		st = give_number(w, &w->match.ticket.number);
	w->unsaved = w->is_new = st == ST_OK;
	return st;
}

/* --- links --- */

static enum status link_back(struct work *w, uint64_t other, const struct actor *actor)
{
	struct ticket t = { 0 };
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, w->match.ticket.number);
	enum status st = tickets_load(w->txn, other, &t, w->err);

	if (st == ST_OK && !numbers_has(&t.links, w->match.ticket.number) &&
		t.links.n < LIMIT_LINKS) {
		numbers_add(&t.links, w->match.ticket.number);
		st = tickets_save(w->txn, &t, w->err);
		if (st == ST_OK)
			st = history_add(
				w->txn, other, actor, NOTE(EVENT_LINK, .to = number), w->err);
	}
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status work_link(struct work *w)
{
	struct ticket *t = &w->match.ticket;
	const struct actor actor = work_actor(w);
	enum status st = ST_OK;

	for (size_t i = 0; i < w->match.links.n && st == ST_OK; i++) {
		uint64_t other = w->match.links.v[i];
		g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, other);

		if (other == t->number || numbers_has(&t->links, other) ||
			t->links.n >= LIMIT_LINKS)
			continue;
		numbers_add(&t->links, other);
		st = history_add(w->txn, t->number, &actor, NOTE(EVENT_LINK, .to = number), w->err);
		if (st == ST_OK)
			st = link_back(w, other, &actor);
	}
	return st;
}

enum status work_leave_alone(struct work *w, const char *reason)
{
	w->outcome->left_alone = true;
	w->outcome->reason = reason;
	return ST_OK;
}

void work_report(struct work *w)
{
	struct outcome *o = w->outcome;

	o->ticket = w->match.ticket.number;
	o->match = (int)w->match.how;
	g_free(o->queue);
	o->queue = g_strdup(w->match.ticket.queue);
	g_free(o->agent);
	o->agent = w->is_agent ? g_strdup(w->agent.login) : NULL;
	g_free(o->claimed);
	o->claimed = g_strdup(w->claimed);
}
