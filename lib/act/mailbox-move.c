/* Moves as commands. */
#include "act/mailbox-move.h"

#include <inttypes.h>
#include <string.h>

#include "act/command.h"
#include "act/copy-mail.h"
#include "act/reply.h"
#include "base/failpoint.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/placements.h"
#include "tables/tickets.h"

struct moving {
	const struct mailbox_move *move;
	struct placement row; /* of the ticket, as the message has it */
	struct agent agent;
	struct ticket ticket;
	enum move_fate fate;
	char *why; /* it was refused */
};

static void moving_reset(struct moving *g)
{
	record_release(&placement_type, &g->row);
	record_release(&agent_type, &g->agent);
	record_release(&ticket_type, &g->ticket);
	g->fate = MOVE_LOST;
}

static struct commander moving_commander(const struct moving *g)
{
	return (struct commander){ .actor = { g->agent.login, g->move->now },
		.way = "mailbox",
		.hasty = true,
		.agent = &g->agent,
		.self = &g->agent,
		.settings = g->move->settings,
		.key = g->move->key };
}

/* --- is it still so? --- */

/* Does the agent see it where the message was? */
static bool moving_is_current(const struct moving *g)
{
	const struct viewer viewer = { g->agent.login, g->agent.queues };
	struct placement now = { 0 };
	bool same;

	copy_describe(g->move->settings, &g->ticket, &g->row, &now);
	same = folder_same(
		placement_folder(&now, &viewer, 0), placement_folder(&g->row, &viewer, 0));
	record_release(&placement_type, &now);
	return same && g->row.generation == g->move->generation && !g->ticket.merged_into;
}

static enum status moving_load(struct txn *txn, struct moving *g, struct error *err)
{
	enum status st = placements_load(txn, g->move->box, g->move->ticket, &g->row, err);

	if (st == ST_OK)
		st = agents_load(txn, g->move->login, &g->agent, err);
	if (st == ST_OK && g->agent.inactive)
		st = ST_NOT_FOUND;
	return st == ST_OK ? tickets_load(txn, g->move->ticket, &g->ticket, err) : st;
}

/* --- the command --- */

void mailbox_command(struct command *command, struct folder to, bool flagged)
{
	if (command->verb == VERB_QUEUE)
		command->text = (char *)to.queue;
	if (command->verb == VERB_STATUS)
		command->value = TICKET_WAITING;
	if (command->verb == VERB_PRIORITY)
		command->text = (char *)priority_names[flagged ? PRIORITY_NORMAL : PRIORITY_HIGH];
}

static enum status moving_apply(
	struct txn *txn, const struct moving *g, enum verb verb, struct error *err)
{
	const struct commander by = moving_commander(g);
	struct command command = { .verb = verb };
	g_autofree char *done = NULL;

	mailbox_command(&command, g->move->to, g->row.flagged);
	return command_apply(txn, &by, g->move->ticket, &command, &done, err);
}

static enum status moving_apply_all(struct txn *txn, const struct moving *g, struct error *err)
{
	struct move_verbs verbs = { { VERB_PRIORITY }, 1 };
	enum status st = ST_OK;

	if (!g->move->flag && !placement_verbs(g->move->to, &g->ticket, g->agent.login, &verbs))
		return error_set(
			err, ST_REFUSED, _("to be in that folder means nothing for a ticket"));
	for (unsigned i = 0; st == ST_OK && i < verbs.n; i++)
		st = moving_apply(txn, g, verbs.verbs[i], err);
	return st;
}

/* --- its place --- */

static enum status moving_save_row(struct txn *txn, struct moving *g, struct error *err)
{
	struct ticket t = { 0 };
	struct placement p = { 0 };
	enum status st = tickets_load(txn, g->move->ticket, &t, err);

	if (st != ST_OK)
		return st;
	copy_describe(g->move->settings, &t, &g->row, &p);
	p.generation = MAX((uint64_t)g->move->now, p.generation + 1);
	st = placements_save(txn, &p, err);
	record_release(&placement_type, &p);
	record_release(&ticket_type, &t);
	return st;
}

/* False with ST_OK: the ticket is gone, or is no more where it was seen. */
static enum status moving_begin(
	struct txn *txn, struct moving *g, bool *goes_on_out, struct error *err)
{
	enum status st;

	moving_reset(g);
	st = moving_load(txn, g, err);
	*goes_on_out = st == ST_OK && moving_is_current(g);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status moving_do(struct txn *txn, void *arg, struct error *err)
{
	struct moving *g = arg;
	bool goes_on;
	enum status st = moving_begin(txn, g, &goes_on, err);

	if (!goes_on)
		return st;
	if (!g->move->hold)
		st = moving_apply_all(txn, g, err);
	if (st == ST_OK)
		st = moving_save_row(txn, g, err);
	g->fate = g->move->hold ? MOVE_HELD : MOVE_DONE;
	failpoint("mailbox-move-commits");
	return st;
}

enum status mailbox_move_in(struct txn *txn, const struct mailbox_move *move,
	enum move_fate *fate_out, struct error *err)
{
	struct moving g = { .move = move };
	enum status st = moving_do(txn, &g, err);

	*fate_out = g.fate;
	moving_reset(&g);
	return st;
}

/* --- undone, with a notice --- */

static enum status moving_notice(struct txn *txn, struct moving *g, struct error *err)
{
	const struct reply_context context = { .txn = txn,
		.settings = g->move->settings,
		.key = &g->move->key,
		.actor = { "milticket", g->move->now } };
	g_autofree char *name = g->move->flag ? NULL : folder_name(g->move->to);
	g_autofree char *what = name
		? g_strdup_printf(_("You moved #%" PRIu64 " to %s"), g->move->ticket, name + 1)
		: g_strdup_printf(_("You changed a mark of #%" PRIu64), g->move->ticket);
	g_autofree char *text = g_strdup_printf(
		_("%s in your mail client. That was undone:\n%s.\n"), what, g->why);
	g_autofree char *subject = g_strdup_printf("#%" PRIu64, g->move->ticket);
	const char *to = agent_address(&g->agent);

	if (!to)
		return ST_OK;
	return reply_transcript(&context,
		&(const struct transcript_mail){
			.to = to, .subject = subject, .text = text, .ticket = g->move->ticket },
		err);
}

static enum status moving_undo(struct txn *txn, void *arg, struct error *err)
{
	struct moving *g = arg;
	bool goes_on;
	enum status st = moving_begin(txn, g, &goes_on, err);

	if (!goes_on)
		return st;
	st = moving_notice(txn, g, err);
	if (st == ST_OK)
		st = moving_save_row(txn, g, err);
	g->fate = MOVE_REFUSED;
	return st;
}

enum status mailbox_move(struct store *store, const struct mailbox_move *move,
	enum move_fate *fate_out, struct error *err)
{
	struct moving g = { .move = move };
	enum status st = store_write(store, moving_do, &g, err);

	if (st == ST_REFUSED || st == ST_BAD_INPUT || st == ST_NOT_FOUND) {
		g.why = g_strdup(err->text);
		st = store_write(store, moving_undo, &g, err);
		g_free(g.why);
	}
	*fate_out = g.fate;
	moving_reset(&g);
	failpoint("mailbox-move-committed");
	return st;
}
