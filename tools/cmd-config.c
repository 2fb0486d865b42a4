/* ticket config show|check, account list|test, reload, version. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/tongue.h"
#include "build-config.h"
#include "commands.h"
#include "json.h"
#include "print.h"
#include "store/store-lock.h"
#include "tables/control.h"

enum { RELOAD_WAIT_MS = 10000, POLL_MS = 100 };

/* --- config --- */

static void config_show_json(const struct cli *cli)
{
	json_t *object = json_object();

	for (size_t i = 0; i < settings_key_count(); i++) {
		g_autofree char *value = settings_value(cli->settings, settings_key(i)->key);

		if (value)
			json_object_set_new(object, settings_key(i)->key, json_text(value));
	}
	json_print(object);
}

static int run_show(struct cli *cli)
{
	g_autofree char *text = settings_text(cli->settings);

	if (cli->json)
		config_show_json(cli);
	else
		fputs(text, stdout);
	return EXIT_DONE;
}

static int config_run_check(struct cli *cli)
{
	if (cli->json)
		json_print(json_pack("{s:s, s:b}", "config", cli->config, "ok", 1));
	else
		printf("%s is right\n", cli->config);
	return EXIT_DONE;
}

/* --- accounts --- */

static int run_accounts(struct cli *cli)
{
	struct printer printer;

	print_begin(&printer, cli, PRINT_ACCOUNTS);
	for (unsigned i = 0; i < cli->settings->accounts->len; i++)
		print_account(&printer, g_ptr_array_index(cli->settings->accounts, i));
	return print_end(&printer);
}

static int run_test(struct cli *cli)
{
	g_autofree char *canonical = NULL, *detail = NULL;
	const struct account *account;
	struct printer printer;

	if (address_canonical(cli->args[0], &canonical) != ST_OK)
		return cli_fail(EXIT_BAD_DATA, _("'%s' is no mail address"), cli->args[0]);
	account = settings_account(cli->settings, canonical, &detail);
	if (!account)
		return cli_fail(EXIT_NOTHING, _("mail to %s is %s"), canonical,
			settings_is_control(cli->settings, canonical) ? "commands" : "left alone");
	print_begin(&printer, cli, PRINT_ACCOUNTS);
	print_account(&printer, account);
	return print_end(&printer);
}

/* --- the daemon --- */

struct request {
	uint64_t serial;
	char *answer;
};

static enum status config_ask(struct txn *txn, void *arg, struct error *err)
{
	return control_request_reload(txn, &((struct request *)arg)->serial, err);
}

static enum status config_hear(struct txn *txn, void *arg, struct error *err)
{
	struct request *r = arg;

	return control_answered(txn, r->serial, &r->answer, err);
}

/* Whoever can get its lock knows that there is none. */
static bool daemon_runs(const struct cli *cli)
{
	int lock = -1;
	struct error err;
	enum status st = store_lock(cli->settings->store.path, &lock, &err);

	store_unlock(lock);
	return st == ST_BUSY;
}

static int run_reload(struct cli *cli)
{
	struct request r = { 0, NULL };
	enum status st;
	int code;

	if (!daemon_runs(cli))
		return cli_fail(EXIT_TRY_AGAIN, _("no daemon runs on the store in '%s'"),
			cli->settings->store.path);
	st = store_write(cli->store, config_ask, &r, &cli->err);

	for (int waited = 0; st == ST_OK && waited < RELOAD_WAIT_MS; waited += POLL_MS) {
		st = store_read(cli->store, config_hear, &r, &cli->err);
		if (st != ST_NOT_FOUND)
			break;
		st = ST_OK;
		g_usleep(POLL_MS * 1000);
	}
	if (st != ST_OK)
		return cli_status(cli, st);
	if (!r.answer)
		return cli_fail(EXIT_TRY_AGAIN, _("the daemon did not answer within 10 seconds"));
	code = strcmp(r.answer, "ok") == 0 ? EXIT_DONE : cli_fail(EXIT_CONFIG, "%s", r.answer);
	g_free(r.answer);
	return code;
}

static int run_version(struct cli *cli)
{
	/* "schema" counts up when the documented JSON changes. */
	if (cli->json)
		json_print(json_pack("{s:s, s:i}", "version", PACKAGE_VERSION, "schema", 1));
	else
		puts("ticket (milticket) " PACKAGE_VERSION);
	return EXIT_DONE;
}

const struct cli_command cmd_config_show = {
	.name = "config show",
	.arguments = "",
	.summary = N_("print the configuration in force"),
	.need = NEED_SETTINGS,
	.run = run_show,
};
const struct cli_command cmd_config_check = {
	.name = "config check",
	.arguments = "",
	.summary = N_("check the configuration"),
	.need = NEED_SETTINGS,
	.run = config_run_check,
};
const struct cli_command cmd_account_list = {
	.name = "account list",
	.arguments = "",
	.summary = N_("list the configured addresses"),
	.need = NEED_SETTINGS,
	.run = run_accounts,
};
const struct cli_command cmd_account_test = {
	.name = "account test",
	.arguments = "ADDRESS",
	.summary = N_("tell which account mail to this address is for"),
	.need = NEED_SETTINGS,
	.least = 1,
	.most = 1,
	.run = run_test,
};
const struct cli_command cmd_reload = {
	.name = "reload",
	.arguments = "",
	.summary = N_("have the daemon read its configuration again"),
	.need = NEED_STORE_WRITE,
	.run = run_reload,
};
const struct cli_command cmd_version = {
	.name = "version",
	.arguments = "",
	.summary = N_("print the version"),
	.run = run_version,
};
