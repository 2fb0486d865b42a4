/* Mail of ours, composed: the automatic answer (RFC 3834), an agent's reply from the shell, notices with the ticket's mails attached, transcripts.
 * Every function composes and puts into the outbox in the caller's transaction. */
#ifndef MILTICKET_REPLY_H
#define MILTICKET_REPLY_H

#include "automatic.h"
#include "history.h"
#include "message.h"
#include "settings.h"
#include "store.h"
#include "ticket.h"
#include "token.h"

struct reply_context {
	struct txn *txn;
	const struct settings *settings;
	const struct token_key *key;
	struct actor actor;
};

/* The automatic answer for this event of the ticket, if there is to be one: the account has a template, the address may be answered, it was not
 * answered for the event before, and the day's cap allows (else a suppressed outbox entry and an event say so).
 * message: the mail that is answered, NULL for closed. Marks ticket->answered; the caller saves the ticket. *queued_out: one was queued. */
enum status reply_automatic(const struct reply_context *context, struct ticket *ticket, const struct account *account, enum answer answer,
	const struct message *message, enum automatic kind, const char *sender, bool *queued_out, struct error *err);

/* An agent's answer from the shell: recorded as an entry of direction out, threaded to the last mail of the requester, tagged, queued to the requester
 * and, with `all`, to the other participants. Status becomes waiting, first response is noted. The caller saves the ticket. */
enum status reply_from_shell(const struct reply_context *context, struct ticket *ticket, const struct agent *agent, const char *text, bool all, struct error *err);

/* Adds an internal note to the ticket (direction note). The caller saves the ticket. */
enum status reply_note(const struct reply_context *context, struct ticket *ticket, const struct agent *agent, const char *text, struct error *err);

/* Mails of the ticket as message/rfc822 parts (from the archive, or rebuilt from the record), newest last, to one address, capped by LIMIT_FORWARD_BYTES.
 * lead: the text part. event: notice or forward. */
enum status reply_forward(const struct reply_context *context, const struct ticket *ticket, const char *to, const char *lead, const char *event, struct error *err);

/* Plain text to an agent: a transcript. in_reply_to may be NULL. */
enum status reply_transcript(const struct reply_context *context, const char *to, const char *subject, const char *text, const char *in_reply_to, struct error *err);

#endif
