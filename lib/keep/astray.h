/* Tickets after a clock that went wrong. One that was ahead, for an hour say, has written times
 * that have not been yet: until they come, such a ticket would be the newest, its SLA would owe
 * nothing, it would not be idle, and a `wait 3d` of that hour would last for that long and three
 * days. For the timer thread, which has seen the clock go there and come back. */
#ifndef MILTICKET_ASTRAY_H
#define MILTICKET_ASTRAY_H

#include "settings/settings.h"
#include "store/store.h"

/* Tickets whose last change lies more than two days ahead of `now`: what has been is moved
 * back as far as the newest is ahead, in the order in which it was, deadlines follow, and a wait or
 * reminder that was given then is moved as far; each with an event "repaired". Nothing is done
 * unless it is plain that it was they that were ahead, and not `now` that is behind: there are
 * changes of the last two days, none of the next two, and what lies ahead is of two days itself.
 * Reads one ticket while there is nothing to do. *count_out: how many; at most a thousand in one
 * call. */
enum status astray_mend(struct store *store, const struct settings *settings, int64_t now,
	unsigned *count_out, struct error *err);

#endif
