/* An example file made of the table: each key with a comment and its default, after a "#". */
#include "settings/settings-table.h"

#include <string.h>

enum { COLUMNS = 100, TAB = 8 };

static const char heading[] =
	"# milticket.conf: settings of milticketd(8) and ticket(1), described in milticket.conf(5).\n"
	"#\n"
	"# A line that begins with \"#\" directly before a key shows that key's default; remove the \"#\" to\n"
	"# change it. Until an account is configured below, no mail is touched. \"ticket config check\" looks\n"
	"# this file over, \"systemctl reload milticket\" puts it in force; a file with an error in it is\n"
	"# refused and changes nothing.\n";

/* Where in the file something is written. */
struct example {
	GString *out;
	const char *mark; /* "#" in a list, which is no default: it begins each line; else "" */
	unsigned tabs;
	bool first; /* of its group: no empty line before it */
};

static void put_tabs(struct example *e)
{
	for (unsigned i = 0; i < e->tabs; i++)
		g_string_append_c(e->out, '\t');
}

static void put_line(struct example *e, const char *text)
{
	g_string_append(e->out, e->mark);
	put_tabs(e);
	g_string_append(e->out, text);
	g_string_append_c(e->out, '\n');
}

/* A comment, in lines that fit. */
static void put_help(struct example *e, const char *help)
{
	g_auto(GStrv) words = g_strsplit(help, " ", -1);
	size_t column = COLUMNS;

	if (!e->first)
		g_string_append_c(e->out, '\n');
	e->first = false;
	for (char **word = words; *word; word++) {
		size_t width = (size_t)g_utf8_strlen(*word, -1) + 1;

		if (column + width > COLUMNS) {
			g_string_append(e->out, word == words ? "" : "\n");
			put_tabs(e);
			g_string_append_c(e->out, '#');
			column = e->tabs * TAB + 1;
		}
		g_string_append_printf(e->out, " %s", *word);
		column += width;
	}
	g_string_append_c(e->out, '\n');
}

static void put_key(struct example *e, const struct setting_row *key, const char *member)
{
	g_autofree char *value = key->example ? g_strdup(key->example) : key_default_text(key),
			*line = NULL;

	line = g_strdup_printf("%s%s = %s;", *e->mark ? "" : "#", member, value);
	put_help(e, key->help);
	put_line(e, line);
}

static void open_group(struct example *e, const char *name, const char *member, size_t len)
{
	g_autofree char *line = g_strdup_printf("%.*s: {", (int)len, member);

	put_help(e, group_help(name));
	put_line(e, line);
	e->tabs++;
	e->first = true;
}

static void close_group(struct example *e)
{
	e->tabs--;
	put_line(e, "};");
}

/* The rows of a scope; those of a group stand together in the table. */
static void put_scope(struct example *e, enum key_scope scope, const char *prefix)
{
	g_autofree char *group = NULL;
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		const char *member = key->name + strlen(prefix), *dot = strchr(member, '.');
		g_autofree char *name = dot ? g_strndup(key->name, (gsize)(dot - key->name)) : NULL;

		if (key->scope != scope)
			continue;
		if (group && g_strcmp0(group, name) != 0)
			close_group(e);
		if (name && g_strcmp0(group, name) != 0)
			open_group(e, name, member, (size_t)(dot - member));
		g_free(group);
		group = g_steal_pointer(&name);
		put_key(e, key, dot ? dot + 1 : member);
	}
	if (group)
		close_group(e);
}

static void put_list(struct example *e, const struct setting_list *list)
{
	g_autofree char *opens = g_strdup_printf("%s = (", list->name),
			*prefix = g_strconcat(list->name, ".", NULL);

	put_help(e, list->help);
	e->mark = "#";
	put_line(e, opens);
	e->tabs++;
	put_line(e, "{");
	e->tabs++;
	e->first = true;
	put_scope(e, list->scope, prefix);
	e->tabs--;
	put_line(e, "}");
	e->tabs--;
	put_line(e, ");");
	e->mark = "";
}

char *settings_example(void)
{
	struct example e = { .out = g_string_new(heading), .mark = "" };

	put_scope(&e, SCOPE_TOP, "");
	for (size_t i = 0; list_at(i); i++)
		put_list(&e, list_at(i));
	return g_string_free(e.out, FALSE);
}
