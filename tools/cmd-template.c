/* ticket template list|show. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/textfile.h"
#include "base/tongue.h"
#include "commands.h"
#include "json.h"
#include "table.h"
#include "terminal.h"

static const struct cli_option show_options[] = {
	{ .letter = 'p',
		.name = "project",
		.argument = "PROJECT",
		.help = N_("the one that tickets of this project get") },
	{ .letter = 'l',
		.name = "language",
		.argument = "LANGUAGE",
		.help = N_("in this language") },
	{ .name = NULL },
};

static const struct table_column template_columns[] = {
	{ .title = N_("TEMPLATE") },
	{ .title = N_("PROJECT"), .usual = "" },
	{ .title = N_("LANGUAGES") },
	{ .title = N_("FILE"), .stretches = true },
};

/* --- list --- */

static const char *template_file(const struct template_set *set, const char *languages)
{
	return template_path(template_set_pick(set, languages, NULL));
}

/* "en, de"; "-" is the one that says nothing of its language. Owned. */
static char *template_languages_text(const struct template_set *set)
{
	g_auto(GStrv) languages = template_set_languages(set);
	GString *out = g_string_new(NULL);

	for (char **p = languages; *p; p++) {
		if (out->len)
			g_string_append(out, ", ");
		g_string_append(out, **p ? *p : "-");
	}
	return g_string_free(out, FALSE);
}

static json_t *template_languages_json(const struct template_set *set)
{
	g_auto(GStrv) languages = template_set_languages(set);
	json_t *list = json_array();

	for (char **p = languages; *p; p++)
		json_array_append_new(list, **p ? json_string(*p) : json_null());
	return list;
}

static void template_print_json(const struct template_book *book)
{
	json_print(json_pack("{s:s, s:s?, s:o, s:s}", "name", book->name, "project", book->project,
		"languages", template_languages_json(book->set), "file",
		template_file(book->set, NULL)));
}

static void template_print_row(struct table *table, const struct template_book *book)
{
	g_autofree char *languages = template_languages_text(book->set);
	const char *cells[] = { book->name, text_or_none(book->project), languages,
		template_file(book->set, NULL) };

	table_add(table, cells, 0, COLOUR_NONE);
}

static int template_run_list(struct cli *cli)
{
	const struct template_shelf *shelf = cli->settings->templates;
	struct table *table =
		cli->json ? NULL : table_new(template_columns, G_N_ELEMENTS(template_columns));
	const struct template_book *book;
	unsigned n = 0;

	for (; (book = template_shelf_at(shelf, n)); n++) {
		if (table)
			template_print_row(table, book);
		else
			template_print_json(book);
	}
	if (table)
		table_print(table);
	return n ? EXIT_DONE : EXIT_NOTHING;
}

/* --- show --- */

static int template_run_show(struct cli *cli)
{
	const char *name = cli->args[0], *project = cli_value(cli, "project");
	const struct template_set *set = template_shelf_find(
		cli->settings->templates, name, project);
	const char *file = set ? template_file(set, cli_value(cli, "language")) : NULL;
	g_autofree char *text = NULL;
	enum status st;

	if (!set)
		return cli_fail(EXIT_NOTHING, _("there is no template '%s'"), name);
	st = textfile_read(file, LIMIT_TEMPLATE_BYTES, &text, &cli->err);
	if (st != ST_OK)
		return cli_status(cli, st);
	if (cli->json)
		json_print(json_pack("{s:s, s:s, s:s}", "name", name, "file", file, "text", text));
	else
		fputs(text, stdout);
	return EXIT_DONE;
}

const struct cli_command cmd_template_list = {
	.name = "template list",
	.arguments = "",
	.summary = N_("list the templates of answers"),
	.need = NEED_SETTINGS,
	.run = template_run_list,
};
const struct cli_command cmd_template_show = {
	.name = "template show",
	.arguments = "TEMPLATE",
	.summary = N_("show a template as it is written"),
	.options = show_options,
	.need = NEED_SETTINGS,
	.least = 1,
	.most = 1,
	.run = template_run_show,
};
