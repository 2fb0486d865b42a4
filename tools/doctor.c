/* Findings, and the commands that mend them. */
#include "doctor.h"

#include <string.h>

#include "base/address.h"
#include "base/tongue.h"

/* --- commands --- */

static char *doctor_tool(const struct doctor *d, const char *name)
{
	const char *directory = d->postfix ? d->postfix->directory : NULL;
	g_autofree char *quoted = directory ? doctor_quote(directory) : NULL;

	return quoted ? g_strdup_printf("%s -c %s", name, quoted) : g_strdup(name);
}

char *doctor_start_postfix(const struct doctor *d)
{
	g_autofree char *postfix = doctor_tool(d, "postfix");

	return g_strdup_printf("%s start", postfix);
}

static char *doctor_make(const struct doctor *d)
{
	g_autofree char *directory = g_path_get_dirname(d->sendmail->cf);
	g_autofree char *quoted = doctor_quote(directory);

	return g_strdup_printf("make -C %s && systemctl restart sendmail", quoted);
}

static char *doctor_postconf(const struct doctor *d)
{
	return doctor_tool(d, "postconf");
}

static char *doctor_postmap(const struct doctor *d)
{
	return doctor_tool(d, "postmap");
}

static char *doctor_reload(const struct doctor *d)
{
	g_autofree char *postfix = doctor_tool(d, "postfix");

	return g_strdup_printf("%s reload", postfix);
}

static char *doctor_conf(const struct doctor *d)
{
	return doctor_quote(d->cli->config);
}

static char *doctor_mc(const struct doctor *d)
{
	return doctor_quote(d->sendmail->mc);
}

static const struct doctor_name {
	const char *name;
	char *(*word)(const struct doctor *d);
} doctor_names[] = {
	{ .name = "conf", .word = doctor_conf },
	{ .name = "postconf", .word = doctor_postconf },
	{ .name = "postmap", .word = doctor_postmap },
	{ .name = "reload", .word = doctor_reload },
	{ .name = "mc", .word = doctor_mc },
	{ .name = "makecf", .word = doctor_make },
};

/* What stands for a name in braces. Owned; NULL: nothing is called so. */
static char *doctor_word(const struct doctor *d, const char *const *values, const char *name)
{
	bool bare = *name == '=';
	unsigned n = (unsigned)g_ascii_digit_value(name[bare]);

	if (g_ascii_isdigit(name[bare]))
		return bare ? g_strdup(values[n - 1]) : doctor_quote(values[n - 1]);
	for (size_t i = 0; i < G_N_ELEMENTS(doctor_names); i++)
		if (strcmp(doctor_names[i].name, name) == 0)
			return doctor_names[i].word(d);
	return NULL;
}

static char *doctor_command(const struct doctor *d, const char *const *values)
{
	GString *out = g_string_new(NULL);
	const char *p = d->check->mend, *close;

	for (; *p; p = close + 1) {
		size_t len = strcspn(p, "{");
		g_autofree char *name = NULL, *word = NULL;

		g_string_append_len(out, p, (gssize)len);
		if (!p[len])
			break;
		close = strchr(p + len, '}');
		name = g_strndup(p + len + 1, (gsize)(close - p - len - 1));
		word = doctor_word(d, values, name);
		if (word)
			g_string_append(out, word);
		else
			g_string_append_printf(out, "{%s}", name);
	}
	return g_string_free(out, FALSE);
}

/* --- findings --- */

static void doctor_add(struct doctor *d, enum finding_state state, char *text, char *mend)
{
	struct finding *finding = g_new(struct finding, 1);

	*finding = (struct finding){ d->check->id, state, text, mend };
	g_ptr_array_add(d->findings, finding);
}

void doctor_found(struct doctor *d, const char *const *values, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	doctor_add(d, FINDING_WRONG, text, doctor_command(d, values));
}

void doctor_unknown(struct doctor *d, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	doctor_add(d, FINDING_UNKNOWN, text, NULL);
}

/* --- changes of the configuration file --- */

/* Does a line of the file set this key of the first level? */
static bool doctor_conf_has(const struct doctor *d, const char *key)
{
	g_autofree char *pattern = g_strdup_printf("^[ \\t]*%s[ \\t]*[=:]", key);

	return d->conf && g_regex_match_simple(pattern, d->conf, G_REGEX_MULTILINE, 0);
}

char *doctor_set(const struct doctor *d, const char *key, const char *value)
{
	g_autofree char *script = g_strdup_printf(
		"s|^\\([[:blank:]]*%s[[:blank:]]*[=:][[:blank:]]*\\)\"[^\"]*\"|\\1\"%s\"|", key,
		value);
	g_autofree char *line = g_strdup_printf("%s = \"%s\";", key, value);
	g_autofree char *file = doctor_quote(d->cli->config), *quoted = NULL;

	if (doctor_conf_has(d, key)) {
		quoted = doctor_quote(script);
		return g_strdup_printf("sed -i %s %s", quoted, file);
	}
	quoted = doctor_quote(line);
	return g_strdup_printf("echo %s >>%s", quoted, file);
}

/* `"a@example.com", "b@example.com"` */
static char *doctor_list(const GPtrArray *addresses)
{
	GString *list = g_string_new(NULL);

	for (guint i = 0; i < addresses->len; i++)
		g_string_append_printf(
			list, "%s\"%s\"", i ? ", " : "", (const char *)addresses->pdata[i]);
	return g_string_free(list, FALSE);
}

/* The account's line, as sed and GLib both read it; [.] for each dot. */
static char *doctor_address_pattern(const struct account *account)
{
	g_auto(GStrv) parts = g_strsplit(account->address, ".", -1);
	g_autofree char *address = g_strjoinv("[.]", parts);

	return g_strdup_printf(
		"address[[:blank:]]*[=:][[:blank:]]*\"%s\"[[:blank:]]*[;,]*", address);
}

static char *doctor_add_aliases(
	const struct doctor *d, const struct account *account, const GPtrArray *addresses)
{
	static const char named[] = "aliases[[:blank:]]*[=:][[:blank:]]*(";
	g_autofree char *list = doctor_list(addresses), *pattern = doctor_address_pattern(account);
	g_autofree char *file = doctor_quote(d->cli->config), *script = NULL, *quoted = NULL;
	g_autofree char *follows = g_strdup_printf("%s[^}]*aliases[ \\t]*[=:][ \\t]*[(]", pattern);

	if (!account->aliases)
		script = g_strdup_printf("s|%s|& aliases = ( %s );|I", pattern, list);
	else
		script = g_strdup_printf("\\|%s|I,/}/s|%s|& %s,|", pattern, named, list);
	/* Elsewhere than people write it, it is theirs to find. */
	if (!d->conf ||
		!g_regex_match_simple(
			account->aliases ? follows : pattern, d->conf, G_REGEX_CASELESS, 0))
		return g_strdup_printf("${EDITOR:-vi} %s", file);
	quoted = doctor_quote(script);
	return g_strdup_printf("sed -i %s %s", quoted, file);
}

/* Or no address at all, as what stands for all of a domain. */
static bool doctor_knows_address(const struct settings *settings, const char *address)
{
	g_autofree char *canonical = NULL;

	if (address_canonical(address, &canonical) != ST_OK)
		return true;
	return settings_account(settings, canonical, NULL) ||
		settings_is_control(settings, canonical);
}

void doctor_found_strangers(struct doctor *d, const struct account *account, GPtrArray *addresses)
{
	g_autofree char *command = NULL, *names = NULL;

	for (guint i = addresses->len; i > 0; i--)
		if (doctor_knows_address(d->settings, addresses->pdata[i - 1]))
			g_ptr_array_remove_index(addresses, i - 1);
	if (!addresses->len)
		return;
	command = doctor_add_aliases(d, account, addresses);
	g_ptr_array_add(addresses, NULL);
	names = g_strjoinv(", ", (char **)addresses->pdata);
	doctor_found(d, (const char *[]){ command, NULL },
		_("mail to %s ends at %s without a ticket: a milter sees the address before aliases"),
		names, account->address);
}
