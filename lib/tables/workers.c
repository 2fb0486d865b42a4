/* Whom mail about a ticket is handed to. */
#include "tables/workers.h"

#include <string.h>

#include "base/limits.h"
#include "tables/agents.h"

bool agent_is_away(const struct agent *agent, int64_t now)
{
	return agent->away_until > now;
}

/* A deputy's deputy is not asked: two who stand in for each other may both be away. */
static enum status workers_deputy(struct txn *txn, const struct workers_query *q, const char *login,
	struct agent *agent_out, struct error *err)
{
	enum status st = login ? agents_find(txn, login, agent_out, err) : ST_NOT_FOUND;

	if (st != ST_OK)
		return st;
	if (!agent_is_away(agent_out, q->now) && agent_in_queue(agent_out, q->queue))
		return ST_OK;
	record_release(&agent_type, agent_out);
	return ST_NOT_FOUND;
}

enum status workers_stand_in(
	struct txn *txn, const struct workers_query *q, struct agent *agent_out, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = q->agent ? agents_find(txn, q->agent, &agent, err) : ST_NOT_FOUND;

	if (st == ST_OK && agent_is_away(&agent, q->now))
		st = workers_deputy(txn, q, agent.deputy, agent_out, err);
	else if (st == ST_OK) {
		*agent_out = agent;
		return ST_OK;
	}
	record_release(&agent_type, &agent);
	return st;
}

/* --- the queue --- */

struct workers_members {
	const struct workers_query *query;
	bool away; /* those who are away, instead of the others */
	GPtrArray *addresses;
	unsigned not_told;
};

static enum status workers_add_member(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct workers_members *m = arg;

	(void)txn;
	(void)err;
	if (agent->inactive || !agent_address(agent) || !agent_in_queue(agent, m->query->queue) ||
		agent_is_away(agent, m->query->now) != m->away)
		return ST_OK;
	if (m->addresses->len < LIMIT_NOTIFIED)
		g_ptr_array_add(m->addresses, g_strdup(agent_address(agent)));
	else
		m->not_told++;
	return ST_OK;
}

enum status workers_find(struct txn *txn, const struct workers_query *q, GPtrArray *addresses,
	unsigned *not_told_out, struct error *err)
{
	struct workers_members m = { .query = q, .addresses = addresses };
	unsigned before = addresses->len;
	struct agent agent = { 0 };
	enum status st = workers_stand_in(txn, q, &agent, err);

	if (st == ST_OK && agent_address(&agent))
		g_ptr_array_add(addresses, g_strdup(agent_address(&agent)));
	record_release(&agent_type, &agent);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	st = ST_OK;
	for (int away = 0; away < 2 && addresses->len == before && st == ST_OK; away++) {
		m.away = away;
		st = agents_each(txn, workers_add_member, &m, err);
	}
	*not_told_out = m.not_told;
	return st;
}
