/* The story of a message. Reads like the list in its header; what each kind of sender's mail does
 * to a ticket is in intake-inbound.c and intake-agent.c. */
#include "act/intake.h"

#include <string.h>

#include "act/intake-work.h"
#include "archive/archive.h"
#include "base/address.h"
#include "base/failpoint.h"
#include "base/tongue.h"
#include "base/why.h"
#include "decide/plan.h"
#include "tables/agents.h"

void outcome_init(struct outcome *outcome)
{
	memset(outcome, 0, sizeof *outcome);
	edits_init(&outcome->edits);
}

void outcome_release(struct outcome *outcome)
{
	edits_release(&outcome->edits);
	g_free(outcome->queue);
	g_free(outcome->agent);
	g_free(outcome->claimed);
	memset(outcome, 0, sizeof *outcome);
}

/* --- before any store access --- */

bool intake_is_addressed(const struct settings *settings, const char *recipient)
{
	g_autofree char *canonical = NULL, *detail = NULL;
	const struct account *account;

	if (address_canonical(recipient, &canonical) != ST_OK)
		return false;
	account = settings_account(settings, canonical, &detail);
	return account && account->enabled;
}

/* Without a login only the headers could tell that this is an agent: looked at when the mail claims
 * to come from one of our domains. */
static bool may_be_vouched_for(const struct settings *settings, const struct envelope *envelope)
{
	g_autofree char *canonical = NULL;

	if (!settings->agents_auth.authserv_ids || !settings->agents_auth.authserv_ids[0])
		return false;
	if (address_canonical(envelope->sender, &canonical) != ST_OK)
		return false;
	for (unsigned i = 0; i < settings->accounts->len; i++) {
		const struct account *account = g_ptr_array_index(settings->accounts, i);

		if (strcmp(strrchr(account->address, '@'), strrchr(canonical, '@')) == 0)
			return true;
	}
	return false;
}

/* Commands may come from an agent at any domain. */
static bool may_be_commands(const struct settings *settings, const char *recipient)
{
	g_autofree char *canonical = NULL;

	return settings->agents_auth.authserv_ids && settings->agents_auth.authserv_ids[0] &&
		address_canonical(recipient, &canonical) == ST_OK &&
		settings_is_control(settings, canonical);
}

enum interest intake_interest(const struct settings *settings, const struct envelope *envelope)
{
	for (const char *const *r = envelope->recipients; *r; r++)
		if (intake_is_addressed(settings, *r))
			return INTEREST_FULL;
	if (settings->agents_auth.sasl && envelope->authen && *envelope->authen)
		return INTEREST_MAYBE;
	for (const char *const *r = envelope->recipients; *r; r++)
		if (may_be_commands(settings, *r))
			return INTEREST_MAYBE;
	return may_be_vouched_for(settings, envelope) ? INTEREST_MAYBE : INTEREST_NONE;
}

/* --- what one transaction works with --- */

void work_init(
	struct work *w, struct store *store, const struct arrival *arrival, struct outcome *outcome)
{
	memset(w, 0, sizeof *w);
	w->arrival = arrival;
	w->settings = arrival->settings;
	w->envelope = arrival->envelope;
	w->message = arrival->message;
	w->outcome = outcome;
	w->now = w->envelope->received;
	store_secret(store, w->key.secret);
	subject_view_init(
		&w->subject, message_header(w->message, "Subject", 0), &w->settings->tag_format);
	w->automatic = automatic_kind(w->message, w->envelope->sender,
		w->settings->policy.spam_header, &w->automatic_why);
	if (arrival->import)
		return;
	auth_results_read(w->message, w->settings->agents_auth.authserv_ids, &w->auth);
	/* What was not read may be a second author. */
	w->auth.dmarc_pass &= work_read_whole(w);
	w->vouched = classify_authenticated(
		w->envelope, w->message, &w->auth, w->settings, &w->authenticated);
}

/* What a run of the transaction made. */
static void drop_run(struct work *w)
{
	record_release(&agent_type, &w->agent);
	g_clear_pointer(&w->claimed, g_free);
	g_clear_pointer(&w->nobody, g_free);
	recipients_release(&w->recipients);
	mailbox_release(&w->requester);
	match_release(&w->match);
	record_release(&entry_type, &w->entry);
	g_clear_pointer(&w->new_id, g_free);
	commands_release(w);
	g_clear_pointer(&w->workers, g_strfreev);
	g_clear_pointer(&w->watchers, g_strfreev);
	mailbox_release(&w->addressee);
	w->is_agent = w->unsaved = w->is_new = w->joins = false;
}

/* A transaction may run again. */
static void work_reset(struct work *w)
{
	drop_run(w);
	outcome_release(w->outcome);
	outcome_init(w->outcome);
	w->outcome->automatic = w->automatic;
	w->outcome->reason = w->automatic_why.reason;
}

void work_release(struct work *w)
{
	drop_run(w);
	subject_view_release(&w->subject);
	g_free(w->digest);
	g_free(w->given_id);
	g_free(w->archive);
}

/* --- the steps --- */

/* Nobody is an agent by From; but when it names one, that is told. */
static enum status see_claim(struct work *w)
{
	struct agent agent = { 0 };
	enum status st = w->arrival->import
		? ST_NOT_FOUND
		: agents_find(w->txn, work_from_address(w), &agent, w->err);

	if (st == ST_OK)
		w->claimed = g_strdup(agent.login);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status look_up_agent(struct work *w)
{
	switch (w->vouched) {
	case VOUCHED_BY_NOBODY:
		return ST_NOT_FOUND;
	case VOUCHED_BY_LOGIN:
		return agents_find(w->txn, w->authenticated, &w->agent, w->err);
	case VOUCHED_BY_DMARC:
		return agents_find_by_address(w->txn, w->authenticated, &w->agent, w->err);
	}
	return ST_NOT_FOUND;
}

static enum status find_agent(struct work *w)
{
	enum status st = look_up_agent(w);

	w->is_agent = st == ST_OK;
	return st == ST_NOT_FOUND ? see_claim(w) : st;
}

/* Whoever writes as the desk writes by themself, too. */
static bool intake_wrote_it_themself(const struct work *w)
{
	return work_is_author(w) || settings_is_own(w->settings, work_from_address(w));
}

/* To and Cc tell of an agent's mail what it is, whichever copy of it comes first. */
static void see_recipients(struct work *w)
{
	recipients_init(&w->recipients, w->envelope, message_date(w->message), w->settings, &w->key,
		is_agent_address, w);
	if (!w->is_agent)
		return;
	recipients_name(&w->recipients, w->message);
	w->recipients.passed_on = !intake_wrote_it_themself(w);
}

struct match_query work_query(struct work *w)
{
	return (struct match_query){
		.message = w->message,
		.recipients = &w->recipients,
		.subject = &w->subject,
		.settings = w->settings,
		.sender = w->envelope->sender,
		.automatic = w->automatic,
		.agent = w->is_agent ? &w->agent : NULL,
		.now = w->now,
		.forged = w->auth.dmarc_fail,
		.key = &w->key,
		.former = w->arrival->number,
		.why = w->why,
		.body_digest = w->arrival->spool ? spool_body_digest(w->arrival->spool) : NULL,
	};
}

/* In an imported mailbox the owner vouches for From. */
static enum status find_imported_agent(struct work *w, struct agent *agent_out)
{
	enum status st = ST_NOT_FOUND;

	if (w->arrival->import)
		st = agents_find(w->txn, work_from_address(w), agent_out, w->err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status find_ticket(struct work *w)
{
	struct match_query query = work_query(w);
	struct agent agent = { 0 };
	enum status st = find_imported_agent(w, &agent);

	if (agent.login)
		query.agent = &agent;
	if (st == ST_OK)
		st = match_find(w->txn, &query, &w->match, w->err);
	record_release(&agent_type, &agent);
	if (st == ST_OK && w->match.own)
		w->outcome->automatic = AUTO_OWN;
	return st;
}

/* In an imported mailbox the owner vouches for the From header; ours are the answers. */
static enum whose imported_whose(struct work *w)
{
	struct mailboxes from = message_from(w->message);
	bool ours = from.n > 0 &&
		(settings_is_own(w->settings, from.v[0].address) ||
			is_agent_address(from.v[0].address, w));

	if (w->recipients.hits->len == 0)
		return WHOSE_OTHER;
	if (!ours)
		return WHOSE_INBOUND;
	if (agents_find(w->txn, from.v[0].address, &w->agent, NULL) == ST_OK)
		w->is_agent = true;
	return w->match.ticket.number ? WHOSE_REPLY : WHOSE_OPENED;
}

static enum whose intake_whose(struct work *w)
{
	/* Sent by us, if with an agent's login at the relay: nobody says it a second time. */
	if (w->match.own)
		return w->recipients.hits->len ? WHOSE_INBOUND : WHOSE_OTHER;
	if (w->arrival->import)
		return imported_whose(w);
	return classify_whose(w->is_agent, &w->recipients, w->match.ticket.number != 0);
}

static enum status leave_alone(struct work *w)
{
	w->outcome->left_alone = true;
	return ST_OK;
}

typedef enum status work_step(struct work *w);

static work_step *const steps[] = {
	[WHOSE_OTHER] = leave_alone,
	[WHOSE_INBOUND] = inbound,
	[WHOSE_REPLY] = agent_reply,
	[WHOSE_DESK_REPLY] = agent_reply,
	[WHOSE_OPENED] = agent_opened,
	[WHOSE_NOTE] = agent_note,
	[WHOSE_COMMANDS] = agent_commands,
	[WHOSE_REFUSED] = agent_refused,
};

/* Is there anything to be done to the message? */
static bool is_edited(const struct work *w)
{
	return !w->arrival->import && !w->outcome->left_alone &&
		w->outcome->whose != WHOSE_COMMANDS && w->outcome->edits.verdict == VERDICT_ACCEPT;
}

/* After the commit: others would wait for it before that, and when it is not come to, the message
 * comes again. */
void work_plan(struct work *w)
{
	const struct plan p = {
		.settings = w->settings,
		.envelope = w->envelope,
		.message = w->message,
		.recipients = &w->recipients,
		.key = &w->key,
		.ticket = &w->match.ticket,
		.account = work_account(w),
		.agent = w->is_agent ? &w->agent : NULL,
		.whose = w->outcome->whose,
		.match = (int)w->match.how,
		.addressee = w->addressee.address ? &w->addressee : NULL,
		.event = w->outcome->event,
		.given_id = w->given_id,
		.new_id = w->new_id,
		.subject = w->commands.rest,
		.workers = w->workers,
		.watchers = w->watchers,
	};

	if (is_edited(w))
		plan_edits(&p, &w->outcome->edits);
}

static bool is_conversation(const struct work *w)
{
	return w->outcome->automatic == AUTO_NONE || w->outcome->automatic == AUTO_LIST ||
		w->outcome->automatic == AUTO_GENERATED;
}

/* What robots say is of no interest to them, and a note only to agents. */
static void find_watchers(struct work *w)
{
	GPtrArray *out = g_ptr_array_new();

	for (char **a = w->match.ticket.watching; a && *a && is_conversation(w); a++)
		if (w->outcome->whose != WHOSE_NOTE || is_agent_address(*a, w))
			g_ptr_array_add(out, g_strdup(*a));
	g_ptr_array_add(out, NULL);
	w->watchers = (char **)g_ptr_array_free(out, FALSE);
}

static void say_recipients(struct work *w, const char *what, const GPtrArray *addresses)
{
	for (unsigned i = 0; i < addresses->len; i++)
		why_add(w->why, _("recipient %s is %s"),
			(const char *)g_ptr_array_index(addresses, i), what);
}

/* For who asks why. */
static void say_who(struct work *w)
{
	static const char *const how[] = {
		[VOUCHED_BY_NOBODY] = N_("nobody"),
		[VOUCHED_BY_LOGIN] = N_("the login"),
		[VOUCHED_BY_DMARC] = N_("dmarc=pass of a believed field"),
	};

	if (!w->why)
		return;
	if (w->is_agent)
		why_add(w->why, _("the sender is agent %s, by %s: %s"), w->agent.login,
			_(how[w->vouched]), w->authenticated);
	else if (w->claimed)
		why_add(w->why, _("From is agent %s's address, and nobody vouches for that"),
			w->claimed);
	else if (w->authenticated)
		why_add(w->why, _("the sender is no agent: by %s it is %s, who is none"),
			_(how[w->vouched]), w->authenticated);
	else
		why_add(w->why, _("the sender is no agent: nobody vouches for one"));
	for (unsigned i = 0; i < w->recipients.hits->len; i++) {
		const struct account_hit *hit = g_ptr_array_index(w->recipients.hits, i);

		why_add(w->why, _("recipient %s is account %s%s"), hit->recipient,
			hit->account->address, hit->ticket ? _(", with a token") : "");
	}
	say_recipients(w, _("an agent"), w->recipients.agents);
	say_recipients(w, _("outside"), w->recipients.outside);
}

/* Everything that the store learns of a message, in one transaction. */
enum status work_record(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	struct match_query query;
	struct seen seen;
	enum status st;

	w->txn = txn;
	w->err = err;
	work_reset(w);
	st = find_agent(w);
	if (st != ST_OK)
		return st;
	see_recipients(w);
	say_who(w);
	if (work_is_flooded(w))
		return work_refuse_flood(w);
	query = work_query(w);
	st = match_seen(txn, &query, w->given_id, w->digest, &seen, err);
	/* Commands were run by way of the control address; whoever else is addressed gets the
	 * mail. */
	if (st == ST_OK && seen.ticket == 0 && !w->recipients.control)
		st = ST_NOT_FOUND;
	w->known = st == ST_OK;
	if (w->known)
		why_add(w->why,
			_("it was recorded before, as message %" PRIu64 " of #%" PRIu64 "%s"),
			seen.seq, seen.ticket,
			seen.copy ? ", and has changed on its way since" : "");
	if (w->known && (w->recipients.hits->len || w->is_agent))
		st = again(w, &seen);
	else if (st == ST_OK || st == ST_NOT_FOUND) {
		st = find_ticket(w);
		if (st == ST_OK) {
			w->outcome->whose = intake_whose(w);
			st = steps[w->outcome->whose](w);
		}
		if (st == ST_OK)
			st = work_save(w);
	}
	if (st != ST_OK || w->outcome->left_alone || w->outcome->edits.verdict != VERDICT_ACCEPT)
		return st;
	if (is_edited(w) && work_wants_workers(w))
		st = work_find_workers(w);
	if (st == ST_OK && is_edited(w))
		find_watchers(w);
	/* An agent's answer has its own already. */
	if (st == ST_OK && w->outcome->whose == WHOSE_INBOUND)
		work_find_addressee(w, &w->entry);
	work_report(w);
	failpoint("before-commit");
	return st;
}

/* --- headers only: an agent's mail to the outside --- */

static enum status intake_belongs(struct txn *txn, void *arg, struct error *err)
{
	struct work *w = arg;
	enum status st;

	w->txn = txn;
	w->err = err;
	work_reset(w);
	st = find_agent(w);
	if (st != ST_OK || !w->is_agent)
		return st;
	see_recipients(w);
	if (w->recipients.control)
		return ST_OK;
	return find_ticket(w);
}

static bool intake_is_ours(struct work *w)
{
	if (!w->is_agent)
		return false;
	if (w->recipients.control)
		return true;
	if (strcmp(message_content_type(w->message), "multipart/report") == 0)
		return true;
	if ((w->match.ticket.number || w->match.known_id) && !w->match.own)
		return true;
	return intake_whose(w) == WHOSE_REFUSED;
}

enum status intake_headers(struct store *store, const struct settings *settings,
	const struct envelope *envelope, struct message *message, bool *ours_out, struct error *err)
{
	struct outcome outcome;
	const struct arrival arrival = {
		.settings = settings, .envelope = envelope, .message = message
	};
	struct work w;
	enum status st;

	outcome_init(&outcome);
	work_init(&w, store, &arrival, &outcome);
	st = store_read(store, intake_belongs, &w, err);
	if (st == ST_OK)
		*ours_out = intake_is_ours(&w);
	work_release(&w);
	outcome_release(&outcome);
	return st;
}

/* --- the whole --- */

/* What the transaction will ask of the message, and the message then remembers: others wait while a
 * transaction runs. */
static void read_ahead(struct message *message)
{
	message_from(message);
	message_to(message);
	message_cc(message);
	message_reply_to(message);
	message_in_reply_to(message);
	message_references(message);
	message_subject(message);
	message_languages(message);
	message_text(message);
	message_attachments(message, &(size_t){ 0 });
}

void work_identify(struct work *w)
{
	const struct identity identity = {
		.subject_plain = w->subject.plain,
		.body_digest = spool_body_digest(w->arrival->spool),
	};

	w->digest = message_digest(w->message, &identity);
	if (!message_id(w->message))
		w->given_id = g_strdup_printf("<%.32s@%s>", w->digest,
			*w->settings->tag.name ? w->settings->tag.name : "localhost");
	read_ahead(w->message);
}

static enum status intake_keep(struct work *w, bool durable, struct error *err)
{
	const char *dir = settings_archive(w->settings);

	if (!dir)
		return ST_OK;
	w->archive = archive_name(w->envelope->received, w->digest);
	return spool_keep(w->arrival->spool, dir, w->archive, durable, err);
}

/* Is the copy in the archive an entry's? One that is known and not ours to look at now may have
 * been recorded under the same name. */
static bool copy_is_used(const struct work *w)
{
	if (w->known && w->outcome->left_alone)
		return true;
	return g_strcmp0(w->entry.archive, w->archive) == 0;
}

/* What is of no ticket leaves no copy, nor does a duplicate that has another name than the
 * first. */
static void drop_copy(struct work *w)
{
	if (w->archive && !copy_is_used(w))
		archive_remove(w->settings->archive.path, w->archive, NULL);
}

enum status intake(struct store *store, const struct arrival *arrival, struct outcome *outcome,
	struct error *err)
{
	struct work w;
	enum status st;

	work_init(&w, store, arrival, outcome);
	work_identify(&w);
	failpoint("before-archive");
	st = intake_keep(&w, arrival->settings->store.durable, err);
	failpoint("after-archive");
	if (st == ST_OK)
		st = store_write(store, work_record, &w, err);
	failpoint("after-commit");
	if (st == ST_OK) {
		work_plan(&w);
		drop_copy(&w);
	}
	work_release(&w);
	return st;
}

/* --- many at once --- */

struct batch {
	struct work *works;
	size_t n;
};

static enum status record_each(struct txn *txn, void *arg, struct error *err)
{
	const struct batch *batch = arg;
	enum status st = ST_OK;

	for (size_t i = 0; i < batch->n && st == ST_OK; i++)
		st = work_record(txn, &batch->works[i], err);
	return st;
}

static enum status keep_each(
	const struct batch *batch, const struct settings *settings, struct error *err)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < batch->n && st == ST_OK; i++) {
		work_identify(&batch->works[i]);
		st = intake_keep(&batch->works[i], false, err);
	}
	if (st == ST_OK && settings->store.durable && settings_archive(settings))
		st = archive_sync(settings_archive(settings), err);
	return st;
}

enum status intake_batch(struct store *store, const struct arrival *arrivals,
	struct outcome *outcomes, size_t n, struct error *err)
{
	struct batch batch = { g_new0(struct work, n), n };
	enum status st;

	for (size_t i = 0; i < n; i++)
		work_init(&batch.works[i], store, &arrivals[i], &outcomes[i]);
	st = n ? keep_each(&batch, arrivals[0].settings, err) : ST_OK;
	failpoint("batch-archived");
	if (st == ST_OK && n)
		st = store_write(store, record_each, &batch, err);
	failpoint("batch-recorded");
	for (size_t i = 0; i < n; i++) {
		if (st == ST_OK) {
			work_plan(&batch.works[i]);
			drop_copy(&batch.works[i]);
		}
		work_release(&batch.works[i]);
	}
	g_free(batch.works);
	return st;
}
