/* ticket doctor: reads what there is, has every check look, prints what they found. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "act/configuration.h"
#include "base/tongue.h"
#include "commands.h"
#include "doctor.h"
#include "json.h"
#include "tables/agents.h"
#include "terminal.h"

static const char sendmail_cf[] = "/etc/mail/sendmail.cf";

static const struct cli_option options[] = {
	{ .name = "postfix-config",
		.argument = "DIR",
		.help = N_("look at the Postfix that has its main.cf there") },
	{ .name = "sendmail-cf",
		.argument = "FILE",
		.help = N_("look at the Sendmail of this sendmail.cf") },
	{ .name = NULL },
};

/* --- what there is --- */

static enum status doctor_note_agent(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(bool *)arg |= !agent->inactive;
	return ST_OK;
}

static enum status doctor_count_agents(struct txn *txn, void *arg, struct error *err)
{
	*(bool *)arg = false;
	return agents_each(txn, doctor_note_agent, arg, err);
}

/* One that is not there yet has no agents; one that we may not see, nobody knows. */
static void doctor_open_store(struct doctor *d)
{
	struct store_options store = cli_store_options(d->cli);
	enum status st;

	store.read_only = true;
	st = store_open(&store, &d->cli->store, &d->cli->err);
	if (st == ST_OK)
		st = store_read(d->cli->store, doctor_count_agents, &d->agents, &d->cli->err);
	d->store_seen = st == ST_OK || st == ST_NOT_FOUND;
	d->store_error = d->cli->err;
}

static void doctor_read_settings(struct doctor *d)
{
	struct cli *cli = d->cli;

	if (configuration_load(cli->config, &cli->settings, &cli->err) != ST_OK)
		return;
	d->settings = cli->settings;
	if (!g_file_get_contents(cli->config, &d->conf, NULL, NULL))
		d->conf = NULL;
	endpoint_of_libmilter(d->settings->socket, &d->own);
	doctor_open_store(d);
}

/* Where one is named, only that is looked at. */
static void doctor_read_servers(struct doctor *d)
{
	const char *directory = cli_value(d->cli, "postfix-config");
	const char *cf = cli_value(d->cli, "sendmail-cf");

	if (directory || !cf)
		d->postfix = postfix_read(directory);
	if (cf || (!directory && !d->postfix))
		d->sendmail = sendmail_read(cf ? cf : sendmail_cf);
}

/* --- looking --- */

static bool doctor_may_look(struct doctor *d, unsigned needs)
{
	if ((needs & NEEDS_SETTINGS && !d->settings) || (needs & NEEDS_POSTFIX && !d->postfix) ||
		(needs & NEEDS_SENDMAIL && !d->sendmail))
		return false;
	if (needs & NEEDS_ROOT && geteuid() != 0)
		doctor_unknown(d, _("only root can look"));
	else if (needs & NEEDS_STORE && !d->store_seen)
		doctor_unknown(d, _("the store cannot be read"));
	else
		return true;
	return false;
}

static void doctor_look(struct doctor *d)
{
	for (d->check = doctor_checks; d->check->id; d->check++)
		if (doctor_may_look(d, d->check->needs))
			d->check->look(d);
}

/* --- telling --- */

static void finding_print_json(const struct finding *f)
{
	json_t *object = json_object();

	json_object_set_new(object, "check", json_text(f->check));
	json_object_set_new(
		object, "state", json_text(f->state == FINDING_WRONG ? "wrong" : "unknown"));
	json_object_set_new(object, "text", json_text(f->text));
	json_object_set_new(object, "mend", json_text(f->mend));
	json_print(object);
}

static void finding_print_text(const struct finding *f)
{
	if (f->state == FINDING_UNKNOWN) {
		printf(_("%s: not looked at: %s\n"), f->check, f->text);
		return;
	}
	printf("%s%s%s: %s\n    %s\n", terminal_on(COLOUR_BOLD), f->check, terminal_off(), f->text,
		f->mend);
}

static int doctor_print(const struct doctor *d)
{
	unsigned wrong = 0;

	for (guint i = 0; i < d->findings->len; i++) {
		const struct finding *finding = d->findings->pdata[i];

		wrong += finding->state == FINDING_WRONG;
		if (d->cli->json)
			finding_print_json(finding);
		else
			finding_print_text(finding);
	}
	if (!wrong && !d->cli->json)
		puts(_("nothing is wrong"));
	return wrong ? EXIT_NOTHING : EXIT_DONE;
}

static void finding_free(void *data)
{
	struct finding *finding = data;

	g_free(finding->text);
	g_free(finding->mend);
	g_free(finding);
}

static int doctor_run_command(struct cli *cli)
{
	struct doctor d = { .cli = cli };
	int code;

	d.findings = g_ptr_array_new_with_free_func(finding_free);
	doctor_read_settings(&d);
	doctor_read_servers(&d);
	doctor_look(&d);
	code = doctor_print(&d);
	g_ptr_array_unref(d.findings);
	postfix_free(d.postfix);
	sendmail_free(d.sendmail);
	endpoint_release(&d.own);
	g_free(d.conf);
	return code;
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = N_("look whether this installation is in order, and say what mends it"),
	.options = options,
	.need = NEED_NOTHING,
	.run = doctor_run_command,
};
