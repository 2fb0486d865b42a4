/* One run of intake's transaction, for the files that tell its parts. Not for others. */
#ifndef MILTICKET_ATTEMPT_H
#define MILTICKET_ATTEMPT_H

#include "act/crossed.h"
#include "act/intake.h"
#include "act/reply.h"
#include "decide/match.h"
#include "decide/rules.h"
#include "decide/subject-commands.h"
#include "decide/who.h"
#include "mail/foreign.h"
#include "tables/history.h"

/* All but the first three is made by the run that is on, and released with it. */
struct attempt {
	const struct arrival *arrival;
	struct outcome *outcome;
	GPtrArray *why; /* reasons, for who asks (why.h); NULL; borrowed */

	struct txn *txn;
	struct error *err;
	/* The status of a yes-or-no look-up that failed: then the transaction must be undone. */
	enum status failed;

	struct who who;
	/* whom a rule or the queue assigns the new ticket to, and who is no agent; NULL */
	char *nobody;
	struct recipients recipients;
	bool known;       /* the message was recorded before */
	struct seen seen; /* as what, when it was */
	struct match match;
	bool unsaved; /* match.ticket is not in the store as it is here */
	bool is_new;  /* nor at all, nor its message: it has its number only */
	bool joins;   /* who wants the answer had no part in the ticket before */
	struct entry entry;
	/* the Message-ID that replaces one that would tell where an agent writes from; NULL */
	char *new_id;
	struct subject_commands commands; /* of an agent's Subject */
	char *plain; /* the Subject without them, tag and prefixes; NULL when there are none */
	struct foreign foreign;   /* what an agent did not write; filled where commands may be */
	struct mailbox addressee; /* addressee.h; without an address: nobody */
	struct crossed crossed;   /* what an agent's answer crosses */
	/* whose addresses the mail is handed to; NULL: it goes to nobody but its recipients */
	char **workers;
	char **watchers; /* who gets a copy; NULL: nobody */
};

/* --- attempt.c: what one run works with --- */

/* Releases what an earlier run made: a transaction may run again. */
void attempt_begin(struct attempt *attempt, struct txn *txn, struct error *err);
/* What the transaction returns: `st`, unless a look-up failed. An error always has a text. */
enum status attempt_end(const struct attempt *attempt, enum status st);
/* Releases what the run made; the outcome stays. */
void attempt_release(struct attempt *attempt);

/* An is_agent_fn. A failed look-up is no "no": it fails the attempt. */
bool attempt_is_agent(const char *canonical, void *attempt);
/* Who sends it, if an agent does; NULL. */
const struct agent *attempt_agent(const struct attempt *attempt);
/* May whoever sends this act on match.ticket, by commands or as the desk? Not an agent outside its
 * queue; a customer may what a customer may. */
bool attempt_may_act(const struct attempt *attempt);
/* Who wants the answer to the message; NULL: nobody. Borrowed from the arrival. */
const struct mailbox *attempt_requester(struct attempt *attempt);
/* Fills attempt->addressee: who gets what answers that message of the ticket (NULL: none) at the
 * desk. */
void attempt_find_addressee(struct attempt *attempt, const struct entry *answered);

/* The Subject as it is recorded, without an agent's commands: decoded (owned); and without tag and
 * prefixes, too (borrowed). */
char *attempt_subject(const struct attempt *attempt);
const char *attempt_subject_plain(const struct attempt *attempt);
/* The Message-ID that the mail has afterwards. */
const char *attempt_id(const struct attempt *attempt);
/* Applies the rules to a message that is to open a ticket. *rules_out is to be released. */
void attempt_apply_rules(const struct attempt *attempt, struct rules_result *rules_out);

struct actor attempt_actor(const struct attempt *attempt);
struct match_query attempt_query(const struct attempt *attempt);
struct reply_context attempt_reply_context(const struct attempt *attempt);
/* The account that speaks for the ticket at hand: the one it came in by, else the first addressed,
 * else the first there is. NULL without any. */
const struct account *attempt_account(const struct attempt *attempt);

/* Is the message to be changed at all? */
bool attempt_is_edited(const struct attempt *attempt);
/* Delivered as it came: no ticket, no edits; `reason` (static) is for the log. */
enum status attempt_leave_alone(struct attempt *attempt, const char *reason);
/* Fills the outcome's fields from the ticket at hand. */
void attempt_report(struct attempt *attempt);
/* Static name of an event stored with an entry. */
const char *attempt_event_name(int stored);

/* --- attempt-find.c: whose it is, and which ticket's --- */

enum status attempt_find_sender(struct attempt *attempt);
enum status attempt_find_ticket(struct attempt *attempt);
enum whose attempt_whose(struct attempt *attempt);

/* --- attempt-people.c: who takes part, and who is told --- */

/* Everyone in From, Reply-To, To and Cc takes part, our own and agents' addresses excepted; nobody
 * in a forged mail. */
void attempt_add_participants(struct attempt *attempt);
/* Queues of addressed accounts other than the ticket's own watch it. True if one was added. */
bool attempt_watch_queues(struct attempt *attempt);
/* Is the mail to be handed to agents? */
bool attempt_wants_workers(const struct attempt *attempt);
/* To which: fills attempt->workers with the ticket's agent, else the members of its queue. Who is
 * past LIMIT_NOTIFIED is counted in the outcome, and an event says so when the message is new. */
enum status attempt_find_workers(struct attempt *attempt);
/* Before an agent's answer at the desk is recorded: fills attempt->workers with the colleagues who
 * get a copy of it, as the customer's own mail goes to them; none of a ticket that is the agent's.
 */
enum status attempt_find_colleagues(struct attempt *attempt);
/* Who gets a copy: fills attempt->watchers. */
void attempt_find_watchers(struct attempt *attempt);
/* Where the ticket's agent, or who stands in, is told of it; *address_out NULL when there is none,
 * or it is the sender. Owned. */
enum status attempt_agent_address(struct attempt *attempt, char **address_out);
/* A new ticket that is nobody's is shared out by its queue's policy. The agent that it was assigned
 * to gets its mail, unless this very mail goes to them anyway. */
enum status attempt_tell_assigned(struct attempt *attempt);

/* --- attempt-record.c: the ticket and its messages --- */

/* Opens match.ticket for this message; `requester` is who it is for. The caller appends the
 * message. */
enum status attempt_open_ticket(struct attempt *attempt, const struct mailbox *requester,
	const struct rules_result *rules, int status);
/* Adds the message to match.ticket as an entry and writes its event, which tells how the ticket was
 * found and what the note says. */
enum status attempt_append(
	struct attempt *attempt, enum direction direction, const struct event_note *note);
/* Stores match.ticket if it was opened or changed since. Once at the end of the transaction: each
 * time moves its index rows. Before that only for those who read the ticket from the store. */
enum status attempt_save(struct attempt *attempt);

/* --- intake-commands.c --- */

/* Finds the commands in an agent's Subject, and collects the foreign lines that are none in their
 * text (a note's; NULL). To be called before the message is recorded. */
enum status commands_find(struct attempt *attempt, const char *text);
/* Runs those of the Subject, then those of a note's text; one transcript tells of both, and of what
 * stayed text. Nothing of an imported mail is run. */
enum status commands_run(struct attempt *attempt, const char *text);
/* Those of a control message. */
enum status commands_run_control(struct attempt *attempt);
/* Takes out of the Subject what was taken when attempt->entry was recorded. */
void commands_take_again(struct attempt *attempt);

/* --- what each kind of mail does --- */

/* intake-inbound.c: a follow-up or a new ticket. */
enum status inbound(struct attempt *attempt);
/* intake-bounce.c: a delivery that failed, to a mail of the ticket. */
enum status follow_up_by_bounce(struct attempt *attempt);

/* intake-answer.c: agents' mail that leaves. */
enum status agent_reply(struct attempt *attempt);
enum status agent_opened(struct attempt *attempt);
/* Internal mail that would leave the house. */
enum status agent_refused(struct attempt *attempt);
/* A reply of the MTA's, "5.7.1 why". */
enum status agent_refuse(struct attempt *attempt, const char *reply);
/* An agent's answer that was recorded before, as attempt->entry: may it leave this time? */
enum status agent_object_again(struct attempt *attempt);
/* Did the agent's client send it by itself (an out-of-office note, a receipt)? */
bool agent_sent_by_itself(const struct attempt *attempt);

/* intake-inside.c: agents' mail that stays. */
enum status agent_note(struct attempt *attempt);
enum status agent_commands(struct attempt *attempt);

/* intake-again.c: a message that was recorded before, as attempt->seen. */
enum status again(struct attempt *attempt);

/* --- intake.c: for intake-batch.c and explain.c --- */

/* arrival_read() with the store's key. */
enum status intake_read(struct arrival *arrival, struct store *store, struct error *err);
/* Puts the message into the archive, if there is one. */
enum status intake_archive(const struct arrival *arrival, bool durable, struct error *err);
/* A store_fn over struct attempt: everything that the store learns of the message. */
enum status intake_record(struct txn *txn, void *attempt, struct error *err);
/* After the commit, as others would wait for it before that: the edits. */
void intake_plan(struct attempt *attempt);
/* The same; and removes the archive's copy if the message belongs to no ticket. */
void intake_finish(struct attempt *attempt);

#endif
