/* ticket agent list|add|set|remove. */
#include <string.h>

#include "address.h"
#include "agents.h"
#include "commands.h"
#include "print.h"
#include "queues.h"
#include "tickets.h"

static const struct cli_option write_options[] = {
	{ 0, "name", "TEXT", "name that customers see" },
	{ 0, "address", "ADDRESS[,ADDRESS]", "mail addresses" },
	{ 0, "queue", "QUEUE[,QUEUE]", "queues to belong to" },
	{ 0, "active", NULL, "may act" },
	{ 0, "inactive", NULL, "may not act any more" },
	{ 0, NULL, NULL, NULL },
};
static const struct cli_option remove_options[] = {
	{ 0, "move-to", "LOGIN", "give open tickets to this agent first" },
	{ 0, NULL, NULL, NULL },
};

static enum status show(struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	print_agent(arg, agent);
	return ST_OK;
}

static enum status look(struct txn *txn, void *arg, struct error *err)
{
	return agents_each(txn, show, arg, err);
}

static int run_list(struct cli *cli)
{
	struct printer printer;
	enum status st;
	int code;

	print_begin(&printer, cli, PRINT_AGENTS);
	st = store_read(cli->store, look, &printer, &cli->err);
	code = print_end(&printer);
	return st == ST_OK ? code : cli_status(cli, st);
}

/* --- writing --- */

static enum status set_addresses(const struct cli *cli, struct agent *agent, struct error *err)
{
	g_auto(GStrv) given = cli_values(cli, "address");
	GPtrArray *addresses;

	if (!given)
		return ST_OK;
	addresses = g_ptr_array_new_with_free_func(g_free);
	for (char **p = given; *p; p++) {
		char *canonical;

		if (address_canonical(*p, &canonical) != ST_OK) {
			g_ptr_array_free(addresses, TRUE);
			return error_set(err, ST_BAD_INPUT, "'%s' is no mail address", *p);
		}
		g_ptr_array_add(addresses, canonical);
	}
	g_ptr_array_add(addresses, NULL);
	g_strfreev(agent->addresses);
	agent->addresses = (char **)g_ptr_array_free(addresses, FALSE);
	return ST_OK;
}

static enum status set_queues(struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	char **given = cli_values(cli, "queue");

	if (!given)
		return ST_OK;
	g_strfreev(agent->queues);
	agent->queues = given;
	for (char **q = given; *q; q++) {
		struct queue queue = { 0 };
		enum status st = queues_load(txn, *q, &queue, err);

		record_release(&queue_type, &queue);
		if (st != ST_OK)
			return st == ST_NOT_FOUND ? error_set(err, st, "there is no queue '%s'", *q) : st;
	}
	return ST_OK;
}

static enum status change(struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	enum status st = set_addresses(cli, agent, err);

	if (cli_has(cli, "name")) {
		g_free(agent->name);
		agent->name = g_strdup(cli_value(cli, "name"));
	}
	if (cli_has(cli, "active"))
		agent->inactive = false;
	if (cli_has(cli, "inactive"))
		agent->inactive = true;
	if (st == ST_OK)
		st = set_queues(txn, cli, agent, err);
	return st == ST_OK ? agents_save(txn, agent, err) : st;
}

static enum status add(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, cli->args[0], &agent, err);

	if (st == ST_OK)
		st = error_set(err, ST_EXISTS, "agent '%s' is there already", cli->args[0]);
	else if (st == ST_NOT_FOUND) {
		agent.login = g_strdup(cli->args[0]);
		agent.created = cli->actor.now;
		st = change(txn, cli, &agent, err);
	}
	record_release(&agent_type, &agent);
	return st;
}

static enum status set(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, cli->args[0], &agent, err);

	if (st == ST_NOT_FOUND)
		return error_set(err, st, "there is no agent '%s'", cli->args[0]);
	if (st == ST_OK)
		st = change(txn, cli, &agent, err);
	record_release(&agent_type, &agent);
	return st;
}

static enum status note_ticket(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	numbers_add(arg, t->number);
	return ST_OK;
}

static enum status give_tickets(struct txn *txn, const struct cli *cli, const struct numbers *numbers, const char *to, struct error *err)
{
	const struct commander commander = { .actor = cli->actor, .settings = cli->settings, .key = cli->key };
	const struct command command = { .verb = VERB_ASSIGN, .text = (char *)to };
	enum status st = ST_OK;

	for (size_t i = 0; i < numbers->n && st == ST_OK; i++) {
		g_autofree char *done = NULL;

		st = command_apply(txn, &commander, numbers->v[i], &command, &done, err);
	}
	return st;
}

static enum status remove_agent(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	const char *login = cli->args[0], *to = cli_value(cli, "move-to");
	const struct ticket_filter filter = { .agent = login, .priority = -1 };
	struct numbers numbers = { 0 };
	enum status st = tickets_list(txn, &filter, note_ticket, &numbers, err);

	if (st == ST_OK && numbers.n && !to)
		st = error_set(err, ST_REFUSED, "agent '%s' has %zu open tickets; give them away with --move-to", login, numbers.n);
	if (st == ST_OK && to)
		st = give_tickets(txn, cli, &numbers, to, err);
	if (st == ST_OK) {
		st = agents_remove(txn, login, err);
		if (st == ST_NOT_FOUND)
			error_set(err, st, "there is no agent '%s'", login);
	}
	g_free(numbers.v);
	return st;
}

static int run_add(struct cli *cli)
{
	return cli_status(cli, store_write(cli->store, add, cli, &cli->err));
}

static int run_set(struct cli *cli)
{
	return cli_status(cli, store_write(cli->store, set, cli, &cli->err));
}

static int run_remove(struct cli *cli)
{
	return cli_status(cli, store_write(cli->store, remove_agent, cli, &cli->err));
}

const struct cli_command cmd_agent_list = { "agent list", "", "list agents", NULL, NEED_STORE_READ, 0, 0, run_list };
const struct cli_command cmd_agent_add = { "agent add", "LOGIN", "make somebody an agent", write_options, NEED_STORE_WRITE, 1, 1, run_add };
const struct cli_command cmd_agent_set = { "agent set", "LOGIN", "change an agent", write_options, NEED_STORE_WRITE, 1, 1, run_set };
const struct cli_command cmd_agent_remove = { "agent remove", "LOGIN", "remove an agent without open tickets", remove_options, NEED_STORE_WRITE, 1, 1, run_remove };
