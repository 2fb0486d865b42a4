/* An agent's mail on its way to the customer: it speaks for the account, and nothing in it tells
 * where the agent really writes from. */
#include "decide/plan-parts.h"

#include <string.h>

#include "base/address.h"
#include "tables/agents.h"

bool plan_leaves(const struct plan *p)
{
	return p->whose == WHOSE_REPLY || p->whose == WHOSE_DESK_REPLY || p->whose == WHOSE_OPENED;
}

/* --- the name that the customer sees --- */

char *plan_agent_from(
	const struct account *account, const struct agent *agent, const char *name_in_mail)
{
	const char *name = account->sender_name;

	if (name_in_mail && *name_in_mail)
		name = name_in_mail;
	else if (agent && agent->name)
		name = agent->name;
	return address_header(name, account->sender_address);
}

/* Whoever logged in as one agent does not speak in another's name; and some clients put the address
 * where the name belongs, which would show it. */
static const char *name_in_mail(const struct plan *p)
{
	struct mailboxes from = p->arrival->from;
	const char *name = from.n ? from.v[0].name : NULL;
	bool known = p->agent && p->agent->name && *p->agent->name;

	if (!name || strchr(name, '@'))
		return NULL;
	if (known && !agent_is(p->agent, from.v[0].address) &&
		!settings_is_own(p->arrival->settings, from.v[0].address))
		return NULL;
	return name;
}

/* --- what must not be seen --- */

/* Fields in which clients and servers record who sent a mail and from where; and signatures, which
 * are broken anyway when From has changed. */
static const char *const private_headers[] = { "Sender", "Resent-From", "Resent-Sender",
	"Resent-To", "Resent-Cc", "Resent-Message-ID", "Resent-Date", "Disposition-Notification-To",
	"Return-Receipt-To", "Errors-To", "Return-Path", "X-Originating-IP", "X-Originating-Email",
	"X-Sender", "X-Authenticated-Sender", "X-Authenticated-User", "X-Original-From",
	"X-Envelope-From", "X-X-Sender", "X-Apparently-From", "Mail-Followup-To", "Mail-Reply-To",
	"X-Confirm-Reading-To", "Autocrypt", "OpenPGP", "Fcc", "X-Identity-Key", "X-Account-Key",
	"X-Mozilla-Draft-Info", "Received-SPF", "Authentication-Results",
	"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal", "DKIM-Signature",
	"DomainKey-Signature" };

/* These belong to the mail itself, or have an edit of their own. */
static const char *const kept_headers[] = { "From", "To", "Cc", "Bcc", "Reply-To", "Subject",
	"Date", "Message-ID", "In-Reply-To", "References", "MIME-Version" };

static bool leave_is_named(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (g_ascii_strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static void add_private(const struct plan *p, GPtrArray *list, const char *address)
{
	g_autofree char *canonical = NULL;

	if (!address || address_canonical(address, &canonical) != ST_OK)
		return;
	if (settings_is_own(p->arrival->settings, canonical) || plan_is_in(list, canonical))
		return;
	g_ptr_array_add(list, address_shown(canonical));
	g_ptr_array_add(list, g_steal_pointer(&canonical));
}

/* Both in canonical form, which is lower case, and with the domain in U-labels, as SMTPUTF8 has it.
 */
static GPtrArray *private_addresses(const struct plan *p)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	struct mailboxes from = p->arrival->from;

	for (char **a = p->agent ? p->agent->addresses : NULL; a && *a; a++)
		add_private(p, list, *a);
	if (p->agent)
		add_private(p, list, p->agent->login);
	for (size_t i = 0; i < from.n; i++)
		add_private(p, list, from.v[i].address);
	add_private(p, list, message_sender_address(p->arrival->message));
	add_private(p, list, p->arrival->envelope->sender);
	return list;
}

static bool leave_tells(const GPtrArray *addresses, const char *value)
{
	g_autofree char *lower = g_ascii_strdown(value, -1);

	for (unsigned i = 0; i < addresses->len; i++)
		if (strstr(lower, g_ptr_array_index(addresses, i)))
			return true;
	return false;
}

static bool is_hidden_header(const char *name, const char *value, const void *addresses)
{
	if (leave_is_named(private_headers, G_N_ELEMENTS(private_headers), name))
		return true;
	return !leave_is_named(kept_headers, G_N_ELEMENTS(kept_headers), name) &&
		g_ascii_strncasecmp(name, "X-Ticket", 8) != 0 && leave_tells(addresses, value);
}

static void hide_agent(const struct plan *p, struct edits *edits)
{
	g_autoptr(GPtrArray) addresses = private_addresses(p);

	plan_remove_headers(p, edits, is_hidden_header, addresses);
}

/* --- whom it goes to --- */

/* Is it the token address of this ticket, or of one in the envelope that was merged into it? */
static bool is_token(const struct plan *p, const char *address)
{
	uint64_t number = recipients_desk_ticket(p->recipients, address);

	for (unsigned i = 0; number && i < p->recipients->hits->len; i++)
		if (((const struct account_hit *)p->recipients->hits->pdata[i])->ticket == number)
			return true;
	return number && number == p->ticket->number;
}

/* With a desk the customer sees no agent's own address, not even a colleague's in Cc. */
static bool leave_is_hidden(const struct plan *p, const char *address)
{
	return p->account->reply_to == REPLY_TO_DESK &&
		!settings_is_own(p->arrival->settings, address) && plan_is_agents(p, address);
}

static bool lists_addressee(const struct plan *p, struct mailboxes list)
{
	return p->addressee && mailboxes_have(list, p->addressee->address);
}

/* Does the list name the addressee, be it by a token address? */
static bool names_addressee(const struct plan *p, struct mailboxes list)
{
	for (size_t i = 0; i < list.n; i++)
		if (is_token(p, list.v[i].address))
			return true;
	return lists_addressee(p, list);
}

/* As the customer is to see it: with their own name, not with the label of the desk's address. */
static char *leave_addressed(const struct plan *p, const struct mailbox *box, bool token)
{
	const struct mailbox *shown = token ? p->addressee : box;

	return address_header(shown->name, shown->as_written);
}

/* The list as the customer is to see it, with their own address once; "" when nobody is left, NULL
 * when nothing changes. */
static char *leave_readdressed(const struct plan *p, struct mailboxes list, bool named)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool changed = false;

	named |= lists_addressee(p, list);
	for (size_t i = 0; i < list.n; i++) {
		bool token = is_token(p, list.v[i].address);
		bool hidden = leave_is_hidden(p, list.v[i].address);
		g_autofree char *shown = NULL;

		changed |= token || hidden;
		if (hidden || (token && (named || !p->addressee)))
			continue;
		named |= token;
		shown = leave_addressed(p, &list.v[i], token);
		g_string_append_printf(out, "%s%s", out->len ? ",\n " : "", shown);
	}
	return changed ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

static void leave_readdress(const struct plan *p, struct edits *edits, const char *name,
	struct mailboxes list, bool named)
{
	g_autofree char *value = leave_readdressed(p, list, named);

	if (value && *value)
		plan_replace_header(p, edits, name, value);
	else if (value)
		plan_remove_header(p, edits, name);
}

void plan_turn_to_addressee(const struct plan *p, struct edits *edits)
{
	for (unsigned i = 0; i < p->recipients->hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(p->recipients->hits, i);

		if (hit->ticket)
			edits_delete_recipient(edits, hit->recipient);
	}
	if (p->addressee && !plan_is_in(p->recipients->outside, p->addressee->address))
		edits_add_recipient(edits, p->addressee->as_written);
}

/* --- all of it --- */

void plan_speak_for_account(const struct plan *p, struct edits *edits)
{
	g_autofree char *value = NULL;

	if (!p->account)
		return;
	value = plan_agent_from(p->account, p->agent, name_in_mail(p));
	plan_replace_header(p, edits, "From", value);
	hide_agent(p, edits);
	if (p->account->reply_to != REPLY_TO_DESK)
		plan_remove_header(p, edits, "Reply-To");
	leave_readdress(p, edits, "To", p->arrival->to, false);
	leave_readdress(p, edits, "Cc", p->arrival->cc, names_addressee(p, p->arrival->to));
	edits_change_sender(edits, p->account->sender_address);
}
