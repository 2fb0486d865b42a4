/* ticket queue list|show|add|set. */
#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "print.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"

/* clang-format off */
#define WRITE_OPTIONS \
	{ .name = "title", .argument = "TEXT", .help = N_("what people call it") }, \
	{ .name = "assign", .argument = "manual|round-robin|least-loaded", \
		.help = N_("to whom its new tickets go by themselves") }, \
	{ .name = "calendar", .argument = "CALENDAR", \
		.help = N_("by which its business time is counted; \"\" for none") }, \
	{ .name = "signature", .argument = "TEXT", \
		.help = N_("what stands below its agents' answers; \"\" for nothing") }, \
	{ .name = "responsible", .argument = "LOGIN", \
		.help = N_("the agent who gets its new tickets; \"\" for nobody") }
/* clang-format on */
static const struct cli_option write_options[] = { WRITE_OPTIONS, { .name = NULL } };
static const struct cli_option set_options[] = {
	{ .name = "create", .help = N_("make it if it is not there") },
	WRITE_OPTIONS,
	{ .name = NULL },
};

/* --- reading --- */

struct looking {
	const char *only; /* name; NULL: all */
	GPtrArray *views; /* struct queue_view * */
};

/* The view owns the queue and the names. */
static void view_free(void *data)
{
	struct queue_view *view = data;

	record_free(view->queue);
	g_strfreev(view->members);
	g_free(view);
}

struct membership {
	const char *queue;
	GPtrArray *logins;
};

static enum status queue_add_member(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct membership *m = arg;

	(void)txn;
	(void)err;
	if (!agent->inactive && agent_in_queue(agent, m->queue))
		g_ptr_array_add(m->logins, g_strdup(agent->login));
	return ST_OK;
}

static enum status keep_queue(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	struct looking *l = arg;
	struct queue_view *view = g_new0(struct queue_view, 1);
	struct membership m = { queue->name, g_ptr_array_new() };
	enum status st = agents_each(txn, queue_add_member, &m, err);

	view->queue = record_dup(&queue_type, queue);
	g_ptr_array_add(l->views, view);
	g_ptr_array_add(m.logins, NULL);
	view->members = (char **)g_ptr_array_free(m.logins, FALSE);
	return st;
}

static enum status count_views(struct txn *txn, GPtrArray *views, struct error *err)
{
	g_autofree struct queue_count *counts = g_new0(struct queue_count, views->len);
	enum status st;

	for (unsigned i = 0; i < views->len; i++) {
		const struct queue_view *view = g_ptr_array_index(views, i);

		counts[i].queue = view->queue->name;
	}
	st = tickets_count_queues(txn, counts, views->len, err);
	for (unsigned i = 0; i < views->len; i++) {
		struct queue_view *view = g_ptr_array_index(views, i);

		view->count = counts[i];
	}
	return st;
}

static enum status keep_only(struct txn *txn, struct looking *l, struct error *err)
{
	struct queue queue = { 0 };
	enum status st = queues_load(txn, l->only, &queue, err);

	if (st == ST_NOT_FOUND)
		return queues_missing(txn, l->only, err);
	if (st == ST_OK)
		st = keep_queue(txn, &queue, l, err);
	record_release(&queue_type, &queue);
	return st;
}

static enum status queue_look(struct txn *txn, void *arg, struct error *err)
{
	struct looking *l = arg;
	enum status st;

	g_ptr_array_set_size(l->views, 0);
	st = l->only ? keep_only(txn, l, err) : queues_each(txn, keep_queue, l, err);
	return st == ST_OK ? count_views(txn, l->views, err) : st;
}

static int queue_run_list(struct cli *cli)
{
	g_autoptr(GPtrArray) views = g_ptr_array_new_with_free_func(view_free);
	enum status st = store_read(
		cli->store, queue_look, &(struct looking){ cli->args[0], views }, &cli->err);
	struct printer printer;

	if (st != ST_OK)
		return cli_status(cli, st);
	print_begin(&printer, cli, PRINT_QUEUES);
	for (unsigned i = 0; i < views->len; i++)
		print_queue(&printer, g_ptr_array_index(views, i));
	return print_end(&printer);
}

/* --- writing --- */

static enum status set_responsible(
	struct txn *txn, struct queue *queue, const char *login, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = *login ? agents_find(txn, login, &agent, err) : ST_OK;

	if (st == ST_NOT_FOUND)
		return agents_missing(txn, login, err);
	g_free(queue->responsible);
	queue->responsible = *login ? g_strdup(agent.login) : NULL;
	record_release(&agent_type, &agent);
	return st;
}

static void set_signature(struct queue *queue, const char *text)
{
	g_free(queue->signature);
	queue->signature = *text ? text_block(text, -1, LIMIT_SIGNATURE_BYTES) : NULL;
}

static enum status set_calendar(
	const struct cli *cli, struct queue *queue, const char *name, struct error *err)
{
	if (*name && !settings_calendar(cli->settings, name))
		return error_set(
			err, ST_NOT_FOUND, _("there is no calendar '%s' in %s"), name, cli->config);
	g_free(queue->calendar);
	queue->calendar = *name ? g_strdup(name) : NULL;
	return ST_OK;
}

static enum status set_assign(struct queue *queue, const char *name, struct error *err)
{
	int assign = names_find(assign_names, name);

	if (assign < 0)
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is no way to assign; expected manual, round-robin or least-loaded"),
			name);
	queue->assign = assign;
	return ST_OK;
}

static enum status queue_change(
	struct txn *txn, const struct cli *cli, struct queue *queue, struct error *err)
{
	enum status st = ST_OK;

	if (cli_has(cli, "title")) {
		g_free(queue->title);
		queue->title = g_strdup(cli_value(cli, "title"));
	}
	if (cli_has(cli, "signature"))
		set_signature(queue, cli_value(cli, "signature"));
	if (cli_has(cli, "responsible"))
		st = set_responsible(txn, queue, cli_value(cli, "responsible"), err);
	if (st == ST_OK && cli_has(cli, "calendar"))
		st = set_calendar(cli, queue, cli_value(cli, "calendar"), err);
	if (st == ST_OK && cli_has(cli, "assign"))
		st = set_assign(queue, cli_value(cli, "assign"), err);
	return st == ST_OK ? queues_save(txn, queue, err) : st;
}

static enum status queue_make(
	struct txn *txn, const struct cli *cli, struct queue *queue, struct error *err)
{
	queue->name = g_strdup(cli->args[0]);
	queue->created = cli->actor.now;
	return queue_change(txn, cli, queue, err);
}

static enum status queue_add(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct queue queue = { 0 };
	enum status st = queues_load(txn, cli->args[0], &queue, err);

	if (st == ST_OK)
		st = error_set(err, ST_EXISTS, _("queue '%s' is there already"), cli->args[0]);
	else if (st == ST_NOT_FOUND)
		st = queue_make(txn, cli, &queue, err);
	record_release(&queue_type, &queue);
	return st;
}

/* With --create twice is once, as provisioning wants it. */
static enum status queue_set(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct queue queue = { 0 };
	enum status st = queues_load(txn, cli->args[0], &queue, err);

	if (st == ST_NOT_FOUND && cli_has(cli, "create"))
		st = queue_make(txn, cli, &queue, err);
	else if (st == ST_NOT_FOUND)
		st = error_set(
			err, st, _("there is no queue '%s'; --create makes it"), cli->args[0]);
	else if (st == ST_OK)
		st = queue_change(txn, cli, &queue, err);
	record_release(&queue_type, &queue);
	return st;
}

/* Says that it was done; for a program, what the queue is like now. */
static int queue_write_and_tell(struct cli *cli, store_fn *fn, const char *done)
{
	enum status st = store_write(cli->store, fn, cli, &cli->err);

	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli->json)
		return queue_run_list(cli);
	printf(_("queue %s %s\n"), cli->args[0], _(done));
	return EXIT_DONE;
}

static int queue_run_add(struct cli *cli)
{
	return queue_write_and_tell(cli, queue_add, N_("added"));
}

static int queue_run_set(struct cli *cli)
{
	return queue_write_and_tell(cli, queue_set, N_("changed"));
}

const struct cli_command cmd_queue_list = {
	.name = "queue list",
	.arguments = "",
	.summary = N_("list queues"),
	.need = NEED_STORE_READ,
	.run = queue_run_list,
};
const struct cli_command cmd_queue_show = {
	.name = "queue show",
	.arguments = "QUEUE",
	.summary = N_("show one queue"),
	.need = NEED_STORE_READ,
	.least = 1,
	.most = 1,
	.run = queue_run_list,
};
const struct cli_command cmd_queue_add = {
	.name = "queue add",
	.arguments = "QUEUE",
	.summary = N_("make a queue"),
	.options = write_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = queue_run_add,
};
const struct cli_command cmd_queue_set = {
	.name = "queue set",
	.arguments = "QUEUE",
	.summary = N_("change a queue"),
	.options = set_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = queue_run_set,
};
