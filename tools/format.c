/* Formats. */
#include "format.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/tongue.h"
#include "terminal.h"

enum { VALUE_MAX = 64 * 1024 };

/* --- fields that the record has not as such --- */

static char *tag_of(const struct cli *cli, const struct ticket *t)
{
	return tag_text(&cli->settings->tag_format, t->number);
}

static char *queues_of(const struct cli *cli, const struct ticket *t)
{
	g_autofree char *watchers = t->watchers && t->watchers[0] ? g_strjoinv(", ", t->watchers)
								  : NULL;

	(void)cli;
	return g_strjoin(", ", t->queue, watchers, NULL);
}

static char *format_requester_of(const struct cli *cli, const struct ticket *t)
{
	(void)cli;
	return g_strdup(t->requester_address);
}

static char *age_of(const struct cli *cli, const struct ticket *t)
{
	return terminal_age(t->updated, cli->actor.now);
}

static const struct {
	const char *name;
	char *(*text)(const struct cli *cli, const struct ticket *ticket);
} computed[] = { { "tag", tag_of }, { "queues", queues_of }, { "requester", format_requester_of },
	{ "age", age_of } };

static bool format_has(const struct field *field)
{
	return !(field->flags & FIELD_HIDDEN) || g_str_has_prefix(field->name, "requester_");
}

static const struct field *format_stored(const char *name)
{
	const struct field *field = record_field(&ticket_type, name);

	return field && format_has(field) ? field : NULL;
}

bool format_known(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(computed); i++)
		if (strcmp(computed[i].name, name) == 0)
			return true;
	return format_stored(name) != NULL;
}

void format_names(GPtrArray *names)
{
	for (size_t i = 0; i < ticket_type.count; i++)
		if (format_has(&ticket_type.fields[i]))
			g_ptr_array_add(names, (char *)ticket_type.fields[i].name);
	for (size_t i = 0; i < G_N_ELEMENTS(computed); i++)
		g_ptr_array_add(names, (char *)computed[i].name);
	g_ptr_array_add(names, NULL);
}

char *format_value(const struct cli *cli, const struct ticket *t, const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(computed); i++)
		if (strcmp(computed[i].name, name) == 0)
			return computed[i].text(cli, t);
	return record_field_text(format_stored(name), t);
}

char *format_shown(const struct cli *cli, const struct ticket *t, const char *name)
{
	const struct field *field = format_stored(name);

	if (!field || field->type != FIELD_TIME)
		return format_value(cli, t, name);
	return terminal_time(*(const int64_t *)((const char *)t + field->offset));
}

/* --- the format --- */

/* The name in braces at p, and what follows it; NULL when there is none. */
static char *name_at(const char *p, const char **end_out)
{
	const char *end = *p == '{' ? strchr(p, '}') : NULL;

	*end_out = end ? end + 1 : p + 1;
	return end ? g_strndup(p + 1, (gsize)(end - p - 1)) : NULL;
}

static void format_say_unknown(const struct cli *cli, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	format_names(names);
	nearest = nearest_begun(name, (const char *const *)names->pdata);
	if (nearest)
		cli_usage(cli, _("--format: there is no field '{%s}'; did you mean '{%s}'?"), name,
			nearest);
	else
		cli_usage(cli,
			_("--format: there is no field '{%s}'; ticket(1) has them under JSON"),
			name);
}

bool format_check(struct cli *cli, const char *format)
{
	const char *end;

	for (const char *p = format; *p; p = end) {
		g_autofree char *name = name_at(p, &end);

		if (*p == '{' && !name) {
			cli_usage(cli, _("--format: '%s' has no closing brace"), p);
			return false;
		}
		if (name && !format_known(name)) {
			format_say_unknown(cli, name);
			return false;
		}
	}
	return true;
}

static void append_plain(GString *out, const char **p)
{
	if ((*p)[0] == '\\' && ((*p)[1] == 't' || (*p)[1] == 'n')) {
		g_string_append_c(out, (*p)[1] == 't' ? '\t' : '\n');
		*p += 2;
	} else {
		g_string_append_c(out, *(*p)++);
	}
}

void format_print(const struct cli *cli, const char *format, const struct ticket *t)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *end;

	for (const char *p = format; *p;) {
		g_autofree char *name = name_at(p, &end);
		g_autofree char *text = name ? format_value(cli, t, name) : NULL;
		g_autofree char *clean = text ? terminal_line(text, VALUE_MAX) : NULL;

		if (name) {
			g_string_append(out, clean ? clean : "");
			p = end;
		} else {
			append_plain(out, &p);
		}
	}
	puts(out->str);
}
