/* A desk to test at: settings from a text, a store and an archive in a directory of its own, and
 * mail handed to intake() as the milter does. */
#ifndef MILTICKET_TEST_DESK_H
#define MILTICKET_TEST_DESK_H

#include "act/intake.h"
#include "tables/agents.h"
#include "tables/outbox.h"
#include "tables/queues.h"
#include "tables/tickets.h"

struct desk {
	char *dir, *database;
	struct settings *settings;
	struct store *store;
	int64_t now; /* of the next mail; moves on by a second with each */
	struct outcome last;
	enum status status; /* of the last intake */
	struct error err;
};

/* extra: further lines of milticket.conf, NULL for none. Accounts support@ (templates opened,
 * followup; queue support), sales@ (queue sales), desk@ (reply_to desk, queue desk), both@ (deliver
 * both, queue sales), team@ (deliver
 * agents, reply_to desk, queue desk); agents anna (support, desk; anna@example.com) and ben (sales;
 * ben@example.com). Templates canned (en, de), help (of all, and of project helpdesk, which
 * support@ has). */
void desk_open(struct desk *desk, const char *extra);
void desk_close(struct desk *desk);
/* Closes the store and opens it again. */
void desk_restart(struct desk *desk);
/* Takes other lines of milticket.conf instead. */
void desk_configure(struct desk *desk, const char *extra);

/* Hands in a mail (LF line ends; "%" is not special). recipients: comma-separated. authen may be
 * NULL. The outcome is desk->last. */
const struct outcome *desk_mail(struct desk *desk, const char *sender, const char *recipients,
	const char *authen, const char *mail);

/* The value of the planned header edit, or NULL. */
const char *desk_header(const struct desk *desk, const char *name);
/* The address in a header value, "Name <address>" or alone. Owned. */
char *desk_address(const char *value);
/* Is this edit of a recipient planned? */
bool desk_has_edit(const struct desk *desk, enum edit_kind kind, const char *value);

/* Loads; fails the test when it is not there. Release with record_release. */
void desk_ticket(struct desk *desk, uint64_t number, struct ticket *ticket_out);
void desk_entry(struct desk *desk, uint64_t number, uint64_t seq, struct entry *entry_out);
/* Stores one under its number, without a mail. */
void desk_insert(struct desk *desk, const struct ticket *ticket);
/* Saves a changed ticket as it is. */
void desk_save(struct desk *desk, const struct ticket *ticket);

/* Mails in the outbox with that event; NULL counts all. The text of the last of them is in
 * *mail_out when not NULL; owned. */
unsigned desk_outbox(struct desk *desk, const char *event, char **mail_out);
/* The last of them. Release with record_release. */
void desk_outgoing(struct desk *desk, const char *event, struct outgoing *outgoing_out);
/* How many events of that kind the ticket has. */
unsigned desk_events(struct desk *desk, uint64_t number, const char *kind);

#endif
