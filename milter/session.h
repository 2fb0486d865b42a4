/* What is known of the message that a connection carries. Made with the first message, freed with
 * the connection; one thread at a time. */
#ifndef MILTICKET_SESSION_H
#define MILTICKET_SESSION_H

#include <glib.h>
#include <stdbool.h>

#include "archive/spool.h"
#include "daemon.h"
#include "decide/classify.h"
#include "settings/settings.h"

/* What the MTA may send next; of STAGE_NONE only MAIL. */
enum stage { STAGE_NONE, STAGE_ENVELOPE, STAGE_HEADERS, STAGE_BODY };

/* A message's end forgets everything but the first. */
struct session {
	struct daemon *daemon; /* this stays */
	enum stage stage;
	struct settings *settings; /* those it began with */
	char *sender, *authen, *queue_id;
	GPtrArray *recipients; /* char *; as given, without <> */
	struct spool *spool;   /* from STAGE_HEADERS on */
	bool at_hand;          /* daemon_begin() took it */
	bool answered;         /* the message before this one was done */
	bool failed;           /* the spool could not be written: the message is refused for now */
	struct error err;
};

struct session *session_new(struct daemon *daemon); /* which outlives it */
void session_free(struct session *session);

void session_begin(struct session *session, struct settings *settings, const char *sender,
	const char *authen); /* takes settings */
void session_add_recipient(struct session *session, const char *recipient);

/* The message is done, or given up: forgets it, and the daemon need not wait for it. */
void session_end(struct session *session);

/* Borrowed until the next change of the session. */
struct envelope session_envelope(struct session *session);

#endif
