/* What intake's transaction works with, shared by the files that tell its parts. Not for others. */
#ifndef MILTICKET_INTAKE_WORK_H
#define MILTICKET_INTAKE_WORK_H

#include "act/intake.h"
#include "act/reply.h"
#include "act/subject-commands.h"
#include "decide/match.h"
#include "decide/rules.h"
#include "tables/history.h"

struct work {
	const struct arrival *arrival;
	const struct settings *settings;
	const struct envelope *envelope;
	struct message *message;
	struct outcome *outcome;
	int64_t now; /* when the message came; for an import its Date */
	struct token_key key;

	/* Made before the transaction. */
	struct subject_view subject;
	enum automatic automatic;
	struct automatic_why automatic_why;
	struct auth_results auth; /* all false for an import */
	enum vouched vouched;
	const char *authenticated; /* whom the MTA vouches for; NULL; borrowed */
	char *digest;
	char *given_id; /* the Message-ID of a message that has none */
	char *archive;  /* its name in the archive; NULL without one */
	GPtrArray *why; /* reasons, for who asks (why.h); NULL; borrowed */

	/* Made in the transaction, anew each time that it runs. */
	struct txn *txn;
	struct error *err;
	struct agent agent;
	bool is_agent;
	/* login of the agent whose address is in From while nobody vouches for the sender; NULL */
	char *claimed;
	/* whom a rule or the queue assigns the new ticket to, and who is no agent; NULL */
	char *nobody;
	bool known; /* the message was recorded before */
	bool joins; /* who wants the answer had no part in the ticket before */
	struct recipients recipients;
	struct mailbox requester; /* who wants the answer; no address: nobody, or not asked */
	struct match match;
	bool unsaved; /* match.ticket is not in the store as it is here */
	bool is_new;  /* nor at all: it has its number only */
	struct entry entry;
	/* the Message-ID that replaces one that would tell where an agent writes from; NULL */
	char *new_id;
	struct subject_commands commands; /* of an agent's Subject */
	char *plain;                      /* subject.plain without them; NULL when there are none */
	struct foreign foreign;   /* what an agent did not write; filled where commands may be */
	char **watchers;          /* who gets a copy; NULL: nobody */
	struct mailbox addressee; /* addressee.h; without an address: nobody */
	/* whose addresses the mail is handed to; NULL: it goes to nobody but its recipients */
	char **workers;
};

/* --- intake.c --- */
void work_init(struct work *w, struct store *store, const struct arrival *arrival,
	struct outcome *outcome);
void work_release(struct work *w);
/* Before the transaction: what makes it the message that it is. */
void work_identify(struct work *w);
/* A store_fn over struct work: everything that the store learns of the message. */
enum status work_record(struct txn *txn, void *work, struct error *err);
/* After it: the edits. */
void work_plan(struct work *w);
struct match_query work_query(struct work *w);

/* --- intake-again.c --- */
/* A message that was recorded before. */
enum status again(struct work *w, const struct seen *seen);

/* --- intake-inbound.c --- */
enum status inbound(struct work *w);

/* --- intake-headers.c --- */

/* Does the message have more header fields that decide than can be read, or more that we change
 * than an MTA can? Only an attack does. It is refused, and leaves no trace. */
bool work_is_flooded(const struct work *w);
enum status work_refuse_flood(struct work *w);
/* Was all of every header field read? */
bool work_read_whole(const struct work *w);
/* Can what tells where an agent writes from be found in all of them, and taken out? */
bool work_may_hide(const struct work *w);

/* --- intake-agent.c --- */
enum status agent_reply(struct work *w);
enum status agent_opened(struct work *w);
enum status agent_note(struct work *w);
enum status agent_commands(struct work *w);
/* Internal mail that would leave the house. */
enum status agent_refused(struct work *w);
/* An agent's message that was recorded before, as w->entry of w->match.ticket: what becomes of it
 * now, with the recipients that it has this time. */
enum status agent_again(struct work *w);

/* --- intake-commands.c --- */

/* Which words of an agent's Subject are commands, and which lines of their text (a note's; NULL)
 * may not be: before the message is recorded. */
enum status commands_find(struct work *w, const char *text);
/* Runs those of the Subject, then those of a note's text; one transcript tells of both, and of what
 * stayed text. Of an imported mail none is run. */
enum status commands_run(struct work *w, const char *text);
/* Those of a control message. */
enum status commands_run_control(struct work *w);
/* Is the agent who sends the mail its author, and did not pass it on as it came? */
bool commands_wrote_it(const struct work *w);
/* Takes out of the Subject what was taken when w->entry was recorded. */
void commands_take_again(struct work *w);
/* For work_reset() and work_release(). */
void commands_release(struct work *w);

/* --- intake-work.c: what they share --- */

/* The Subject as it is recorded, without an agent's commands: decoded (owned); and without tag and
 * prefixes, too (borrowed). */
char *work_subject(const struct work *w);
const char *work_subject_plain(const struct work *w);

/* May whoever sends this act on w->match.ticket, by commands or as the desk? Not an agent outside
 * its queue; a customer may what a customer may. */
bool work_may_act(struct work *w);
/* Is From the address of the agent who sends it? */
bool work_is_author(const struct work *w);

/* The ids that it answers: In-Reply-To, or, as some clients write References alone, the last of
 * these. Borrowed from the message. */
const char *const *work_answered_ids(const struct work *w);
/* Borrowed from the message. "" without a From. */
const char *work_from_address(const struct work *w);
/* An is_agent_fn. */
bool is_agent_address(const char *canonical, void *work);
/* Who wants the answer to the message; NULL: nobody. Borrowed. */
const struct mailbox *work_requester(struct work *w);
/* Fills w->addressee: who gets what answers that message of the ticket (NULL: none) at the desk. */
void work_find_addressee(struct work *w, const struct entry *answered);
struct actor work_actor(const struct work *w);
struct reply_context work_reply_context(const struct work *w);

/* The account that speaks for the ticket at hand: the one it came in by, else the first addressed,
 * else the first there is. NULL without any. */
const struct account *work_account(const struct work *w);

/* Static name of an event stored with an entry. */
const char *work_event_name(int stored);

/* Stores w->match.ticket if it was opened or changed since. Once at the end of the transaction:
 * each time moves its index rows. Before that only for those who read the ticket from the store. */
enum status work_save(struct work *w);

/* Opens w->match.ticket for this message; `requester` is who it is for. The caller appends the
 * message. */
enum status work_open_ticket(struct work *w, const struct mailbox *requester,
	const struct rules_result *rules, int status);

/* Adds the message to w->match.ticket as an entry and writes its event, which tells how the ticket
 * was found and what the note says. */
enum status work_append(struct work *w, enum direction direction, const struct event_note *note);

/* Everyone in From, Reply-To, To and Cc takes part, our own and agents' addresses excepted; nobody
 * in a forged mail. */
void work_add_participants(struct work *w);

/* Queues of addressed accounts other than the ticket's own watch it. True if one was added. */
bool work_watch_queues(struct work *w);

/* Both tickets say of each other what was named but not matched. */
enum status work_link(struct work *w);

/* Is the mail to be handed to agents? */
bool work_wants_workers(const struct work *w);
/* To which: fills w->workers with the ticket's agent, else the members of its queue. Who is past
 * LIMIT_NOTIFIED is counted in the outcome, and an event says so when the message is new. */
enum status work_find_workers(struct work *w);

/* Where the ticket's agent is told of it; *address_out NULL when there is none, or it is the
 * sender. Owned. */
enum status work_agent_address(struct work *w, char **address_out);
/* The agent that the ticket was assigned to when it was opened gets its mail, unless this very mail
 * goes to them anyway. */
enum status work_tell_assigned(struct work *w);

/* Delivered as it came: no ticket, no edits; `reason` (static) is for the log. */
enum status work_leave_alone(struct work *w, const char *reason);

/* Fills the outcome's fields from the ticket at hand. */
void work_report(struct work *w);

#endif
