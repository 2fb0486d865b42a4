/* Agents' mail: answers to customers, tickets they open, internal notes, commands. */
#include "intake-work.h"

#include <string.h>

#include "address.h"
#include "command-mail.h"
#include "plan.h"
#include "tickets.h"

/* --- what all of them share --- */

bool leaves_with_commands(enum whose whose)
{
	return whose == WHOSE_REPLY || whose == WHOSE_DESK_REPLY || whose == WHOSE_OPENED;
}

void take_subject_commands(struct work *w)
{
	w->subject_commands = subject_take_commands(message_header(w->message, "Subject", 0), &w->raw_subject);
}

/* An out-of-office note or a receipt that an agent's client sends by itself is nobody's answer. */
static bool sent_by_itself(const struct work *w)
{
	return w->automatic == AUTO_VACATION || w->automatic == AUTO_BOUNCE || w->automatic == AUTO_DELAYED || w->automatic == AUTO_RECEIPT;
}

static enum status keep_from_customer(struct work *w)
{
	enum status st = ST_OK;

	edits_verdict(&w->outcome->edits, VERDICT_DISCARD, NULL);
	if (w->match.ticket.number)
		st = work_append(w, DIRECTION_AUTO, "auto", NULL, NULL, w->automatic_reason);
	work_report(w);
	return st;
}

static enum status refuse(struct work *w, const char *reply)
{
	w->outcome->event = "refused";
	w->outcome->ticket = w->match.ticket.number;
	edits_verdict(&w->outcome->edits, VERDICT_REJECT, reply);
	return ST_OK;
}

static struct commander commander_of(struct work *w)
{
	struct commander commander = {
		.actor = work_actor(w), .agent = &w->agent, .settings = w->settings, .key = w->key,
	};

	return commander;
}

/* Where the transcript goes: the agent's address that the mail came from, else the first on record. */
static const char *agent_mailbox(const struct work *w)
{
	const char *from = work_from_address(w);

	if (w->agent.addresses && g_strv_contains((const char *const *)w->agent.addresses, from))
		return from;
	return w->agent.addresses && w->agent.addresses[0] ? w->agent.addresses[0] : NULL;
}

static enum status send_transcript(struct work *w, const struct transcript *transcript)
{
	const struct reply_context context = work_reply_context(w);
	const char *to = agent_mailbox(w);

	if (transcript->text->len == 0 || !to)
		return ST_OK;
	w->outcome->queued = true;
	return reply_transcript(&context, to, message_subject(w->message), transcript->text->str, message_id(w->message), w->err);
}

/* Commands change the ticket in the store: what we hold is stale after them. */
static enum status reload_ticket(struct work *w)
{
	uint64_t number = w->match.ticket.number;

	record_release(&ticket_type, &w->match.ticket);
	return tickets_resolve(w->txn, number, &w->match.ticket, w->err);
}

static enum status run_subject_commands(struct work *w)
{
	const struct commander commander = commander_of(w);
	struct transcript transcript;
	enum status st;

	if (!w->subject_commands)
		return ST_OK;
	transcript_init(&transcript);
	st = command_mail_words(w->txn, &commander, w->match.ticket.number, w->subject_commands, &transcript, w->err);
	if (st == ST_OK)
		st = send_transcript(w, &transcript);
	if (st == ST_OK)
		st = reload_ticket(w);
	transcript_release(&transcript);
	return st;
}

/* --- answers --- */

/* Also known by its identity as it leaves, so that it is recognised when it comes back to one of our addresses. */
static enum status index_as_it_leaves(struct work *w)
{
	const struct account *account = work_account(w);
	g_autofree char *digest = NULL;

	if (!account || w->arrival->import)
		return ST_OK;
	digest = message_digest(w->message, account->sender_address, w->subject.plain, spool_body_sha256(w->arrival->spool));
	return tickets_index_digest(w->txn, digest, w->match.ticket.number, w->entry.seq, w->err);
}

static enum status event_if(struct work *w, bool changed, const char *kind, const char *from, const char *to)
{
	const struct actor actor = work_actor(w);

	return changed ? history_add(w->txn, w->match.ticket.number, &actor, kind, from, to, NULL, w->err) : ST_OK;
}

/* It is the customer's turn now, and somebody has answered. */
static enum status hand_over(struct work *w)
{
	struct ticket *t = &w->match.ticket;
	int before = t->status;
	bool taken = !t->agent && w->is_agent;
	enum status st;

	t->status = TICKET_WAITING;
	t->closed = 0;
	t->undelivered = false;
	if (!t->first_response)
		t->first_response = w->now;
	if (taken)
		t->agent = g_strdup(w->agent.login);
	st = event_if(w, before != TICKET_WAITING, "status", ticket_status_names[before], ticket_status_names[TICKET_WAITING]);
	if (st == ST_OK)
		st = event_if(w, taken, "agent", NULL, t->agent);
	return st;
}

enum status agent_reply(struct work *w)
{
	enum status st;

	if (!w->arrival->import) {
		if (sent_by_itself(w))
			return keep_from_customer(w);
		if (w->match.answers_note)
			return refuse(w, "5.7.1 This message answers an internal note and would leave the house; write to the customer in answer to their own mail");
		take_subject_commands(w);
	}
	st = hand_over(w);
	work_add_participants(w);
	work_watch_queues(w);
	if (st == ST_OK)
		st = work_append(w, DIRECTION_OUT, "reply", NULL, NULL, NULL);
	if (st == ST_OK)
		st = index_as_it_leaves(w);
	return st == ST_OK ? run_subject_commands(w) : st;
}

/* The first recipient outside, with the name that the mail gives it. */
static const struct mailbox *first_outside(const struct work *w, struct mailbox *spare)
{
	struct mailboxes lists[] = { message_to(w->message), message_cc(w->message) };
	const char *address = w->recipients.outside->len ? g_ptr_array_index(w->recipients.outside, 0) : NULL;

	for (size_t l = 0; l < G_N_ELEMENTS(lists); l++)
		for (size_t i = 0; i < lists[l].n; i++) {
			const struct mailbox *box = &lists[l].v[i];

			if (address ? strcmp(box->address, address) == 0 : !settings_is_own(w->settings, box->address))
				return box;
		}
	spare->name = NULL;
	spare->address = (char *)address;
	return address ? spare : NULL;
}

enum status agent_opened(struct work *w)
{
	struct mailbox spare;
	enum status st;

	if (sent_by_itself(w) && !w->arrival->import)
		return keep_from_customer(w);
	if (!w->arrival->import)
		take_subject_commands(w);
	st = work_open_ticket(w, first_outside(w, &spare), NULL, TICKET_WAITING);
	if (st != ST_OK)
		return st;
	if (!w->match.ticket.agent && w->is_agent)
		w->match.ticket.agent = g_strdup(w->agent.login);
	w->match.ticket.first_response = w->now;
	st = work_append(w, DIRECTION_OUT, "opened", NULL, w->match.ticket.queue, NULL);
	if (st == ST_OK)
		st = index_as_it_leaves(w);
	return st == ST_OK ? run_subject_commands(w) : st;
}

/* --- notes --- */

static enum status run_note_commands(struct work *w)
{
	const struct commander commander = commander_of(w);
	const char *text = message_plain_text(w->message);
	struct transcript transcript;
	enum status st;

	if (!text || w->automatic != AUTO_NONE)
		return ST_OK;
	transcript_init(&transcript);
	st = command_mail_note(w->txn, &commander, w->match.ticket.number, text, &transcript, w->err);
	if (st == ST_OK)
		st = send_transcript(w, &transcript);
	if (st == ST_OK)
		st = reload_ticket(w);
	transcript_release(&transcript);
	return st;
}

enum status agent_note(struct work *w)
{
	enum status st;

	if (w->recipients.outside->len > 0)
		return refuse(w, "5.7.1 An internal note cannot go to recipients outside; remove them, or leave out the note address");
	work_watch_queues(w);
	st = sent_by_itself(w) ? work_append(w, DIRECTION_AUTO, "auto", NULL, NULL, w->automatic_reason)
		: work_append(w, DIRECTION_NOTE, "note", NULL, NULL, NULL);
	return st == ST_OK ? run_note_commands(w) : st;
}

/* --- control mail --- */

/* One Message-ID, one run: a retry after a lost 250 must not do it twice. */
enum status agent_commands(struct work *w)
{
	const struct commander commander = commander_of(w);
	const char *text = message_plain_text(w->message);
	struct transcript transcript;
	enum status st;

	if (w->recipients.outside->len > 0)
		return refuse(w, "5.7.1 Commands cannot also go to recipients outside");
	edits_verdict(&w->outcome->edits, VERDICT_DISCARD, NULL);
	w->outcome->event = "commands";
	if (w->automatic != AUTO_NONE)
		return ST_OK;
	transcript_init(&transcript);
	st = command_mail_control(w->txn, &commander, text ? text : "", &transcript, w->err);
	if (st == ST_OK)
		st = send_transcript(w, &transcript);
	if (st == ST_OK)
		st = tickets_index_digest(w->txn, w->digest, 0, 0, w->err);
	transcript_release(&transcript);
	return st;
}
