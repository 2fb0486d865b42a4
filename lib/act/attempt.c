/* One run: how it begins and ends, and what its parts ask of it. */
#include "act/attempt.h"

#include "act/command.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/addressee.h"
#include "tables/agents.h"

void attempt_release(struct attempt *a)
{
	who_release(&a->who);
	g_clear_pointer(&a->nobody, g_free);
	recipients_release(&a->recipients);
	match_release(&a->match);
	record_release(&entry_type, &a->entry);
	g_clear_pointer(&a->new_id, g_free);
	subject_commands_release(&a->commands);
	foreign_release(&a->foreign);
	g_clear_pointer(&a->plain, g_free);
	mailbox_release(&a->addressee);
	crossed_release(&a->crossed);
	g_clear_pointer(&a->workers, g_strfreev);
	g_clear_pointer(&a->watchers, g_strfreev);
}

void attempt_begin(struct attempt *a, struct txn *txn, struct error *err)
{
	attempt_release(a);
	*a = (struct attempt){
		.arrival = a->arrival,
		.outcome = a->outcome,
		.why = a->why,
		.txn = txn,
		.err = err,
	};
	outcome_release(a->outcome);
	outcome_init(a->outcome);
	a->outcome->automatic = a->arrival->automatic;
	a->outcome->reason = a->arrival->automatic_why.reason;
}

enum status attempt_end(const struct attempt *a, enum status st)
{
	if (a->failed != ST_OK)
		st = a->failed;
	if (st != ST_OK && a->err && !*a->err->text)
		error_set(a->err, st, _("cannot read the store: %s"), txn_reason(a->txn));
	return st;
}

/* --- who --- */

bool attempt_is_agent(const char *canonical, void *attempt)
{
	struct attempt *a = attempt;
	bool have = false;
	enum status st = agents_have(a->txn, canonical, &have, a->err);

	if (st != ST_OK && a->failed == ST_OK)
		a->failed = st;
	return have;
}

const struct agent *attempt_agent(const struct attempt *a)
{
	return a->who.is_agent ? &a->who.agent : NULL;
}

bool attempt_may_act(const struct attempt *a)
{
	const struct commander commander = { .agent = &a->who.agent };

	return !a->who.is_agent || a->arrival->import ||
		commander_may(&commander, &a->match.ticket);
}

const struct mailbox *attempt_requester(struct attempt *a)
{
	const struct requester_query query = {
		.choices = &a->arrival->requester,
		.is_agent = attempt_is_agent,
		.arg = a,
		.vouched = a->who.is_agent,
	};

	return requester_choose(&query);
}

void attempt_find_addressee(struct attempt *a, const struct entry *answered)
{
	const struct addressee_query query = {
		.settings = a->arrival->settings,
		.is_agent = attempt_is_agent,
		.arg = a,
		.ticket = &a->match.ticket,
		.answered = answered,
	};

	mailbox_release(&a->addressee);
	addressee_find(&query, &a->addressee);
}

struct actor attempt_actor(const struct attempt *a)
{
	const char *from = arrival_author(a->arrival), *sender = a->arrival->envelope->sender;
	const char *name = *from ? from : sender;

	if (a->who.is_agent)
		name = a->who.agent.login;
	return (struct actor){ .name = *name ? name : "<>", .now = a->arrival->now };
}

/* --- what it says --- */

char *attempt_subject(const struct attempt *a)
{
	if (a->commands.rest)
		return message_decode_header(a->commands.rest, LIMIT_TITLE_BYTES);
	return text_line_kept(message_subject(a->arrival->message), LIMIT_TITLE_BYTES);
}

const char *attempt_subject_plain(const struct attempt *a)
{
	return a->plain ? a->plain : a->arrival->subject.plain;
}

const char *attempt_id(const struct attempt *a)
{
	return a->new_id ? a->new_id : arrival_id(a->arrival);
}

void attempt_apply_rules(const struct attempt *a, struct rules_result *rules_out)
{
	const struct rules_subject subject = {
		.written = message_subject(a->arrival->message),
		.plain = attempt_subject_plain(a),
	};

	rules_apply(a->arrival->settings, a->arrival->rules, &subject, rules_out);
}

/* --- what others need of it --- */

struct match_query attempt_query(const struct attempt *a)
{
	return (struct match_query){
		.arrival = a->arrival,
		.recipients = &a->recipients,
		.agent = attempt_agent(a),
		.why = a->why,
	};
}

struct reply_context attempt_reply_context(const struct attempt *a)
{
	return (struct reply_context){
		.txn = a->txn,
		.settings = a->arrival->settings,
		.key = &a->arrival->key,
		.actor = { "milticket", a->arrival->now },
	};
}

const struct account *attempt_account(const struct attempt *a)
{
	const struct settings *settings = a->arrival->settings;
	const struct account *account = NULL;
	g_autofree char *detail = NULL;

	if (a->match.ticket.account)
		account = settings_account(settings, a->match.ticket.account, &detail);
	if (!account)
		account = recipients_account(&a->recipients);
	/* Without any account an agent's own address would go out. */
	if (!account && settings->accounts->len)
		account = g_ptr_array_index(settings->accounts, 0);
	return account;
}

/* --- what comes of it --- */

bool attempt_is_edited(const struct attempt *a)
{
	const struct outcome *o = a->outcome;

	return !a->arrival->import && !o->left_alone && o->whose != WHOSE_COMMANDS &&
		o->edits.verdict == VERDICT_ACCEPT;
}

enum status attempt_leave_alone(struct attempt *a, const char *reason)
{
	a->outcome->left_alone = true;
	a->outcome->reason = reason;
	return ST_OK;
}

void attempt_report(struct attempt *a)
{
	struct outcome *o = a->outcome;

	o->ticket = a->match.ticket.number;
	o->match = (int)a->match.how;
	g_free(o->queue);
	o->queue = g_strdup(a->match.ticket.queue);
	g_free(o->agent);
	o->agent = a->who.is_agent ? g_strdup(a->who.agent.login) : NULL;
	g_free(o->claimed);
	o->claimed = g_strdup(a->who.claimed);
}

const char *attempt_event_name(int stored)
{
	bool of_mail = (stored >= EVENT_OPENED && stored <= EVENT_BOUNCE) || stored == EVENT_COPY;

	return event_kind_names[of_mail ? stored : EVENT_FOLLOWUP];
}
