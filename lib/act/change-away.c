/* Verbs about the agent, not about a ticket: away, and back. */
#include "act/change.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/workers.h"

enum status parse_away(struct parsing *p)
{
	if (p->n < 1 || p->n > 2)
		return parse_expected(p, NULL);
	if (text_parse_when(p->args[0], p->now, 1, &p->command->when) != ST_OK)
		return parse_expected(p, p->args[0]);
	if (p->command->when <= p->now)
		return error_set(
			p->err, ST_BAD_INPUT, _("away: '%s' is not in the future"), p->args[0]);
	p->command->text = p->n > 1 ? text_line(p->args[1], LIMIT_NAME_BYTES) : NULL;
	return ST_OK;
}

/* As they are in the store now, not when the mail was looked at. */
static enum status away_load(struct change *c, struct agent *agent_out)
{
	if (!c->by->self)
		return error_set(c->err, ST_REFUSED,
			_("only an agent can be away or back; '%s' is none"), c->by->actor.name);
	return agents_load(c->txn, c->by->self->login, agent_out, c->err);
}

/* *login_out owned; NULL: nobody stands in. */
static enum status away_find_deputy(struct change *c, const struct agent *agent, char **login_out)
{
	const char *word = c->command->text;
	struct agent deputy = { 0 };
	enum status st = word ? agents_find(c->txn, word, &deputy, c->err) : ST_OK;

	if (st == ST_NOT_FOUND)
		return agents_missing(c->txn, word, c->err);
	if (st == ST_OK && word && strcmp(deputy.login, agent->login) == 0)
		st = error_set(c->err, ST_REFUSED, _("nobody is their own deputy"));
	if (st == ST_OK && word && agent_is_away(&deputy, c->by->actor.now))
		st = error_set(c->err, ST_REFUSED, _("%s is away, too"), deputy.login);
	*login_out = st == ST_OK ? g_strdup(deputy.login) : NULL;
	record_release(&agent_type, &deputy);
	return st;
}

static void away_say(struct change *c, const struct agent *agent)
{
	g_autofree char *until = commander_time(c->by, agent->away_until);

	if (agent->deputy)
		g_string_append_printf(c->done, _("%s is away until %s; mail goes to %s"),
			agent->login, until, agent->deputy);
	else
		g_string_append_printf(c->done,
			_("%s is away until %s; mail goes to the members of the queues"),
			agent->login, until);
}

enum status apply_away(struct change *c)
{
	struct agent agent = { 0 };
	char *deputy = NULL;
	enum status st = away_load(c, &agent);

	if (st == ST_OK)
		st = away_find_deputy(c, &agent, &deputy);
	if (st == ST_OK) {
		agent.away_until = c->command->when;
		g_free(agent.deputy);
		agent.deputy = deputy;
		st = agents_save(c->txn, &agent, c->err);
		away_say(c, &agent);
	}
	record_release(&agent_type, &agent);
	return st;
}

enum status apply_back(struct change *c)
{
	struct agent agent = { 0 };
	enum status st = away_load(c, &agent);
	bool was_away = st == ST_OK && agent_is_away(&agent, c->by->actor.now);

	if (st != ST_OK)
		return st;
	agent.away_until = 0;
	g_clear_pointer(&agent.deputy, g_free);
	st = agents_save(c->txn, &agent, c->err);
	g_string_append_printf(
		c->done, was_away ? _("%s is back") : _("%s was not away"), agent.login);
	record_release(&agent_type, &agent);
	return st;
}
