/* Sessions. */
#include "session.h"

#include <string.h>

#include "act/intake.h"
#include "base/failpoint.h"
#include "base/limits.h"

struct session *session_new(struct daemon *daemon)
{
	struct session *session = g_new0(struct session, 1);

	session->daemon = daemon;
	session->recipients = g_ptr_array_new_with_free_func(g_free);
	return session;
}

static void session_reset(struct session *session)
{
	g_clear_pointer(&session->settings, settings_unref);
	g_clear_pointer(&session->sender, g_free);
	g_clear_pointer(&session->authen, g_free);
	g_clear_pointer(&session->queue_id, g_free);
	g_clear_pointer(&session->spool, spool_free);
	g_ptr_array_set_size(session->recipients, 0);
	session->stage = STAGE_NONE;
	session->failed = session->answered = false;
	session->err.text[0] = '\0';
}

void session_free(struct session *session)
{
	if (!session)
		return;
	session_reset(session);
	g_ptr_array_unref(session->recipients);
	g_free(session);
}

void session_end(struct session *session)
{
	/* libmilter sends an answer after the callback has returned. The connection's next callback
	 * is the first to know that it was sent. */
	if (session->answered)
		failpoint("after-answer");
	if (session->at_hand)
		daemon_end(session->daemon);
	session->at_hand = false;
	session_reset(session);
}

/* "<a@b>" is a@b; libmilter gives the brackets as the client did. */
static char *session_bare(const char *address)
{
	size_t len = strlen(address);

	if (len >= 2 && address[0] == '<' && address[len - 1] == '>')
		return g_strndup(address + 1, len - 2);
	return g_strdup(address);
}

void session_begin(
	struct session *session, struct settings *settings, const char *sender, const char *authen)
{
	session_reset(session);
	session->stage = STAGE_ENVELOPE;
	session->settings = settings;
	session->sender = session_bare(sender);
	session->authen = g_strdup(authen);
}

void session_add_recipient(struct session *session, const char *recipient)
{
	/* Past the cap only our own addresses matter: a ticket must not depend on its place in a
	 * long list. */
	if (session->recipients->len < LIMIT_RECIPIENTS ||
		(session->recipients->len < LIMIT_RECIPIENTS_OURS &&
			intake_is_addressed(session->settings, recipient)))
		g_ptr_array_add(session->recipients, session_bare(recipient));
}

static const char *session_text(const char *text)
{
	return text ? text : "";
}

struct envelope session_envelope(struct session *session)
{
	/* The array is kept NULL-terminated past its end. */
	g_ptr_array_add(session->recipients, NULL);
	g_ptr_array_set_size(session->recipients, (gint)session->recipients->len - 1);
	return (struct envelope){
		.sender = session_text(session->sender),
		.recipients = (const char *const *)session->recipients->pdata,
		.authen = session->authen,
		.queue_id = session_text(session->queue_id),
		.received = g_get_real_time(),
	};
}
