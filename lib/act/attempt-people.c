/* Who takes part in the ticket, and who else gets the mail. */
#include "act/attempt.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/workers.h"

/* --- participants --- */

static bool people_take_part(struct attempt *a, const char *address)
{
	return !settings_is_desk(a->arrival->settings, address) && !attempt_is_agent(address, a);
}

static void people_add(struct attempt *a, GPtrArray *people, const char *address)
{
	for (unsigned i = 0; i < people->len; i++)
		if (strcmp(g_ptr_array_index(people, i), address) == 0)
			return;
	if (people->len < LIMIT_PARTICIPANTS && people_take_part(a, address))
		g_ptr_array_add(people, g_strdup(address));
}

static void people_add_list(struct attempt *a, GPtrArray *people, struct mailboxes list)
{
	for (size_t i = 0; i < list.n; i++)
		people_add(a, people, list.v[i].address);
}

/* It does not matter for an agent, who is not known by From. */
static bool people_are_forged(const struct attempt *a)
{
	return a->arrival->auth.dmarc_fail && !a->who.is_agent;
}

void attempt_add_participants(struct attempt *a)
{
	const struct mailboxes lists[] = {
		a->arrival->from,
		a->arrival->reply_to,
		a->arrival->to,
		a->arrival->cc,
	};
	struct ticket *t = &a->match.ticket;
	GPtrArray *people = g_ptr_array_new();

	for (char **p = t->participants; p && *p; p++)
		g_ptr_array_add(people, *p);
	g_free(t->participants);
	if (t->requester_address && people->len == 0 &&
		!settings_is_own(a->arrival->settings, t->requester_address))
		g_ptr_array_add(people, g_strdup(t->requester_address));
	for (size_t i = 0; i < G_N_ELEMENTS(lists) && !people_are_forged(a); i++)
		people_add_list(a, people, lists[i]);
	g_ptr_array_add(people, NULL);
	t->participants = (char **)g_ptr_array_free(people, FALSE);
}

/* --- queues --- */

static bool queue_watches(const struct ticket *t, const char *queue)
{
	return g_strcmp0(t->queue, queue) == 0 || text_list_has(t->watchers, queue);
}

bool attempt_watch_queues(struct attempt *a)
{
	struct ticket *t = &a->match.ticket;
	bool added = false;

	for (unsigned i = 0; i < a->recipients.accounts->len; i++) {
		const struct account *account = g_ptr_array_index(a->recipients.accounts, i);

		/* If the ticket is not in its own account's queue, it was moved away from there. */
		if (g_strcmp0(account->address, t->account) != 0 &&
			!queue_watches(t, account->queue)) {
			text_list_add(&t->watchers, account->queue);
			added = true;
		}
	}
	return added;
}

/* --- agents --- */

bool attempt_wants_workers(const struct attempt *a)
{
	for (unsigned i = 0; i < a->recipients.accounts->len; i++) {
		const struct account *account = g_ptr_array_index(a->recipients.accounts, i);

		if (account->deliver == DELIVER_AGENTS || account->deliver == DELIVER_BOTH)
			return !a->arrival->import;
	}
	return false;
}

static enum status say_not_told(struct attempt *a, unsigned count)
{
	const struct actor actor = attempt_actor(a);
	uint64_t number = a->match.ticket.number;
	g_autofree char *why = g_strdup_printf("%u members of queue '%s' do not get this mail; "
					       "at most %d do",
		count, a->match.ticket.queue, LIMIT_NOTIFIED);

	a->outcome->not_told = count;
	if (!count || a->outcome->duplicate)
		return ST_OK;
	return history_add(a->txn, number, &actor, NOTE(EVENT_SUPPRESSED, .text = why), a->err);
}

enum status attempt_find_workers(struct attempt *a)
{
	const struct ticket *t = &a->match.ticket;
	const struct workers_query query = { t->agent, t->queue, a->arrival->now };
	GPtrArray *addresses = g_ptr_array_new();
	unsigned not_told = 0;
	enum status st = workers_find(a->txn, &query, addresses, &not_told, a->err);

	g_ptr_array_add(addresses, NULL);
	g_strfreev(a->workers);
	a->workers = (char **)g_ptr_array_free(addresses, FALSE);
	return st == ST_OK ? say_not_told(a, not_told) : st;
}

enum status attempt_find_colleagues(struct attempt *a)
{
	const struct ticket *t = &a->match.ticket;
	bool own = g_strcmp0(t->agent, a->who.agent.login) == 0;
	enum status st = ST_OK;

	if (a->outcome->whose == WHOSE_DESK_REPLY && attempt_wants_workers(a) && !own)
		st = attempt_find_workers(a);
	for (char **p = a->who.agent.addresses; p && *p; p++)
		text_list_remove(a->workers, *p);
	return st;
}

enum status attempt_agent_address(struct attempt *a, char **address_out)
{
	const struct ticket *t = &a->match.ticket;
	const struct workers_query query = { t->agent, t->queue, a->arrival->now };
	struct agent agent = { 0 };
	enum status st = workers_stand_in(a->txn, &query, &agent, a->err);
	bool sender = st == ST_OK && a->who.is_agent &&
		strcmp(agent.login, a->who.agent.login) == 0;

	*address_out = st == ST_OK && !sender ? g_strdup(agent_address(&agent)) : NULL;
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- watchers --- */

static bool is_conversation(const struct attempt *a)
{
	return a->outcome->automatic == AUTO_NONE || a->outcome->automatic == AUTO_LIST ||
		a->outcome->automatic == AUTO_GENERATED;
}

/* Watchers get no automatic mail, and notes only if they are agents. */
void attempt_find_watchers(struct attempt *a)
{
	char **watching = is_conversation(a) ? a->match.ticket.watching : NULL;
	GPtrArray *out = g_ptr_array_new();

	for (char **w = watching; w && *w; w++)
		if (a->outcome->whose != WHOSE_NOTE || attempt_is_agent(*w, a))
			g_ptr_array_add(out, g_strdup(*w));
	g_ptr_array_add(out, NULL);
	a->watchers = (char **)g_ptr_array_free(out, FALSE);
}
