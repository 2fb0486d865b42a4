/* Commands in agents' mail: whose words they are, what they do, and the transcript. */
#include "act/intake-work.h"

#include <string.h>

#include "act/command-mail.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/tickets.h"

/* --- what the agent did not write --- */

/* A mail that was passed on as it came says somebody else's words (RFC 5322 section 3.6.6). */
static const char passed_on[] = N_("you passed this mail on and did not write it");

static bool is_resent(const struct work *w)
{
	static const char *const fields[] = { "Resent-From", "Resent-Sender", "Resent-To",
		"Resent-Date", "Resent-Message-ID" };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (message_header(w->message, fields[i], 0))
			return true;
	return false;
}

/* Clients that pass a mail on without a word about it keep its From, and name their own user as
 * sender in the envelope. */
bool commands_wrote_it(const struct work *w)
{
	const char *from = work_from_address(w);
	g_autofree char *sender = NULL;

	if (is_resent(w))
		return false;
	if (work_is_author(w) || settings_is_own(w->settings, from))
		return true;
	return address_canonical(w->envelope->sender, &sender) == ST_OK &&
		strcmp(sender, from) == 0;
}

/* What is looked for: Subjects always, lines of texts when the agent's may have commands. */
struct gathering {
	struct foreign *foreign;
	bool texts;
	uint64_t first; /* the oldest message whose text is looked at */
};

static bool commands_is_ours(const struct entry *e)
{
	return e->direction == DIRECTION_OUT || e->direction == DIRECTION_NOTE;
}

static enum status gather_entry(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct gathering *g = arg;
	g_autofree char *text = NULL;
	enum status st = ST_OK;

	foreign_subject(g->foreign, e->subject);
	for (char **s = e->subjects; s && *s; s++)
		foreign_subject(g->foreign, *s);
	if (g->texts && !commands_is_ours(e) && e->seq >= g->first)
		st = tickets_text(txn, e->ticket, e->seq, &text, err);
	if (text)
		foreign_text(g->foreign, text);
	return st;
}

/* A mail of ours without an entry has the title in its Subject. */
static enum status gather_title(struct work *w, struct gathering *g, uint64_t number)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(w->txn, number, &t, w->err);

	if (st == ST_OK)
		foreign_subject(g->foreign, t.subject);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status gather_hit(struct work *w, struct gathering *g, const struct id_hit *hit)
{
	struct entry e = { 0 };
	enum status st;

	if (!hit->seq)
		return gather_title(w, g, hit->ticket);
	st = tickets_entry(w->txn, hit->ticket, hit->seq, &e, w->err);
	if (st == ST_OK)
		st = gather_entry(w->txn, &e, g, w->err);
	record_release(&entry_type, &e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum { HITS_MAX = 8, ANSWERED_MAX = 8 };

static const char not_by_here[] = N_("the mail that you answer did not come by here");

static enum status gather_id(struct work *w, struct gathering *g, const char *id)
{
	struct id_hit hits[HITS_MAX];
	size_t n = 0;
	bool known = false;
	enum status st = tickets_find_id(w->txn, id, hits, HITS_MAX, &n, w->err);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		if (hits[i].kind == ID_REFERENCED)
			continue;
		known = true;
		st = gather_hit(w, g, &hits[i]);
	}
	if (!known || n == HITS_MAX)
		g->foreign->subject_doubt = not_by_here;
	return st;
}

/* Nobody knows what a mail says that did not come by here. Of several ids each may be the one: who
 * writes two into their Message-ID has both answered. */
static enum status gather_answered(struct work *w, struct gathering *g)
{
	const char *const *ids = work_answered_ids(w);
	enum status st = ST_OK;
	unsigned n = 0;

	for (; ids[n] && n < ANSWERED_MAX && st == ST_OK; n++)
		st = gather_id(w, g, ids[n]);
	if (ids[n] || (n == 0 && w->subject.is_reply && !w->match.ticket.number))
		g->foreign->subject_doubt = not_by_here;
	return st;
}

static void gather_enclosed(const struct message *enclosed, void *arg)
{
	struct gathering *g = arg;
	g_auto(GStrv) others = message_other_subjects(enclosed);

	foreign_subject(g->foreign, message_subject(enclosed));
	for (char **s = others; s && *s; s++)
		foreign_subject(g->foreign, *s);
	if (g->texts)
		foreign_text(g->foreign, message_text(enclosed));
}

/* What is likelier to be carried along comes first. */
static enum status commands_gather(struct work *w, bool texts)
{
	uint64_t count = w->match.ticket.messages_count;
	struct gathering g = { &w->foreign, texts,
		count > LIMIT_TEXTS_COMPARED ? count - LIMIT_TEXTS_COMPARED + 1 : 1 };
	enum status st = gather_answered(w, &g);

	if (st == ST_OK && w->match.ticket.number) {
		foreign_subject(&w->foreign, w->match.ticket.subject);
		st = tickets_each_entry(w->txn, w->match.ticket.number, gather_entry, &g, w->err);
	}
	message_each_enclosed(w->message, gather_enclosed, &g);
	foreign_header_block(&w->foreign, message_text(w->message));
	if (!commands_wrote_it(w))
		w->foreign.subject_doubt = w->foreign.text_doubt = passed_on;
	return st;
}

/* --- finding them --- */

static void see_rest(struct work *w)
{
	struct subject_view view;

	if (!w->commands.rest)
		return;
	subject_view_init(&view, w->commands.rest, &w->settings->tag_format);
	w->plain = g_steal_pointer(&view.plain);
	subject_view_release(&view);
}

static enum status intake_commands_find(struct work *w, const char *text)
{
	const char *raw = message_header(w->message, "Subject", 0);
	bool words = subject_has_commands(raw, &w->settings->tag_format);
	bool lines = text && command_mail_begins(text);
	enum status st = ST_OK;

	foreign_init(&w->foreign, &w->settings->tag_format);
	if (words || lines)
		st = commands_gather(w, lines);
	if (st == ST_OK && words)
		subject_commands_init(&w->commands, raw, &w->foreign);
	return st;
}

enum status commands_find(struct work *w, const char *text)
{
	enum status st = intake_commands_find(w, text);

	see_rest(w);
	return st;
}

void commands_take_again(struct work *w)
{
	w->commands.rest = subject_without(
		message_header(w->message, "Subject", 0), w->entry.taken);
}

void commands_release(struct work *w)
{
	subject_commands_release(&w->commands);
	foreign_release(&w->foreign);
	g_clear_pointer(&w->plain, g_free);
}

/* --- running them --- */

static struct commander commander_of(struct work *w)
{
	struct commander commander = {
		.actor = work_actor(w),
		.agent = &w->agent,
		.self = &w->agent,
		.settings = w->settings,
		.key = w->key,
	};

	return commander;
}

/* Where the transcript goes: the agent's address that the mail came from, else the first on record,
 * else where they say that they are. */
static const char *agent_mailbox(const struct work *w)
{
	const char *from = work_from_address(w);

	if (agent_address(&w->agent))
		return text_list_has(w->agent.addresses, from) ? from : agent_address(&w->agent);
	return *from ? from : NULL;
}

static enum status send_transcript(
	struct work *w, const struct transcript *transcript, const char *reply_to)
{
	const struct reply_context context = work_reply_context(w);
	g_autofree char *subject = work_subject(w);
	const char *to = agent_mailbox(w);

	if (transcript->text->len == 0)
		return ST_OK;
	/* Commands may have put mail into the outbox, too. */
	w->outcome->queued = true;
	if (!to)
		return ST_OK;
	return reply_transcript(&context,
		&(struct transcript_mail){ .to = to,
			.subject = subject,
			.text = transcript->text->str,
			.in_reply_to = message_id(w->message),
			.reply_to = reply_to,
			.ticket = reply_to ? 0 : w->match.ticket.number },
		w->err);
}

/* Commands change the ticket in the store: what we hold is stale after them. */
static enum status reload_ticket(struct work *w)
{
	uint64_t number = w->match.ticket.number;

	record_release(&ticket_type, &w->match.ticket);
	return tickets_resolve(w->txn, number, &w->match.ticket, w->err);
}

static void tell_kept(const struct work *w, struct transcript *transcript)
{
	const char *why = _(
		"a mail of this ticket, or one that you answer or forward, has them, too");
	g_autofree char *words = w->commands.kept ? g_strjoinv(" ", w->commands.kept) : NULL;
	g_autofree char *result = NULL;

	if (!words)
		return;
	result = g_strdup_printf(_("not run, and left in the Subject as text: %s. "
				   "Only words that you add are commands; a note takes them, too."),
		w->commands.doubt ? _(w->commands.doubt) : why);
	transcript_add(transcript, words, result);
}

static enum status intake_commands_run(
	struct work *w, const char *text, struct transcript *transcript)
{
	const struct commander commander = commander_of(w);
	const struct command_mail mail = { &commander, w->match.ticket.number, &w->foreign,
		transcript };
	enum status st = ST_OK;

	if (w->commands.taken)
		st = command_mail_words(w->txn, &mail, w->commands.taken, w->err);
	tell_kept(w, transcript);
	return st == ST_OK && text ? command_mail_note(w->txn, &mail, text, w->err) : st;
}

enum status commands_run(struct work *w, const char *text)
{
	struct transcript transcript;
	enum status st;

	if (w->arrival->import || (!w->commands.taken && !w->commands.kept && !text))
		return ST_OK;
	st = work_save(w);
	if (st != ST_OK)
		return st;
	transcript_init(&transcript);
	st = intake_commands_run(w, text, &transcript);
	if (st == ST_OK)
		st = send_transcript(w, &transcript, NULL);
	if (st == ST_OK)
		st = reload_ticket(w);
	transcript_release(&transcript);
	return st;
}

/* --- control mail --- */

/* An answer to the transcript is the next control mail. */
static const char *control_address(const struct work *w)
{
	for (const char *const *r = w->envelope->recipients; *r; r++) {
		g_autofree char *canonical = NULL;

		if (address_canonical(*r, &canonical) == ST_OK &&
			settings_is_control(w->settings, canonical))
			return *r;
	}
	return NULL;
}

enum status commands_run_control(struct work *w)
{
	const struct commander commander = commander_of(w);
	g_autofree char *text = message_own_text(w->message);
	struct transcript transcript;
	const struct command_mail mail = { &commander, 0, &w->foreign, &transcript };
	enum status st;

	foreign_init(&w->foreign, &w->settings->tag_format);
	transcript_init(&transcript);
	st = text ? commands_gather(w, true) : ST_OK;
	if (st == ST_OK)
		st = command_mail_control(w->txn, &mail, text, w->err);
	if (st == ST_OK)
		st = send_transcript(w, &transcript, control_address(w));
	if (st == ST_OK)
		st = tickets_index_digest(w->txn, w->digest, 0, 0, w->err);
	transcript_release(&transcript);
	return st;
}
