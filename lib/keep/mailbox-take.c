/* Mail that is dropped in, by intake(). */
#include "keep/mailbox-take.h"

#include <string.h>
#include <unistd.h>

#include "act/intake.h"
#include "act/reply.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "keep/box.h"
#include "mail/heading.h"
#include "tables/claim-rows.h"
#include "tables/queues.h"

enum { CHUNK_BYTES = 64 * 1024 };

/* --- was it taken in before? --- */

struct noted {
	const char *name;
	bool there;
	const char *queue; /* NULL: of no matter */
	bool no_queue;     /* there is none of that name */
};

static enum status take_look(struct txn *txn, void *arg, struct error *err)
{
	struct noted *noted = arg;
	struct queue queue = { 0 };
	enum status st = claims_noted(txn, noted->name, &noted->there, err);

	if (st != ST_OK || !noted->queue)
		return st;
	st = queues_load(txn, noted->queue, &queue, err);
	noted->no_queue = st == ST_NOT_FOUND;
	record_release(&queue_type, &queue);
	return noted->no_queue ? ST_OK : st;
}

static enum status take_forget(struct txn *txn, void *arg, struct error *err)
{
	return claims_forget(txn, arg, err);
}

enum status mailbox_taken_forget(struct store *store, const char *name, struct error *err)
{
	struct noted noted = { .name = name };
	enum status st = store_read(store, take_look, &noted, err);

	return st == ST_OK && noted.there ? store_write(store, take_forget, (void *)name, err) : st;
}

static enum status take_list(struct txn *txn, void *arg, struct error *err)
{
	g_ptr_array_set_size(arg, 0);
	return claims_list(txn, arg, err);
}

enum status mailbox_taken_list(struct store *store, GPtrArray **names_out, struct error *err)
{
	*names_out = g_ptr_array_new_with_free_func(g_free);
	return store_read(store, take_list, *names_out, err);
}

/* --- the mail as one that arrives --- */

/* The account of the folder's queue; else of one of the agent's queues; else the first. */
static const struct account *take_account(const struct mailbox_mail *mail)
{
	const GPtrArray *accounts = mail->settings->accounts;
	const struct account *of_agent = NULL;

	for (guint i = 0; i < accounts->len; i++) {
		const struct account *account = accounts->pdata[i];

		if (mail->queue && strcmp(account->queue, mail->queue) == 0)
			return account;
		if (!of_agent && agent_in_queue(mail->agent, account->queue))
			of_agent = account;
	}
	if (of_agent)
		return of_agent;
	return accounts->len ? accounts->pdata[0] : NULL;
}

/* --- whether --- */

static const char *take_why_not(const struct mailbox_mail *mail, const struct message *message,
	const struct account *account)
{
	struct mailboxes from = message_from(message);

	if (mail->draft)
		return N_("it is a draft");
	if (!account)
		return N_("there is no account");
	if (!from.n)
		return N_("it has no author");
	if (agent_is(mail->agent, from.v[0].address) ||
		settings_is_desk(mail->settings, from.v[0].address))
		return N_("it is your own");
	return NULL;
}

static enum status take_in(struct store *store, struct arrival *arrival,
	struct mailbox_taken *taken_out, struct error *err)
{
	struct outcome outcome;
	enum status st;

	outcome_init(&outcome);
	st = intake(store, arrival, &outcome, err);
	if (st == ST_OK && outcome.duplicate)
		taken_out->why = N_("it is recorded already");
	else if (st == ST_OK && (outcome.left_alone || !outcome.ticket))
		taken_out->why = N_("it is of a kind that opens no ticket");
	else if (st == ST_OK)
		taken_out->ticket = outcome.ticket;
	outcome_release(&outcome);
	return st;
}

/* queue: that of the folder, while there is one; NULL: the account's. */
static enum status take_message(struct store *store, const struct mailbox_mail *mail,
	const char *queue, struct spool *spool, struct mailbox_taken *taken_out, struct error *err)
{
	struct message *message = spool_parse(spool);
	const struct account *account = take_account(mail);
	struct mailboxes from = message_from(message);
	const char *const recipients[] = { account ? account->address : "", NULL };
	const struct envelope envelope = { .sender = from.n ? from.v[0].address : "",
		.recipients = recipients,
		.queue_id = "",
		.received = mail->now };
	const struct claim claim = { .name = mail->name,
		.queue = queue,
		.agent = mail->queue ? NULL : mail->agent->login,
		.login = mail->agent->login };
	struct arrival arrival = { .settings = mail->settings,
		.envelope = &envelope,
		.message = message,
		.spool = spool,
		.claim = &claim,
		.import = true };
	enum status st = ST_OK;

	taken_out->why = take_why_not(mail, message, account);
	if (!taken_out->why)
		st = take_in(store, &arrival, taken_out, err);
	message_free(message);
	return st;
}

/* No more than it may have, however it grows meanwhile. */
static enum status take_spool(
	const struct mailbox_mail *mail, struct spool *spool, struct error *err)
{
	g_autoptr(GString) begin = heading_read(mail->fd, LIMIT_MAILBOX_MAIL);
	const struct mail bytes = { .data = begin->str, .len = begin->len };
	enum status st = mail_spool(&bytes, spool, err);
	char chunk[CHUNK_BYTES];
	ssize_t n = 1;

	while (st == ST_OK && n > 0 && spool_size(spool) < LIMIT_MAILBOX_MAIL) {
		n = read(mail->fd, chunk, sizeof chunk);
		if (n > 0)
			st = spool_body(spool, chunk, (size_t)n, err);
	}
	return st;
}

enum status mailbox_take(struct store *store, const struct mailbox_mail *mail,
	struct mailbox_taken *taken_out, struct error *err)
{
	struct noted noted = { .name = mail->name, .queue = mail->queue };
	enum status st = store_read(store, take_look, &noted, err);
	struct spool *spool;

	*taken_out = (struct mailbox_taken){ 0 };
	if (st != ST_OK || noted.there)
		return st;
	spool = arrival_spool(mail->settings);
	st = take_spool(mail, spool, err);
	if (st == ST_OK)
		st = take_message(
			store, mail, noted.no_queue ? NULL : mail->queue, spool, taken_out, err);
	spool_free(spool);
	if (st != ST_BAD_INPUT && st != ST_REFUSED)
		return st;
	taken_out->why = N_("it is no mail");
	return ST_OK;
}

/* --- what was kept --- */

static enum status take_tell(struct txn *txn, void *arg, struct error *err)
{
	const struct mailbox_kept *k = arg;
	const struct reply_context context = { .txn = txn,
		.settings = k->settings,
		.key = &k->key,
		.actor = { "milticket", k->now } };
	g_autofree char *text = g_strdup_printf(
		_("A mail that you put into the folder %s is no ticket: %s.\n"
		  "It is in the folder \"Not taken\".\n"),
		k->folder, _(k->why));
	struct agent agent = { 0 };
	enum status st = agents_load(txn, k->login, &agent, err);

	if (st == ST_OK && agent_address(&agent))
		st = reply_transcript(&context,
			&(const struct transcript_mail){
				.to = agent_address(&agent), .subject = k->folder, .text = text },
			err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status mailbox_tell_kept(
	struct store *store, const struct mailbox_kept *kept, struct error *err)
{
	return store_write(store, take_tell, (void *)kept, err);
}
