/* Assignment without anybody's command. */
#include "act/assign.h"

#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/assigning.h"
#include "tables/tickets.h"
#include "tables/workers.h"

enum status assign_by_policy(
	const struct reply_context *c, struct ticket *t, bool *assigned_out, struct error *err)
{
	char *login = NULL;
	enum status st;

	*assigned_out = false;
	if (t->agent || !ticket_status_active(t->status))
		return ST_OK;
	st = assigning_choose(c->txn, t->queue, c->actor.now, &login, err);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	t->agent = login;
	*assigned_out = true;
	return history_add(c->txn, t->number, &c->actor,
		NOTE(EVENT_AGENT, .to = login, .text = "by the queue's policy"), err);
}

enum status assign_tell(const struct reply_context *c, const struct ticket *t, const char *but,
	const char *lead, struct error *err)
{
	const struct workers_query query = { t->agent, t->queue, c->actor.now };
	struct agent agent = { 0 };
	enum status st = workers_stand_in(c->txn, &query, &agent, err);

	if (st == ST_OK && agent_address(&agent) && g_strcmp0(agent.login, but) != 0)
		st = reply_forward(c, t, agent_address(&agent), lead, "notice", err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status assign_give_back(
	const struct reply_context *c, struct ticket *t, struct error *err)
{
	g_autofree char *gone = g_steal_pointer(&t->agent);

	return history_add(c->txn, t->number, &c->actor,
		NOTE(EVENT_AGENT, .from = gone, .text = "no agent any more"), err);
}

enum status assign_reopened(const struct reply_context *c, struct ticket *t, struct error *err)
{
	bool there = true, assigned = false;
	enum status st = t->agent ? agents_have(c->txn, t->agent, &there, err) : ST_OK;

	if (st == ST_OK && !there)
		st = assign_give_back(c, t, err);
	if (st == ST_OK && !there)
		st = assign_by_policy(c, t, &assigned, err);
	if (st == ST_OK && assigned)
		st = tickets_save(c->txn, t, err);
	if (st == ST_OK && assigned)
		st = assign_tell(c, t, NULL, _("This ticket was assigned to you.\n"), err);
	return st;
}
