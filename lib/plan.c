/* The edits of a recorded message, a step for each thing that the mail's readers see. */
#include "plan.h"

#include <string.h>

#include "address.h"
#include "limits.h"
#include "text.h"

static bool leaves_for_customer(const struct plan *p)
{
	return p->whose == WHOSE_REPLY || p->whose == WHOSE_DESK_REPLY || p->whose == WHOSE_OPENED;
}

/* --- headers --- */

/* Nobody but us says what a ticket is. From the last to the first, so that the indexes stay true. */
static void remove_foreign_claims(const struct plan *p, struct edits *edits)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const char *name, *value;

	for (unsigned i = 0; message_header_at(p->message, i, &name, &value); i++) {
		g_autofree char *lower = NULL;

		if (g_ascii_strncasecmp(name, "X-Ticket", 8) != 0 || (name[8] && name[8] != '-'))
			continue;
		lower = g_ascii_strdown(name, -1);
		if (g_hash_table_contains(seen, lower))
			continue;
		for (unsigned k = message_header_count(p->message, name); k > 0; k--)
			edits_delete_header(edits, name, k);
		g_hash_table_add(seen, g_steal_pointer(&lower));
	}
}

static void tag_subject(const struct plan *p, struct edits *edits)
{
	const struct settings *s = p->settings;
	unsigned count = message_header_count(p->message, "Subject");
	const char *raw = p->subject ? p->subject : message_header(p->message, "Subject", 0);
	g_autofree char *tagged = subject_retag(raw, &s->tag_format, p->ticket->number, (size_t)s->tag.max_subject);

	if (count == 0)
		edits_add_header(edits, "Subject", tagged);
	else if (g_strcmp0(message_header(p->message, "Subject", 0), tagged) != 0)
		edits_change_header(edits, "Subject", 1, tagged);
	/* A second Subject is malformed, but some clients show it: it must not carry another number. */
	for (unsigned i = 1; i < count && i < LIMIT_TAGS; i++) {
		const char *other = message_header(p->message, "Subject", i);
		g_autofree char *untagged = subject_retag(other, &s->tag_format, 0, (size_t)s->tag.max_subject);

		if (g_strcmp0(other, untagged) != 0)
			edits_change_header(edits, "Subject", i + 1, untagged);
	}
}

static void add_claim(struct edits *edits, const char *name, const char *value)
{
	g_autofree char *encoded = NULL;

	if (!value || !*value)
		return;
	encoded = message_encode_header(name, value);
	edits_add_header(edits, name, encoded);
}

static void add_our_claims(const struct plan *p, struct edits *edits)
{
	const struct ticket *t = p->ticket;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);

	add_claim(edits, "X-Ticket", number);
	add_claim(edits, "X-Ticket-Queue", t->queue);
	add_claim(edits, "X-Ticket-Project", t->project);
	add_claim(edits, "X-Ticket-Status", ticket_status_names[t->status]);
	add_claim(edits, "X-Ticket-Agent", t->agent);
	add_claim(edits, "X-Ticket-Priority", priority_names[t->priority]);
	add_claim(edits, "X-Ticket-Match", match_names[p->match]);
	add_claim(edits, "X-Ticket-Event", p->event);
}

static void replace_header(const struct plan *p, struct edits *edits, const char *name, const char *value)
{
	unsigned count = message_header_count(p->message, name);

	for (unsigned k = count; k > 1; k--)
		edits_delete_header(edits, name, k);
	if (count)
		edits_change_header(edits, name, 1, value);
	else
		edits_add_header(edits, name, value);
}

static void remove_header(const struct plan *p, struct edits *edits, const char *name)
{
	for (unsigned k = message_header_count(p->message, name); k > 0; k--)
		edits_delete_header(edits, name, k);
}

static void give_id(const struct plan *p, struct edits *edits)
{
	if (!message_id(p->message) && p->given_id)
		replace_header(p, edits, "Message-ID", p->given_id);
}

static void answer_to_desk(const struct plan *p, struct edits *edits)
{
	g_autofree char *address = NULL;

	if (!p->account || p->account->reply_to != REPLY_TO_DESK)
		return;
	address = token_address(p->key, p->ticket->number, p->account->address, p->settings->recipient_delimiter);
	replace_header(p, edits, "Reply-To", address);
}

/* --- an agent's answer --- */

char *plan_agent_from(const struct account *account, const struct agent *agent, const char *name_in_mail)
{
	const char *name = name_in_mail && *name_in_mail ? name_in_mail : agent && agent->name ? agent->name : account->sender_name;

	return address_header(name, account->sender_address);
}

/* What would show the customer where the agent really writes from. */
static const char *const private_headers[] = {
	"Sender", "Resent-From", "Resent-Sender", "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
	"X-Originating-IP", "X-Sender", "X-Authenticated-Sender", "X-Original-From", "X-Envelope-From", "X-X-Sender",
	"Autocrypt", "Return-Path",
};

static void speak_for_account(const struct plan *p, struct edits *edits)
{
	struct mailboxes from = message_from(p->message);
	g_autofree char *value = NULL;

	if (!p->account)
		return;
	value = plan_agent_from(p->account, p->agent, from.n ? from.v[0].name : NULL);
	replace_header(p, edits, "From", value);
	for (size_t i = 0; i < G_N_ELEMENTS(private_headers); i++)
		remove_header(p, edits, private_headers[i]);
	if (p->account->reply_to != REPLY_TO_DESK)
		remove_header(p, edits, "Reply-To");
	edits_change_sender(edits, p->account->sender_address);
}

/* An address list with the account's token addresses replaced by the requester. NULL when there is none in it. */
static char *readdressed(const struct plan *p, struct mailboxes list)
{
	g_autoptr(GString) out = g_string_new(NULL);
	bool changed = false;

	for (size_t i = 0; i < list.n; i++) {
		g_autofree char *detail = NULL, *shown = NULL;
		uint64_t number;
		bool token = p->account && address_is(list.v[i].address, p->account->address, p->settings->recipient_delimiter, &detail) &&
			detail && token_verify(p->key, detail, p->account->address, &number);

		changed |= token;
		shown = token ? address_header(p->ticket->requester_name, p->ticket->requester_address)
			: address_header(list.v[i].name, list.v[i].address);
		g_string_append_printf(out, "%s%s", out->len ? ",\n " : "", shown);
	}
	return changed ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

static bool goes_to(const struct plan *p, const char *address)
{
	for (unsigned i = 0; i < p->recipients->outside->len; i++)
		if (strcmp(g_ptr_array_index(p->recipients->outside, i), address) == 0)
			return true;
	return false;
}

static void turn_to_requester(const struct plan *p, struct edits *edits)
{
	g_autofree char *to = readdressed(p, message_to(p->message)), *cc = readdressed(p, message_cc(p->message));

	if (to)
		replace_header(p, edits, "To", to);
	if (cc)
		replace_header(p, edits, "Cc", cc);
	for (unsigned i = 0; i < p->recipients->hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(p->recipients->hits, i);

		if (hit->ticket)
			edits_delete_recipient(edits, hit->recipient);
	}
	if (p->ticket->requester_address && !goes_to(p, p->ticket->requester_address))
		edits_add_recipient(edits, p->ticket->requester_address);
}

/* --- delivery --- */

static bool has_workers(const struct plan *p)
{
	return p->workers && p->workers[0];
}

static bool already_gets_it(const struct plan *p, const char *address)
{
	for (unsigned i = 0; i < p->recipients->agents->len; i++)
		if (strcmp(g_ptr_array_index(p->recipients->agents, i), address) == 0)
			return true;
	return p->agent && p->agent->addresses && g_strv_contains((const char *const *)p->agent->addresses, address);
}

static void deliver_to_workers(const struct plan *p, struct edits *edits)
{
	for (char **w = p->workers; w && *w && w - p->workers < LIMIT_NOTIFIED; w++)
		if (!already_gets_it(p, *w))
			edits_add_recipient(edits, *w);
	/* Exchange answers for an absent agent unless told not to; Sieve's vacation does not answer what is not addressed to it. */
	replace_header(p, edits, "X-Auto-Response-Suppress", "OOF, AutoReply");
}

/* Mail is never dropped for want of an agent to give it to: then the mailbox keeps it. */
static void deliver_as_configured(const struct plan *p, struct edits *edits)
{
	bool told = false;
	unsigned dropped = 0;

	for (unsigned i = 0; i < p->recipients->hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(p->recipients->hits, i);
		int deliver = hit->account->deliver;

		told |= (deliver == DELIVER_AGENTS || deliver == DELIVER_BOTH) && has_workers(p);
		if (deliver == DELIVER_NONE || (deliver == DELIVER_AGENTS && has_workers(p))) {
			edits_delete_recipient(edits, hit->recipient);
			dropped++;
		}
	}
	if (told)
		deliver_to_workers(p, edits);
	if (dropped == p->recipients->hits->len && dropped > 0 && !told && p->recipients->outside->len + p->recipients->agents->len == 0)
		edits_verdict(edits, VERDICT_DISCARD, NULL);
}

static bool left_untouched(const struct plan *p)
{
	return p->whose == WHOSE_INBOUND && p->settings->policy.mixed_recipients == MIXED_LEAVE &&
		p->recipients->outside->len + p->recipients->agents->len > 0;
}

void plan_edits(const struct plan *p, struct edits *edits)
{
	if (!left_untouched(p)) {
		remove_foreign_claims(p, edits);
		tag_subject(p, edits);
		give_id(p, edits);
		add_our_claims(p, edits);
		answer_to_desk(p, edits);
	}
	if (leaves_for_customer(p))
		speak_for_account(p, edits);
	if (p->whose == WHOSE_DESK_REPLY)
		turn_to_requester(p, edits);
	else
		deliver_as_configured(p, edits);
}
