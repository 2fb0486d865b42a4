/* Agents' mail: answers to customers, tickets they open, internal notes, control mail. Commands in
 * it are intake-commands.c's. */
#include "act/intake-work.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "tables/agents.h"
#include "tables/tickets.h"

/* --- what all of them share --- */

static bool agent_leaves(enum whose whose)
{
	return whose == WHOSE_REPLY || whose == WHOSE_DESK_REPLY || whose == WHOSE_OPENED;
}

/* An out-of-office note or a receipt that an agent's client sends by itself is nobody's answer. */
static bool sent_by_itself(const struct work *w)
{
	return w->automatic == AUTO_VACATION || w->automatic == AUTO_BOUNCE ||
		w->automatic == AUTO_DELAYED || w->automatic == AUTO_RECEIPT;
}

static enum status keep_from_customer(struct work *w)
{
	enum status st = ST_OK;

	edits_verdict(&w->outcome->edits, VERDICT_DISCARD, NULL);
	if (w->match.ticket.number)
		st = work_append(
			w, DIRECTION_AUTO, NOTE(EVENT_AUTO, .text = w->automatic_why.reason));
	work_report(w);
	return st;
}

static enum status agent_refuse(struct work *w, const char *reply)
{
	const struct actor actor = work_actor(w);

	w->outcome->event = "refused";
	edits_verdict(&w->outcome->edits, VERDICT_REJECT, reply);
	work_report(w);
	if (!w->match.ticket.number)
		return ST_OK;
	return history_add(w->txn, w->match.ticket.number, &actor,
		NOTE(EVENT_REFUSED, .text = strchr(reply, ' ') + 1), w->err);
}

/* --- answers --- */

/* Also known by its identity as it leaves, so that it is recognised when it comes back to one of
 * our addresses. */
static enum status index_as_it_leaves(struct work *w)
{
	const struct account *account = work_account(w);
	g_autofree char *digest = NULL;

	if (!account || w->arrival->import)
		return ST_OK;
	digest = message_digest(w->message,
		&(struct identity){ .from = account->sender_address,
			.subject_plain = work_subject_plain(w),
			.body_digest = spool_body_digest(w->arrival->spool) });
	return tickets_index_digest(w->txn, digest, w->match.ticket.number, w->entry.seq, w->err);
}

static enum status agent_hand_over(struct work *w)
{
	const struct actor actor = work_actor(w);

	return reply_hand_over(
		w->txn, &w->match.ticket, w->is_agent ? &w->agent : NULL, &actor, w->err);
}

static bool at_account(const struct work *w, const char *domain)
{
	const struct account *account = work_account(w);

	return account &&
		g_ascii_strcasecmp(strrchr(account->sender_address, '@') + 1, domain) == 0;
}

static bool agent_is_at(const char *address, const char *domain, size_t len)
{
	const char *at = address ? strrchr(address, '@') : NULL;

	return at && strlen(at + 1) == len && g_ascii_strncasecmp(at + 1, domain, len) == 0;
}

/* Clients make a Message-ID of the domain that they write from. When that is a private one, the
 * mail leaves with another id, the same at a retry. */
static void hide_id(struct work *w)
{
	const char *id = message_id(w->message), *at = id ? strrchr(id, '@') : NULL;
	const struct account *account = work_account(w);
	g_autofree char *domain = at ? g_strndup(at + 1, strcspn(at + 1, ">")) : NULL;
	bool tells = false;

	if (!domain || !account || w->arrival->import || at_account(w, domain))
		return;
	for (char **a = w->agent.addresses; a && *a; a++)
		tells |= agent_is_at(*a, domain, strlen(domain));
	if (tells || agent_is_at(work_from_address(w), domain, strlen(domain)) ||
		agent_is_at(w->agent.login, domain, strlen(domain)))
		w->new_id = g_strdup_printf(
			"<%.32s@%s>", w->digest, strrchr(account->sender_address, '@') + 1);
}

/* The message that is answered, if the ticket has it; else entry_out has seq 0. */
static enum status find_answered(struct work *w, struct entry *entry_out)
{
	const char *const *ids = work_answered_ids(w);
	uint64_t number = w->match.ticket.number;
	enum status st = ST_NOT_FOUND;

	for (; *ids && st == ST_NOT_FOUND; ids++) {
		struct id_hit hit;

		st = tickets_find_id_in(w->txn, *ids, number, &hit, w->err);
		if (st == ST_OK && (!hit.seq || hit.kind == ID_REFERENCED))
			st = ST_NOT_FOUND;
		if (st == ST_OK)
			st = tickets_entry(w->txn, number, hit.seq, entry_out, w->err);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* One ticket may be of several people: the answer goes to who is answered. */
static enum status find_addressee(struct work *w)
{
	struct entry answered = { 0 };
	enum status st = ST_OK;

	if (w->outcome->whose == WHOSE_DESK_REPLY || w->recipients.named.desk)
		st = find_answered(w, &answered);
	if (st == ST_OK)
		work_find_addressee(w, answered.seq ? &answered : NULL);
	record_release(&entry_type, &answered);
	return st;
}

/* Who asked the desk themself, and answers what it wrote, is a customer in this. */
static bool answers_themself(const struct work *w)
{
	const char *address = w->addressee.address;

	return w->outcome->whose == WHOSE_DESK_REPLY && address && agent_is(&w->agent, address);
}

static bool is_of_another(const struct work *w, const struct ticket *ticket)
{
	return ticket->number && ticket->number != w->match.ticket.number;
}

/* Why this answer must not go through the desk; NULL. Static. */
static enum status desk_objection(struct work *w, const char **reply_out)
{
	enum status st = ST_OK;

	if (!w->addressee.address)
		*reply_out =
			"5.1.1 Nobody's address is known for this ticket; write to the customer directly";
	for (unsigned i = 0; i < w->recipients.hits->len && st == ST_OK; i++) {
		const struct account_hit *hit = g_ptr_array_index(w->recipients.hits, i);
		struct ticket other = { 0 };

		st = hit->ticket ? tickets_resolve(w->txn, hit->ticket, &other, w->err) : ST_OK;
		if (st == ST_OK && is_of_another(w, &other))
			*reply_out =
				"5.7.1 This message is addressed to more than one ticket; answer each by itself";
		record_release(&ticket_type, &other);
		if (st == ST_NOT_FOUND)
			st = ST_OK;
	}
	return st;
}

/* To speak as the desk is to act on its ticket. */
static char *queue_objection(struct work *w)
{
	const struct ticket *t = &w->match.ticket;

	if (work_may_act(w))
		return NULL;
	return g_strdup_printf("5.7.1 Ticket #%" G_GUINT64_FORMAT " is in queue '%s', which is not "
			       "yours: its agents answer for it",
		t->number, t->queue);
}

static const char too_many_to_hide[] = "5.6.0 This message has more header fields than can be "
				       "searched for what a customer must not see";

/* Why this answer must not leave; NULL. Owned. */
static enum status agent_objection(struct work *w, char **reply_out)
{
	const char *reply = NULL;
	enum status st = ST_OK;

	*reply_out = queue_objection(w);
	if (*reply_out)
		return ST_OK;
	if (!work_may_hide(w))
		reply = too_many_to_hide;
	else if (w->match.answers_note)
		reply = "5.7.1 This message answers an internal note and would leave the house; "
			"write to the customer in answer to their own mail";
	else if (w->outcome->whose == WHOSE_DESK_REPLY)
		st = desk_objection(w, &reply);
	*reply_out = g_strdup(reply);
	return st;
}

static enum status agent_answer(struct work *w)
{
	enum status st;

	st = commands_find(w, NULL);
	if (st != ST_OK)
		return st;
	hide_id(w);
	work_add_participants(w);
	work_watch_queues(w);
	st = work_append(w, DIRECTION_OUT, NOTE(EVENT_REPLY));
	if (st == ST_OK)
		st = agent_hand_over(w);
	if (st == ST_OK)
		st = index_as_it_leaves(w);
	return st == ST_OK ? commands_run(w, NULL) : st;
}

enum status agent_reply(struct work *w)
{
	g_autofree char *reply = NULL;
	enum status st;

	if (w->arrival->import)
		return agent_answer(w);
	if (sent_by_itself(w))
		return keep_from_customer(w);
	st = find_addressee(w);
	if (st == ST_OK && answers_themself(w)) {
		w->outcome->whose = WHOSE_INBOUND;
		return inbound(w);
	}
	if (st == ST_OK)
		st = agent_objection(w, &reply);
	if (st != ST_OK)
		return st;
	if (reply)
		return agent_refuse(w, reply);
	return agent_answer(w);
}

/* The first recipient outside, with the name that the mail gives it. */
static const struct mailbox *agent_first_outside(const struct work *w, struct mailbox *spare)
{
	struct mailboxes lists[] = { message_to(w->message), message_cc(w->message) };
	const GPtrArray *outside = w->recipients.outside;
	const char *address = outside->len ? outside->pdata[0] : w->recipients.named.outside;

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
		for (size_t i = 0; i < lists[l].n; i++) {
			const struct mailbox *box = &lists[l].v[i];

			if (address ? strcmp(box->address, address) == 0
				    : !settings_is_own(w->settings, box->address))
				return box;
		}
	spare->name = NULL;
	spare->address = spare->as_written = (char *)address;
	return address ? spare : NULL;
}

static enum status opened_by(struct work *w, const struct rules_result *rules)
{
	struct mailbox spare;
	enum status st;

	hide_id(w);
	st = work_open_ticket(w, agent_first_outside(w, &spare), rules, TICKET_WAITING);
	if (st != ST_OK)
		return st;
	if (!w->match.ticket.agent && w->is_agent)
		w->match.ticket.agent = g_strdup(w->agent.login);
	w->match.ticket.first_response = w->now;
	st = work_append(w, DIRECTION_OUT,
		NOTE(EVENT_OPENED, .to = w->match.ticket.queue,
			.text = rules->names->len ? rules->names->str : NULL));
	if (st == ST_OK)
		st = index_as_it_leaves(w);
	if (st == ST_OK)
		st = work_tell_assigned(w);
	return st == ST_OK ? commands_run(w, NULL) : st;
}

/* Whose account it is, is whose name it leaves in, wherever rules put the ticket. */
static bool speaks_for_account(const struct work *w)
{
	return w->arrival->import ||
		agent_in_queue(&w->agent, recipients_account(&w->recipients)->queue);
}

/* Rules are about what would open a ticket, whoever wrote it. */
enum status agent_opened(struct work *w)
{
	struct rules_result rules;
	enum status st;

	if (sent_by_itself(w) && !w->arrival->import)
		return keep_from_customer(w);
	/* They tell another desk of their own mail. */
	if (!speaks_for_account(w)) {
		w->outcome->whose = WHOSE_INBOUND;
		return inbound(w);
	}
	if (!work_may_hide(w) && !w->arrival->import)
		return agent_refuse(w, too_many_to_hide);
	st = commands_find(w, NULL);
	if (st != ST_OK)
		return st;
	rules_apply(w->settings, w->message, w->envelope, work_subject_plain(w), &rules);
	st = rules.ignore ? work_leave_alone(w, "rule") : opened_by(w, &rules);
	rules_result_release(&rules);
	return st;
}

/* --- internal mail on its way outside --- */

/* Who would get it: the first outside, else the customer behind the desk. */
static const char *who_must_not(const struct work *w)
{
	const struct recipients *r = &w->recipients;

	if (r->outside->len)
		return r->outside->pdata[0];
	return r->named.outside ? r->named.outside : "the customer behind the desk";
}

enum status agent_refused(struct work *w)
{
	const struct recipients *r = &w->recipients;
	g_autofree char *who = text_line(who_must_not(w), LIMIT_ADDRESS_BYTES), *reply = NULL;

	if (sent_by_itself(w))
		return keep_from_customer(w);
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
	return agent_refuse(w, reply);
}

/* --- notes --- */

enum status agent_note(struct work *w)
{
	g_autofree char *text = w->automatic == AUTO_NONE ? message_own_text(w->message) : NULL;
	enum status st = ST_OK;

	/* Whoever is told of a ticket may say something about it, and sees no more of it for that.
	 * But nobody lets their own queue in by writing to its address. */
	if (work_may_act(w))
		work_watch_queues(w);
	if (sent_by_itself(w))
		return work_append(
			w, DIRECTION_AUTO, NOTE(EVENT_AUTO, .text = w->automatic_why.reason));
	if (w->automatic == AUTO_NONE)
		st = commands_find(w, text);
	if (st == ST_OK)
		st = work_append(w, DIRECTION_NOTE, NOTE(EVENT_NOTE));
	return st == ST_OK ? commands_run(w, text) : st;
}

/* --- control mail --- */

/* Who else is addressed inside gets the mail; nobody gets the copy for the control address. */
static void agent_take_in(struct work *w)
{
	if (w->recipients.agents->len + w->recipients.internal->len == 0) {
		edits_verdict(&w->outcome->edits, VERDICT_DISCARD, NULL);
		return;
	}
	for (const char *const *r = w->envelope->recipients; *r; r++) {
		g_autofree char *canonical = NULL;

		if (address_canonical(*r, &canonical) == ST_OK &&
			settings_is_control(w->settings, canonical))
			edits_delete_recipient(&w->outcome->edits, *r);
	}
}

/* One Message-ID, one run: a retry after a lost 250 must not do it twice. */
enum status agent_commands(struct work *w)
{
	const struct recipients *r = &w->recipients;

	if (r->outside->len > 0 || (r->named.outside && !r->passed_on))
		return agent_refused(w);
	if (w->recipients.hits->len > 0)
		return agent_refuse(w,
			"5.7.1 Commands cannot also open or answer a ticket; send them by themselves");
	agent_take_in(w);
	w->outcome->event = "commands";
	work_report(w);
	return w->automatic != AUTO_NONE || w->outcome->duplicate ? ST_OK : commands_run_control(w);
}

/* --- once more --- */

/* Answers keep their edits, also for a copy that comes by itself; notes and what was kept inside
 * stay so, whatever the recipients are now. */
static enum status again_as(struct work *w, enum whose now)
{
	const char *id = message_id(w->message);
	bool out = agent_leaves(now) || now == WHOSE_REFUSED;

	switch ((enum direction)w->entry.direction) {
	case DIRECTION_OUT:
		/* The same words under other recipients: it is what these make of it. */
		if (now == WHOSE_REFUSED)
			return agent_refused(w);
		w->outcome->whose = now == WHOSE_DESK_REPLY ? now
			: w->match.how == MATCH_NEW         ? WHOSE_OPENED
							    : WHOSE_REPLY;
		if (id && g_strcmp0(w->entry.message_id, id) != 0)
			w->new_id = g_strdup(w->entry.message_id);
		return ST_OK;
	case DIRECTION_NOTE:
		w->outcome->whose = WHOSE_NOTE;
		if (out)
			return agent_refuse(w,
				"5.7.1 This message is an internal note and would leave the house");
		return ST_OK;
	case DIRECTION_AUTO:
		w->outcome->whose = now;
		if (out)
			edits_verdict(&w->outcome->edits, VERDICT_DISCARD, NULL);
		return ST_OK;
	case DIRECTION_IN:
	case DIRECTION_BOUNCE:
		/* An agent's own question to the desk is as internal as a note. */
		if (now == WHOSE_REFUSED && !w->recipients.passed_on)
			return agent_refused(w);
		/* What they asked through the desk, as a customer. */
		out &= now != WHOSE_DESK_REPLY || w->recipients.passed_on;
		/* Passed on to somebody, as it came: it is not the agent's answer. */
		w->outcome->left_alone = out;
		w->outcome->whose = out ? WHOSE_OTHER : WHOSE_INBOUND;
		return ST_OK;
	}
	return ST_OK;
}

/* What they sent before goes the way that it went, wherever the ticket is now. */
static enum status object_again(struct work *w)
{
	g_autofree char *not_yours = work_is_author(w) ? NULL : queue_objection(w);
	const char *reply = not_yours;
	enum status st = ST_OK;

	if (!reply && !work_may_hide(w))
		reply = too_many_to_hide;
	if (!reply)
		st = find_addressee(w);
	if (!reply && st == ST_OK && w->outcome->whose == WHOSE_DESK_REPLY)
		st = desk_objection(w, &reply);
	return st == ST_OK && reply ? agent_refuse(w, reply) : st;
}

enum status agent_again(struct work *w)
{
	enum status st = again_as(w, classify_whose(true, &w->recipients, true));
	bool accepted = w->outcome->edits.verdict == VERDICT_ACCEPT;

	if (st == ST_OK && accepted && agent_leaves(w->outcome->whose))
		st = object_again(w);
	/* Not run again, but taken out again. */
	if (w->entry.taken)
		commands_take_again(w);
	return st;
}
