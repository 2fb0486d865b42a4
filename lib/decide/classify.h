/* Whose message is it? Pure decisions over envelope, settings, agent and message. */
#ifndef MILTICKET_CLASSIFY_H
#define MILTICKET_CLASSIFY_H

#include "decide/automatic.h"
#include "mail/auth-results.h"
#include "mail/message.h"
#include "mail/token.h"
#include "model/ticket.h"
#include "settings/settings.h"

/* What the MTA vouches for. Strings are borrowed from the session for the time of the call. */
struct envelope {
	const char *sender; /* MAIL FROM as given, without <>; "" is the null sender */
	/* RCPT TO as given, without <>; NULL-terminated, capped by whoever fills it */
	const char *const *recipients;
	const char *authen;   /* {auth_authen}; NULL or "" when not authenticated */
	const char *queue_id; /* {i}; may be "" */
	int64_t received;
};

/* *who_out: by a login, an agent's login or address; by DMARC, an address; else NULL. Borrowed from
 * envelope or message. */
enum vouched { VOUCHED_BY_NOBODY, VOUCHED_BY_LOGIN, VOUCHED_BY_DMARC };
enum vouched classify_authenticated(const struct envelope *envelope, const struct message *message,
	const struct auth_results *auth, const struct settings *settings, const char **who_out);

enum whose {
	WHOSE_OTHER,
	WHOSE_INBOUND,
	WHOSE_REPLY,
	WHOSE_DESK_REPLY,
	WHOSE_OPENED,
	WHOSE_NOTE,
	WHOSE_COMMANDS,
	WHOSE_REFUSED /* an agent's internal mail on its way outside */
};
extern const char *const whose_names[];

/* A recipient that is an account of ours. */
struct account_hit {
	const struct account *account;
	char *recipient; /* as given in the envelope; what an edit must name to delete it */
	uint64_t ticket; /* of a token address with a good mac; 0 none */
};

/* is_agent tells whether a canonical address is an agent's. */
typedef bool is_agent_fn(const char *canonical, void *arg);

/* Whom To and Cc name. A milter sees the recipients of one transaction only, and an MTA may make
 * one for each domain, so the copies for other domains may never be seen here. */
struct named {
	bool account; /* an address of ours that leads to no customer */
	bool desk;    /* the token address of a desk: the way to a customer */
	bool note;    /* an account with the detail "note" */
	bool control;
	bool insiders; /* agents, policy.internal_recipients */
	bool cut;      /* and whom else, nobody read: any of these may be among them */
	char *outside; /* the first of the outside, canonical; NULL; owned */
};

/* The envelope's recipients, sorted; after recipients_name() those of the header as well. */
struct recipients {
	GPtrArray *hits;     /* struct account_hit *, envelope order */
	GPtrArray *accounts; /* const struct account *, each once, configuration order */
	GPtrArray *outside;  /* char *, canonical: none of the others */
	GPtrArray *agents;   /* char *, canonical */
	/* char *, canonical: of policy.internal_recipients, or ours but of no account that takes
	 * this message */
	GPtrArray *internal;
	bool control;
	bool note;      /* an account was addressed with the detail "note" */
	bool passed_on; /* set by the caller: the sender is not the author */
	struct named named;
	struct sorting { /* what they were sorted by; borrowed */
		const struct settings *settings;
		const struct token_key *key;
		is_agent_fn *is_agent;
		void *arg;
	} by;
};
void recipients_init(struct recipients *recipients, const struct envelope *envelope,
	const struct settings *settings, const struct token_key *key, is_agent_fn *is_agent,
	void *arg);
void recipients_name(struct recipients *recipients, const struct message *message);
/* Accounts that leave a mail of that date alone are no accounts any more, but internal: for one
 * that would open a ticket. date 0: unknown, and none does. */
void recipients_leave_older(struct recipients *recipients, int64_t date);
void recipients_release(struct recipients *recipients);
/* The ticket of a desk's token address with a good mac; 0: it is none. */
uint64_t recipients_desk_ticket(const struct recipients *recipients, const char *canonical);
const struct account *recipients_account(const struct recipients *recipients); /* the first; NULL */

/* PRODUCT section 3 as a function. belongs: the message belongs to a ticket. */
enum whose classify_whose(bool agent, const struct recipients *recipients, bool belongs);

#endif
