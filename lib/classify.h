/* Whose message is it? Pure decisions over envelope, settings, agent and message. */
#ifndef MILTICKET_CLASSIFY_H
#define MILTICKET_CLASSIFY_H

#include "automatic.h"
#include "message.h"
#include "settings.h"
#include "ticket.h"
#include "token.h"

/* What the MTA vouches for. Strings are borrowed from the session for the time of the call. */
struct envelope {
	const char *sender;		/* MAIL FROM as given, without <>; "" is the null sender */
	const char *const *recipients;	/* RCPT TO as given, without <>; NULL-terminated, capped by whoever fills it */
	const char *authen;		/* {auth_authen}; NULL or "" when not authenticated */
	const char *queue_id;		/* {i}; may be "" */
	const char *hostname;		/* {j}; may be "" */
	int64_t received;
};

/* The authenticated address or login to look an agent up with; NULL if nobody is vouched for. Owned.
 * *how_out (may be NULL): "sasl" or "dmarc", static. */
char *classify_authenticated(const struct envelope *envelope, const struct message *message, const struct settings *settings, const char **how_out);

enum whose {
	WHOSE_OTHER, WHOSE_INBOUND, WHOSE_REPLY, WHOSE_DESK_REPLY, WHOSE_OPENED, WHOSE_NOTE, WHOSE_COMMANDS
};
extern const char *const whose_names[];

/* A recipient that is an account of ours, in force for this message. */
struct account_hit {
	const struct account *account;
	char *recipient;	/* as given in the envelope; what an edit must name to delete it */
	uint64_t ticket;	/* of a token address with a good mac; 0 none */
};

/* The envelope's recipients, sorted. */
struct recipients {
	GPtrArray *hits;	/* struct account_hit *, envelope order */
	GPtrArray *accounts;	/* const struct account *, each once, configuration order */
	GPtrArray *outside;	/* char *, canonical: neither account, agent nor control */
	GPtrArray *agents;	/* char *, canonical */
	bool control;
	bool note;		/* an account was addressed with the detail "note" */
	char *named_outside;	/* the first of the outside in To and Cc, canonical: may get the mail another way. NULL: none; set by the caller, owned */
};
/* is_agent tells whether a canonical address is an agent's. */
typedef bool is_agent_fn(const char *canonical, void *arg);
void recipients_init(struct recipients *recipients, const struct envelope *envelope, int64_t date, const struct settings *settings,
	const struct token_key *key, is_agent_fn *is_agent, void *arg);
void recipients_release(struct recipients *recipients);
const struct account *recipients_account(const struct recipients *recipients);	/* the first; NULL */

/* PRODUCT section 3 as a function. belongs: the message belongs to a ticket. */
enum whose classify_whose(bool agent, const struct recipients *recipients, bool belongs);

#endif
