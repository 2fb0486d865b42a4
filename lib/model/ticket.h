/* What is recorded: tickets, the entries of their conversation, events, queues, agents, outgoing
 * mail. Field tables only. */
#ifndef MILTICKET_TICKET_H
#define MILTICKET_TICKET_H

#include "base/mailbox.h"
#include "model/names.h"
#include "model/record.h"

enum ticket_status {
	TICKET_NEW,
	TICKET_OPEN,
	TICKET_WAITING,
	TICKET_INTERNAL,
	TICKET_CLARIFY,
	TICKET_CLOSED,
	TICKET_SPAM
};
extern const char *const ticket_status_names[];
/* Not closed, not spam. */
bool ticket_status_active(int status);

/* Stored values: never reorder. PRIORITY_NORMAL is 0 so that an absent field is normal. */
enum priority { PRIORITY_NORMAL, PRIORITY_LOW, PRIORITY_HIGH, PRIORITY_URGENT };
extern const char *const priority_names[];

enum direction { DIRECTION_IN, DIRECTION_OUT, DIRECTION_NOTE, DIRECTION_AUTO, DIRECTION_BOUNCE };
extern const char *const direction_names[];

/* MATCH_NONE: written at the shell, by somebody who named the ticket. Its name is empty. */
enum match_how {
	MATCH_NEW,
	MATCH_TOKEN,
	MATCH_MESSAGE_ID,
	MATCH_REPORT,
	MATCH_SUBJECT,
	MATCH_NONE,
	MATCH_COPY
};
extern const char *const match_names[]; /* new token message-id report subject copy */

/* Stored by name; what is 0 is null. */
enum overdue { OVERDUE_NOT, OVERDUE_RESPOND, OVERDUE_RESOLVE };
extern const char *const overdue_names[];

/* Bits of ticket.told. */
enum told_bits {
	TOLD_RESPOND_WARNED = 1 << 0,
	TOLD_RESPOND_MISSED = 1 << 1,
	TOLD_RESOLVE_WARNED = 1 << 2,
	TOLD_RESOLVE_MISSED = 1 << 3,
	TOLD_ENDED = 1 << 4, /* it was closed, or spam: what follows is a new story */
};

/* Places in ticket.kept. */
enum kept_place {
	KEPT_RESPOND,
	KEPT_RESPOND_MISSED,
	KEPT_RESOLVE,
	KEPT_RESOLVE_MISSED,
	KEPT_PLACES
};

struct ticket {
	uint64_t number;
	char *subject; /* decoded, one line, without tag and without reply prefixes */
	char *queue;
	char **watchers; /* other queues that see it; with queue first this is JSON's "queues" */
	char *project;   /* NULL: none */
	int status;
	int priority;
	char *agent;             /* login; NULL: nobody */
	char *requester_name;    /* may be NULL */
	char *requester_address; /* canonical; NULL if the message had none */
	char *requester_written; /* the same as they write it, where that is another; NULL */
	char **participants;     /* canonical addresses, requester first, ours excepted */
	char **tags;
	int64_t opened, updated, last_in, last_out, first_response, closed, wait_until;
	/* the last mail of a person or act of one; what programs do by themselves leaves it alone.
	   0: an older version stored it, and `updated` is the nearest */
	int64_t touched;
	bool undelivered;
	struct numbers links;
	uint64_t merged_into; /* 0: not merged */
	uint64_t messages_count;
	uint64_t attachments_count; /* of all messages */
	/* Promises (decide/promise.h); all zero while there are none. */
	int64_t respond_by, resolve_by; /* 0: that is not owed */
	int overdue;                    /* enum overdue */
	char *sla;                      /* whose name; NULL: nothing is promised */
	int64_t owed_since;             /* the oldest mail that nobody has answered yet; 0: none */
	struct numbers runs; /* times when work on it began and paused, in turn, by the clock */
	int64_t sla_due;     /* when something is to be told of it next */
	uint64_t told;       /* enum told_bits */
	struct numbers kept; /* how many promises were kept, and were not: enum kept_place */
	int64_t remind_at;   /* its agent wants to be reminded then; 0 */
	uint64_t former;     /* the number that it kept from another system; 0: none */
	char **watching;     /* canonical addresses that get a copy of what comes and goes */
	char *account;       /* address of the account it came in by */
	char *language;      /* message_languages() of the opening mail: "pt-br,en"; NULL unknown */
	/* Automations (decide/automating.h). */
	int64_t automation_at;      /* when one is to be looked at next; 0: never, as it is */
	char **automated;           /* names of those that have run in the stay that is on */
	int64_t automation_day;     /* the day that they are counted in, µs of its begin, UTC */
	uint64_t automation_count;  /* actions of that day */
	uint64_t automation_total;  /* and of all days */
	int64_t automation_stopped; /* since when they are; 0: they are not */
	bool crossed; /* two agents have answered one mail, not knowing of each other */
	/* autoresponse events already answered, or that never will be: "opened", "closed" */
	char **answered;
};
extern const struct record_type ticket_type;
/* Where mail to the requester goes, the local part in the case that they write it in. Borrowed;
 * NULL: there is nobody. */
const char *ticket_requester(const struct ticket *ticket);
/* Makes it theirs: name, address, and the address as written where that is another. */
void ticket_set_requester(struct ticket *ticket, const struct mailbox *requester);
/* Something happened to it. by_person: it ends the time in which nobody has cared (touched). */
void ticket_touch(struct ticket *ticket, int64_t now, bool by_person);
/* A mail of theirs was recorded, or one to them: what is recorded later is later, whatever the
 * clock says, so that what was answered is known by last_in and last_out. */
void ticket_heard(struct ticket *ticket, int64_t now);
void ticket_answered(struct ticket *ticket, int64_t now);
/* When a person or an agent did something last. */
int64_t ticket_touched(const struct ticket *ticket);
/* Is it the requester's address, or a participant's? Canonical. */
bool ticket_has_person(const struct ticket *ticket, const char *address);

/* The earlier of respond_by and resolve_by; 0: nothing is owed. */
int64_t ticket_due(const struct ticket *ticket);

/* What happens to a ticket. Those up to EVENT_UNVERIFIED are stored by their place: never reorder,
 * append at the end. */
enum event_kind {
	EVENT_UNKNOWN, /* a kind of a newer program */
	EVENT_OPENED,
	EVENT_FOLLOWUP,
	EVENT_REOPENED,
	EVENT_REPLY,
	EVENT_NOTE,
	EVENT_AUTO,
	EVENT_BOUNCE,
	EVENT_STATUS,
	EVENT_AGENT,
	EVENT_QUEUE,
	EVENT_PROJECT,
	EVENT_PRIORITY,
	EVENT_TAG,
	EVENT_TITLE,
	EVENT_WAIT, /* no event has it any more */
	EVENT_LINK,
	EVENT_MERGED,
	EVENT_SPLIT,
	EVENT_SENT,
	EVENT_FAILED,
	EVENT_SUPPRESSED,
	EVENT_REFUSED,
	EVENT_PURGED,
	EVENT_REDACTED,
	EVENT_SUBJECT, /* a reply came with another Subject */
	EVENT_CLOSED,  /* a mail of the outbox */
	EVENT_NOTICE,  /* a mail of the outbox */
	EVENT_WAKE,
	EVENT_UNVERIFIED, /* somebody claims to be another */
	EVENT_COPY,
	EVENT_DROPPED,
	EVENT_REQUESTER,
	EVENT_WATCH,
	EVENT_REPAIRED,
	EVENT_SPAM,    /* somebody says it is */
	EVENT_HAM,     /* and that it is not, after all */
	EVENT_CROSSED, /* an answer to what a colleague has answered */
	EVENT_UNDO,    /* what somebody did was taken back; from: serial of the first event of it */
	EVENT_SLA_WARNED,         /* a deadline comes near */
	EVENT_OVERDUE,            /* and has passed */
	EVENT_REMIND,             /* somebody wants a reminder, or there it is */
	EVENT_AUTOMATION,         /* one has run; its actor is "automation:NAME" */
	EVENT_AUTOMATION_STOPPED, /* they did too much in a day */
	EVENT_KINDS
};
extern const char *const event_kind_names[]; /* "" for EVENT_UNKNOWN */

/* Work that time brings, each kind at the time that the field with this .due has. Stored: never
 * reorder, append at the end. */
enum due_kind { DUE_NONE, DUE_WAKE, DUE_SLA, DUE_REMIND, DUE_AUTOMATION, DUE_KINDS };

/* One message of a conversation; JSON calls them messages. Keyed by ticket and seq. */
struct entry {
	uint64_t ticket; /* not stored in the value; set by the loader */
	uint64_t seq;    /* 1, 2 … within its ticket; not stored in the value */
	int direction;
	char *message_id; /* with <> ; NULL if it had none and none was given */
	char *in_reply_to;
	char **references; /* oldest first, at most LIMIT_REFERENCES_KEPT */
	char *from;        /* "Name <a@b>", decoded */
	char **to, **cc;
	char *subject;   /* decoded, as received; an agent's without commands */
	char **subjects; /* message_other_subjects() */
	char **taken;    /* where these stood: places of subject-commands.h */
	int64_t date;    /* Date header; 0 if missing or unreadable */
	int64_t received;
	int match;
	uint64_t size;         /* bytes as received */
	char *archive;         /* path below archive.path; NULL if not archived */
	char *queue_id;        /* the MTA's */
	char *digest;          /* identity, hex; see message_digest() */
	char *sender;          /* envelope sender */
	int event;             /* enum event_kind: the one that it came with */
	bool nobodys;          /* From speaks for nobody (match.h) */
	char **attached;       /* a text of attachment.h each, in the order of the mail */
	char *attached_digest; /* message_attachments_digest(); NULL: none, or unknown */
	/* Where an answer to a message that came in goes (requester.h), "Name <A@b>" with the local
	 * part as written: address_canonical() to compare. NULL: nowhere, or an older version
	 * stored it. */
	char *reply_to;
	char *author;  /* login of the agent whose answer it is, at the shell, too; NULL */
	char **copied; /* an answer's: colleagues who got a copy of it */
	/* tickets that it was a message of before they were merged, the first one first */
	struct numbers merged_from;
	/* The event that it came with, of kind `event`, when this record tells it (history.h).
	 * serial 0: there is none yet, or it has a row of its own. */
	uint64_t told_serial;
	int64_t told_time;
	char *told_actor, *told_from, *told_to, *told_text;
};
extern const struct record_type entry_type;

struct event {
	uint64_t serial; /* over all tickets; not stored in the value */
	uint64_t ticket; /* not stored in the value */
	int64_t time;
	char *actor;     /* an agent's login, a unix user "unix:name", an address, or "milticket" */
	int kind;        /* enum event_kind */
	char *from, *to; /* old and new value, where there are any */
	char *text;
	char *way; /* "mailbox": the actor did it in their mail client; NULL */
};
extern const struct record_type event_type;

/* To whom a queue gives its new tickets by itself. Stored values. */
enum assign_policy { ASSIGN_MANUAL, ASSIGN_ROUND_ROBIN, ASSIGN_LEAST_LOADED };
extern const char *const assign_names[];

struct queue {
	char *name; /* key: lower case letters, digits, . _ - */
	char *title;
	char *responsible; /* login; NULL: a department */
	int64_t created;
	char *signature;     /* below what its agents write; lines; NULL: none */
	int assign;          /* enum assign_policy */
	char *assigned_last; /* login of who got one by it last; NULL */
	char *calendar;      /* by which business time is counted; NULL: it never closes */
};
extern const struct record_type queue_type;

struct agent {
	char *login; /* key */
	char *name;
	char **addresses; /* canonical */
	char **queues;    /* membership lives here */
	bool inactive;
	int64_t created;
	int64_t away_until; /* 0, or past: there */
	char *deputy;       /* login of who stands in while they are away; NULL */
	int64_t digested;   /* when they got the last digest, or would have */
	char *zone;         /* in which they read times; NULL: the system's */
	char *language;     /* of mails to them: language_known(); NULL: the desk's */
};
extern const struct record_type agent_type;
/* One that this program speaks: "en", "de". */
bool language_known(const char *language);

/* A query that everybody may use as @name. */
struct shared_query {
	char *name; /* key: query_name_valid() */
	char *query;
	char *by; /* who saved it: an actor */
	int64_t saved;
};
extern const struct record_type shared_query_type;

enum outgoing_state { OUTGOING_WAITING, OUTGOING_FAILED, OUTGOING_SUPPRESSED };
extern const char *const outgoing_state_names[];

struct outgoing {
	uint64_t id;     /* not stored in the value */
	uint64_t ticket; /* 0: none */
	char *event;     /* opened followup closed late reply notice transcript forward */
	char *sender;    /* envelope; "" is the null sender */
	char **to;       /* envelope recipients still to be served, as written */
	int state;
	uint64_t attempts;         /* all, those of a relay that was down among them */
	uint64_t deferrals;        /* the relay's, of this mail: they space the retries */
	int64_t created, next_try; /* next_try 0: as soon as the relay can be reached */
	char *last_reply;          /* the relay's, or why it is suppressed */
	char *message_id;
	/* entries of the ticket that go along as message/rfc822 parts when it is sent */
	struct numbers attach;
};
extern const struct record_type outgoing_type;

/* A directory of mailboxes by a hash of its path (tables/placements.h), and a NUL. */
enum { BOX_BYTES = 17 };

/* A ticket as it is in the agents' mailboxes below one directory: what its folders and the headers
 * of its messages are made of. Written before any file is. */
struct placement {
	char box[BOX_BYTES]; /* which directory; not stored in the value */
	uint64_t ticket;     /* not stored in the value */
	uint64_t generation; /* of its messages' files: larger with every change; µs */
	int status;
	char *agent; /* login; NULL: nobody */
	char *queue;
	char **watchers;
	int64_t over;        /* when it was closed, or last changed as spam; 0: it is active */
	bool flagged;        /* of high priority */
	uint64_t face;       /* hash of what else its messages' headers say */
	struct numbers seqs; /* the messages that have files */
};
extern const struct record_type placement_type;

/* An agent as their mailbox was made for them. */
struct tree_row {
	char box[BOX_BYTES], login[LOGIN_MAX_BYTES + 1]; /* not stored in the value */
	char **queues;
	/* what they were before, while messages are still where those put them */
	bool moving;
	char **queues_before;
};
extern const struct record_type tree_type;

#endif
