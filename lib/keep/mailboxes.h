/* The agents' mailboxes: for every active agent a Maildir++ in which the messages of all tickets
 * that they see lie in the folder of the ticket's present state (decide/placement.h), and what the
 * agents do there, done to the tickets.
 *
 * All is reconciled, nothing is believed of an event. First the store learns where a ticket's
 * messages are to be, under a generation that is larger than any before, then files are made. They
 * have the generation in them, so that whoever finds one knows what it is. A process that dies
 * anywhere is made up for by mailboxes_open(), which looks at all there is.
 *
 * Below the directory: LOGIN/, the trees; +messages/, each message once, of which the trees have
 * hard links; +claims/, mails that agents have dropped in and that are not recorded yet. For one
 * process at a time, and one thread. */
#ifndef MILTICKET_MAILBOXES_H
#define MILTICKET_MAILBOXES_H

#include "settings/settings.h"
#include "store/store.h"

struct trees;

/* Looks at everything, and puts right what is not as the rows say. settings: those of now, whose
 * mailboxes.path is not empty; a reference is kept. watch: hear of what clients do. ST_REFUSED:
 * rights are not as they must be; ST_NOT_FOUND: no directory, or no such group; ST_EXISTS: the
 * daemon of another host keeps them. */
enum status mailboxes_open(struct store *store, struct settings *settings, bool watch,
	struct trees **mailboxes_out, struct error *err);
void mailboxes_close(struct trees *mailboxes);

/* Something can be read from it when a client has done something; -1: without watch. */
int mailboxes_fd(const struct trees *mailboxes);
/* Some of the log, and what clients have done; *more_out: there is more to be done at once. After
 * anything but ST_OK it must be closed, and opened again; ST_EXISTS: another host has them. */
enum status mailboxes_step(struct trees *mailboxes, int64_t now, bool *more_out, struct error *err);
/* Did the log grow between the last two steps? Then mail is coming in, which goes first: who has
 * more to do waits a little. */
bool mailboxes_log_grows(const struct trees *mailboxes);

/* What happened that somebody may want to know. They count up. */
struct mailboxes_counts {
	uint64_t placed, moves, refused, lost, opened, kept, held;
	uint64_t shut; /* trees that had to be let alone */
};
struct mailboxes_counts mailboxes_counts(const struct trees *mailboxes);
/* "LOGIN: why" of the tree that was let alone last, while one is; borrowed until the next step.
 * NULL: there is none. */
const char *mailboxes_shut(const struct trees *mailboxes);

/* How far they are: for who looks from outside. */
struct mailboxes_status {
	bool begun; /* a daemon has made some */
	bool building;
	char keeper[256];             /* the host that keeps them, where hosts share a store; "" */
	bool redacting;               /* mailboxes_ask_redact() is not done yet */
	uint64_t number, last_number; /* while they are built: up to which ticket, of how many */
	uint64_t behind;              /* events of the log that are not in the files */
	uint64_t serial;              /* of the log, up to which they are */
	uint64_t tickets, agents, files; /* files: messages, each counted once */
};
enum status mailboxes_look(struct store *store, const struct settings *settings,
	struct mailboxes_status *status_out, struct error *err);
/* Mails in which that address is, and that are no tickets, are to go from where they are kept. */
enum status mailboxes_ask_redact(struct store *store, const struct settings *settings,
	const char *address, struct error *err);
/* All of them are to be made anew: whoever steps next begins with it. */
enum status mailboxes_ask_rebuild(
	struct store *store, const struct settings *settings, struct error *err);

#endif
