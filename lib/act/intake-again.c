/* A message that has come before: unchanged it adds nothing, changed on its way it is recorded as a
 * copy. */
#include "act/attempt.h"

#include "tables/tickets.h"

/* --- an agent's --- */

static bool agent_leaves(enum whose whose)
{
	return whose == WHOSE_REPLY || whose == WHOSE_DESK_REPLY || whose == WHOSE_OPENED;
}

static enum whose answer_again(const struct attempt *a, enum whose now)
{
	if (now == WHOSE_DESK_REPLY)
		return now;
	return a->match.how == MATCH_NEW ? WHOSE_OPENED : WHOSE_REPLY;
}

/* An answer gets the same edits again, also when another copy of it comes; notes and mail that was
 * kept inside stay inside, whatever the recipients are now. */
static enum status again_as(struct attempt *a, enum whose now)
{
	const char *id = a->arrival->id;
	bool out = agent_leaves(now) || now == WHOSE_REFUSED;

	switch ((enum direction)a->entry.direction) {
	case DIRECTION_OUT:
		/* The same words to other recipients: these decide what it is now. */
		if (now == WHOSE_REFUSED)
			return agent_refused(a);
		a->outcome->whose = answer_again(a, now);
		if (id && g_strcmp0(a->entry.message_id, id) != 0)
			a->new_id = g_strdup(a->entry.message_id);
		return ST_OK;
	case DIRECTION_NOTE:
		a->outcome->whose = WHOSE_NOTE;
		if (out)
			return agent_refuse(a,
				"5.7.1 This message is an internal note and would leave the house");
		return ST_OK;
	case DIRECTION_AUTO:
		a->outcome->whose = now;
		if (out)
			edits_verdict(&a->outcome->edits, VERDICT_DISCARD, NULL);
		return ST_OK;
	case DIRECTION_IN:
	case DIRECTION_BOUNCE:
		/* An agent's own question to the desk is as internal as a note. */
		if (now == WHOSE_REFUSED && !a->recipients.passed_on)
			return agent_refused(a);
		/* They asked through the desk, as a customer does. */
		out &= now != WHOSE_DESK_REPLY || a->recipients.passed_on;
		/* Passed on to somebody, as it came: it is not the agent's answer. */
		a->outcome->left_alone = out;
		a->outcome->whose = out ? WHOSE_OTHER : WHOSE_INBOUND;
		return ST_OK;
	}
	return ST_OK;
}

static enum status agent_again(struct attempt *a)
{
	enum status st = again_as(a, classify_whose(true, &a->recipients, true));
	bool accepted = a->outcome->edits.verdict == VERDICT_ACCEPT;

	if (st == ST_OK && accepted && agent_leaves(a->outcome->whose))
		st = agent_object_again(a);
	/* Commands are not run again, but taken out again. */
	if (a->entry.taken)
		commands_take_again(a);
	return st;
}

/* --- anybody's --- */

/* What it was then decides what becomes of it now. */
static enum status take_up(struct attempt *a)
{
	enum status st = tickets_entry(a->txn, a->seen.ticket, a->seen.seq, &a->entry, a->err);

	if (st == ST_OK)
		st = tickets_resolve(a->txn, a->seen.ticket, &a->match.ticket, a->err);
	if (st != ST_OK)
		return st;
	a->match.how = (enum match_how)a->entry.match;
	a->outcome->event = attempt_event_name(a->entry.event);
	a->outcome->whose = WHOSE_INBOUND;
	return a->who.is_agent ? agent_again(a) : ST_OK;
}

static enum status again_identical(struct attempt *a)
{
	enum status st = take_up(a);

	a->outcome->duplicate = true;
	if (st != ST_OK || a->outcome->left_alone || a->outcome->edits.verdict != VERDICT_ACCEPT)
		return st;
	if (!attempt_may_act(a) || !attempt_watch_queues(a))
		return ST_OK;
	return tickets_save(a->txn, &a->match.ticket, a->err);
}

/* The direction to record it with. If a stranger brings what an agent wrote, or a verifier calls
 * From forged, it may say anything: it is recorded as automatic mail. */
static enum direction direction_of_copy(const struct attempt *a)
{
	enum direction first = (enum direction)a->entry.direction;
	bool inside = first == DIRECTION_OUT || first == DIRECTION_NOTE;

	if (a->who.is_agent || a->arrival->import)
		return first;
	return inside || a->arrival->auth.dmarc_fail ? DIRECTION_AUTO : first;
}

/* Nothing is answered, woken or run a second time, and nobody becomes a participant. What is
 * refused or not ours is not recorded; what is discarded was acknowledged, so it is. */
static enum status again_changed(struct attempt *a)
{
	enum status st = take_up(a);

	if (st != ST_OK || a->outcome->left_alone || a->outcome->edits.verdict == VERDICT_REJECT)
		return st;
	if (attempt_may_act(a))
		attempt_watch_queues(a);
	a->match.how = MATCH_COPY;
	st = attempt_append(a, direction_of_copy(a), NOTE(EVENT_COPY));
	return st == ST_OK ? attempt_save(a) : st;
}

enum status again(struct attempt *a)
{
	if (a->seen.ticket)
		return a->seen.copy ? again_changed(a) : again_identical(a);
	a->outcome->duplicate = true;
	a->outcome->whose = WHOSE_COMMANDS;
	return agent_commands(a);
}
