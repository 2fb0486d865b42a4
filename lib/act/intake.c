/* The story of a message. */
#include "act/intake.h"

#include "act/attempt.h"
#include "act/intake-wants.h"
#include "archive/archive.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"
#include "decide/plan.h"
#include "tables/claim-rows.h"

/* --- the transaction --- */

static enum status intake_leave_alone(struct attempt *a)
{
	a->outcome->left_alone = true;
	return ST_OK;
}

static enum status (*const steps[])(struct attempt *a) = {
	[WHOSE_OTHER] = intake_leave_alone,
	[WHOSE_INBOUND] = inbound,
	[WHOSE_REPLY] = agent_reply,
	[WHOSE_DESK_REPLY] = agent_reply,
	[WHOSE_OPENED] = agent_opened,
	[WHOSE_NOTE] = agent_note,
	[WHOSE_COMMANDS] = agent_commands,
	[WHOSE_REFUSED] = agent_refused,
};

/* Nothing of it is recorded. */
static enum status refuse_flood(struct attempt *a)
{
	a->outcome->whose = WHOSE_REFUSED;
	a->outcome->event = "refused";
	a->outcome->reason = "too many header fields";
	edits_verdict(&a->outcome->edits, VERDICT_REJECT,
		"5.6.0 This message has thousands of header fields such as X-Ticket or Subject, "
		"of which a mail has few");
	return ST_OK;
}

static enum status intake_find(struct attempt *a)
{
	const struct match_query query = attempt_query(a);
	enum status st = match_seen(a->txn, &query, &a->seen, a->err);

	/* A message of no ticket was commands, and those only come by the control address; for
	 * other recipients it is a mail as any other. */
	a->known = st == ST_OK && (a->seen.ticket || a->recipients.control);
	if (a->known)
		why_add(a->why,
			_("it was recorded before, as message %" PRIu64 " of #%" PRIu64 "%s"),
			a->seen.seq, a->seen.ticket,
			a->seen.copy ? _(", and has changed on its way since") : "");
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status intake_new(struct attempt *a)
{
	enum status st = attempt_find_ticket(a);

	if (st != ST_OK)
		return st;
	a->outcome->whose = attempt_whose(a);
	st = steps[a->outcome->whose](a);
	return st == ST_OK ? attempt_save(a) : st;
}

static enum status intake_hand_on(struct attempt *a)
{
	enum status st = ST_OK;

	if (attempt_is_edited(a) && attempt_wants_workers(a))
		st = attempt_find_workers(a);
	for (char **p = a->entry.copied; a->workers && p && *p; p++)
		if (!text_list_has(a->workers, *p))
			text_list_add(&a->workers, *p);
	if (st == ST_OK && attempt_is_edited(a))
		attempt_find_watchers(a);
	/* Of an agent's answer it is known already. */
	if (st == ST_OK && a->outcome->whose == WHOSE_INBOUND)
		attempt_find_addressee(a, &a->entry);
	return st;
}

static enum status intake_tell(struct attempt *a)
{
	enum status st = attempt_find_sender(a);

	if (st == ST_OK && a->arrival->flooded)
		return refuse_flood(a);
	if (st == ST_OK)
		st = intake_find(a);
	if (st == ST_OK && a->known && (a->recipients.hits->len || a->who.is_agent))
		st = again(a);
	else if (st == ST_OK)
		st = intake_new(a);
	if (st != ST_OK || a->outcome->left_alone || a->outcome->edits.verdict != VERDICT_ACCEPT)
		return st;
	st = intake_hand_on(a);
	attempt_report(a);
	failpoint("before-commit");
	return st;
}

/* With the ticket goes that its file was taken in: it may be met again. */
static enum status intake_tell_all(struct attempt *a)
{
	const struct claim *claim = a->arrival->claim;
	enum status st = intake_tell(a);

	if (st != ST_OK || !claim || a->outcome->left_alone || a->outcome->duplicate)
		return st;
	return claims_note(a->txn, claim->name, a->err);
}

enum status intake_record(struct txn *txn, void *arg, struct error *err)
{
	struct attempt *a = arg;

	attempt_begin(a, txn, err);
	return attempt_end(a, intake_tell_all(a));
}

/* --- around it --- */

enum status intake_read(struct arrival *arrival, struct store *store, struct error *err)
{
	int64_t since = g_get_monotonic_time();
	enum status st = store_secret(store, arrival->key.secret, err);

	if (st == ST_OK)
		arrival_read(arrival);
	/* The archive may be a part of the store: both have one deadline. */
	arrival->since = since;
	return st;
}

enum status intake_archive(const struct arrival *a, bool durable, struct error *err)
{
	const char *dir = settings_archive(a->settings);

	return dir ? spool_keep(a->spool, dir, a->archive, durable, err) : ST_OK;
}

void intake_plan(struct attempt *a)
{
	const struct plan p = {
		.arrival = a->arrival,
		.recipients = &a->recipients,
		.ticket = &a->match.ticket,
		.account = attempt_account(a),
		.agent = attempt_agent(a),
		.whose = a->outcome->whose,
		.match = (int)a->match.how,
		.addressee = a->addressee.address ? &a->addressee : NULL,
		.event = a->outcome->event,
		.new_id = a->new_id,
		.subject = a->commands.rest,
		.workers = a->workers,
		.watchers = a->watchers,
	};

	if (attempt_is_edited(a))
		plan_edits(&p, &a->outcome->edits);
}

/* Does an entry name the copy in the archive? A known message that is left alone this time may have
 * been recorded under the same name. */
static bool copy_is_used(const struct attempt *a)
{
	if (a->known && a->outcome->left_alone)
		return true;
	return g_strcmp0(a->entry.archive, a->arrival->archive) == 0;
}

/* A message of no ticket leaves no copy, and neither does a duplicate whose name differs from the
 * first one's. */
void intake_finish(struct attempt *a)
{
	intake_plan(a);
	if (a->arrival->archive && !copy_is_used(a))
		archive_remove(a->arrival->settings->archive.path, a->arrival->archive, NULL);
}

enum status intake(
	struct store *store, struct arrival *arrival, struct outcome *outcome, struct error *err)
{
	struct attempt a = { .arrival = arrival, .outcome = outcome };
	enum status st = intake_read(arrival, store, err);

	failpoint("before-archive");
	if (st == ST_OK)
		st = intake_archive(arrival, arrival->settings->store.durable, err);
	failpoint("after-archive");
	if (st == ST_OK)
		st = intake_write(store, arrival, 1, intake_record, &a, err);
	failpoint("after-commit");
	if (st == ST_OK)
		intake_finish(&a);
	attempt_release(&a);
	arrival_release(arrival);
	return st;
}
