/* Whose message is it: PRODUCT's table of senders and recipients. Pure. */
#include "decide/classify.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

const char *const whose_names[] = { "other", "inbound", "reply", "desk-reply", "opened", "note",
	"commands", "refused", NULL };

/* 1 January 1982, the year of RFC 822. A clock that says less was never set: such a Date is none.
 */
static const int64_t MAIL_BEGINS = INT64_C(378691200) * TEXT_SECOND;

/* --- who is vouched for --- */

enum vouched classify_authenticated(const struct envelope *envelope, const struct message *message,
	const struct auth_results *auth, const struct settings *settings, const char **who_out)
{
	*who_out = NULL;
	if (settings->agents_auth.sasl && envelope->authen && *envelope->authen) {
		*who_out = envelope->authen;
		return VOUCHED_BY_LOGIN;
	}
	/* DMARC speaks of a single author (RFC 7489 section 6.6.1). */
	if (!auth->dmarc_pass)
		return VOUCHED_BY_NOBODY;
	*who_out = message_sole_author(message);
	return VOUCHED_BY_DMARC;
}

/* --- to whom --- */

static void hit_free(void *data)
{
	struct account_hit *hit = data;

	g_free(hit->recipient);
	g_free(hit);
}

/* What kind of address it is, as seen from an agent's mail. */
enum place { AT_ACCOUNT, AT_CONTROL, AT_AGENT, AT_HOME, OUTSIDE };

/* *account_out only when the account is in force. An address of ours is never outside, not even one
 * of a disabled account or one that we only send from. */
static enum place classify_place_of(const struct sorting *by, const char *canonical,
	const struct account **account_out, char **detail_out)
{
	const struct account *account = settings_account(by->settings, canonical, detail_out);

	*account_out = account && account->enabled ? account : NULL;
	if (*account_out)
		return AT_ACCOUNT;
	if (!account && settings_is_control(by->settings, canonical))
		return AT_CONTROL;
	if (by->is_agent(canonical, by->arg))
		return AT_AGENT;
	return account || settings_is_internal(by->settings, canonical) ? AT_HOME : OUTSIDE;
}

static bool is_note(const char *detail)
{
	return g_strcmp0(detail, "note") == 0;
}

/* The number of a token address with a good mac; 0. */
static uint64_t classify_ticket_of(
	const struct sorting *by, const struct account *account, const char *detail)
{
	uint64_t number;

	return detail && token_verify(by->key, detail, account->address, &number) ? number : 0;
}

static void add_hit(struct recipients *r, const struct account *account, const char *recipient,
	const char *detail)
{
	struct account_hit *hit = g_new0(struct account_hit, 1);

	hit->account = account;
	hit->recipient = g_strdup(recipient);
	hit->ticket = classify_ticket_of(&r->by, account, detail);
	r->note |= is_note(detail);
	g_ptr_array_add(r->hits, hit);
}

static void sort_recipient(struct recipients *r, const char *recipient)
{
	GPtrArray *const people[] = {
		[AT_AGENT] = r->agents, [AT_HOME] = r->internal, [OUTSIDE] = r->outside
	};
	g_autofree char *canonical = NULL, *detail = NULL;
	const struct account *account = NULL;
	enum place place = OUTSIDE;

	if (address_canonical(recipient, &canonical) == ST_OK)
		place = classify_place_of(&r->by, canonical, &account, &detail);
	else
		canonical = g_strdup(recipient);
	if (place == AT_ACCOUNT)
		add_hit(r, account, recipient, detail);
	else if (place == AT_CONTROL)
		r->control = true;
	else
		g_ptr_array_add(people[place], g_steal_pointer(&canonical));
}

static void list_accounts(struct recipients *r, const struct settings *settings)
{
	for (unsigned i = 0; i < settings->accounts->len; i++) {
		struct account *account = g_ptr_array_index(settings->accounts, i);

		for (unsigned k = 0; k < r->hits->len; k++)
			if (((struct account_hit *)g_ptr_array_index(r->hits, k))->account ==
				account) {
				g_ptr_array_add(r->accounts, account);
				break;
			}
	}
}

void recipients_init(struct recipients *r, const struct envelope *envelope,
	const struct settings *settings, const struct token_key *key, is_agent_fn *is_agent,
	void *arg)
{
	memset(r, 0, sizeof *r);
	r->by = (struct sorting){ settings, key, is_agent, arg };
	r->hits = g_ptr_array_new_with_free_func(hit_free);
	r->accounts = g_ptr_array_new();
	r->outside = g_ptr_array_new_with_free_func(g_free);
	r->agents = g_ptr_array_new_with_free_func(g_free);
	r->internal = g_ptr_array_new_with_free_func(g_free);
	for (unsigned i = 0; envelope->recipients[i]; i++)
		sort_recipient(r, envelope->recipients[i]);
	list_accounts(r, settings);
}

static bool is_older(const struct account *account, int64_t date)
{
	return account->since && date >= MAIL_BEGINS && date < account->since;
}

void recipients_leave_older(struct recipients *r, int64_t date)
{
	for (unsigned i = 0; i < r->hits->len;) {
		const struct account_hit *hit = g_ptr_array_index(r->hits, i);
		g_autofree char *canonical = NULL;

		if (!is_older(hit->account, date)) {
			i++;
			continue;
		}
		if (address_canonical(hit->recipient, &canonical) == ST_OK)
			g_ptr_array_add(r->internal, g_steal_pointer(&canonical));
		g_ptr_array_remove(r->accounts, (void *)hit->account);
		g_ptr_array_remove_index(r->hits, i);
	}
}

/* An address that leads to the customer. */
static uint64_t desk_ticket_of(
	const struct sorting *by, const struct account *account, const char *detail)
{
	return account->reply_to == REPLY_TO_DESK ? classify_ticket_of(by, account, detail) : 0;
}

uint64_t recipients_desk_ticket(const struct recipients *r, const char *canonical)
{
	g_autofree char *detail = NULL;
	const struct account *account = settings_account(r->by.settings, canonical, &detail);

	return account ? desk_ticket_of(&r->by, account, detail) : 0;
}

static void name_account(struct recipients *r, const struct account *account, const char *detail)
{
	if (desk_ticket_of(&r->by, account, detail))
		r->named.desk = true;
	else
		r->named.account = true;
	r->named.note |= is_note(detail);
}

static void name_one(struct recipients *r, const char *canonical)
{
	const struct account *account;
	g_autofree char *detail = NULL;

	switch (classify_place_of(&r->by, canonical, &account, &detail)) {
	case AT_ACCOUNT:
		name_account(r, account, detail);
		break;
	case AT_CONTROL:
		r->named.control = true;
		break;
	case AT_AGENT:
		r->named.insiders = true;
		break;
	case AT_HOME:
		if (settings_is_own(r->by.settings, canonical))
			r->named.account = true;
		else
			r->named.insiders = true;
		break;
	case OUTSIDE:
		if (!r->named.outside)
			r->named.outside = g_strdup(canonical);
		break;
	}
}

void recipients_name(struct recipients *r, const struct message *message)
{
	const struct mailboxes lists[] = { message_to(message), message_cc(message) };

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++) {
		for (size_t i = 0; i < lists[l].n; i++)
			name_one(r, lists[l].v[i].address);
		r->named.cut |= lists[l].cut;
	}
}

void recipients_release(struct recipients *r)
{
	g_clear_pointer(&r->hits, g_ptr_array_unref);
	g_clear_pointer(&r->accounts, g_ptr_array_unref);
	g_clear_pointer(&r->outside, g_ptr_array_unref);
	g_clear_pointer(&r->agents, g_ptr_array_unref);
	g_clear_pointer(&r->internal, g_ptr_array_unref);
	g_clear_pointer(&r->named.outside, g_free);
}

const struct account *recipients_account(const struct recipients *r)
{
	return r->accounts->len ? g_ptr_array_index(r->accounts, 0) : NULL;
}

static bool through_the_desk(const struct recipients *r)
{
	for (unsigned i = 0; i < r->hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(r->hits, i);

		if (hit->ticket && hit->account->reply_to == REPLY_TO_DESK)
			return true;
	}
	return false;
}

/* An outside address in To or Cc that this transaction does not deliver to: the mail is an answer
 * all the same. */
static const char *answered_outside(const struct recipients *r)
{
	return r->passed_on ? NULL : r->named.outside;
}

/* Is it a note or commands, which go to nobody outside and not through the desk? Where To or Cc was
 * cut, the part that was not read may name the note address. */
static bool says_internal(const struct recipients *r, bool ours)
{
	return r->note || r->named.note || r->named.control || (ours && r->named.cut);
}

/* Internal text must not leave by Bcc: neither mail to us, nor mail to colleagues about a ticket.
 */
static bool would_leak(const struct recipients *r, bool ours)
{
	if (says_internal(r, ours))
		return r->outside->len > 0 || answered_outside(r) || r->named.desk ||
			through_the_desk(r);
	if (r->outside->len == 0 || r->named.outside || r->named.desk)
		return false;
	return r->named.account || (ours && r->named.insiders);
}

enum whose classify_whose(bool agent, const struct recipients *r, bool belongs)
{
	bool addressed = r->hits->len > 0;
	bool outside = r->outside->len > 0 || answered_outside(r);

	if (!agent)
		return addressed ? WHOSE_INBOUND : WHOSE_OTHER;
	if (r->control)
		return WHOSE_COMMANDS;
	if (would_leak(r, belongs || addressed))
		return WHOSE_REFUSED;
	if (belongs && through_the_desk(r))
		return WHOSE_DESK_REPLY;
	if (belongs && outside)
		return WHOSE_REPLY;
	if (belongs && (addressed || r->agents->len > 0 || r->internal->len > 0))
		return WHOSE_NOTE;
	if (!addressed)
		return WHOSE_OTHER;
	return outside ? WHOSE_OPENED : WHOSE_INBOUND;
}
