/* Commands in agents' mail: whose words they are, what they do, and the transcript. */
#include "act/attempt.h"

#include "act/command-mail.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/tickets.h"

/* --- what the agent did not write --- */

/* A redirected mail (RFC 5322 section 3.6.6) has somebody else's words. */
static const char passed_on[] = N_("you passed this mail on and did not write it");

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

/* A mail of ours that has no entry has the ticket's title in its Subject. */
static enum status gather_title(struct attempt *a, struct gathering *g, uint64_t number)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(a->txn, number, &t, a->err);

	if (st == ST_OK)
		foreign_subject(g->foreign, t.subject);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status gather_hit(struct attempt *a, struct gathering *g, const struct id_hit *hit)
{
	struct entry e = { 0 };
	enum status st;

	if (!hit->seq)
		return gather_title(a, g, hit->ticket);
	st = tickets_entry(a->txn, hit->ticket, hit->seq, &e, a->err);
	if (st == ST_OK)
		st = gather_entry(a->txn, &e, g, a->err);
	record_release(&entry_type, &e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum { HITS_MAX = 8, ANSWERED_MAX = 8 };

static const char not_by_here[] = N_("the mail that you answer did not come by here");

static enum status gather_id(struct attempt *a, struct gathering *g, const char *id)
{
	struct id_hit hits[HITS_MAX];
	size_t n = 0;
	bool known = false;
	enum status st = tickets_find_id(a->txn, id, hits, HITS_MAX, &n, a->err);

	for (size_t i = 0; i < n && st == ST_OK; i++) {
		if (hits[i].kind == ID_REFERENCED)
			continue;
		known = true;
		st = gather_hit(a, g, &hits[i]);
	}
	if (!known || n == HITS_MAX)
		g->foreign->subject_doubt = not_by_here;
	return st;
}

/* Nobody knows the words of a mail that did not come by here. Of several ids each may be the
 * answered mail's: whoever writes two into a Message-ID gets both in the answer. */
static enum status gather_answered(struct attempt *a, struct gathering *g)
{
	const char *const *ids = a->arrival->answered;
	enum status st = ST_OK;
	unsigned n = 0;

	for (; ids[n] && n < ANSWERED_MAX && st == ST_OK; n++)
		st = gather_id(a, g, ids[n]);
	if (ids[n] || (n == 0 && a->arrival->subject.is_reply && !a->match.ticket.number))
		g->foreign->subject_doubt = not_by_here;
	return st;
}

static void gather_enclosed(struct attempt *a, const struct gathering *g)
{
	const struct agents_words *own = &a->arrival->own;

	for (guint i = 0; i < own->subjects->len; i++)
		foreign_subject(g->foreign, g_ptr_array_index(own->subjects, i));
	for (guint i = 0; i < own->texts->len && g->texts; i++)
		foreign_text(g->foreign, g_ptr_array_index(own->texts, i));
}

/* The Subjects that are likeliest to be carried along come first. */
static enum status commands_gather(struct attempt *a, bool texts)
{
	uint64_t count = a->match.ticket.messages_count;
	struct gathering g = { &a->foreign, texts,
		count > LIMIT_TEXTS_COMPARED ? count - LIMIT_TEXTS_COMPARED + 1 : 1 };
	enum status st = gather_answered(a, &g);

	if (st == ST_OK && a->match.ticket.number) {
		foreign_subject(&a->foreign, a->match.ticket.subject);
		st = tickets_each_entry(a->txn, a->match.ticket.number, gather_entry, &g, a->err);
	}
	gather_enclosed(a, &g);
	foreign_header_block(&a->foreign, message_text(a->arrival->message));
	if (!who_wrote_its_words(&a->who, a->arrival))
		a->foreign.subject_doubt = a->foreign.text_doubt = passed_on;
	return st;
}

/* --- finding them --- */

static void see_rest(struct attempt *a)
{
	struct subject_view view;

	if (!a->commands.rest)
		return;
	subject_view_init(&view, a->commands.rest, &a->arrival->settings->tag_format);
	a->plain = g_steal_pointer(&view.plain);
	subject_view_release(&view);
}

static enum status commands_look(struct attempt *a, const char *text)
{
	bool words = a->arrival->has_words;
	bool lines = text && command_mail_begins(text);
	enum status st = ST_OK;

	foreign_init(&a->foreign, &a->arrival->settings->tag_format);
	if (words || lines)
		st = commands_gather(a, lines);
	if (st == ST_OK && words)
		subject_commands_init(&a->commands, a->arrival->raw_subject, &a->foreign);
	return st;
}

enum status commands_find(struct attempt *a, const char *text)
{
	enum status st = commands_look(a, text);

	see_rest(a);
	return st;
}

void commands_take_again(struct attempt *a)
{
	a->commands.rest = subject_without(a->arrival->raw_subject, a->entry.taken);
}

/* --- running them --- */

static struct commander commander_of(struct attempt *a)
{
	struct commander commander = {
		.actor = attempt_actor(a),
		.agent = &a->who.agent,
		.self = &a->who.agent,
		.local_times = true,
		.settings = a->arrival->settings,
		.key = a->arrival->key,
	};

	return commander;
}

/* Where the transcript goes: the agent's address that the mail came from, else the first one in the
 * store, else the address in From. */
static const char *agent_mailbox(const struct attempt *a)
{
	const char *from = arrival_author(a->arrival);

	if (agent_address(&a->who.agent))
		return text_list_has(a->who.agent.addresses, from) ? from
								   : agent_address(&a->who.agent);
	return *from ? from : NULL;
}

static enum status send_transcript(
	struct attempt *a, const struct transcript *transcript, const char *reply_to)
{
	const struct reply_context context = attempt_reply_context(a);
	g_autofree char *subject = attempt_subject(a);
	const char *to = agent_mailbox(a);

	if (transcript->text->len == 0)
		return ST_OK;
	/* Commands may have put mail into the outbox, too. */
	a->outcome->queued = true;
	if (!to)
		return ST_OK;
	return reply_transcript(&context,
		&(struct transcript_mail){ .to = to,
			.subject = subject,
			.text = transcript->text->str,
			.in_reply_to = a->arrival->id,
			.reply_to = reply_to,
			.ticket = reply_to ? 0 : a->match.ticket.number },
		a->err);
}

/* Commands change the ticket in the store, so the copy here is stale after them. */
static enum status reload_ticket(struct attempt *a)
{
	uint64_t number = a->match.ticket.number;

	record_release(&ticket_type, &a->match.ticket);
	return tickets_resolve(a->txn, number, &a->match.ticket, a->err);
}

static void tell_kept(const struct attempt *a, struct transcript *transcript)
{
	const char *why = _(
		"a mail of this ticket, or one that you answer or forward, has them, too");
	g_autofree char *words = a->commands.kept ? g_strjoinv(" ", a->commands.kept) : NULL;
	g_autofree char *result = NULL;

	if (!words)
		return;
	result = g_strdup_printf(_("not run, and left in the Subject as text: %s. "
				   "Only words that you add are commands; a note takes them, too."),
		a->commands.doubt ? _(a->commands.doubt) : why);
	transcript_add(transcript, words, result);
}

static enum status commands_do(struct attempt *a, const char *text, struct transcript *transcript)
{
	const struct commander commander = commander_of(a);
	const struct command_mail mail = { &commander, a->match.ticket.number, &a->foreign,
		transcript };
	enum status st = ST_OK;

	if (a->commands.taken)
		st = command_mail_words(a->txn, &mail, a->commands.taken, a->err);
	tell_kept(a, transcript);
	return st == ST_OK && text ? command_mail_note(a->txn, &mail, text, a->err) : st;
}

enum status commands_run(struct attempt *a, const char *text)
{
	struct transcript transcript;
	enum status st;

	if (a->arrival->import || (!a->commands.taken && !a->commands.kept && !text))
		return ST_OK;
	st = attempt_save(a);
	if (st != ST_OK)
		return st;
	transcript_init(&transcript);
	st = commands_do(a, text, &transcript);
	if (st == ST_OK)
		st = send_transcript(a, &transcript, NULL);
	if (st == ST_OK)
		st = reload_ticket(a);
	transcript_release(&transcript);
	return st;
}

/* --- control mail --- */

/* Answers to the transcript go there: they are the next control mail. */
static const char *control_address(const struct attempt *a)
{
	for (const char *const *r = a->arrival->envelope->recipients; *r; r++) {
		g_autofree char *canonical = NULL;

		if (address_canonical(*r, &canonical) == ST_OK &&
			settings_is_control(a->arrival->settings, canonical))
			return *r;
	}
	return NULL;
}

enum status commands_run_control(struct attempt *a)
{
	const struct commander commander = commander_of(a);
	const char *text = a->arrival->own.text;
	struct transcript transcript;
	const struct command_mail mail = { &commander, 0, &a->foreign, &transcript };
	enum status st;

	foreign_init(&a->foreign, &a->arrival->settings->tag_format);
	transcript_init(&transcript);
	st = text ? commands_gather(a, true) : ST_OK;
	if (st == ST_OK)
		st = command_mail_control(a->txn, &mail, text, a->err);
	if (st == ST_OK)
		st = send_transcript(a, &transcript, control_address(a));
	if (st == ST_OK)
		st = tickets_index_digest(a->txn, a->arrival->digest, 0, 0, a->err);
	transcript_release(&transcript);
	return st;
}
