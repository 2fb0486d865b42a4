/* ticket queue remove. Open tickets move in the transaction that removes the queue, all or none;
 * closed ones, which may be a million, before that and some at a time, so that no mail waits for
 * them. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "counted.h"
#include "json.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"

enum { BATCH = 500 };

static const struct cli_option options[] = {
	{ .name = "move-to", .argument = "QUEUE", .help = N_("move its tickets there first") },
	{ .name = NULL },
};

struct removal {
	struct cli *cli;
	const char *name, *to; /* to: NULL when no ticket is to be moved */
	GArray *numbers;       /* uint64_t: tickets of the queue, or that it watches */
	unsigned first, n,
		open; /* of numbers, those of this transaction; how many of the queue are open */
	uint64_t moved;
	GPtrArray *members; /* struct agent * */
};

/* --- what there is --- */

static enum status remove_note_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct removal *r = arg;
	bool own = g_strcmp0(t->queue, r->name) == 0;

	(void)txn;
	(void)err;
	r->open += own && ticket_status_active(t->status);
	/* A closed ticket may keep the name of a queue that is gone. */
	if (!own || r->to || ticket_status_active(t->status))
		g_array_append_val(r->numbers, t->number);
	return ST_OK;
}

/* Open tickets, or those that are not. */
static enum status note_tickets(struct txn *txn, struct removal *r, bool open, struct error *err)
{
	const unsigned closed = 1U << TICKET_CLOSED | 1U << TICKET_SPAM;
	const struct ticket_filter filter = {
		.queue = r->name, .priority = -1, .statuses = open ? 0 : closed, .merged = !open
	};

	g_array_set_size(r->numbers, 0);
	r->open = 0;
	return tickets_list(txn, &filter, remove_note_ticket, r, err);
}

static enum status remove_refuse(struct txn *txn, struct removal *r, struct error *err)
{
	enum status st = queues_need(txn, r->name, err);

	if (st == ST_OK && r->to && strcmp(r->to, r->name) == 0)
		return error_set(err, ST_BAD_INPUT,
			_("queue '%s' cannot take its own tickets; --move-to names another"),
			r->name);
	if (st == ST_OK && r->to)
		st = queues_need(txn, r->to, err);
	if (st == ST_OK)
		st = note_tickets(txn, r, true, err);
	if (st == ST_OK && r->open && !r->to)
		st = error_set(err, ST_REFUSED,
			_("queue '%s' has %u open ticket%s: name another with --move-to"), r->name,
			r->open, text_plural(r->open));
	return st;
}

static enum status remove_look(struct txn *txn, void *arg, struct error *err)
{
	enum status st = remove_refuse(txn, arg, err);

	return st == ST_OK ? note_tickets(txn, arg, false, err) : st;
}

/* --- moving --- */

static enum status move_ticket(
	struct txn *txn, struct removal *r, uint64_t number, struct error *err)
{
	const struct commander commander = {
		.actor = r->cli->actor, .settings = r->cli->settings, .key = r->cli->key
	};
	const struct command command = { .verb = VERB_QUEUE, .text = (char *)r->to };
	g_autofree char *done = NULL;

	r->moved++;
	return command_apply(txn, &commander, number, &command, &done, err);
}

static bool take_out(char **names, const char *name)
{
	char **kept = names;
	bool found = false;

	for (; names && *names; names++)
		if (strcmp(*names, name) == 0) {
			g_free(*names);
			found = true;
		} else {
			*kept++ = *names;
		}
	if (found)
		*kept = NULL;
	return found;
}

/* A merged ticket leads to another: a command would change that one. */
static enum status move_merged(
	struct txn *txn, struct removal *r, struct ticket *t, struct error *err)
{
	g_free(t->queue);
	t->queue = g_strdup(r->to);
	return tickets_save(txn, t, err);
}

static enum status leave_queue(
	struct txn *txn, struct removal *r, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(txn, number, &t, err);
	bool own = st == ST_OK && r->to && g_strcmp0(t.queue, r->name) == 0;

	if (st == ST_OK && take_out(t.watchers, r->name))
		st = tickets_save(txn, &t, err);
	if (st == ST_OK && own)
		st = t.merged_into ? move_merged(txn, r, &t, err)
				   : move_ticket(txn, r, number, err);
	record_release(&ticket_type, &t);
	return st == ST_NOT_FOUND && !err->text[0] ? ST_OK : st;
}

static enum status leave_some(struct txn *txn, void *arg, struct error *err)
{
	struct removal *r = arg;
	enum status st = ST_OK;

	r->moved = 0;
	for (unsigned i = r->first; i < r->first + r->n && st == ST_OK; i++)
		st = leave_queue(txn, r, g_array_index(r->numbers, uint64_t, i), err);
	return st;
}

static enum status note_member(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct removal *r = arg;

	(void)txn;
	(void)err;
	if (agent_in_queue(agent, r->name))
		g_ptr_array_add(r->members, record_dup(&agent_type, agent));
	return ST_OK;
}

static enum status leave_members(struct txn *txn, struct removal *r, struct error *err)
{
	enum status st;

	g_ptr_array_set_size(r->members, 0);
	st = agents_each(txn, note_member, r, err);
	for (unsigned i = 0; i < r->members->len && st == ST_OK; i++) {
		struct agent *agent = g_ptr_array_index(r->members, i);

		take_out(agent->queues, r->name);
		st = agents_save(txn, agent, err);
	}
	return st;
}

static enum status remove_queue(struct txn *txn, void *arg, struct error *err)
{
	struct removal *r = arg;
	enum status st = remove_refuse(txn, r, err);

	r->first = 0;
	r->n = r->numbers->len;
	if (st == ST_OK)
		st = leave_some(txn, r, err);
	if (st == ST_OK)
		st = leave_members(txn, r, err);
	return st == ST_OK ? queues_remove(txn, r->name, err) : st;
}

static enum status remove_all(struct removal *r, uint64_t *moved_out)
{
	struct cli *cli = r->cli;
	enum status st = store_read(cli->store, remove_look, r, &cli->err);

	*moved_out = 0;
	for (r->first = 0; r->first < r->numbers->len && st == ST_OK; r->first += BATCH) {
		r->n = MIN(r->numbers->len - r->first, BATCH);
		st = store_write(cli->store, leave_some, r, &cli->err);
		*moved_out += r->moved;
	}
	if (st == ST_OK)
		st = store_write(cli->store, remove_queue, r, &cli->err);
	*moved_out += r->moved;
	return st;
}

static void queue_say_removed(const char *name, uint64_t moved)
{
	g_autofree char *tickets = counted_tickets(moved);

	printf(_("queue %s removed, %s moved\n"), name, tickets);
}

static int remove_run(struct cli *cli)
{
	struct removal r = { .cli = cli,
		.name = cli->args[0],
		.to = cli_value(cli, "move-to"),
		.numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.members = g_ptr_array_new_with_free_func(record_free) };
	uint64_t moved;
	enum status st = remove_all(&r, &moved);

	if (st == ST_OK && cli->json)
		json_print(json_pack("{s:s, s:b, s:I}", "name", r.name, "removed", 1, "moved",
			(json_int_t)moved));
	else if (st == ST_OK)
		queue_say_removed(r.name, moved);
	g_array_unref(r.numbers);
	g_ptr_array_unref(r.members);
	return cli_status(cli, st);
}

const struct cli_command cmd_queue_remove = {
	.name = "queue remove",
	.arguments = "QUEUE",
	.summary = N_("remove a queue without open tickets"),
	.options = options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = remove_run,
};
