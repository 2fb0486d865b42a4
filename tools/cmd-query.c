/* ticket query: queries by name, a person's own and those of all. */
#include <string.h>

#include "base/tongue.h"
#include "choosing.h"
#include "commands.h"
#include "print.h"
#include "tables/queries.h"

static const struct cli_option shared_options[] = {
	{ .name = "shared", .help = N_("for all who use this store") },
	{ .name = NULL },
};

/* --- list --- */

static int query_list_run(struct cli *cli)
{
	struct choosing_saved saved = { 0 };
	struct printer printer;
	int code = choosing_saved_load(&saved, cli, true);

	if (code == EXIT_DONE) {
		print_begin(&printer, cli, PRINT_QUERIES);
		for (guint i = 0; i < cli->user->queries->len; i++) {
			const struct user_query *own = g_ptr_array_index(cli->user->queries, i);
			const struct shared_query query = { own->name, own->text, NULL, 0 };

			print_query(&printer, &query, false);
		}
		for (guint i = 0; i < saved.store.shared->len; i++)
			print_query(&printer, g_ptr_array_index(saved.store.shared, i), true);
		code = print_end(&printer);
	}
	choosing_saved_release(&saved);
	return code;
}

/* --- save --- */

static int query_check_text(
	struct cli *cli, const char *text, const struct choosing_saved *saved, const char *me)
{
	const struct query_asker asker = { .me = me,
		.saved = (const struct saved_query *)saved->list->data };
	struct query_tree *query = NULL;
	enum status st = query_parse(text, &asker, &query, &cli->err);

	query_free(query);
	return st == ST_OK ? EXIT_DONE : cli_usage(cli, "%s", cli->err.text);
}

/* What it says, and whether it leads back to itself. A shared one may say what is shared. */
static int query_check(struct cli *cli, const char *name, const char *text, bool shared)
{
	g_autofree char *me = cli_agent_login(), *by_name = g_strconcat("@", name, NULL);
	struct choosing_saved saved = { 0 };
	const struct saved_query as_saved = { name, text };
	int code = choosing_saved_load(&saved, cli, !shared);

	if (code == EXIT_DONE)
		code = query_check_text(cli, text, &saved, me);
	if (code == EXIT_DONE) {
		g_array_prepend_val(saved.list, as_saved);
		code = query_check_text(cli, by_name, &saved, me);
	}
	choosing_saved_release(&saved);
	return code;
}

static enum status save_shared(struct txn *txn, void *arg, struct error *err)
{
	return queries_save(txn, arg, err);
}

static int query_save(struct cli *cli, const char *name, char *text)
{
	g_autofree char *path = user_settings_path();
	struct shared_query query = { .name = (char *)name,
		.query = text,
		.by = (char *)cli->actor.name,
		.saved = cli->actor.now };

	if (cli_has(cli, "shared"))
		return cli_status(cli, store_write(cli->store, save_shared, &query, &cli->err));
	return cli_status(cli, user_query_save(path, name, text, &cli->err));
}

static int query_save_run(struct cli *cli)
{
	const char *name = cli->args[0] + (cli->args[0][0] == '@');
	g_autofree char *text = choosing_words(cli->args + 1);
	int code;

	if (query_name_check(name, &cli->err) != ST_OK)
		return cli_usage(cli, "%s", cli->err.text);
	code = query_check(cli, name, text, cli_has(cli, "shared"));
	return code == EXIT_DONE ? query_save(cli, name, text) : code;
}

/* --- remove --- */

static enum status remove_shared(struct txn *txn, void *arg, struct error *err)
{
	enum status st = queries_remove(txn, arg, err);

	return st == ST_NOT_FOUND
		? error_set(err, st, _("there is no shared query '%s'"), (const char *)arg)
		: st;
}

/* It may be one of all. */
static bool query_is_shared(struct cli *cli, const char *name)
{
	struct choosing_saved saved = { 0 };
	bool is = choosing_saved_load(&saved, cli, false) == EXIT_DONE;
	const struct saved_query *query = is ? (const struct saved_query *)saved.list->data : NULL;

	for (is = false; query && query->name && !is; query++)
		is = strcmp(query->name, name) == 0;
	choosing_saved_release(&saved);
	return is;
}

static int query_remove_own(struct cli *cli, const char *path, const char *name)
{
	enum status st = user_query_save(path, name, NULL, &cli->err);

	if (st == ST_NOT_FOUND && query_is_shared(cli, name))
		return cli_fail(
			EXIT_NOTHING, _("'%s' is a query of all; --shared removes it"), name);
	return cli_status(cli, st);
}

static int query_remove_run(struct cli *cli)
{
	g_autofree char *path = user_settings_path();
	char *name = cli->args[0] + (cli->args[0][0] == '@');

	if (cli_has(cli, "shared"))
		return cli_status(cli, store_write(cli->store, remove_shared, name, &cli->err));
	return query_remove_own(cli, path, name);
}

const struct cli_command cmd_query_list = {
	.name = "query list",
	.arguments = "",
	.summary = N_("list the saved queries, yours and those of all"),
	.need = NEED_STORE_READ,
	.run = query_list_run,
};
const struct cli_command cmd_query_save = {
	.name = "query save",
	.arguments = "NAME QUERY",
	.summary = N_("save a query, to be used as @NAME"),
	.options = shared_options,
	.need = NEED_STORE_WRITE,
	.least = 2,
	.query = true,
	.run = query_save_run,
};
const struct cli_command cmd_query_remove = {
	.name = "query remove",
	.arguments = "SAVED",
	.summary = N_("remove a saved query"),
	.options = shared_options,
	.need = NEED_STORE_WRITE,
	.least = 1,
	.most = 1,
	.run = query_remove_run,
};
