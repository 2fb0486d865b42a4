/* Verbs that give a ticket to an agent, and the notices of it. */
#include "act/change.h"

#include <string.h>

#include "act/assign.h"
#include "act/reply.h"
#include "base/tongue.h"
#include "tables/agents.h"

static bool is_self(const struct change *c, const struct agent *agent)
{
	return c->by->self && strcmp(c->by->self->login, agent->login) == 0;
}

/* The new agent gets the ticket's mails, to answer from there; who takes a ticket has seen it. */
static enum status tell_agent(struct change *c, const struct agent *agent)
{
	const struct reply_context context = change_mail_context(c);
	g_autofree char *lead = g_strdup_printf(
		_("This ticket was assigned to you by %s.\n"), c->by->actor.name);

	if (is_self(c, agent))
		return ST_OK;
	return assign_tell(
		&context, &c->ticket, c->by->self ? c->by->self->login : NULL, lead, c->err);
}

static enum status assign_to(struct change *c, const struct agent *agent)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = g_steal_pointer(&t->agent);
	g_autofree char *what = g_strdup_printf(_("assigned to %s"), agent->login);
	int status = t->status;
	enum status st;

	t->agent = g_strdup(agent->login);
	if (g_strcmp0(before, agent->login) == 0)
		return change_unchanged(c, what);
	if (status == TICKET_NEW)
		t->status = TICKET_OPEN;
	st = change_save(c, NOTE(EVENT_AGENT, .from = before, .to = agent->login));
	if (st == ST_OK && t->status != status)
		st = change_tell(c,
			NOTE(EVENT_STATUS, .from = ticket_status_names[status],
				.to = ticket_status_names[t->status]));
	if (st == ST_OK)
		st = tell_agent(c, agent);
	change_say(c, what);
	return st;
}

static enum status no_self(struct change *c)
{
	return error_set(c->err, ST_REFUSED, _("only an agent can take a ticket; '%s' is none"),
		c->by->actor.name);
}

static enum status assign_to_self(struct change *c)
{
	if (c->by->self)
		return assign_to(c, c->by->self);
	return error_set(c->err, ST_REFUSED, _("only an agent can be given a ticket; '%s' is none"),
		c->by->actor.name);
}

enum status apply_assign(struct change *c)
{
	struct agent agent = { 0 };
	enum status st;

	if (g_ascii_strcasecmp(c->command->text, "me") == 0)
		return assign_to_self(c);
	st = agents_find(c->txn, c->command->text, &agent, c->err);
	if (st == ST_NOT_FOUND)
		return agents_missing(c->txn, c->command->text, c->err);
	if (st == ST_OK)
		st = assign_to(c, &agent);
	record_release(&agent_type, &agent);
	return st;
}

/* A colleague may be at work on it. */
enum status apply_take(struct change *c)
{
	const struct agent *self = c->by->self;

	if (!self)
		return no_self(c);
	if (c->ticket.agent && strcmp(c->ticket.agent, self->login) != 0)
		return error_set(c->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is %s's; 'steal' takes it all the same"),
			c->ticket.number, c->ticket.agent);
	return assign_to(c, self);
}

static enum status tell_former(struct change *c, const char *login)
{
	const struct reply_context context = change_mail_context(c);
	g_autofree char *lead = g_strdup_printf(
		_("This ticket was yours; %s has taken it.\n"), c->by->actor.name);
	struct agent agent = { 0 };
	enum status st = agents_find(c->txn, login, &agent, c->err);

	if (st == ST_OK && agent_address(&agent))
		st = reply_forward(
			&context, &c->ticket, agent_address(&agent), lead, "notice", c->err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status apply_steal(struct change *c)
{
	g_autofree char *former = g_strdup(c->ticket.agent);
	enum status st;

	if (!c->by->self)
		return no_self(c);
	st = assign_to(c, c->by->self);
	if (st == ST_OK && former && strcmp(former, c->by->self->login) != 0)
		st = tell_former(c, former);
	return st;
}

enum status apply_release(struct change *c)
{
	g_autofree char *before = g_steal_pointer(&c->ticket.agent);

	if (!before)
		return change_unchanged(c, _("nobody's"));
	change_say(c, _("released"));
	return change_save(c, NOTE(EVENT_AGENT, .from = before));
}
