/* A mail that is not ours, found in an agent's folder where a ticket can be opened. */
#ifndef MILTICKET_MAILBOX_TAKE_H
#define MILTICKET_MAILBOX_TAKE_H

#include "decide/arrival.h"
#include "store/store.h"
#include "tables/agents.h"

struct mailbox_mail {
	struct settings *settings;
	int fd;                    /* of the mail, at its beginning; LF line ends, or CRLF */
	const char *name;          /* of its file: the same after a crash */
	const char *queue;         /* of the folder; NULL: it is the agent's own folder */
	const struct agent *agent; /* who put it there */
	bool draft;
	int64_t now;
};

struct mailbox_taken {
	uint64_t ticket; /* 0: it is none */
	const char *why; /* then: why not; static, a text to translate */
};
/* Opens a ticket whose requester is its author, or adds it to the one it belongs to; once, however
 * often it is called with the same name. */
enum status mailbox_take(struct store *store, const struct mailbox_mail *mail,
	struct mailbox_taken *taken_out, struct error *err);

/* Its file is gone: what was noted of it goes, too. */
enum status mailbox_taken_forget(struct store *store, const char *name, struct error *err);

/* Names of all that are noted; owned. */
enum status mailbox_taken_list(struct store *store, GPtrArray **names_out, struct error *err);

/* What the agent is told of a mail that was kept. */
struct mailbox_kept {
	const struct settings *settings;
	struct token_key key;
	const char *login, *folder, *why;
	int64_t now;
};
enum status mailbox_tell_kept(
	struct store *store, const struct mailbox_kept *kept, struct error *err);

#endif
