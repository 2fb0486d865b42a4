/* What may be wrong with the filters and addresses of a Sendmail. */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/tongue.h"
#include "doctor-aliases.h"

enum { LEAST_PATIENCE_S = 30 };

static const struct filter *ours_of(const struct doctor *d)
{
	return sendmail_ours(d->sendmail, &d->own);
}

/* milticket's socket as Sendmail is to write it. Owned. */
static char *socket_text(const struct doctor *d)
{
	if (d->own.inet)
		return g_strdup(d->settings->socket);
	return g_strconcat("local:", d->own.path, NULL);
}

/* An edit of the filter's definition, which may go over several lines. Owned. */
static char *sendmail_edit(const struct doctor *d, const char *name, const char *change)
{
	g_autofree char *script = g_strdup_printf(
		"/MAIL_FILTER(.%s./{:more;/)/!{N;b more};%s}", name, change);
	g_autofree char *quoted = doctor_quote(script), *file = doctor_quote(d->sendmail->mc);

	return g_strdup_printf("sed -i %s %s", quoted, file);
}

static char *sendmail_append(const struct doctor *d, const char *line)
{
	g_autofree char *quoted = doctor_quote(line), *file = doctor_quote(d->sendmail->mc);

	return g_strdup_printf("echo %s >>%s", quoted, file);
}

static void found_with(struct doctor *d, char *command, const char *text)
{
	doctor_found(d, (const char *[]){ command, NULL }, "%s", text);
	g_free(command);
}

/* --- the filter --- */

static void found_no_filter(struct doctor *d)
{
	g_autofree char *socket = socket_text(d);
	g_autofree char *line = g_strdup_printf(
		"INPUT_MAIL_FILTER(`milticket', `S=%s, F=T, T=S:60s;R:60s;E:5m')", socket);

	if (sendmail_filter(d->sendmail, "milticket")) {
		g_free(line);
		line = g_strdup_printf("define(`confINPUT_MAIL_FILTERS', `%s%smilticket')",
			sendmail_option(d->sendmail, "InputMailFilters"),
			*sendmail_option(d->sendmail, "InputMailFilters") ? "," : "");
	}
	found_with(d, sendmail_append(d, line),
		_("Sendmail does not call milticket: its mail gets no ticket"));
}

void look_sendmail_filter(struct doctor *d)
{
	const struct filter *ours = ours_of(d);
	g_autofree char *socket = socket_text(d), *change = NULL, *text = NULL;

	if (!ours) {
		found_no_filter(d);
		return;
	}
	if (endpoint_same(&ours->endpoint, &d->own))
		return;
	change = g_strdup_printf("s|S=[^,']*|S=%s|", socket);
	text = g_strdup_printf(_("the filter %s leads to %s, and milticketd listens on %s"),
		ours->name, ours->socket, d->settings->socket);
	found_with(d, sendmail_edit(d, ours->name, change), text);
}

void look_sendmail_flag(struct doctor *d)
{
	const struct filter *ours = ours_of(d);
	g_autofree char *text = NULL;

	if (!ours || strcmp(ours->flags, "T") == 0)
		return;
	text = g_strdup_printf(_("the filter %s has F=%s: while milticketd is away, mail %s"),
		ours->name, ours->flags,
		*ours->flags ? _("is lost to its senders") : _("passes without a ticket"));
	found_with(d,
		sendmail_edit(d, ours->name, *ours->flags ? "s/F=[A-Z]*/F=T/" : "s/S=/F=T, S=/"),
		text);
}

/* "S:10s;R:1m" has a minute for R; -1: it has none. */
static int seconds_of(const char *timeouts, char which)
{
	for (const char *p = timeouts; *p; p += strcspn(p, ";"), p += *p == ';') {
		char *end;
		long n;

		p += strspn(p, " \t");
		if (*p != which || p[1] != ':')
			continue;
		n = strtol(p + 2, &end, 10);
		if (*end == 'm')
			n *= 60;
		return (int)(*end == 'h' ? n * 3600 : n);
	}
	return -1;
}

void look_sendmail_timeout(struct doctor *d)
{
	static const char wanted[] = "T=S:60s;R:60s;E:5m";
	const struct filter *ours = ours_of(d);
	g_autofree char *change = NULL, *text = NULL;

	if (!ours || seconds_of(ours->timeouts, 'R') >= LEAST_PATIENCE_S)
		return;
	if (*ours->timeouts)
		change = g_strdup_printf("s/T=[^,']*/%s/", wanted);
	else
		change = g_strdup_printf("s/S=/%s, S=/", wanted);
	text = g_strdup_printf(
		_("the filter %s waits less than %d s for an answer: a store on a busy disk "
		  "is given up"),
		ours->name, LEAST_PATIENCE_S);
	found_with(d, sendmail_edit(d, ours->name, change), text);
}

/* --- who calls it, and when --- */

static bool filter_verifies(const struct filter *filter)
{
	static const char *const words[] = { "dkim", "dmarc", "rspamd", "arc", ":8891", ":8893" };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(filter->name, words[i]) || strstr(filter->socket, words[i]))
			return true;
	return false;
}

void look_sendmail_order(struct doctor *d)
{
	const struct filter *ours = ours_of(d), *late = NULL;
	g_auto(GStrv) called = sendmail_called(d->sendmail);
	g_autoptr(GString) line = g_string_new("define(`confINPUT_MAIL_FILTERS', `");
	bool passed = false;

	for (char **name = called; ours && *name; name++) {
		const struct filter *filter = sendmail_filter(d->sendmail, *name);

		passed |= filter == ours;
		if (filter && filter != ours && passed && filter_verifies(filter))
			late = filter;
		if (filter != ours)
			g_string_append_printf(line, "%s,", *name);
	}
	if (!late)
		return;
	g_string_append_printf(line, "%s')", ours->name);
	doctor_found(d, (const char *[]){ line->str, NULL },
		_("%s comes after %s: it verifies a Subject that has a tag"), late->name,
		ours->name);
}

/* A port that has filters of its own. */
void look_sendmail_daemon(struct doctor *d)
{
	const struct filter *ours = ours_of(d);

	for (guint i = 0; ours && i < d->sendmail->daemons->len; i++) {
		const char *options = d->sendmail->daemons->pdata[i];
		const char *own = strstr(options, "InputMailFilters=");

		if (!own || strstr(own, ours->name))
			continue;
		doctor_found(d, (const char *[]){ ours->name, NULL },
			_("a port of Sendmail's has filters of its own, without %s: %s"),
			ours->name, options);
	}
}

void look_sendmail_macros(struct doctor *d)
{
	const char *macros = sendmail_option(d->sendmail, "Milter.macros.connect");
	g_auto(GStrv) names = g_strsplit_set(macros, ", ", -1);
	g_autofree char *line = NULL;

	if (!ours_of(d) || g_strv_contains((const char *const *)names, "j"))
		return;
	line = g_strdup_printf(
		"define(`confMILTER_MACROS_CONNECT', `j%s%s')", *macros ? ", " : "", macros);
	found_with(d, sendmail_append(d, line),
		_("Sendmail does not tell filters its own name: the macro j is not "
		  "in Milter.macros.connect"));
}

void look_sendmail_path(struct doctor *d)
{
	const char *user = sendmail_option(d->sendmail, "RunAsUser");
	g_autofree char *name = g_strndup(user, strcspn(user, ":"));
	const struct visitor visitor = { .user = *name ? name : NULL };

	if (milter_ask(&d->own, &visitor) == ANSWER_DENIED)
		doctor_found(d, (const char *[]){ d->settings->group, name, NULL },
			_("Sendmail runs as %s and may not connect to %s"), name,
			d->settings->socket);
}

/* --- addresses --- */

void look_sendmail_delimiter(struct doctor *d)
{
	g_autofree char *command = NULL;

	if (!*d->settings->recipient_delimiter ||
		strcmp(d->settings->recipient_delimiter, "+") == 0)
		return;
	command = doctor_set(d, "recipient_delimiter", "+");
	doctor_found(d, (const char *[]){ command, NULL },
		_("recipient_delimiter is '%s', and Sendmail knows '+' only: answers bounce"),
		d->settings->recipient_delimiter);
}

static char *aliases_file(const struct sendmail *sendmail)
{
	const char *value = sendmail_option(sendmail, "AliasFile"), *path = strchr(value, '/');

	return path ? g_strndup(path, strcspn(path, ", \t")) : NULL;
}

/* False: said nothing, as there is nothing to say. */
static bool found_refused(struct doctor *d, const char *address, const char *what)
{
	g_autofree char *file = aliases_file(d->sendmail), *line = NULL;

	if (!file || sendmail_verify(d->sendmail, address) != SENDMAIL_REFUSES)
		return false;
	line = g_strdup_printf("%.*s: root", (int)strcspn(address, "@"), address);
	doctor_found(d, (const char *[]){ line, file, d->sendmail->cf, NULL },
		_("%s %s: Sendmail takes no mail for it"), what, address);
	return true;
}

void look_sendmail_accounts(struct doctor *d)
{
	for (guint i = 0; i < d->settings->accounts->len; i++) {
		const struct account *account = d->settings->accounts->pdata[i];

		if (account->enabled)
			found_refused(d, account->address, _("account"));
	}
}

/* Of several names, one is enough. */
void look_sendmail_control(struct doctor *d)
{
	char **controls = d->settings->controls;

	for (char **control = controls; *control; control++)
		if (sendmail_verify(d->sendmail, *control) != SENDMAIL_REFUSES)
			return;
	if (*controls)
		found_refused(d, *controls, _("control address"));
}

static bool sendmail_is_local(const char *domain, void *arg)
{
	const struct sendmail *sendmail = arg;

	for (guint i = 0; i < sendmail->locals->len; i++)
		if (g_ascii_strcasecmp(sendmail->locals->pdata[i], domain) == 0)
			return true;
	return false;
}

/* Lines "name: targets" or "address target"; one that begins with a blank goes on. */
static void take_file(const char *path, struct aliases *aliases)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!path || !g_file_get_contents(path, &text, NULL, NULL))
		return;
	for (char *p = text; (p = strchr(p, '\n')); p++)
		if (p[1] == ' ' || p[1] == '\t')
			*p = ' ';
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		size_t len = strcspn(*line, ": \t");

		if (**line == '#' || !(*line)[len])
			continue;
		(*line)[len] = '\0';
		aliases_add(aliases, *line, *line + len + 1);
	}
}

static void sendmail_look_account_aliases(
	struct doctor *d, const struct aliases *aliases, const struct account *account)
{
	g_autoptr(GPtrArray) found = aliases_leading_to(
		aliases, account->address, strrchr(account->address, '@') + 1);

	doctor_found_strangers(d, account, found);
}

void look_sendmail_aliases(struct doctor *d)
{
	struct aliases *aliases = aliases_new(sendmail_is_local, d->sendmail);
	g_autofree char *file = aliases_file(d->sendmail);

	take_file(file, aliases);
	take_file(d->sendmail->users, aliases);
	for (guint i = 0; i < d->settings->accounts->len; i++) {
		const struct account *account = d->settings->accounts->pdata[i];

		if (account->enabled)
			sendmail_look_account_aliases(d, aliases, account);
	}
	aliases_free(aliases);
}
