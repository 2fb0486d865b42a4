/* Callbacks, in the order of the protocol:
 *
 *	envfrom, envrcpt  collect
 *	data              nobody of ours and no agent: accepted, and the rest is never sent
 *	header            into the spool, what decides however many come before it
 *	eoh               may be an agent's mail to the outside: a ticket's, or accepted
 *	body              into the spool
 *	eom               intake(), then its edits and its answer */
#include "filter.h"

#include <libmilter/mfapi.h>

#include "act/intake.h"
#include "apply.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "log.h"
#include "outcome-log.h"
#include "sender.h"
#include "session.h"

/* libmilter has no place for it. Set once, before smfi_main(). */
static struct daemon *the_daemon;

/* NULL before the first MAIL, and after a QUIT that keeps the connection. */
static struct session *session_of(SMFICTX *ctx)
{
	return smfi_getpriv(ctx);
}

/* --- answers --- */

/* What cannot be recorded is not accepted, unless the postmaster wants mail rather than tickets. */
static sfsistat not_now(SMFICTX *ctx, struct session *s)
{
	bool accept = s->settings->policy.on_failure == FAILURE_ACCEPT;

	log_error("%s: %s; %s", log_queue_id(s->queue_id), s->err.text,
		accept ? "accepted without a ticket" : "the sender is asked to try again");
	if (!accept)
		smfi_setreply(ctx, (char *)"451", (char *)"4.3.0",
			(char *)"The ticket cannot be recorded now, please try again later");
	session_end(s);
	return accept ? SMFIS_ACCEPT : SMFIS_TEMPFAIL;
}

static sfsistat accept_untouched(struct session *s)
{
	session_end(s);
	return SMFIS_ACCEPT;
}

static sfsistat filter_stopping(SMFICTX *ctx, struct session *s)
{
	smfi_setreply(ctx, (char *)"451", (char *)"4.3.2",
		(char *)"The ticket system is being restarted, please try again later");
	session_end(s);
	return SMFIS_TEMPFAIL;
}

/* libmilter passes on commands in orders that no MTA uses: DATA after ABORT, content without DATA,
 * anything without MAIL. Whatever comes is ignored until the next MAIL. */
static bool filter_in_order(struct session *s, enum stage stage)
{
	if (s && s->stage == stage)
		return true;
	if (s)
		s->stage = STAGE_NONE;
	return false;
}

/* on_failure does not matter here: a message whose envelope was not seen could be anybody's. */
static sfsistat out_of_order(SMFICTX *ctx, const char *command)
{
	const char *text = "The mail server's commands came out of order, please try again later";
	const char *queue_id = smfi_getsymval(ctx, (char *)"i");

	log_error("%s: %s came out of order from the MTA; the sender is asked to try again",
		log_queue_id(queue_id), command);
	smfi_setreply(ctx, (char *)"451", (char *)"4.3.0", (char *)text);
	if (session_of(ctx))
		session_end(session_of(ctx));
	return SMFIS_TEMPFAIL;
}

/* --- negotiation --- */

/* Without DATA, the content of other people's mail comes before anybody knows whose it is; without
 * leading blanks, the bytes of a header field are not known. Protocol 6 has both. */
enum { PROTOCOL_NEEDED = SMFIP_NODATA | SMFIP_HDR_LEADSPC };

/* Commands that we need not see, or need not answer: each saves a round trip. Where the MTA wants
 * an answer all the same, libmilter gives it. */
enum {
	PROTOCOL_WANTED = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NR_MAIL |
		SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC
};

static bool has_what_we_need(unsigned long actions, unsigned long protocol)
{
	if ((protocol & PROTOCOL_NEEDED) != PROTOCOL_NEEDED)
		log_error(
			"the MTA offers a milter protocol older than 6, and its mail is refused for now; "
			"set milter_protocol = 6 (Postfix), or update it (Sendmail before 8.14)");
	else if ((actions & APPLY_ACTIONS) != APPLY_ACTIONS)
		log_error("the MTA does not allow the changes that we make; "
			  "is it a Postfix or a Sendmail with milter protocol 6?");
	else
		return true;
	return false;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
	unsigned long f2, unsigned long f3, unsigned long *actions_out, unsigned long *protocol_out,
	unsigned long *f2_out, unsigned long *f3_out)
{
	(void)f2;
	(void)f3;
	if (!has_what_we_need(actions, protocol))
		return SMFIS_REJECT;
	*actions_out = APPLY_ACTIONS;
	*protocol_out = protocol & PROTOCOL_WANTED;
	*f2_out = *f3_out = 0;
	if (actions & SMFIF_SETSYMLIST) {
		*actions_out |= SMFIF_SETSYMLIST;
		smfi_setsymlist(ctx, SMFIM_ENVFROM, (char *)"i {auth_authen}");
		smfi_setsymlist(ctx, SMFIM_EOM, (char *)"i");
	}
	return SMFIS_CONTINUE;
}

/* --- envelope --- */

static struct session *session_for(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s) {
		session_end(s);
		return s;
	}
	s = session_new(the_daemon);
	smfi_setpriv(ctx, s);
	return s;
}

static sfsistat on_envfrom(SMFICTX *ctx, char **args)
{
	struct session *s = session_for(ctx);

	session_begin(s, daemon_settings(the_daemon), args[0],
		smfi_getsymval(ctx, (char *)"{auth_authen}"));
	return SMFIS_NOREPLY;
}

static sfsistat on_envrcpt(SMFICTX *ctx, char **args)
{
	struct session *s = session_of(ctx);

	if (filter_in_order(s, STAGE_ENVELOPE))
		session_add_recipient(s, args[0]);
	return SMFIS_NOREPLY;
}

static enum interest interest_in(struct session *s)
{
	const struct envelope envelope = session_envelope(s);

	return intake_interest(s->settings, &envelope);
}

static sfsistat on_data(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (!filter_in_order(s, STAGE_ENVELOPE))
		return out_of_order(ctx, "DATA");
	if (interest_in(s) == INTEREST_NONE)
		return accept_untouched(s);
	s->at_hand = daemon_begin(the_daemon);
	if (!s->at_hand)
		return filter_stopping(ctx, s);
	s->spool = arrival_spool(s->settings);
	s->stage = STAGE_HEADERS;
	return SMFIS_CONTINUE;
}

/* --- content --- */

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	struct session *s = session_of(ctx);

	if (filter_in_order(s, STAGE_HEADERS) && !s->failed)
		s->failed = spool_header(s->spool, name, value, &s->err) != ST_OK;
	return SMFIS_NOREPLY;
}

/* An authenticated sender writes to nobody of ours: the headers tell whether it is an agent's mail
 * of a ticket. */
static enum status headers_are_ours(struct session *s, bool *ours_out)
{
	const struct envelope envelope = session_envelope(s);
	struct arrival arrival = {
		.settings = s->settings,
		.envelope = &envelope,
		.message = spool_parse(s->spool),
	};
	enum status st = intake_headers(
		s->daemon->store, s->daemon->agents, &arrival, ours_out, &s->err);

	message_free(arrival.message);
	return st;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	bool ours = true;

	if (!filter_in_order(s, STAGE_HEADERS))
		return out_of_order(ctx, "the end of the headers");
	s->stage = STAGE_BODY;
	if (!s->failed)
		s->failed = spool_end_headers(s->spool, &s->err) != ST_OK;
	if (!s->failed && interest_in(s) == INTEREST_MAYBE)
		s->failed = headers_are_ours(s, &ours) != ST_OK;
	if (s->failed)
		return not_now(ctx, s);
	return ours ? SMFIS_CONTINUE : accept_untouched(s);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	struct session *s = session_of(ctx);

	if (filter_in_order(s, STAGE_BODY) && !s->failed)
		s->failed = spool_body(s->spool, data, len, &s->err) != ST_OK;
	return SMFIS_NOREPLY;
}

/* --- end of message --- */

static enum status filter_take_in(struct session *s, struct outcome *outcome)
{
	const struct envelope envelope = session_envelope(s);
	struct arrival arrival = {
		.settings = s->settings,
		.envelope = &envelope,
		.spool = s->spool,
	};
	enum status st;

	spool_body_digest(s->spool);
	arrival.message = spool_parse(s->spool);
	st = intake(s->daemon->store, &arrival, outcome, &s->err);
	message_free(arrival.message);
	return st;
}

static sfsistat filter_finish(SMFICTX *ctx, struct session *s, const struct outcome *outcome)
{
	sfsistat answer;

	outcome_log(s->queue_id, outcome);
	if (outcome->queued)
		sender_wake();
	if (outcome->over_hour)
		outcome_warn_of_flood(s->settings);
	failpoint("before-edits");
	answer = outcome->left_alone ? SMFIS_CONTINUE : apply_edits(ctx, &outcome->edits);
	failpoint("after-edits");
	return answer;
}

static sfsistat on_eom(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);
	struct outcome outcome;
	sfsistat answer;

	if (!filter_in_order(s, STAGE_BODY))
		return out_of_order(ctx, "the end of a message");
	g_free(s->queue_id);
	s->queue_id = g_strdup(smfi_getsymval(ctx, (char *)"i"));
	if (s->failed)
		return not_now(ctx, s);
	outcome_init(&outcome);
	s->failed = filter_take_in(s, &outcome) != ST_OK;
	answer = s->failed ? not_now(ctx, s) : filter_finish(ctx, s, &outcome);
	outcome_release(&outcome);
	session_end(s);
	s->answered = true;
	failpoint("before-answer");
	return answer;
}

/* --- ends --- */

static sfsistat on_abort(SMFICTX *ctx)
{
	if (session_of(ctx))
		session_end(session_of(ctx));
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
	struct session *s = session_of(ctx);

	if (s)
		session_end(s);
	session_free(s);
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

bool filter_register(struct daemon *daemon)
{
	struct smfiDesc desc = {
		.xxfi_name = (char *)"milticket",
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = APPLY_ACTIONS | SMFIF_SETSYMLIST,
		.xxfi_negotiate = on_negotiate,
		.xxfi_envfrom = on_envfrom,
		.xxfi_envrcpt = on_envrcpt,
		.xxfi_data = on_data,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
	};

	/* libmilter hangs up on a larger packet (64 KiB by default), and mail that has one could
	 * never come in. Postfix passes on a header of 100 KiB, or more where header_size_limit
	 * says so. */
	smfi_setmaxdatasize(LIMIT_PACKET_BYTES);
	the_daemon = daemon;
	return smfi_register(desc) == MI_SUCCESS;
}
