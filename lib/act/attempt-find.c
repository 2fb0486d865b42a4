/* Whose the message is, and which ticket's. */
#include "act/attempt.h"

#include "base/tongue.h"
#include "base/why.h"

static void say_recipients(const struct attempt *a, const char *what, const GPtrArray *addresses)
{
	for (unsigned i = 0; i < addresses->len; i++)
		why_add(a->why, _("recipient %s is %s"),
			(const char *)g_ptr_array_index(addresses, i), what);
}

static void say_who(const struct attempt *a)
{
	if (!a->why)
		return;
	who_say(&a->who, a->arrival, a->why);
	for (unsigned i = 0; i < a->recipients.hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(a->recipients.hits, i);

		why_add(a->why, _("recipient %s is account %s%s"), hit->recipient,
			hit->account->address, hit->ticket ? _(", with a token") : "");
	}
	say_recipients(a, _("an agent"), a->recipients.agents);
	say_recipients(a, _("outside"), a->recipients.outside);
}

/* To and Cc tell of an agent's mail what it is, whichever copy of it comes first. */
static void see_recipients(struct attempt *a)
{
	const struct arrival *arrival = a->arrival;

	recipients_init(&a->recipients, arrival->envelope, arrival->settings, &arrival->key,
		attempt_is_agent, a);
	if (!a->who.is_agent)
		return;
	recipients_name(&a->recipients, arrival->message);
	a->recipients.passed_on = !who_wrote_it(&a->who, arrival);
}

enum status attempt_find_sender(struct attempt *a)
{
	enum status st = who_find(a->txn, a->arrival, &a->who, a->err);

	if (st != ST_OK)
		return st;
	see_recipients(a);
	say_who(a);
	return ST_OK;
}

enum status attempt_find_ticket(struct attempt *a)
{
	struct match_query query = attempt_query(a);
	enum status st;

	/* In an imported mailbox the owner vouches for From. */
	if (a->who.agent.login)
		query.agent = &a->who.agent;
	st = match_find(a->txn, &query, &a->match, a->err);
	if (st == ST_OK && a->match.own)
		a->outcome->automatic = AUTO_OWN;
	return st;
}

/* In an imported mailbox the owner vouches for From; ours are the answers. */
static enum whose imported_whose(struct attempt *a)
{
	const char *author = arrival_author(a->arrival);
	bool agents = a->who.agent.login != NULL;

	if (a->recipients.hits->len == 0)
		return WHOSE_OTHER;
	if (!agents && !(*author && settings_is_own(a->arrival->settings, author)))
		return WHOSE_INBOUND;
	a->who.is_agent = agents;
	return a->match.ticket.number ? WHOSE_REPLY : WHOSE_OPENED;
}

/* An account's "since" is of openings: what belongs to a ticket is its, however old it is. */
static void leave_older(struct attempt *a)
{
	unsigned before = a->recipients.hits->len;

	if (a->match.ticket.number || a->match.own)
		return;
	recipients_leave_older(&a->recipients, message_date(a->arrival->message));
	if (a->recipients.hits->len < before)
		why_add(a->why, _("its Date is before the account's \"since\""));
}

enum whose attempt_whose(struct attempt *a)
{
	leave_older(a);
	/* Sent by us, if with an agent's login at the relay: nobody says it a second time. */
	if (a->match.own)
		return a->recipients.hits->len ? WHOSE_INBOUND : WHOSE_OTHER;
	if (a->arrival->import)
		return imported_whose(a);
	return classify_whose(a->who.is_agent, &a->recipients, a->match.ticket.number != 0);
}
