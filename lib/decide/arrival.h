/* A message as it came, and everything that is read out of it: once, and before the transaction, as
 * other writers wait while one runs. */
#ifndef MILTICKET_ARRIVAL_H
#define MILTICKET_ARRIVAL_H

#include "archive/spool.h"
#include "decide/automatic.h"
#include "decide/classify.h"
#include "decide/requester.h"
#include "mail/subject.h"

/* The words of an agent's mail that may be commands, and those of the mails inside it. */
struct agents_words {
	char *text;          /* their own (message_own_text()); NULL: none */
	GPtrArray *subjects; /* char *, of the mails in it */
	GPtrArray *texts;    /* char *, of the mails in it */
	bool resent;         /* passed on as it came (RFC 5322 section 3.6.6) */
	bool relayed;        /* it has come by a server before this one */
	/* The author of what they forward (forwarded.h); no address: nobody. */
	struct mailbox forwarded;
};

/* A mail that an agent has put into a folder of theirs, to be a ticket. Borrowed. */
struct claim {
	const char *name;  /* of its file: a row says that it was opened */
	const char *queue; /* where the ticket is to be; NULL: the account's */
	const char *agent; /* whose it is to be; NULL: nobody's */
	const char *login; /* of who put it there */
};

struct arrival {
	/* What came: the caller's, and borrowed. */
	const struct settings *settings;
	const struct envelope *envelope;
	struct message *message;
	/* kept in the archive when the message is recorded and an archive is configured */
	struct spool *spool;
	/* of an import: the ticket's in the system that the mail comes from, whoever names it; 0:
	 * none */
	uint64_t number;
	const struct claim *claim; /* NULL; with it, import is true */
	bool import; /* no autoresponse, no notices, no edits; the From header tells whose it is */
	struct token_key key; /* of token addresses; reading needs none yet */

	/* arrival_read() fills all of the rest. Lists and ids are borrowed from the message. */
	int64_t now;   /* when it came; for an import its Date */
	int64_t since; /* monotonic time; from then on its MTA waits for the store */
	char *sender;  /* the envelope's, canonical; NULL: the null sender, or unusable */
	struct mailboxes from, reply_to, to, cc;
	bool several_from;           /* more than one field of that name */
	const char *id;              /* NULL: it has none */
	const char *const *answered; /* the ids that it answers, of In-Reply-To or References */
	const char *raw_subject;     /* NULL: it has none */
	struct subject_view subject;
	bool has_words; /* the Subject has words that would be commands, whoever wrote them */
	enum automatic automatic;
	struct automatic_why automatic_why;
	struct auth_results auth; /* all false for an import */
	enum vouched vouched;
	const char *authenticated; /* whom the MTA vouches for; NULL */
	const struct report *report;
	struct subject_view returned; /* of the message that a report brings back */
	uint64_t claimed;             /* the ticket that an earlier pass wrote into it; 0: none */
	const char *not_answered;     /* why a person's mail gets no answer (automatic.h); NULL */
	bool read_whole;              /* all of every header field was read */
	/* more header fields that decide than can be read, or more that we change than an MTA
	 * can: only an attack has them */
	bool flooded;
	bool may_hide; /* what tells where an agent writes from can be found and taken out */

	/* Only when the body is there. */
	const char *body_digest; /* hex; NULL while only the headers are there */
	char *digest;            /* its identity */
	char *given_id;          /* the Message-ID of a message that has none */
	char *archive;           /* its name in the archive; NULL without one */
	char **subjects;         /* message_other_subjects() */
	char **attached;         /* message_attachment_texts() */
	struct requester_choices requester;
	bool *rules;             /* rules_look() */
	struct agents_words own; /* empty where no agent can be its author */
};

/* Reads what the headers tell. Both may be called again after arrival_release(). */
void arrival_read_headers(struct arrival *arrival);
/* Reads everything. All of the body must be in the spool. */
void arrival_read(struct arrival *arrival);
/* Releases what was read; the caller's own fields stay. */
void arrival_release(struct arrival *arrival);

/* "" without a From. */
const char *arrival_author(const struct arrival *arrival);
/* The Message-ID that it has, or was given. */
const char *arrival_id(const struct arrival *arrival);

/* --- arrival-headers.c --- */

/* A spool for a message that is to come, at the place that the settings name; it keeps the header
 * fields that decide, however many come before them. The settings must outlive it. */
struct spool *arrival_spool(const struct settings *settings);
/* Does a header of that name decide what becomes of a message? */
bool arrival_header_decides(const char *name, const void *settings);
/* For arrival_read_headers(): fills read_whole, flooded and may_hide. */
void arrival_count_headers(struct arrival *arrival);

#endif
