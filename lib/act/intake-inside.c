/* Agents' mail that stays inside: notes and control mail. */
#include "act/attempt.h"

#include "base/address.h"

/* --- notes --- */

enum status agent_note(struct attempt *a)
{
	const char *text = a->arrival->automatic == AUTO_NONE ? a->arrival->own.text : NULL;
	enum status st = ST_OK;

	/* An agent who is told of a ticket may add a note to it, and sees no more of it by that.
	 * But nobody makes their own queue a watcher by writing to its address. */
	if (attempt_may_act(a))
		attempt_watch_queues(a);
	if (agent_sent_by_itself(a))
		return attempt_append(a, DIRECTION_AUTO,
			NOTE(EVENT_AUTO, .text = a->arrival->automatic_why.reason));
	if (a->arrival->automatic == AUTO_NONE)
		st = commands_find(a, text);
	if (st == ST_OK)
		st = attempt_append(a, DIRECTION_NOTE, NOTE(EVENT_NOTE));
	return st == ST_OK ? commands_run(a, text) : st;
}

/* --- control mail --- */

/* Other recipients inside get the mail; the copy for the control address goes to nobody. */
static void agent_take_in(struct attempt *a)
{
	if (a->recipients.agents->len + a->recipients.internal->len == 0) {
		edits_verdict(&a->outcome->edits, VERDICT_DISCARD, NULL);
		return;
	}
	for (const char *const *r = a->arrival->envelope->recipients; *r; r++) {
		g_autofree char *canonical = NULL;

		if (address_canonical(*r, &canonical) == ST_OK &&
			settings_is_control(a->arrival->settings, canonical))
			edits_delete_recipient(&a->outcome->edits, *r);
	}
}

/* One Message-ID is one run: a retry after a lost 250 must not run it twice. */
enum status agent_commands(struct attempt *a)
{
	const struct recipients *r = &a->recipients;

	if (r->outside->len > 0 || (r->named.outside && !r->passed_on))
		return agent_refused(a);
	if (a->recipients.hits->len > 0)
		return agent_refuse(a,
			"5.7.1 Commands cannot also open or answer a ticket; send them by themselves");
	agent_take_in(a);
	a->outcome->event = "commands";
	attempt_report(a);
	if (a->arrival->automatic != AUTO_NONE || a->outcome->duplicate)
		return ST_OK;
	return commands_run_control(a);
}
