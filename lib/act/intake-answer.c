/* Agents' mail that leaves: answers to customers, and tickets that agents open. */
#include "act/attempt.h"

#include <string.h>

#include "act/crossed.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/verb.h"
#include "tables/agents.h"
#include "tables/tickets.h"

/* An out-of-office note or a receipt that an agent's client sends by itself is nobody's answer. */
bool agent_sent_by_itself(const struct attempt *a)
{
	return a->arrival->automatic == AUTO_VACATION || a->arrival->automatic == AUTO_BOUNCE ||
		a->arrival->automatic == AUTO_DELAYED || a->arrival->automatic == AUTO_RECEIPT;
}

static enum status keep_from_customer(struct attempt *a)
{
	enum status st = ST_OK;

	edits_verdict(&a->outcome->edits, VERDICT_DISCARD, NULL);
	if (a->match.ticket.number)
		st = attempt_append(a, DIRECTION_AUTO,
			NOTE(EVENT_AUTO, .text = a->arrival->automatic_why.reason));
	attempt_report(a);
	return st;
}

enum status agent_refuse(struct attempt *a, const char *reply)
{
	const struct actor actor = attempt_actor(a);

	a->outcome->event = "refused";
	edits_verdict(&a->outcome->edits, VERDICT_REJECT, reply);
	attempt_report(a);
	if (!a->match.ticket.number)
		return ST_OK;
	return history_add(a->txn, a->match.ticket.number, &actor,
		NOTE(EVENT_REFUSED, .text = strchr(reply, ' ') + 1), a->err);
}

/* --- who gets it --- */

/* The message of one of these ids, if the ticket has it; else entry_out has seq 0. */
static enum status find_answered(struct attempt *a, const char *const *ids, struct entry *entry_out)
{
	uint64_t number = a->match.ticket.number;
	enum status st = ST_NOT_FOUND;

	for (; *ids && st == ST_NOT_FOUND; ids++) {
		struct id_hit hit;

		st = tickets_find_id_in(a->txn, *ids, number, &hit, a->err);
		if (st == ST_OK && (!hit.seq || hit.kind == ID_REFERENCED))
			st = ST_NOT_FOUND;
		if (st == ST_OK)
			st = tickets_entry(a->txn, number, hit.seq, entry_out, a->err);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Several people may write to one ticket: the answer goes to the one who is answered. */
static enum status find_addressee(struct attempt *a)
{
	struct entry answered = { 0 };
	enum status st = ST_OK;

	if (a->outcome->whose == WHOSE_DESK_REPLY || a->recipients.named.desk)
		st = find_answered(a, a->arrival->answered, &answered);
	if (st == ST_OK)
		attempt_find_addressee(a, answered.seq ? &answered : NULL);
	record_release(&entry_type, &answered);
	return st;
}

/* An agent who asked the desk a question, and answers its reply, is a customer here. */
static bool answers_themself(const struct attempt *a)
{
	const char *address = a->addressee.address;

	return a->outcome->whose == WHOSE_DESK_REPLY && address && agent_is(&a->who.agent, address);
}

/* --- why it must not leave --- */

static bool is_of_another(const struct attempt *a, const struct ticket *ticket)
{
	return ticket->number && ticket->number != a->match.ticket.number;
}

/* Why this answer must not go through the desk; NULL. Static. */
static enum status desk_objection(struct attempt *a, const char **reply_out)
{
	enum status st = ST_OK;

	if (!a->addressee.address)
		*reply_out =
			"5.1.1 Nobody's address is known for this ticket; write to the customer directly";
	for (unsigned i = 0; i < a->recipients.hits->len && st == ST_OK; i++) {
		const struct account_hit *hit = g_ptr_array_index(a->recipients.hits, i);
		struct ticket other = { 0 };

		st = hit->ticket ? tickets_resolve(a->txn, hit->ticket, &other, a->err) : ST_OK;
		if (st == ST_OK && is_of_another(a, &other))
			*reply_out =
				"5.7.1 This message is addressed to more than one ticket; answer each by itself";
		record_release(&ticket_type, &other);
		if (st == ST_NOT_FOUND)
			st = ST_OK;
	}
	return st;
}

/* Only those who may act on a ticket may speak as the desk for it. */
static char *queue_objection(struct attempt *a)
{
	const struct ticket *t = &a->match.ticket;

	if (attempt_may_act(a))
		return NULL;
	return g_strdup_printf("5.7.1 Ticket #%" G_GUINT64_FORMAT " is in queue '%s', which is not "
			       "yours: its agents answer for it",
		t->number, t->queue);
}

static const char too_many_to_hide[] = "5.6.0 This message has more header fields than can be "
				       "searched for what a customer must not see";

/* Why this answer must not leave; NULL. Owned. */
static enum status agent_objection(struct attempt *a, char **reply_out)
{
	const char *reply = NULL;
	enum status st = ST_OK;

	*reply_out = queue_objection(a);
	if (*reply_out)
		return ST_OK;
	if (!a->arrival->may_hide)
		reply = too_many_to_hide;
	else if (a->match.answers_note)
		reply = "5.7.1 This message answers an internal note and would leave the house; "
			"write to the customer in answer to their own mail";
	else if (a->outcome->whose == WHOSE_DESK_REPLY)
		st = desk_objection(a, &reply);
	*reply_out = g_strdup(reply);
	return st;
}

/* --- crossed answers --- */

/* Whom it goes to, canonical. Owned, with borrowed texts. */
static GPtrArray *answer_goes_to(const struct attempt *a)
{
	const GPtrArray *outside = a->recipients.outside;
	GPtrArray *to = g_ptr_array_new();

	for (unsigned i = 0; i < outside->len; i++)
		g_ptr_array_add(to, outside->pdata[i]);
	if (a->outcome->whose == WHOSE_DESK_REPLY && a->addressee.address)
		g_ptr_array_add(to, a->addressee.address);
	g_ptr_array_add(to, NULL);
	return to;
}

/* Ids that the mail names: with what else its author has read. */
static enum status answer_find_crossed(struct attempt *a)
{
	struct entry answered = { 0 };
	g_autoptr(GPtrArray) to = answer_goes_to(a);
	struct crossed_query query = {
		.ticket = a->match.ticket.number,
		.actor = a->who.agent.login,
		.agent = &a->who.agent,
		.to = (char *const *)to->pdata,
		.references = message_references(a->arrival->message),
	};
	enum status st = find_answered(a, message_in_reply_to(a->arrival->message), &answered);
	bool outside = answered.seq && answered.direction != DIRECTION_OUT &&
		answered.direction != DIRECTION_NOTE;

	query.after = answered.seq;
	record_release(&entry_type, &answered);
	crossed_release(&a->crossed);
	return st == ST_OK && outside ? crossed_find(a->txn, &query, &a->crossed, a->err) : st;
}

/* Did they say that it goes out all the same? */
static bool says_anyway(const struct attempt *a)
{
	for (char **word = a->commands.taken; word && *word; word++)
		if (g_ascii_strcasecmp(*word, verb_info(VERB_ANYWAY)->name) == 0)
			return true;
	return false;
}

/* Why the answer must not leave while policy.crossed is "refuse"; NULL. Owned. */
static char *crossing_objection(const struct attempt *a)
{
	g_autofree char *what = NULL;

	if (!a->crossed.when || a->arrival->settings->policy.crossed != CROSSED_REFUSE ||
		says_anyway(a))
		return NULL;
	what = crossed_text(&a->crossed, a->who.agent.zone);
	return g_strdup_printf(
		"5.7.1 %s, and this mail does not know of it; with !anyway in the Subject it goes",
		what);
}

static enum status answer_tell_crossed(struct attempt *a)
{
	struct reply_context context = attempt_reply_context(a);

	if (!a->crossed.when)
		return ST_OK;
	context.actor = attempt_actor(a);
	a->outcome->queued = true;
	return crossed_tell(&context, &a->match.ticket, &a->crossed,
		says_anyway(a) ? NULL : &a->who.agent, a->err);
}

/* --- as it leaves --- */

/* The identity that the mail leaves with is indexed as well, so that it is recognised when it comes
 * back to one of our addresses. */
static enum status index_as_it_leaves(struct attempt *a)
{
	const struct account *account = attempt_account(a);
	g_autofree char *digest = NULL;

	if (!account || a->arrival->import)
		return ST_OK;
	digest = message_digest(a->arrival->message,
		&(struct identity){ .from = account->sender_address,
			.subject_plain = attempt_subject_plain(a),
			.body_digest = a->arrival->body_digest });
	return tickets_index_digest(a->txn, digest, a->match.ticket.number, a->entry.seq, a->err);
}

static enum status agent_hand_over(struct attempt *a)
{
	const struct actor actor = attempt_actor(a);

	return reply_hand_over(a->txn, &a->match.ticket, attempt_agent(a), &actor, a->err);
}

static bool at_account(const struct attempt *a, const char *domain)
{
	const struct account *account = attempt_account(a);

	return account &&
		g_ascii_strcasecmp(strrchr(account->sender_address, '@') + 1, domain) == 0;
}

static bool agent_is_at(const char *address, const char *domain, size_t len)
{
	const char *at = address ? strrchr(address, '@') : NULL;

	return at && strlen(at + 1) == len && g_ascii_strncasecmp(at + 1, domain, len) == 0;
}

/* Clients make Message-IDs with the domain that they write from. If that is the agent's private
 * one, the mail leaves with another id, the same one at a retry. */
static void hide_id(struct attempt *a)
{
	const char *id = a->arrival->id, *at = id ? strrchr(id, '@') : NULL;
	const struct account *account = attempt_account(a);
	const struct agent *agent = &a->who.agent;
	g_autofree char *domain = at ? g_strndup(at + 1, strcspn(at + 1, ">")) : NULL;
	bool tells = false;

	if (!domain || !account || a->arrival->import || at_account(a, domain))
		return;
	for (char **p = agent->addresses; p && *p; p++)
		tells |= agent_is_at(*p, domain, strlen(domain));
	if (tells || agent_is_at(arrival_author(a->arrival), domain, strlen(domain)) ||
		agent_is_at(agent->login, domain, strlen(domain)))
		a->new_id = g_strdup_printf("<%.32s@%s>", a->arrival->digest,
			strrchr(account->sender_address, '@') + 1);
}

/* --- answers --- */

static enum status agent_answer(struct attempt *a)
{
	enum status st;

	hide_id(a);
	attempt_add_participants(a);
	attempt_watch_queues(a);
	st = attempt_find_colleagues(a);
	if (st == ST_OK)
		st = attempt_append(a, DIRECTION_OUT, NOTE(EVENT_REPLY));
	if (st == ST_OK)
		st = answer_tell_crossed(a);
	if (st == ST_OK)
		st = agent_hand_over(a);
	if (st == ST_OK)
		st = index_as_it_leaves(a);
	return st == ST_OK ? commands_run(a, NULL) : st;
}

enum status agent_reply(struct attempt *a)
{
	g_autofree char *reply = NULL;
	enum status st;

	if (!a->arrival->import && agent_sent_by_itself(a))
		return keep_from_customer(a);
	if (a->arrival->import) {
		st = commands_find(a, NULL);
		return st == ST_OK ? agent_answer(a) : st;
	}
	st = find_addressee(a);
	if (st == ST_OK && answers_themself(a)) {
		a->outcome->whose = WHOSE_INBOUND;
		return inbound(a);
	}
	if (st == ST_OK)
		st = agent_objection(a, &reply);
	if (st == ST_OK && !reply)
		st = commands_find(a, NULL);
	if (st == ST_OK && !reply && a->arrival->settings->policy.crossed != CROSSED_OFF)
		st = answer_find_crossed(a);
	if (st != ST_OK)
		return st;
	if (!reply)
		reply = crossing_objection(a);
	return reply ? agent_refuse(a, reply) : agent_answer(a);
}

/* --- opened by an agent --- */

/* The first recipient outside, with the name that the mail gives it. */
static const struct mailbox *agent_first_outside(const struct attempt *a, struct mailbox *spare)
{
	struct mailboxes lists[] = { a->arrival->to, a->arrival->cc };
	const GPtrArray *outside = a->recipients.outside;
	const char *address = outside->len ? outside->pdata[0] : a->recipients.named.outside;

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
		for (size_t i = 0; i < lists[l].n; i++) {
			const struct mailbox *box = &lists[l].v[i];

			if (address ? strcmp(box->address, address) == 0
				    : !settings_is_own(a->arrival->settings, box->address))
				return box;
		}
	spare->name = NULL;
	spare->address = spare->as_written = (char *)address;
	return address ? spare : NULL;
}

static enum status opened_by(struct attempt *a, const struct rules_result *rules)
{
	struct mailbox spare;
	enum status st;

	hide_id(a);
	st = attempt_open_ticket(a, agent_first_outside(a, &spare), rules, TICKET_WAITING);
	if (st != ST_OK)
		return st;
	if (!a->match.ticket.agent && a->who.is_agent)
		a->match.ticket.agent = g_strdup(a->who.agent.login);
	a->match.ticket.first_response = a->arrival->now;
	st = attempt_append(a, DIRECTION_OUT,
		NOTE(EVENT_OPENED, .to = a->match.ticket.queue,
			.text = rules->names->len ? rules->names->str : NULL));
	if (st == ST_OK)
		st = index_as_it_leaves(a);
	if (st == ST_OK)
		st = attempt_tell_assigned(a);
	return st == ST_OK ? commands_run(a, NULL) : st;
}

/* The mail leaves in the name of the account, so the agent must be in the account's queue, wherever
 * rules put the ticket. */
static bool speaks_for_account(const struct attempt *a)
{
	return a->arrival->import ||
		agent_in_queue(&a->who.agent, recipients_account(&a->recipients)->queue);
}

/* Rules are about what would open a ticket, whoever wrote it. */
enum status agent_opened(struct attempt *a)
{
	struct rules_result rules;
	enum status st;

	if (agent_sent_by_itself(a) && !a->arrival->import)
		return keep_from_customer(a);
	/* They only inform another desk of a mail of their own. */
	if (!speaks_for_account(a)) {
		a->outcome->whose = WHOSE_INBOUND;
		return inbound(a);
	}
	if (!a->arrival->may_hide && !a->arrival->import)
		return agent_refuse(a, too_many_to_hide);
	st = commands_find(a, NULL);
	if (st != ST_OK)
		return st;
	attempt_apply_rules(a, &rules);
	st = rules.ignore ? attempt_leave_alone(a, "rule") : opened_by(a, &rules);
	rules_result_release(&rules);
	return st;
}

/* --- internal mail on its way outside --- */

/* Who would get it: the first recipient outside, else the desk's customer. */
static const char *who_must_not(const struct attempt *a)
{
	const struct recipients *r = &a->recipients;

	if (r->outside->len)
		return r->outside->pdata[0];
	return r->named.outside ? r->named.outside : "the customer behind the desk";
}

enum status agent_refused(struct attempt *a)
{
	const struct recipients *r = &a->recipients;
	g_autofree char *who = text_line(who_must_not(a), LIMIT_ADDRESS_BYTES), *reply = NULL;

	if (agent_sent_by_itself(a))
		return keep_from_customer(a);
	if (r->control || r->named.control)
		reply = g_strdup_printf("5.7.1 Commands cannot also go to %s", who);
	else if (r->note || r->named.note)
		reply = g_strdup_printf("5.7.1 An internal note cannot also go to %s; remove the "
					"recipient, or leave out the note address",
			who);
	else if (r->named.cut)
		reply = g_strdup_printf(
			"5.5.3 To or Cc is too long to see whether this is an "
			"internal note, and %s would get it: name fewer than %d addresses",
			who, LIMIT_ADDRESSES);
	else
		reply = g_strdup_printf(
			"5.7.1 %s is in neither To nor Cc, which name nobody "
			"outside: an internal mail does not leave; who is written to is named there",
			who);
	return agent_refuse(a, reply);
}

/* --- once more --- */

/* What its author sent before may leave again, whatever queue the ticket is in now. */
enum status agent_object_again(struct attempt *a)
{
	g_autofree char *not_yours = who_is_author(&a->who, a->arrival) ? NULL : queue_objection(a);
	const char *reply = not_yours;
	enum status st = ST_OK;

	if (!reply && !a->arrival->may_hide)
		reply = too_many_to_hide;
	if (!reply)
		st = find_addressee(a);
	if (!reply && st == ST_OK && a->outcome->whose == WHOSE_DESK_REPLY)
		st = desk_objection(a, &reply);
	return st == ST_OK && reply ? agent_refuse(a, reply) : st;
}
