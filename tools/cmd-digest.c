/* ticket digest. */
#include <stdio.h>
#include <string.h>

#include "act/reply.h"
#include "base/tongue.h"
#include "commands.h"
#include "keep/digest.h"
#include "tables/agents.h"

static const struct cli_option digest_options[] = {
	{ .name = "to", .argument = "LOGIN", .help = N_("this agent's, not your own") },
	{ .name = "print", .help = N_("print it, and send nothing") },
	{ .name = NULL },
};

struct digest_job {
	struct cli *cli;
	GString *text;
	bool send;
};

static enum status digest_of(
	struct txn *txn, struct digest_job *job, const struct agent *agent, struct error *err)
{
	struct cli *cli = job->cli;
	const struct reply_context context = { txn, cli->settings, &cli->key, cli->actor };
	enum status st;

	g_string_truncate(job->text, 0);
	st = digest_write(txn, agent, true, cli->actor.now, job->text, err);
	if (st != ST_OK || !job->send || !job->text->len)
		return st;
	if (!agent_address(agent))
		return error_set(
			err, ST_BAD_INPUT, _("agent '%s' has no mail address"), agent->login);
	return reply_letter(
		&context, agent_address(agent), _("Your tickets today"), job->text->str, err);
}

static enum status digest_do(struct txn *txn, void *arg, struct error *err)
{
	struct digest_job *job = arg;
	const char *to = cli_value(job->cli, "to");
	g_autofree char *login = to ? g_strdup(to) : cli_agent_login();
	struct agent agent = { 0 };
	enum status st = agents_find(txn, login, &agent, err);

	if (st == ST_NOT_FOUND)
		return agents_missing(txn, login, err);
	if (st == ST_OK)
		st = digest_of(txn, job, &agent, err);
	record_release(&agent_type, &agent);
	return st;
}

static int digest_run(struct cli *cli)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct digest_job job = { cli, text, !cli_has(cli, "print") };
	enum status st = job.send ? store_write(cli->store, digest_do, &job, &cli->err)
				  : store_read(cli->store, digest_do, &job, &cli->err);

	if (st != ST_OK)
		return cli_status(cli, st);
	if (!job.send)
		fputs(text->str, stdout);
	else if (text->len)
		puts(_("sent"));
	return text->len ? EXIT_DONE : EXIT_NOTHING;
}

const struct cli_command cmd_digest = {
	.name = "digest",
	.arguments = "",
	.summary = N_("send, or print, what an agent has to do today"),
	.options = digest_options,
	.need = NEED_STORE_WRITE,
	.run = digest_run,
};
