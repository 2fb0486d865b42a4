/* Is a message any of our business? Asked before all of it is there. */
#include "act/attempt.h"

#include <string.h>

#include "base/address.h"

/* --- by the envelope --- */

bool intake_is_addressed(const struct settings *settings, const char *recipient)
{
	g_autofree char *canonical = NULL, *detail = NULL;
	const struct account *account;

	if (address_canonical(recipient, &canonical) != ST_OK)
		return false;
	account = settings_account(settings, canonical, &detail);
	return account && account->enabled;
}

/* Without a login only the headers can tell that an agent sends it. They are looked at when the
 * envelope's sender is at one of our domains. */
static bool may_be_vouched_for(const struct settings *settings, const struct envelope *envelope)
{
	g_autofree char *canonical = NULL;

	if (!settings->agents_auth.authserv_ids || !settings->agents_auth.authserv_ids[0])
		return false;
	if (address_canonical(envelope->sender, &canonical) != ST_OK)
		return false;
	for (unsigned i = 0; i < settings->accounts->len; i++) {
		const struct account *account = g_ptr_array_index(settings->accounts, i);

		if (strcmp(strrchr(account->address, '@'), strrchr(canonical, '@')) == 0)
			return true;
	}
	return false;
}

/* An agent may send commands from any domain. */
static bool may_be_commands(const struct settings *settings, const char *recipient)
{
	g_autofree char *canonical = NULL;

	return settings->agents_auth.authserv_ids && settings->agents_auth.authserv_ids[0] &&
		address_canonical(recipient, &canonical) == ST_OK &&
		settings_is_control(settings, canonical);
}

enum interest intake_interest(const struct settings *settings, const struct envelope *envelope)
{
	for (const char *const *r = envelope->recipients; *r; r++)
		if (intake_is_addressed(settings, *r))
			return INTEREST_FULL;
	if (settings->agents_auth.sasl && envelope->authen && *envelope->authen)
		return INTEREST_MAYBE;
	for (const char *const *r = envelope->recipients; *r; r++)
		if (may_be_commands(settings, *r))
			return INTEREST_MAYBE;
	return may_be_vouched_for(settings, envelope) ? INTEREST_MAYBE : INTEREST_NONE;
}

/* --- by the headers: an agent's mail to the outside --- */

static enum status interest_look(struct txn *txn, void *arg, struct error *err)
{
	struct attempt *a = arg;
	enum status st;

	attempt_begin(a, txn, err);
	st = attempt_find_sender(a);
	if (st == ST_OK && a->who.is_agent && !a->recipients.control)
		st = attempt_find_ticket(a);
	return attempt_end(a, st);
}

static bool interest_is_ours(struct attempt *a)
{
	if (!a->who.is_agent)
		return false;
	if (a->recipients.control)
		return true;
	if (strcmp(message_content_type(a->arrival->message), "multipart/report") == 0)
		return true;
	if ((a->match.ticket.number || a->match.known_id) && !a->match.own)
		return true;
	return attempt_whose(a) == WHOSE_REFUSED;
}

/* As far as the MTA vouches for the sender, and agents are known. */
static bool may_be_agent(struct agents_known *known, const struct arrival *arrival)
{
	return !known ||
		(arrival->vouched != VOUCHED_BY_NOBODY &&
			agents_known_may_be(known, arrival->authenticated));
}

static enum status interest_ask(struct store *store, struct arrival *arrival, struct attempt *a,
	bool *ours_out, struct error *err)
{
	enum status st = store_secret(store, arrival->key.secret, err);

	if (st == ST_OK)
		st = store_read(store, interest_look, a, err);
	if (st == ST_OK)
		*ours_out = interest_is_ours(a);
	return st;
}

enum status intake_headers(struct store *store, struct agents_known *known, struct arrival *arrival,
	bool *ours_out, struct error *err)
{
	struct outcome outcome;
	struct attempt a = { .arrival = arrival, .outcome = &outcome };
	enum status st = ST_BUSY;
	bool must_ask;

	outcome_init(&outcome);
	arrival_read_headers(arrival);
	must_ask = may_be_agent(known, arrival);
	if (must_ask || !store_is_away(store))
		st = interest_ask(store, arrival, &a, ours_out, err);
	if (st != ST_OK && !must_ask) {
		*ours_out = false;
		st = ST_OK;
	}
	attempt_release(&a);
	outcome_release(&outcome);
	arrival_release(arrival);
	return st;
}
