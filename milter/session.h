/* What is known of one connection and of the message it carries. Made with the first message, freed with the connection; one thread at a time. */
#ifndef MILTICKET_SESSION_H
#define MILTICKET_SESSION_H

#include <glib.h>
#include <stdbool.h>

#include "classify.h"
#include "settings.h"
#include "spool.h"

struct session {
	bool leading_space_kept;	/* SMFIP_HDR_LEADSPC was granted */
	unsigned long no_reply;		/* SMFIP_NR_* that were granted */
	/* Of one message; session_reset() */
	struct settings *settings;	/* those it began with */
	char *sender, *authen, *queue_id;
	GPtrArray *recipients;		/* char *; as given, without <> */
	struct spool *spool;
	size_t header_bytes;
	unsigned header_count;
	bool failed;			/* the spool could not be written: the message is refused for now */
	struct error err;
};

struct session *session_new(void);
void session_free(struct session *session);

/* Forgets the message, keeps the connection. */
void session_reset(struct session *session);
void session_begin(struct session *session, struct settings *settings, const char *sender, const char *authen);	/* takes settings */
void session_add_recipient(struct session *session, const char *recipient);

/* Borrowed until the next change of the session. */
void session_envelope(struct session *session, const char *hostname, struct envelope *envelope_out);

#endif
