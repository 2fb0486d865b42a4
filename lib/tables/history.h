/* Events: what happened to a ticket, when, and by whom. Append only. */
#ifndef MILTICKET_HISTORY_H
#define MILTICKET_HISTORY_H

#include <string.h>

#include "model/ticket.h"
#include "tables/record-table.h"

/* Who acts, for the events that an action writes. */
struct actor {
	const char *name; /* "anna", "unix:root", "customer@example.net", "milticket" */
	int64_t now;
};

/* The name of who acts when nobody does: timers, automations. */
#define PROGRAM_ACTOR "milticket"
/* What its automations and promises are called as actors begins with these. */
#define AUTOMATION_ACTOR "automation:"
#define PROMISE_ACTOR "sla:"
static inline bool name_is_program(const char *name)
{
	return strcmp(name, PROGRAM_ACTOR) == 0 || g_str_has_prefix(name, AUTOMATION_ACTOR) ||
		g_str_has_prefix(name, PROMISE_ACTOR);
}
static inline bool actor_is_program(const struct actor *actor)
{
	return name_is_program(actor->name);
}

/* "anna" of "unix:anna", and of "anna": at the shell somebody is known by the system's name, which
 * is an agent's login. Borrowed. */
static inline const char *actor_login(const char *name)
{
	return g_str_has_prefix(name, "unix:") ? name + strlen("unix:") : name;
}
/* Is it one person, at the shell, by mail or in a mailbox? Either may be NULL: nobody. */
bool actor_is_same(const char *a, const char *b);

/* Stores one under the serial that it has: read from an export, or changed. */
enum status history_save(struct txn *txn, const struct event *event, struct error *err);

/* What is told of a ticket. from and to are the old and the new value; they and text may be
 * NULL. */
struct event_note {
	enum event_kind kind;
	const char *from, *to, *text;
	const char *way; /* by which it came, where that is not plain: "mailbox"; NULL */
};
/* NOTE(EVENT_LINK, .to = number) */
#define NOTE(event, ...) (&(const struct event_note){ .kind = event, __VA_ARGS__ })
/* Notes it in a message that is about to be appended, whose record then tells it: the event that
 * the message comes with. */
void history_tell(struct entry *entry, const struct actor *actor, const struct event_note *note);
enum status history_add(struct txn *txn, uint64_t ticket, const struct actor *actor,
	const struct event_note *note, struct error *err);

/* Events of one ticket, oldest first; or of all (ticket 0) with serial > after. fn as
 * ticket_visit. */
typedef enum status event_visit(
	struct txn *txn, const struct event *event, void *arg, struct error *err);
enum status history_each(struct txn *txn, uint64_t ticket, uint64_t after, event_visit *fn,
	void *arg, struct error *err);
/* The last n of all, oldest first. */
enum status history_tail(
	struct txn *txn, unsigned n, event_visit *fn, void *arg, struct error *err);

#endif
