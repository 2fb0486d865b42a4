/* When an automation is to be looked at, for one ticket. The record has what has run in the stay
 * that is on: a stay begins when the condition holds, and ends when it would hold at no time any
 * more, as the ticket then is. All is reckoned anew from record and settings at each change, so
 * that doing it twice changes nothing. Pure. */
#ifndef MILTICKET_AUTOMATING_H
#define MILTICKET_AUTOMATING_H

#include "model/ticket.h"
#include "settings/settings.h"

/* Sets automation_at, and forgets stays that have ended. To be called before a changed ticket is
 * saved. looked: the messages of the ticket were asked just now for what the record leaves open,
 * and did not have it. */
void automating_plan(
	const struct settings *settings, struct ticket *ticket, int64_t now, bool looked);

/* May a change of the configuration change what there is to do with it? */
bool automating_concerns(const struct settings *settings, const struct ticket *ticket, int64_t now);

/* Has it run in this stay? */
bool automating_has_run(const struct automation *automation, const struct ticket *ticket);
void automating_mark(const struct automation *automation, struct ticket *ticket);
void automating_unmark(const struct automation *automation, struct ticket *ticket);
/* May it act at that time, by its calendar? */
bool automating_is_open(const struct automation *automation, int64_t now);

/* Counts an action. False: there were LIMIT_AUTOMATION_ACTIONS today, and this is one too many. */
bool automating_count(struct ticket *ticket, int64_t now);
/* They stop when they have done too much in a day, until a person does something with the ticket,
 * and for the rest of that day. */
void automating_stop(struct ticket *ticket, int64_t now);
bool automating_is_stopped(const struct ticket *ticket);

/* Of that name; NULL: there is none. */
const struct automation *automating_find(const struct settings *settings, const char *name);

#endif
