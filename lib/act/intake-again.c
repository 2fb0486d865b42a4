/* What has come before: as it was it adds nothing, changed on its way it is recorded, too. */
#include "act/intake-work.h"

#include "tables/tickets.h"

/* What it was then decides what becomes of it now. */
static enum status take_up(struct work *w, const struct seen *seen)
{
	enum status st = tickets_entry(w->txn, seen->ticket, seen->seq, &w->entry, w->err);

	if (st == ST_OK)
		st = tickets_resolve(w->txn, seen->ticket, &w->match.ticket, w->err);
	if (st != ST_OK)
		return st;
	w->match.how = (enum match_how)w->entry.match;
	w->outcome->event = work_event_name(w->entry.event);
	w->outcome->whose = WHOSE_INBOUND;
	return w->is_agent ? agent_again(w) : ST_OK;
}

static enum status again_identical(struct work *w, const struct seen *seen)
{
	enum status st = take_up(w, seen);

	w->outcome->duplicate = true;
	if (st != ST_OK || w->outcome->left_alone || w->outcome->edits.verdict != VERDICT_ACCEPT)
		return st;
	if (!work_may_act(w) || !work_watch_queues(w))
		return ST_OK;
	return tickets_save(w->txn, &w->match.ticket, w->err);
}

/* As what it is recorded: nobody's word when somebody else brings what an agent wrote, or when a
 * verifier calls its From forged. It may say anything. */
static enum direction direction_of_copy(const struct work *w)
{
	enum direction first = (enum direction)w->entry.direction;
	bool inside = first == DIRECTION_OUT || first == DIRECTION_NOTE;

	if (w->is_agent || w->arrival->import)
		return first;
	return inside || w->auth.dmarc_fail ? DIRECTION_AUTO : first;
}

/* Nothing is answered, woken or run a second time, and nobody comes to take part. What is refused
 * or none of ours is not recorded; what is discarded was acknowledged. */
static enum status again_changed(struct work *w, const struct seen *seen)
{
	enum status st = take_up(w, seen);

	if (st != ST_OK || w->outcome->left_alone || w->outcome->edits.verdict == VERDICT_REJECT)
		return st;
	if (work_may_act(w))
		work_watch_queues(w);
	w->match.how = MATCH_COPY;
	st = work_append(w, direction_of_copy(w), NOTE(EVENT_COPY));
	return st == ST_OK ? work_save(w) : st;
}

enum status again(struct work *w, const struct seen *seen)
{
	if (seen->ticket)
		return seen->copy ? again_changed(w, seen) : again_identical(w, seen);
	w->outcome->duplicate = true;
	w->outcome->whose = WHOSE_COMMANDS;
	return agent_commands(w);
}
