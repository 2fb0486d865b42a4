/* The sender, looked up by what the MTA vouches for. */
#include "decide/who.h"

#include "base/tongue.h"
#include "base/why.h"
#include "tables/agents.h"

static enum status who_look_up(
	struct txn *txn, const struct arrival *arrival, struct agent *out, struct error *err)
{
	if (arrival->import)
		return agents_find(txn, arrival_author(arrival), out, err);
	switch (arrival->vouched) {
	case VOUCHED_BY_NOBODY:
		return ST_NOT_FOUND;
	case VOUCHED_BY_LOGIN:
		return agents_find(txn, arrival->authenticated, out, err);
	case VOUCHED_BY_DMARC:
		return agents_find_by_address(txn, arrival->authenticated, out, err);
	}
	return ST_NOT_FOUND;
}

/* That From names an agent is worth telling. */
static enum status who_see_claim(
	struct txn *txn, const struct arrival *arrival, char **login_out, struct error *err)
{
	struct agent agent = { .login = NULL };
	enum status st = agents_find(txn, arrival_author(arrival), &agent, err);

	*login_out = g_strdup(agent.login);
	record_release(&agent_type, &agent);
	return st;
}

enum status who_find(
	struct txn *txn, const struct arrival *arrival, struct who *out, struct error *err)
{
	enum status st = who_look_up(txn, arrival, &out->agent, err);

	out->is_agent = st == ST_OK && !arrival->import;
	if (st == ST_NOT_FOUND && !arrival->import)
		st = who_see_claim(txn, arrival, &out->claimed, err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

void who_release(struct who *who)
{
	record_release(&agent_type, &who->agent);
	g_clear_pointer(&who->claimed, g_free);
	who->is_agent = false;
}

bool who_is_author(const struct who *who, const struct arrival *arrival)
{
	return agent_is(&who->agent, arrival_author(arrival));
}

bool who_wrote_it(const struct who *who, const struct arrival *arrival)
{
	return who_is_author(who, arrival) ||
		settings_is_own(arrival->settings, arrival_author(arrival));
}

bool who_wrote_its_words(const struct who *who, const struct arrival *arrival)
{
	if (arrival->own.resent)
		return false;
	if (who_wrote_it(who, arrival))
		return true;
	return !arrival->own.relayed && g_strcmp0(arrival->sender, arrival_author(arrival)) == 0;
}

void who_say(const struct who *who, const struct arrival *arrival, GPtrArray *why)
{
	static const char *const how[] = {
		[VOUCHED_BY_NOBODY] = N_("nobody"),
		[VOUCHED_BY_LOGIN] = N_("the login"),
		[VOUCHED_BY_DMARC] = N_("dmarc=pass of a believed field"),
	};
	const char *by = _(how[arrival->vouched]);

	if (who->is_agent)
		why_add(why, _("the sender is agent %s, by %s: %s"), who->agent.login, by,
			arrival->authenticated);
	else if (who->claimed)
		why_add(why, _("From is agent %s's address, and nobody vouches for that"),
			who->claimed);
	else if (arrival->authenticated)
		why_add(why, _("the sender is no agent: by %s it is %s, who is none"), by,
			arrival->authenticated);
	else
		why_add(why, _("the sender is no agent: nobody vouches for one"));
}
