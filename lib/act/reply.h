/* Mail of ours: the automatic answer (RFC 3834), an agent's answer from the shell, notices with the
 * ticket's mails attached, transcripts. Each is composed and put into the outbox in the caller's
 * transaction. */
#ifndef MILTICKET_REPLY_H
#define MILTICKET_REPLY_H

#include "decide/arrival.h"
#include "mail/token.h"
#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"
#include "tables/history.h"

struct reply_context {
	struct txn *txn;
	const struct settings *settings;
	const struct token_key *key;
	struct actor actor;
};

/* A mail that may be answered. */
struct answerable {
	const struct arrival *arrival;
	enum automatic kind;             /* the arrival's, or AUTO_OWN */
	const struct mailbox *requester; /* who wants the answer; NULL: nobody */
	/* A verifier that is believed says that From is true; that it or the sender is not. */
	bool vouched, forged;
	bool joins; /* the requester had no part in the ticket, which others opened */
};

struct answer_request {
	struct ticket *ticket;         /* is marked as answered; the caller saves it */
	const struct account *account; /* that speaks for it; NULL: there is no answer */
	enum answer answer;
	/* An automation's, in place of the account's; however often; with answer ANSWER_CLOSED and
	 * no mail. NULL */
	const struct template_set *template;
	const struct answerable *mail; /* NULL for closed: the ticket's requester hears */
	int64_t not_before;            /* it waits until then, and may lapse; 0: it does not wait */
	GPtrArray *why;                /* may be NULL; see why.h */
};

enum answer_fate { ANSWER_NONE, ANSWER_QUEUED, ANSWER_OVER_DAY, ANSWER_OVER_HOUR };

/* The automatic answer for this event of the ticket, if there is to be one: the account has a
 * template, the mail may be answered, the ticket had no answer for this kind of event before, and
 * the caps allow (else a suppressed outbox entry and an event say so).  It goes to the requester,
 * not to the envelope's sender (RFC 3834 section 4), who for web forms, lists and mailing services
 * is nobody. So that nobody's words reach a third by us, only to the author themself, whose
 * envelope is of the same house or whom a verifier vouches for, does it quote, name or thread
 * anything; to all others it says the tag, and that at most twice a day. Who joins a ticket that
 * others opened hears neither its title nor how it stands, and gets no token. */
enum status reply_automatic(const struct reply_context *context,
	const struct answer_request *request, enum answer_fate *fate_out, struct error *err);

/* The ticket is closed no more: an answer "closed" that still waits is not sent, and the next
 * closing is answered. The caller saves the ticket. */
enum status reply_lapse(struct txn *txn, struct ticket *ticket, int64_t now, struct error *err);

/* The ticket was not opened by a person who may be answered: nobody is told of its closing either.
 * The caller saves the ticket. */
void reply_forgo(struct ticket *ticket);

/* A template of settings->templates, filled for an agent's answer. */
struct reply_canned {
	char *subject, *body, *language; /* language may be NULL */
	char **headers;                  /* further ones, "Name: value" */
	bool is_signed;                  /* the body has the queue's signature already */
};
struct canned_request {
	const struct ticket *ticket;
	const struct agent *agent; /* NULL: an admin */
	const char *name;          /* of the template */
	/* stand below its text, but above a signature; NULL: none */
	const char *words;
};
/* In the language of the customer's mail, the project's own where there is one. What the customer
 * wrote is quoted only before themself. ST_NOT_FOUND: there is no such template; err says so. */
enum status reply_canned(const struct reply_context *context, const struct canned_request *request,
	struct reply_canned *canned_out, struct error *err);
void reply_canned_release(struct reply_canned *canned);

/* What an agent (NULL: an admin) writes at the shell. Borrowed. */
struct reply_text {
	const struct agent *agent;
	/* "{signature}" stands for the queue's; without that it comes below, after "-- " */
	const char *text;
	const struct reply_canned *canned; /* what the text was made of; NULL */
	bool all;                          /* to the other participants, too */
	const GPtrArray *files;            /* struct reply_file *; NULL: none */
};
struct reply_file {
	char *name, *type; /* UTF-8, "application/pdf" */
	GByteArray *data;
};

/* The answer as a mail: threaded to the requester's last mail, tagged, its files attached. Changes
 * nothing, so that a mail with files can be put into the archive before it is recorded. *draft_out
 * must be zeroed. */
struct reply_draft {
	struct entry entry;
	char *text; /* as it is sent */
	GString *mail;
};
enum status reply_draft(const struct reply_context *context, const struct ticket *ticket,
	const struct reply_text *text, struct reply_draft *draft_out, struct error *err);
void reply_draft_release(struct reply_draft *draft);

/* Records the draft as an entry of direction out and queues it to its recipients. The ticket waits.
 * Saves the ticket. Where the account's answers go through its desk and its mail to agents,
 * colleagues get a copy, as watchers do. */
enum status reply_send(const struct reply_context *context, struct ticket *ticket,
	const struct agent *agent, const struct reply_draft *draft, struct error *err);

/* It is the customer's turn now, and somebody has answered: the ticket waits, and is the agent's
 * (NULL: nobody's in particular) if it had none. Writes the events of that; the caller saves the
 * ticket. */
enum status reply_hand_over(struct txn *txn, struct ticket *ticket, const struct agent *agent,
	const struct actor *actor, struct error *err);

/* Adds an internal note (direction note). Saves the ticket. */
enum status reply_note(const struct reply_context *context, struct ticket *ticket,
	const struct agent *agent, const char *text, struct error *err);

/* The ticket's mails as message/rfc822 parts to one address, who can answer from there: Reply-To
 * leads to the customer, through the desk where the account has one. Internal notes go along only
 * to an agent, who is also told of the requester's other open tickets. Only the list of them is
 * stored: reply_complete() attaches. lead: the text part. event: notice or forward. */
enum status reply_forward(const struct reply_context *context, const struct ticket *ticket,
	const char *to, const char *lead, const char *event, struct error *err);

/* Plain text about the ticket, without its mails, to whoever has it, while they are away to their
 * deputy, else to their queue; nobody is told of one that nobody has. Also told are the requester's
 * other open tickets. */
enum status reply_notice_agent(const struct reply_context *context, const struct ticket *ticket,
	const char *lead, struct error *err);

/* Plain text to an agent about no ticket in particular. */
enum status reply_letter(const struct reply_context *context, const char *to, const char *subject,
	const char *text, struct error *err);

/* Plain text to an agent about commands of theirs. in_reply_to and reply_to may be NULL; ticket:
 * what an answer to it belongs to, 0 none. */
struct transcript_mail {
	const char *to, *subject, *text, *in_reply_to, *reply_to;
	uint64_t ticket;
};
enum status reply_transcript(const struct reply_context *context,
	const struct transcript_mail *transcript, struct error *err);

/* For the sender, outside any transaction: the mail as it is to be sent, with what belongs to it
 * attached from the archive, or rebuilt from the record where the archive has it no more; at most
 * LIMIT_FORWARD_BYTES of attachments, the newest. */
enum status reply_complete(struct store *store, const struct settings *settings,
	const struct outgoing *outgoing, GString *mail_out, struct error *err);

#endif
