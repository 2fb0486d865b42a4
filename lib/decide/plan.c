/* The edits of a recorded message, a step for each thing that the mail's readers see. */
#include "decide/plan-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "decide/claims.h"

/* --- headers --- */

static bool plan_is_claim(const char *name, const char *value, const void *arg)
{
	(void)value;
	(void)arg;
	return claims_have(name);
}

/* Fields that clients answer to in place of Reply-To, or besides it: such answers would not pass
 * the desk. */
static const char *const ways_past[] = { "Mail-Followup-To", "Mail-Reply-To", "Mail-Copies-To" };

static bool plan_is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (g_ascii_strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

bool plan_is_way_to_answer(const char *name)
{
	return g_ascii_strcasecmp(name, "Reply-To") == 0 ||
		plan_is_one_of(name, ways_past, G_N_ELEMENTS(ways_past));
}

bool plan_edits_header(const char *name)
{
	static const char *const edited[] = { "Subject", "Message-ID", "Reply-To",
		"X-Auto-Response-Suppress" };

	return plan_is_one_of(name, edited, G_N_ELEMENTS(edited)) ||
		plan_is_one_of(name, ways_past, G_N_ELEMENTS(ways_past)) || claims_have(name);
}

/* A second Subject is malformed, but some clients show it: it must not carry another number. One
 * that is too long to look at, or one too many, is removed. */
static void untag_further_subjects(const struct plan *p, struct edits *edits)
{
	const struct settings *s = p->arrival->settings;

	for (unsigned k = message_header_count(p->arrival->message, "Subject"); k > 1; k--) {
		const char *other = message_raw_subject(p->arrival->message, k - 1);
		g_autofree char *untagged = NULL;

		if (k > LIMIT_TAGS || strlen(other) >= LIMIT_SUBJECT_BYTES) {
			edits_delete_header(edits, "Subject", k);
			continue;
		}
		untagged = subject_retag(other, &s->tag_format, 0, (size_t)s->tag.max_subject);
		if (strcmp(other, untagged) != 0)
			edits_change_header(edits, "Subject", k, untagged);
	}
}

static void tag_subject(const struct plan *p, struct edits *edits)
{
	const struct settings *s = p->arrival->settings;
	const char *given = message_raw_subject(p->arrival->message, 0);
	g_autofree char *tagged = subject_retag(p->subject ? p->subject : given, &s->tag_format,
		p->ticket->number, (size_t)s->tag.max_subject);

	if (!given)
		edits_add_header(edits, "Subject", tagged);
	else if (strcmp(given, tagged) != 0)
		edits_change_header(edits, "Subject", 1, tagged);
	untag_further_subjects(p, edits);
}

static void add_claim(struct edits *edits, const char *name, const char *value)
{
	g_autofree char *encoded = NULL;

	if (!value || !*value)
		return;
	encoded = message_encode_header(name, value);
	edits_add_header(edits, name, encoded);
}

struct plan_claims {
	const struct plan *plan;
	struct edits *edits;
};

static void plan_claim(const char *name, const char *value, bool is_ours, void *arg)
{
	const struct plan_claims *c = arg;

	if (is_ours && plan_leaves(c->plan))
		return;
	add_claim(c->edits, name, value);
}

static void add_our_claims(const struct plan *p, struct edits *edits)
{
	const struct plan_claims claims = { p, edits };

	claims_each(p->ticket, plan_claim, (void *)&claims);
	add_claim(edits, "X-Ticket-Match", match_names[p->match]);
	add_claim(edits, "X-Ticket-Event", p->event);
}

static void give_id(const struct plan *p, struct edits *edits)
{
	if (p->new_id || !p->arrival->id)
		plan_replace_header(
			p, edits, "Message-ID", p->new_id ? p->new_id : p->arrival->given_id);
}

/* An answer to a note is a note: its address says so. A desk has a delimiter. */
static char *note_address(const struct plan *p)
{
	const char *address = p->account->address, *at = strrchr(address, '@');

	return g_strdup_printf("%.*s%snote%s", (int)(at - address), address,
		p->arrival->settings->recipient_delimiter, at);
}

static char *ticket_address(const struct plan *p)
{
	return token_address(&p->arrival->key, p->ticket->number, p->account->address,
		p->arrival->settings->recipient_delimiter);
}

/* Agents see whom an answer reaches; the customer sees only the desk's address. */
static char *desk_address(const struct plan *p)
{
	g_autofree char *address = ticket_address(p);

	if (plan_leaves(p) || !p->addressee)
		return g_steal_pointer(&address);
	return address_header_behind(p->addressee->name, p->addressee->as_written, address);
}

static void answer_to_desk(const struct plan *p, struct edits *edits)
{
	g_autofree char *address = NULL;

	if (!p->account || p->account->reply_to != REPLY_TO_DESK)
		return;
	address = p->whose == WHOSE_NOTE ? note_address(p) : desk_address(p);
	plan_replace_header(p, edits, "Reply-To", address);
	for (size_t i = 0; !plan_leaves(p) && i < G_N_ELEMENTS(ways_past); i++)
		plan_remove_header(p, edits, ways_past[i]);
}

/* --- delivery --- */

static bool has_workers(const struct plan *p)
{
	return p->workers && p->workers[0];
}

/* Who would not get it without us. */
static bool has_new_workers(const struct plan *p)
{
	for (char **w = p->workers; w && *w; w++)
		if (!plan_is_agents(p, *w))
			return true;
	return false;
}

/* A watcher who neither wrote it nor gets it anyway. */
static bool is_left_out(const struct plan *p, const char *address)
{
	struct mailboxes from = p->arrival->from;
	bool addressee = p->whose == WHOSE_DESK_REPLY && p->addressee &&
		strcmp(p->addressee->address, address) == 0;

	return !plan_is_agents(p, address) && !plan_is_in(p->recipients->outside, address) &&
		!plan_is_in(p->recipients->internal, address) && !addressee &&
		!text_list_has(p->workers, address) &&
		!(from.n == 1 && strcmp(from.v[0].address, address) == 0);
}

static bool has_new_watchers(const struct plan *p)
{
	for (char **w = p->watchers; w && *w; w++)
		if (is_left_out(p, *w))
			return true;
	return false;
}

/* Does anybody get the mail besides the addressed accounts, workers and watchers? */
static bool has_others(const struct plan *p)
{
	const struct recipients *r = p->recipients;

	return r->outside->len > 0 || r->agents->len > 0 || r->internal->len > 0 ||
		p->whose == WHOSE_DESK_REPLY;
}

static bool goes_to_agents(const struct account_hit *hit)
{
	return hit->account->deliver == DELIVER_AGENTS || hit->account->deliver == DELIVER_BOTH;
}

/* Mail is never dropped because there is no agent to give it to: the mailbox keeps it then. When
 * only its author would get it (a note on their own ticket), the archive is enough. */
static bool drops_mailbox(const struct plan *p, const struct account_hit *hit, bool others)
{
	if (hit->account->deliver == DELIVER_NONE)
		return true;
	return hit->account->deliver == DELIVER_AGENTS && has_workers(p) &&
		(others || settings_archive(p->arrival->settings));
}

/* Are there recipients who get the mail for another reason than the ticket? Their bounces belong to
 * the sender. */
static bool has_outsiders(const struct plan *p)
{
	return p->recipients->outside->len + p->recipients->internal->len > 0;
}

/* Automatic mail from an agent's mailbox must not reach the customer. Exchange answers for an
 * absent agent unless told not to; everything else answers the envelope's sender, and bounces go
 * there: so that becomes the ticket's address. */
static void silence_robots(const struct plan *p, struct edits *edits)
{
	g_autofree char *address = NULL;

	plan_replace_header(p, edits, "X-Auto-Response-Suppress", "OOF, AutoReply");
	if (p->whose != WHOSE_INBOUND || !p->account || !*p->arrival->envelope->sender ||
		has_outsiders(p) || !*p->arrival->settings->recipient_delimiter)
		return;
	address = ticket_address(p);
	edits_change_sender(edits, address);
}

static void deliver_to_workers(const struct plan *p, struct edits *edits)
{
	for (char **w = p->workers; w && *w; w++)
		if (!plan_is_agents(p, *w))
			edits_add_recipient(edits, *w);
}

static void copy_to_watchers(const struct plan *p, struct edits *edits)
{
	for (char **w = p->watchers; w && *w; w++)
		if (is_left_out(p, *w))
			edits_add_recipient(edits, *w);
}

static void deliver_as_configured(const struct plan *p, struct edits *edits)
{
	bool workers = has_new_workers(p), watchers = has_new_watchers(p);
	bool besides = has_others(p) || watchers, left = besides, told = false;

	for (unsigned i = 0; i < p->recipients->hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(p->recipients->hits, i);

		told |= goes_to_agents(hit) && workers;
		if (p->whose == WHOSE_DESK_REPLY && hit->ticket)
			continue;
		if (drops_mailbox(p, hit, besides || workers))
			edits_delete_recipient(edits, hit->recipient);
		else
			left = true;
	}
	if (told)
		deliver_to_workers(p, edits);
	if (watchers)
		copy_to_watchers(p, edits);
	if ((told || watchers) && !plan_leaves(p))
		silence_robots(p, edits);
	if (!told && !left)
		edits_verdict(edits, VERDICT_DISCARD, NULL);
}

static bool left_untouched(const struct plan *p)
{
	return p->whose == WHOSE_INBOUND &&
		p->arrival->settings->policy.mixed_recipients == MIXED_LEAVE &&
		(has_outsiders(p) || p->recipients->agents->len > 0);
}

void plan_edits(const struct plan *p, struct edits *edits)
{
	plan_remove_headers(p, edits, plan_is_claim, NULL);
	if (!left_untouched(p)) {
		tag_subject(p, edits);
		give_id(p, edits);
		add_our_claims(p, edits);
		answer_to_desk(p, edits);
	}
	if (plan_leaves(p))
		plan_speak_for_account(p, edits);
	if (p->whose == WHOSE_DESK_REPLY)
		plan_turn_to_addressee(p, edits);
	deliver_as_configured(p, edits);
}
