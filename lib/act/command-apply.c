/* Verbs: what they do to a ticket, by whom, and what is recorded of it. */
#include "act/command.h"

#include <string.h>

#include "act/reply.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets-rebuild.h"

/* One command at work on one ticket. */
struct change {
	struct txn *txn;
	const struct commander *by;
	const struct command *command;
	struct ticket ticket;
	GString *done;
	struct error *err;
};

typedef enum status apply_fn(struct change *c);

/* --- steps --- */

static enum status apply_save(struct change *c, const struct event_note *note)
{
	enum status st;

	c->ticket.updated = MAX(c->ticket.updated, c->by->actor.now);
	st = tickets_save(c->txn, &c->ticket, c->err);
	if (st == ST_OK)
		st = history_add(c->txn, c->ticket.number, &c->by->actor, note, c->err);
	return st;
}

static enum status apply_unchanged(struct change *c, const char *what)
{
	g_string_append_printf(
		c->done, "#%" G_GUINT64_FORMAT " %s already", c->ticket.number, what);
	return ST_OK;
}

static void apply_say(struct change *c, const char *what)
{
	g_string_append_printf(c->done, "#%" G_GUINT64_FORMAT " %s", c->ticket.number, what);
}

static struct reply_context mail_context(const struct change *c)
{
	struct reply_context context = { c->txn, c->by->settings, &c->by->key,
		{ "milticket", c->by->actor.now } };

	return context;
}

static const struct account *apply_account_of(const struct change *c)
{
	g_autofree char *detail = NULL;

	return c->ticket.account ? settings_account(c->by->settings, c->ticket.account, &detail)
				 : NULL;
}

/* --- status --- */

static enum status answer_closed(struct change *c)
{
	const struct reply_context context = mail_context(c);
	const struct answer_request request = {
		.ticket = &c->ticket, .account = apply_account_of(c), .answer = ANSWER_CLOSED
	};
	enum answer_fate fate;
	enum status st;

	if (!request.account)
		return ST_OK;
	st = reply_automatic(&context, &request, &fate, c->err);
	return st == ST_OK ? tickets_save(c->txn, &c->ticket, c->err) : st;
}

static enum status apply_set_status(struct change *c, int status, int64_t wait_until)
{
	struct ticket *t = &c->ticket;
	int before = t->status;
	g_autofree char *until = text_rfc3339(wait_until);
	enum status st;

	if (before == status && t->wait_until == wait_until)
		return apply_unchanged(c, ticket_status_names[status]);
	t->status = status;
	t->wait_until = wait_until;
	t->closed = status == TICKET_CLOSED ? c->by->actor.now : 0;
	st = apply_save(c,
		NOTE(EVENT_STATUS, .from = ticket_status_names[before],
			.to = ticket_status_names[status], .text = until));
	if (st == ST_OK && status == TICKET_CLOSED && before != TICKET_SPAM)
		st = answer_closed(c);
	g_string_append_printf(c->done, "#%" G_GUINT64_FORMAT " %s%s%s", t->number,
		ticket_status_names[status], until ? " until " : "", until ? until : "");
	return st;
}

static enum status apply_status(struct change *c)
{
	return apply_set_status(c, c->command->value, 0);
}

static enum status apply_close(struct change *c)
{
	return apply_set_status(c, TICKET_CLOSED, 0);
}

static enum status apply_spam(struct change *c)
{
	return apply_set_status(c, TICKET_SPAM, 0);
}

static enum status apply_reopen(struct change *c)
{
	bool open = ticket_status_active(c->ticket.status) && c->ticket.status != TICKET_WAITING;

	return open ? apply_unchanged(c, ticket_status_names[c->ticket.status])
		    : apply_set_status(c, TICKET_OPEN, 0);
}

static enum status apply_wait(struct change *c)
{
	return apply_set_status(c, TICKET_WAITING, c->command->when);
}

/* --- assignment --- */

static bool is_self(const struct change *c, const struct agent *agent)
{
	return c->by->self && strcmp(c->by->self->login, agent->login) == 0;
}

/* The new agent gets the ticket's mails, to answer from there; who takes a ticket has seen it. */
static enum status tell_agent(struct change *c, const struct agent *agent)
{
	const struct reply_context context = mail_context(c);
	g_autofree char *lead = g_strdup_printf(
		"This ticket was assigned to you by %s.\n", c->by->actor.name);

	if (!agent_address(agent) || is_self(c, agent))
		return ST_OK;
	return reply_forward(&context, &c->ticket, agent_address(agent), lead, "notice", c->err);
}

static enum status assign_to(struct change *c, const struct agent *agent)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = g_steal_pointer(&t->agent);
	g_autofree char *what = g_strdup_printf("assigned to %s", agent->login);
	int status = t->status;
	enum status st;

	t->agent = g_strdup(agent->login);
	if (g_strcmp0(before, agent->login) == 0)
		return apply_unchanged(c, what);
	if (status == TICKET_NEW)
		t->status = TICKET_OPEN;
	st = apply_save(c, NOTE(EVENT_AGENT, .from = before, .to = agent->login));
	if (st == ST_OK && t->status != status)
		st = history_add(c->txn, t->number, &c->by->actor,
			NOTE(EVENT_STATUS, .from = ticket_status_names[status],
				.to = ticket_status_names[t->status]),
			c->err);
	if (st == ST_OK)
		st = tell_agent(c, agent);
	apply_say(c, what);
	return st;
}

static enum status no_self(struct change *c, const char *verb)
{
	return error_set(c->err, ST_REFUSED, _("only an agent can %s a ticket; '%s' is none"), verb,
		c->by->actor.name);
}

static enum status apply_assign(struct change *c)
{
	struct agent agent = { 0 };
	enum status st;

	if (g_ascii_strcasecmp(c->command->text, "me") == 0)
		return c->by->self ? assign_to(c, c->by->self) : no_self(c, "be given");
	st = agents_find(c->txn, c->command->text, &agent, c->err);
	if (st == ST_NOT_FOUND)
		return error_set(
			c->err, ST_NOT_FOUND, _("there is no agent '%s'"), c->command->text);
	if (st == ST_OK)
		st = assign_to(c, &agent);
	record_release(&agent_type, &agent);
	return st;
}

/* A colleague may be at work on it. */
static enum status apply_take(struct change *c)
{
	const struct agent *self = c->by->self;

	if (!self)
		return no_self(c, "take");
	if (c->ticket.agent && strcmp(c->ticket.agent, self->login) != 0)
		return error_set(c->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is %s's; 'steal' takes it all the same"),
			c->ticket.number, c->ticket.agent);
	return assign_to(c, self);
}

static enum status tell_former(struct change *c, const char *login)
{
	const struct reply_context context = mail_context(c);
	g_autofree char *lead = g_strdup_printf(
		"This ticket was yours; %s has taken it.\n", c->by->actor.name);
	struct agent agent = { 0 };
	enum status st = agents_find(c->txn, login, &agent, c->err);

	if (st == ST_OK && agent_address(&agent))
		st = reply_forward(
			&context, &c->ticket, agent_address(&agent), lead, "notice", c->err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status apply_steal(struct change *c)
{
	g_autofree char *former = g_strdup(c->ticket.agent);
	enum status st;

	if (!c->by->self)
		return no_self(c, "take");
	st = assign_to(c, c->by->self);
	if (st == ST_OK && former && strcmp(former, c->by->self->login) != 0)
		st = tell_former(c, former);
	return st;
}

static enum status apply_release(struct change *c)
{
	g_autofree char *before = g_steal_pointer(&c->ticket.agent);

	if (!before)
		return apply_unchanged(c, "nobody's");
	apply_say(c, "released");
	return apply_save(c, NOTE(EVENT_AGENT, .from = before));
}

/* --- fields --- */

static enum status set_text(struct change *c, char **field, enum event_kind kind)
{
	const char *value = *c->command->text ? c->command->text : NULL;
	g_autofree char *before = g_steal_pointer(field);
	g_autofree char *what = g_strdup_printf(
		"%s %s", event_kind_names[kind], value ? value : "none");

	*field = g_strdup(value);
	if (g_strcmp0(before, value) == 0)
		return apply_unchanged(c, what);
	apply_say(c, what);
	return apply_save(c, NOTE(kind, .from = before, .to = value));
}

static enum status apply_queue(struct change *c)
{
	struct queue queue = { 0 };
	enum status st = queues_load(c->txn, c->command->text, &queue, c->err);

	record_release(&queue_type, &queue);
	if (st == ST_NOT_FOUND)
		return error_set(
			c->err, ST_NOT_FOUND, _("there is no queue '%s'"), c->command->text);
	return st == ST_OK ? set_text(c, &c->ticket.queue, EVENT_QUEUE) : st;
}

static enum status apply_project(struct change *c)
{
	return set_text(c, &c->ticket.project, EVENT_PROJECT);
}

static enum status apply_title(struct change *c)
{
	return set_text(c, &c->ticket.subject, EVENT_TITLE);
}

static enum status apply_priority(struct change *c)
{
	int before = c->ticket.priority;
	g_autofree char *what = g_strdup_printf("priority %s", priority_names[c->command->value]);

	if (before == c->command->value)
		return apply_unchanged(c, what);
	c->ticket.priority = c->command->value;
	apply_say(c, what);
	return apply_save(c,
		NOTE(EVENT_PRIORITY, .from = priority_names[before],
			.to = priority_names[c->command->value]));
}

static enum status apply_tag(struct change *c)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = t->tags ? g_strjoinv(" ", t->tags) : g_strdup(""), *after = NULL;
	g_autofree char *what = NULL;
	GPtrArray *tags = g_ptr_array_new();

	for (char **p = t->tags; p && *p; p++)
		if (!text_list_has(c->command->remove, *p))
			g_ptr_array_add(tags, g_strdup(*p));
	for (char **p = c->command->add; *p; p++)
		if (!text_list_has(t->tags, *p) && tags->len < LIMIT_TAGS)
			g_ptr_array_add(tags, g_strdup(*p));
	g_ptr_array_add(tags, NULL);
	g_strfreev(t->tags);
	t->tags = (char **)g_ptr_array_free(tags, FALSE);
	after = g_strjoinv(" ", t->tags);
	what = g_strdup_printf("tagged %s", *after ? after : "nothing");
	if (strcmp(before, after) == 0)
		return apply_unchanged(c, what);
	apply_say(c, what);
	return apply_save(c, NOTE(EVENT_TAG, .from = before, .to = after));
}

/* Union of two lists of texts; *into is replaced. */
static void apply_unite(char ***into, char *const *from, unsigned max)
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

static void set_name(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

/* --- people --- */

/* Mail to these would come back to the desk, as a ticket or as commands. */
static enum status check_outside(struct change *c, const char *address)
{
	if (!settings_is_desk(c->by->settings, address))
		return ST_OK;
	return error_set(c->err, ST_REFUSED, _("'%s' is an address of the desk itself"), address);
}

static enum status apply_requester(struct change *c)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = g_strdup(t->requester_address),
			*what = g_strdup_printf("requester %s", c->command->text);
	char *const first[] = { c->command->text, NULL };
	char **participants = g_strdupv((char **)first);
	enum status st = check_outside(c, c->command->text);

	if (st != ST_OK ||
		(g_strcmp0(before, c->command->text) == 0 &&
			(!c->command->name ||
				g_strcmp0(t->requester_name, c->command->name) == 0))) {
		g_strfreev(participants);
		return st == ST_OK ? apply_unchanged(c, what) : st;
	}
	if (g_strcmp0(before, c->command->text) != 0 || c->command->name)
		set_name(&t->requester_name, c->command->name);
	set_name(&t->requester_address, c->command->text);
	apply_unite(&participants, t->participants, LIMIT_PARTICIPANTS);
	g_strfreev(t->participants);
	t->participants = participants;
	apply_say(c, what);
	return apply_save(c,
		NOTE(EVENT_REQUESTER, .from = before, .to = t->requester_address,
			.text = c->command->name));
}

/* An agent's login stands for their first address; nothing for one's own. *address_out owned. */
static enum status apply_watcher(struct change *c, char **address_out)
{
	struct agent agent = { 0 };
	const char *word = c->command->text;
	enum status st = word ? agents_find(c->txn, word, &agent, c->err) : ST_OK;
	const char *theirs = agent_address(word ? &agent : c->by->self);

	if (!word && !theirs)
		return error_set(c->err, ST_BAD_INPUT,
			_("%s: whose address? You are no agent who has one"),
			verb_info(c->command->verb)->name);
	if (st == ST_OK && theirs && !(word && strchr(word, '@')))
		*address_out = g_strdup(theirs);
	else if (st == ST_OK || st == ST_NOT_FOUND)
		st = address_canonical(word, address_out) == ST_OK
			? ST_OK
			: error_set(c->err, ST_BAD_INPUT,
				  _("%s: '%s' is no mail address and no agent"),
				  verb_info(c->command->verb)->name, word);
	record_release(&agent_type, &agent);
	return st == ST_OK ? check_outside(c, *address_out) : st;
}

static enum status apply_watch(struct change *c)
{
	g_autofree char *address = NULL, *what = NULL;
	struct ticket *t = &c->ticket;
	enum status st = apply_watcher(c, &address);

	if (st != ST_OK)
		return st;
	what = g_strdup_printf("watched by %s", address);
	if (text_list_has(t->watching, address))
		return apply_unchanged(c, what);
	if (t->watching && g_strv_length(t->watching) >= LIMIT_WATCHING)
		return error_set(c->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is watched by %d already"), t->number,
			LIMIT_WATCHING);
	text_list_add(&t->watching, address);
	apply_say(c, what);
	return apply_save(c, NOTE(EVENT_WATCH, .to = address));
}

static enum status apply_unwatch(struct change *c)
{
	g_autofree char *address = NULL, *what = NULL;
	struct ticket *t = &c->ticket;
	enum status st = apply_watcher(c, &address);

	if (st != ST_OK)
		return st;
	what = g_strdup_printf("not watched by %s", address);
	if (!text_list_has(t->watching, address))
		return apply_unchanged(c, what);
	text_list_remove(t->watching, address);
	apply_say(c, what);
	return apply_save(c, NOTE(EVENT_WATCH, .from = address));
}

/* --- two tickets --- */

bool commander_may(const struct commander *by, const struct ticket *t)
{
	if (!by->agent || agent_in_queue(by->agent, t->queue) ||
		g_strcmp0(t->agent, by->agent->login) == 0)
		return true;
	for (char **q = t->watchers; q && *q; q++)
		if (agent_in_queue(by->agent, *q))
			return true;
	return false;
}

static enum status load_for(struct txn *txn, const struct commander *by, uint64_t number,
	struct ticket *ticket_out, struct error *err)
{
	enum status st = tickets_resolve(txn, number, ticket_out, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, ST_NOT_FOUND, _("there is no ticket #%" PRIu64), number);
	if (st == ST_OK && !commander_may(by, ticket_out)) {
		st = error_set(err, ST_REFUSED,
			_("ticket #%" PRIu64 " is in queue '%s', which is not yours"),
			ticket_out->number, ticket_out->queue);
		record_release(&ticket_type, ticket_out);
	}
	return st;
}

static enum status link_one(struct change *c, struct ticket *t, uint64_t other)
{
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, other);
	enum status st;

	if (numbers_has(&t->links, other))
		return ST_OK;
	numbers_add(&t->links, other);
	st = tickets_save(c->txn, t, c->err);
	return st == ST_OK ? history_add(c->txn, t->number, &c->by->actor,
				     NOTE(EVENT_LINK, .to = number), c->err)
			   : st;
}

static enum status room_for_link(struct change *c, const struct ticket *t, uint64_t other)
{
	if (t->links.n < LIMIT_LINKS || numbers_has(&t->links, other))
		return ST_OK;
	return error_set(c->err, ST_REFUSED, _("ticket #%" PRIu64 " has %d links already"),
		t->number, LIMIT_LINKS);
}

static enum status apply_link(struct change *c)
{
	struct ticket other = { 0 };
	g_autofree char *what = NULL;
	enum status st = load_for(c->txn, c->by, c->command->number, &other, c->err);

	if (st == ST_OK && other.number == c->ticket.number)
		st = error_set(c->err, ST_BAD_INPUT, _("a ticket cannot be linked with itself"));
	if (st == ST_OK)
		st = room_for_link(c, &c->ticket, other.number);
	if (st == ST_OK)
		st = room_for_link(c, &other, c->ticket.number);
	if (st == ST_OK)
		st = link_one(c, &c->ticket, other.number);
	if (st == ST_OK)
		st = link_one(c, &other, c->ticket.number);
	what = g_strdup_printf("linked with #%" G_GUINT64_FORMAT, other.number);
	apply_say(c, what);
	record_release(&ticket_type, &other);
	return st;
}

static enum status note_seq(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	numbers_add(arg, entry->seq);
	return ST_OK;
}

/* Listed first: what is moved while it is walked would be met again. */
static enum status move_entries(struct change *c, struct ticket *from, struct ticket *to)
{
	struct numbers seqs = { 0 };
	enum status st = tickets_each_entry(c->txn, from->number, note_seq, &seqs, c->err);

	for (size_t i = 0; i < seqs.n && st == ST_OK; i++)
		st = tickets_entry_move(c->txn, from, seqs.v[i], to, c->err);
	g_free(seqs.v);
	return st;
}

static void apply_inherit(struct ticket *to, const struct ticket *from)
{
	apply_unite(&to->participants, from->participants, LIMIT_PARTICIPANTS);
	apply_unite(&to->tags, from->tags, LIMIT_TAGS);
	apply_unite(&to->watchers, from->watchers, LIMIT_TAGS);
	apply_unite(&to->watching, from->watching, LIMIT_WATCHING);
	to->updated = MAX(to->updated, from->updated);
	to->last_in = MAX(to->last_in, from->last_in);
	to->last_out = MAX(to->last_out, from->last_out);
	to->undelivered |= from->undelivered;
}

static enum status merge_into(struct change *c, struct ticket *to)
{
	struct ticket *from = &c->ticket;
	g_autofree char *from_number = g_strdup_printf("%" G_GUINT64_FORMAT, from->number);
	g_autofree char *to_number = g_strdup_printf("%" G_GUINT64_FORMAT, to->number);
	enum status st = move_entries(c, from, to);

	apply_inherit(to, from);
	from->merged_into = to->number;
	from->status = TICKET_CLOSED;
	from->wait_until = 0;
	from->closed = c->by->actor.now;
	if (st == ST_OK)
		st = apply_save(c, NOTE(EVENT_MERGED, .to = to_number));
	if (st == ST_OK)
		st = tickets_save(c->txn, to, c->err);
	if (st == ST_OK)
		st = history_add(c->txn, to->number, &c->by->actor,
			NOTE(EVENT_MERGED, .from = from_number), c->err);
	return st;
}

static enum status apply_merge(struct change *c)
{
	struct ticket to = { 0 };
	g_autofree char *what = NULL;
	enum status st = load_for(c->txn, c->by, c->command->number, &to, c->err);

	if (st == ST_OK && to.number == c->ticket.number)
		st = error_set(c->err, ST_BAD_INPUT, _("a ticket cannot be merged into itself"));
	if (st == ST_OK)
		st = merge_into(c, &to);
	what = g_strdup_printf("merged into #%" G_GUINT64_FORMAT, to.number);
	apply_say(c, what);
	record_release(&ticket_type, &to);
	return st;
}

static enum status apply_read_part(struct change *c, struct ticket *part)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < c->command->seqs.n && st == ST_OK; i++) {
		struct entry entry = { 0 };

		st = tickets_entry(c->txn, c->ticket.number, c->command->seqs.v[i], &entry, c->err);
		if (st == ST_NOT_FOUND)
			return error_set(c->err, st,
				_("ticket #%" PRIu64 " has no message %" PRIu64), c->ticket.number,
				c->command->seqs.v[i]);
		if (st == ST_OK && i == 0)
			ticket_open_by(part, &entry, &c->by->settings->tag_format);
		if (st == ST_OK)
			ticket_add_message(part, &entry);
		record_release(&entry_type, &entry);
	}
	return st;
}

/* The new ticket is as the old one, but for what its messages say of themselves. */
static enum status make_split(struct change *c, struct ticket *part)
{
	const struct numbering numbering = { c->by->settings->numbers.scheme,
		(uint64_t)c->by->settings->numbers.first, c->by->actor.now };
	enum status st;

	record_copy(&ticket_type, part, &c->ticket);
	part->messages_count = part->attachments_count = 0;
	part->last_in = part->last_out = part->first_response = 0;
	g_clear_pointer(&part->links.v, g_free);
	part->links.n = 0;
	g_clear_pointer(&part->answered, g_strfreev);
	g_clear_pointer(&part->participants, g_strfreev);
	st = apply_read_part(c, part);
	part->updated = c->by->actor.now;
	return st == ST_OK ? tickets_create(c->txn, &numbering, part, c->err) : st;
}

static enum status split_off(struct change *c, struct ticket *part)
{
	g_autofree char *from = g_strdup_printf("%" G_GUINT64_FORMAT, c->ticket.number);
	g_autofree char *to = g_strdup_printf("%" G_GUINT64_FORMAT, part->number);
	enum status st = ST_OK;

	for (size_t i = 0; i < c->command->seqs.n && st == ST_OK; i++) {
		st = tickets_entry_move(c->txn, &c->ticket, c->command->seqs.v[i], part, c->err);
		if (st == ST_NOT_FOUND)
			return error_set(c->err, st,
				_("message %" PRIu64 " of ticket #%s is named twice"),
				c->command->seqs.v[i], from);
	}
	if (st == ST_OK && c->ticket.messages_count == 0)
		return error_set(c->err, ST_BAD_INPUT,
			_("ticket #%s would have no message left; there is nothing to split it from"),
			from);
	if (st == ST_OK)
		st = apply_save(c, NOTE(EVENT_SPLIT, .to = to));
	/* What stays may have the id of what goes, as a copy does, or refer to it. */
	if (st == ST_OK)
		st = tickets_reindex(c->txn, c->ticket.number, c->err);
	if (st == ST_OK)
		st = tickets_save(c->txn, part, c->err);
	if (st == ST_OK)
		st = history_add(c->txn, part->number, &c->by->actor,
			NOTE(EVENT_SPLIT, .from = from), c->err);
	if (st == ST_OK)
		st = link_one(c, &c->ticket, part->number);
	return st == ST_OK ? link_one(c, part, c->ticket.number) : st;
}

static enum status apply_split(struct change *c)
{
	struct ticket part = { 0 };
	g_autofree char *what = NULL;
	enum status st = make_split(c, &part);

	if (st == ST_OK)
		st = split_off(c, &part);
	what = g_strdup_printf("split into #%" G_GUINT64_FORMAT, part.number);
	apply_say(c, what);
	record_release(&ticket_type, &part);
	return st;
}

static apply_fn *const applies[VERB_COUNT] = {
	[VERB_TAKE] = apply_take,
	[VERB_STEAL] = apply_steal,
	[VERB_RELEASE] = apply_release,
	[VERB_ASSIGN] = apply_assign,
	[VERB_STATUS] = apply_status,
	[VERB_CLOSE] = apply_close,
	[VERB_REOPEN] = apply_reopen,
	[VERB_WAIT] = apply_wait,
	[VERB_QUEUE] = apply_queue,
	[VERB_PROJECT] = apply_project,
	[VERB_PRIORITY] = apply_priority,
	[VERB_TAG] = apply_tag,
	[VERB_MERGE] = apply_merge,
	[VERB_SPLIT] = apply_split,
	[VERB_LINK] = apply_link,
	[VERB_SPAM] = apply_spam,
	[VERB_TITLE] = apply_title,
	[VERB_REQUESTER] = apply_requester,
	[VERB_WATCH] = apply_watch,
	[VERB_UNWATCH] = apply_unwatch,
};

enum status command_apply(struct txn *txn, const struct commander *commander, uint64_t number,
	const struct command *command, char **done_out, struct error *err)
{
	struct change c = { .txn = txn, .by = commander, .command = command, .err = err };
	enum status st;

	if (!applies[command->verb])
		return error_set(err, ST_BAD_INPUT, _("%s changes no ticket"),
			verb_info(command->verb)->name);
	st = load_for(txn, commander, number, &c.ticket, err);
	if (st != ST_OK)
		return st;
	c.done = g_string_new(NULL);
	st = applies[command->verb](&c);
	if (st == ST_OK)
		*done_out = g_string_free(g_steal_pointer(&c.done), FALSE);
	if (c.done)
		g_string_free(c.done, TRUE);
	record_release(&ticket_type, &c.ticket);
	return st;
}
