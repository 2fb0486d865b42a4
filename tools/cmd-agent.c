/* ticket agent list|add|set|remove. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/text.h"
#include "base/tongue.h"
#include "commands.h"
#include "counted.h"
#include "json.h"
#include "print.h"
#include "tables/agents.h"
#include "tables/queues.h"
#include "tables/tickets.h"

#define WRITE_OPTIONS \
	{ .name = "name", .argument = "TEXT", .help = N_("name that customers see") }, \
		{ .name = "address", \
			.argument = "ADDRESS[,ADDRESS]", \
			.help = N_("mail addresses") }, \
		{ .name = "queue", \
			.argument = "QUEUE[,QUEUE]", \
			.help = N_("queues to belong to") }, \
		{ .name = "zone", \
			.argument = "ZONE", \
			.help = N_("time zone of mails to them; \"\" for that of the system") }, \
		{ .name = "language", \
			.argument = "en|de", \
			.help = N_("language of mails to them; \"\" for that of the desk") }, \
		{ .name = "active", .help = N_("may act") }, \
	{ \
		.name = "inactive", .help = N_("may not act any more") \
	}
static const struct cli_option write_options[] = { WRITE_OPTIONS, { .name = NULL } };
static const struct cli_option set_options[] = {
	{ .name = "create", .help = N_("make them an agent if they are none") },
	WRITE_OPTIONS,
	{ .name = "move-to",
		.argument = "LOGIN",
		.help = N_("with --inactive: give open tickets to this agent") },
	{ .name = NULL },
};
static const struct cli_option remove_options[] = {
	{ .name = "move-to",
		.argument = "LOGIN",
		.help = N_("give open tickets to this agent first") },
	{ .name = NULL },
};

struct looking {
	const char *only;  /* login; NULL: all */
	GPtrArray *agents; /* struct agent * */
};

static enum status agent_keep(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	struct looking *l = arg;

	(void)txn;
	(void)err;
	if (!l->only || strcmp(l->only, agent->login) == 0)
		g_ptr_array_add(l->agents, record_dup(&agent_type, agent));
	return ST_OK;
}

static enum status agent_look(struct txn *txn, void *arg, struct error *err)
{
	g_ptr_array_set_size(((struct looking *)arg)->agents, 0);
	return agents_each(txn, agent_keep, arg, err);
}

static int agent_run_list(struct cli *cli)
{
	g_autoptr(GPtrArray) agents = g_ptr_array_new_with_free_func(record_free);
	enum status st = store_read(
		cli->store, agent_look, &(struct looking){ cli->args[0], agents }, &cli->err);
	struct printer printer;

	if (st != ST_OK)
		return cli_status(cli, st);
	print_begin(&printer, cli, PRINT_AGENTS);
	for (unsigned i = 0; i < agents->len; i++)
		print_agent(&printer, g_ptr_array_index(agents, i));
	return print_end(&printer);
}

/* --- writing --- */

/* Mail from an account's address is the desk's, and what is sent to it a ticket. */
static enum status check_address(
	const struct cli *cli, const char *given, char **canonical_out, struct error *err)
{
	g_autofree char *canonical = NULL;

	if (address_canonical(given, &canonical) != ST_OK)
		return error_set(err, ST_BAD_INPUT, _("'%s' is no mail address"), given);
	if (settings_is_desk(cli->settings, canonical))
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is an address of the desk itself, and nobody's own"), canonical);
	*canonical_out = g_steal_pointer(&canonical);
	return ST_OK;
}

static enum status set_addresses(const struct cli *cli, struct agent *agent, struct error *err)
{
	g_auto(GStrv) given = cli_values(cli, "address");
	GPtrArray *addresses;

	if (!given)
		return ST_OK;
	addresses = g_ptr_array_new_with_free_func(g_free);
	for (char **p = given; *p; p++) {
		char *canonical = NULL;

		if (check_address(cli, *p, &canonical, err) != ST_OK) {
			g_ptr_array_free(addresses, TRUE);
			return ST_BAD_INPUT;
		}
		g_ptr_array_add(addresses, canonical);
	}
	g_ptr_array_add(addresses, NULL);
	g_strfreev(agent->addresses);
	agent->addresses = (char **)g_ptr_array_free(addresses, FALSE);
	return ST_OK;
}

static enum status set_queues(
	struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	char **given = cli_values(cli, "queue");

	if (!given)
		return ST_OK;
	g_strfreev(agent->queues);
	agent->queues = given;
	for (char **q = given; *q; q++) {
		enum status st = queues_need(txn, *q, err);

		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

/* --- giving away what somebody has --- */

struct removal {
	struct cli *cli;
	GArray *numbers;   /* uint64_t: open tickets */
	GPtrArray *queues; /* char *: queues the agent is responsible for */
};

static enum status agent_note_ticket(
	struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_array_append_val(((struct removal *)arg)->numbers, t->number);
	return ST_OK;
}

static enum status note_queue(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	struct removal *r = arg;

	(void)txn;
	(void)err;
	if (g_strcmp0(queue->responsible, r->cli->args[0]) == 0)
		g_ptr_array_add(r->queues, g_strdup(queue->name));
	return ST_OK;
}

static enum status give_tickets(
	struct txn *txn, struct removal *r, const char *to, struct error *err)
{
	const struct commander commander = {
		.actor = r->cli->actor, .settings = r->cli->settings, .key = r->cli->key
	};
	const struct command command = { .verb = VERB_ASSIGN, .text = (char *)to };
	enum status st = ST_OK;

	for (unsigned i = 0; i < r->numbers->len && st == ST_OK; i++) {
		g_autofree char *done = NULL;

		st = command_apply(txn, &commander, g_array_index(r->numbers, uint64_t, i),
			&command, &done, err);
	}
	return st;
}

/* New tickets are never assigned to somebody who is gone. */
static enum status give_queues(
	struct txn *txn, struct removal *r, const char *to, struct error *err)
{
	enum status st = queues_each(txn, note_queue, r, err);

	for (unsigned i = 0; i < r->queues->len && st == ST_OK; i++) {
		struct queue queue = { 0 };

		st = queues_load(txn, g_ptr_array_index(r->queues, i), &queue, err);
		g_free(queue.responsible);
		queue.responsible = g_strdup(to);
		if (st == ST_OK)
			st = queues_save(txn, &queue, err);
		record_release(&queue_type, &queue);
	}
	return st;
}

/* Their open tickets to `to`; without one (NULL), ST_REFUSED where they have open tickets. */
static enum status give_away(struct txn *txn, struct removal *r, const char *to, struct error *err)
{
	const char *login = r->cli->args[0];
	const struct ticket_filter filter = { .agent = login, .priority = -1 };
	enum status st;

	g_array_set_size(r->numbers, 0);
	g_ptr_array_set_size(r->queues, 0);
	if (to && strcmp(to, login) == 0)
		return error_set(err, ST_BAD_INPUT,
			_("agent '%s' cannot take over from themself; --move-to names another"),
			login);
	st = tickets_list(txn, &filter, agent_note_ticket, r, err);
	if (st == ST_OK && r->numbers->len && !to)
		st = error_set(err, ST_REFUSED,
			_("agent '%s' has %u open ticket%s: name another with --move-to"), login,
			r->numbers->len, text_plural(r->numbers->len));
	return st == ST_OK && to ? give_tickets(txn, r, to, err) : st;
}

static enum status agent_deactivate(
	struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	struct removal r = { (struct cli *)cli, g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		g_ptr_array_new_with_free_func(g_free) };
	const char *to = cli_value(cli, "move-to");
	enum status st = give_away(txn, &r, to, err);

	if (st == ST_OK && to)
		st = give_queues(txn, &r, to, err);
	agent->inactive = true;
	g_array_unref(r.numbers);
	g_ptr_array_unref(r.queues);
	return st;
}

static enum status set_zone(struct agent *agent, const char *name, struct error *err)
{
	g_autoptr(GTimeZone) zone = *name ? g_time_zone_new_identifier(name) : NULL;

	if (*name && !zone)
		return error_set(err, ST_BAD_INPUT, _("there is no time zone '%s'"), name);
	g_free(agent->zone);
	agent->zone = *name ? g_strdup(name) : NULL;
	return ST_OK;
}

static enum status agent_set_language(struct agent *agent, const char *name, struct error *err)
{
	if (*name && !language_known(name))
		return error_set(
			err, ST_BAD_INPUT, _("'%s' is no language of milticket: en, de"), name);
	g_free(agent->language);
	agent->language = *name ? g_strdup(name) : NULL;
	return ST_OK;
}

static enum status agent_change(
	struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	enum status st = set_addresses(cli, agent, err);

	if (cli_has(cli, "name")) {
		g_free(agent->name);
		agent->name = g_strdup(cli_value(cli, "name"));
	}
	if (st == ST_OK && cli_has(cli, "zone"))
		st = set_zone(agent, cli_value(cli, "zone"), err);
	if (st == ST_OK && cli_has(cli, "language"))
		st = agent_set_language(agent, cli_value(cli, "language"), err);
	if (cli_has(cli, "active"))
		agent->inactive = false;
	if (st == ST_OK && cli_has(cli, "inactive") && !agent->inactive)
		st = agent_deactivate(txn, cli, agent, err);
	if (st == ST_OK)
		st = set_queues(txn, cli, agent, err);
	return st == ST_OK ? agents_save(txn, agent, err) : st;
}

static enum status agent_make(
	struct txn *txn, const struct cli *cli, struct agent *agent, struct error *err)
{
	agent->login = g_strdup(cli->args[0]);
	agent->created = cli->actor.now;
	return agent_change(txn, cli, agent, err);
}

static enum status agent_add(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, cli->args[0], &agent, err);

	if (st == ST_OK)
		st = error_set(err, ST_EXISTS, _("agent '%s' is there already"), cli->args[0]);
	else if (st == ST_NOT_FOUND)
		st = agent_make(txn, cli, &agent, err);
	record_release(&agent_type, &agent);
	return st;
}

/* With --create twice is once, as provisioning wants it. */
static enum status agent_set(struct txn *txn, void *arg, struct error *err)
{
	const struct cli *cli = arg;
	struct agent agent = { 0 };
	enum status st = agents_load(txn, cli->args[0], &agent, err);

	if (st == ST_NOT_FOUND && cli_has(cli, "create"))
		st = agent_make(txn, cli, &agent, err);
	else if (st == ST_NOT_FOUND)
		st = error_set(
			err, st, _("there is no agent '%s'; --create makes one"), cli->args[0]);
	else if (st == ST_OK)
		st = agent_change(txn, cli, &agent, err);
	record_release(&agent_type, &agent);
	return st;
}

/* --- removing --- */

static enum status remove_agent(struct txn *txn, void *arg, struct error *err)
{
	struct removal *r = arg;
	const char *login = r->cli->args[0], *to = cli_value(r->cli, "move-to");
	enum status st = give_away(txn, r, to, err);

	if (st == ST_OK)
		st = give_queues(txn, r, to, err);
	if (st != ST_OK)
		return st;
	st = agents_remove(txn, login, err);
	return st == ST_NOT_FOUND ? agents_missing(txn, login, err) : st;
}

/* --- commands --- */

/* Says that it was done; for a program, what the agent is like now. */
static int agent_write_and_tell(struct cli *cli, store_fn *fn, const char *done)
{
	enum status st;

	if (cli_has(cli, "active") && cli_has(cli, "inactive"))
		return cli_usage(cli, _("give one of --active and --inactive"));
	st = store_write(cli->store, fn, cli, &cli->err);
	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli->json)
		return agent_run_list(cli);
	printf(_("agent %s %s\n"), cli->args[0], _(done));
	return EXIT_DONE;
}

static int agent_run_add(struct cli *cli)
{
	return agent_write_and_tell(cli, agent_add, N_("added"));
}

static int agent_run_set(struct cli *cli)
{
	return agent_write_and_tell(cli, agent_set, N_("changed"));
}

static void agent_say_removed(const char *login, unsigned moved)
{
	g_autofree char *tickets = counted_tickets(moved);

	printf(_("agent %s removed, %s given away\n"), login, tickets);
}

static int run_remove(struct cli *cli)
{
	struct removal r = { cli, g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		g_ptr_array_new_with_free_func(g_free) };
	enum status st = store_write(cli->store, remove_agent, &r, &cli->err);

	if (st == ST_OK && cli->json)
		json_print(json_pack("{s:s, s:b, s:i}", "login", cli->args[0], "removed", 1,
			"moved", (int)r.numbers->len));
	else if (st == ST_OK)
		agent_say_removed(cli->args[0], r.numbers->len);
	g_array_unref(r.numbers);
	g_ptr_array_unref(r.queues);
	return cli_status(cli, st);
}

const struct cli_command cmd_agent_list = {
	.name = "agent list",
	.arguments = "",
	.summary = N_("list agents"),
	.need = NEED_STORE_READ,
	.run = agent_run_list,
};
const struct cli_command cmd_agent_add = {
	.name = "agent add",
	.arguments = "LOGIN",
	.summary = N_("make somebody an agent"),
	.options = write_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = agent_run_add,
};
const struct cli_command cmd_agent_set = {
	.name = "agent set",
	.arguments = "LOGIN",
	.summary = N_("change an agent"),
	.options = set_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = agent_run_set,
};
const struct cli_command cmd_agent_remove = {
	.name = "agent remove",
	.arguments = "LOGIN",
	.summary = N_("remove an agent without open tickets"),
	.options = remove_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = run_remove,
};
