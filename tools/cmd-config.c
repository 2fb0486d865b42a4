/* ticket config show|check, account list|test, reload, version. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/tongue.h"
#include "build-config.h"
#include "commands.h"
#include "json.h"
#include "print.h"
#include "store/control.h"
#include "store/store-lock.h"
#include "tables/needs.h"

enum { RELOAD_WAIT_MS = 10000, POLL_MS = 100 };

/* --- config --- */

static json_t *json_setting(const struct setting_value *value)
{
	json_t *list;

	if (value->type == SETTING_LIST) {
		list = json_array();
		for (char *const *text = value->list; text && *text; text++)
			json_array_append_new(list, json_text(*text));
		return list;
	}
	if (!value->text || value->type == SETTING_TEXT)
		return json_text(value->text);
	if (value->type == SETTING_NUMBER)
		return json_integer(g_ascii_strtoll(value->text, NULL, 10));
	return json_boolean(strcmp(value->text, "true") == 0);
}

/* An object of values, whose names begin after the list's. */
struct shown {
	json_t *object;
	size_t skip;
};

static void show_value(const struct setting_value *value, void *arg)
{
	const struct shown *shown = arg;

	json_object_set_new(shown->object, value->key + shown->skip, json_setting(value));
}

static json_t *json_elements(
	const struct settings *settings, size_t list, const char *name, unsigned n)
{
	json_t *elements = json_array();

	for (unsigned i = 0; i < n; i++) {
		struct shown shown = { json_object(), strlen(name) + strlen(".") };

		settings_element_each(settings, list, i, show_value, &shown);
		json_array_append_new(elements, shown.object);
	}
	return elements;
}

static void config_show_json(const struct cli *cli)
{
	struct shown shown = { json_object(), 0 };
	const char *name;
	unsigned n;

	settings_each(cli->settings, show_value, &shown);
	for (size_t i = 0; (name = settings_list(cli->settings, i, &n)); i++)
		json_object_set_new(shown.object, name, json_elements(cli->settings, i, name, n));
	json_print(shown.object);
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

/* A store that is not there, or not for us to read, has nothing to compare with. */
static enum status open_if_there(struct cli *cli)
{
	struct store_options options = cli_store_options(cli);
	enum status st;

	options.read_only = true;
	st = store_open(&options, &cli->store, &cli->err);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Each on a line, the doubts as warnings. */
static void say_unmet(const GPtrArray *unmet)
{
	for (guint i = 0; i < unmet->len; i++) {
		g_autofree char *text = setting_need_text(unmet->pdata[i]);

		fprintf(stderr, "ticket: %s%s\n",
			setting_need_is_doubt(unmet->pdata[i]) ? _("warning: ") : "", text);
	}
}

static json_t *json_unmet(const GPtrArray *unmet, bool doubts)
{
	json_t *list = json_array();

	for (guint i = 0; i < unmet->len; i++)
		if (setting_need_is_doubt(unmet->pdata[i]) == doubts) {
			g_autofree char *text = setting_need_text(unmet->pdata[i]);

			json_array_append_new(list, json_text(text));
		}
	return list;
}

static bool any_error(const GPtrArray *unmet)
{
	for (guint i = 0; i < unmet->len; i++)
		if (!setting_need_is_doubt(unmet->pdata[i]))
			return true;
	return false;
}

static int say_checked(const struct cli *cli, const GPtrArray *unmet)
{
	bool wrong = any_error(unmet);

	if (cli->json)
		json_print(json_pack("{s:s, s:b, s:o, s:o}", "config", cli->config, "ok", !wrong,
			"errors", json_unmet(unmet, false), "warnings", json_unmet(unmet, true)));
	else
		say_unmet(unmet);
	if (!wrong && !cli->json)
		printf(_("%s is valid\n"), cli->config);
	return wrong ? EXIT_CONFIG : EXIT_DONE;
}

static int config_run_check(struct cli *cli)
{
	g_autoptr(GPtrArray) unmet = NULL;
	enum status opened = open_if_there(cli), st;

	if (opened != ST_OK)
		cli_fail(0, _("warning: agents and queues were not looked for: %s"), cli->err.text);
	st = needs_unmet(cli->settings, cli->store, opened != ST_OK, &unmet, &cli->err);
	return st == ST_OK ? say_checked(cli, unmet) : cli_status(cli, st);
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

static int run_reload(struct cli *cli)
{
	const int64_t until = g_get_monotonic_time() + RELOAD_WAIT_MS * G_TIME_SPAN_MILLISECOND;
	const char *state = settings_state(cli->settings);
	g_autofree char *answer = NULL;
	uint64_t serial;
	enum status st;

	if (store_is_locked(state) == ST_OK)
		return cli_fail(EXIT_TRY_AGAIN, _("no daemon runs on the store in '%s'"), state);
	st = control_request_reload(state, &serial, &cli->err);
	if (st != ST_OK)
		return st == ST_REFUSED ? cli_refused(cli) : cli_status(cli, st);
	while (control_answered(state, serial, &answer) != ST_OK && g_get_monotonic_time() < until)
		g_usleep(POLL_MS * G_TIME_SPAN_MILLISECOND);
	if (!answer)
		return cli_fail(EXIT_TRY_AGAIN, _("the daemon did not answer within 10 seconds"));
	return strcmp(answer, "ok") == 0 ? EXIT_DONE : cli_fail(EXIT_CONFIG, "%s", answer);
}

/* As "make refresh" reads it. */
static void json_key(const struct setting_info *info)
{
	json_print(json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", info->key, "type", info->type,
		"default", info->default_text, "expected", info->bounds, "help", info->help));
}

static int run_example(struct cli *cli)
{
	g_autofree char *text = cli->json ? NULL : settings_example();
	const struct setting_info *info;

	for (size_t i = 0; cli->json && (info = settings_key(i)); i++)
		json_key(info);
	if (text)
		printf("%s", text);
	return EXIT_DONE;
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
const struct cli_command cmd_config_example = {
	.name = "config example",
	.arguments = "",
	.summary = N_("print a configuration that shows every key"),
	.run = run_example,
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
	.need = NEED_SETTINGS,
	.run = run_reload,
};
const struct cli_command cmd_version = {
	.name = "version",
	.arguments = "",
	.summary = N_("print the version"),
	.run = run_version,
};
