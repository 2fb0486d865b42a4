/* Sendmail through its sendmail.cf. */
#include "doctor-sendmail.h"

#include <string.h>

#include "doctor.h"

static void filter_free(void *data)
{
	struct filter *filter = data;

	g_free(filter->name);
	g_free(filter->socket);
	g_free(filter->flags);
	g_free(filter->timeouts);
	endpoint_release(&filter->endpoint);
	g_free(filter);
}

/* "name, S=…, F=…, T=…" */
static void take_filter(struct sendmail *sendmail, const char *line)
{
	struct filter *filter = g_new0(struct filter, 1);
	g_auto(GStrv) parts = g_strsplit(line, ",", -1);

	filter->name = g_strdup(g_strstrip(parts[0]));
	for (char **part = parts + 1; *part; part++) {
		char *text = g_strstrip(*part), *value = strchr(text, '=');
		char **field = NULL;

		if (*text == 'S')
			field = &filter->socket;
		else if (*text == 'F')
			field = &filter->flags;
		else if (*text == 'T')
			field = &filter->timeouts;
		if (value && field && !*field)
			*field = g_strdup(value + 1);
	}
	filter->socket = filter->socket ? filter->socket : g_strdup("");
	filter->flags = filter->flags ? filter->flags : g_strdup("");
	filter->timeouts = filter->timeouts ? filter->timeouts : g_strdup("");
	endpoint_of_libmilter(filter->socket, &filter->endpoint);
	g_ptr_array_add(sendmail->filters, filter);
}

static void sendmail_take_option(struct sendmail *sendmail, const char *line)
{
	const char *equals = strchr(line, '=');
	g_autofree char *name = equals ? g_strndup(line, (gsize)(equals - line)) : NULL;

	if (!name)
		return;
	if (strcmp(name, "DaemonPortOptions") == 0)
		g_ptr_array_add(sendmail->daemons, g_strdup(equals + 1));
	else
		g_hash_table_insert(sendmail->options, g_strdup(name), g_strdup(equals + 1));
}

static void take_words(GPtrArray *words_out, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t\r\n", -1);

	for (char **word = words; *word; word++)
		if (**word && **word != '#')
			g_ptr_array_add(words_out, g_strdup(*word));
}

/* "Fw/etc/mail/local-host-names", "Fw-o /etc/mail/local-host-names %[^\#]" */
static void take_local_file(struct sendmail *sendmail, const char *line)
{
	const char *path = strchr(line, '/');
	g_autofree char *file = path ? g_strndup(path, strcspn(path, " \t")) : NULL, *text = NULL;

	if (file && g_file_get_contents(file, &text, NULL, NULL))
		take_words(sendmail->locals, text);
}

static void take_line(struct sendmail *sendmail, const char *line)
{
	if (g_str_has_prefix(line, "O "))
		sendmail_take_option(sendmail, line + 2);
	else if (*line == 'X')
		take_filter(sendmail, line + 1);
	else if (g_str_has_prefix(line, "Cw"))
		take_words(sendmail->locals, line + 2);
	else if (g_str_has_prefix(line, "C{w}"))
		take_words(sendmail->locals, line + 4);
	else if (g_str_has_prefix(line, "Fw"))
		take_local_file(sendmail, line + 2);
	else if (g_str_has_prefix(line, "Kvirtuser ") && strchr(line, '/') && !sendmail->users)
		sendmail->users = g_strndup(strchr(line, '/'), strcspn(strchr(line, '/'), " \t"));
}

static struct sendmail *sendmail_new(const char *cf)
{
	struct sendmail *sendmail = g_new0(struct sendmail, 1);
	g_autofree char *directory = g_path_get_dirname(cf);

	sendmail->cf = g_strdup(cf);
	sendmail->mc = g_build_filename(directory, "sendmail.mc", NULL);
	sendmail->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	sendmail->filters = g_ptr_array_new_with_free_func(filter_free);
	sendmail->daemons = g_ptr_array_new_with_free_func(g_free);
	sendmail->locals = g_ptr_array_new_with_free_func(g_free);
	return sendmail;
}

void sendmail_free(struct sendmail *sendmail)
{
	if (!sendmail)
		return;
	g_free(sendmail->cf);
	g_free(sendmail->mc);
	g_free(sendmail->users);
	g_hash_table_unref(sendmail->options);
	g_ptr_array_unref(sendmail->filters);
	g_ptr_array_unref(sendmail->daemons);
	g_ptr_array_unref(sendmail->locals);
	g_free(sendmail);
}

struct sendmail *sendmail_read(const char *cf)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	struct sendmail *sendmail;

	if (!g_file_get_contents(cf, &text, NULL, NULL))
		return NULL;
	sendmail = sendmail_new(cf);
	/* A line that begins with a blank goes on. */
	for (char *p = text; (p = strchr(p, '\n')); p++)
		if (p[1] == ' ' || p[1] == '\t')
			*p = ' ';
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		take_line(sendmail, *line);
	/* Each sendmail.cf says where its queue is. */
	if (*sendmail_option(sendmail, "QueueDirectory"))
		return sendmail;
	sendmail_free(sendmail);
	return NULL;
}

const char *sendmail_option(const struct sendmail *sendmail, const char *name)
{
	const char *value = g_hash_table_lookup(sendmail->options, name);

	return value ? value : "";
}

char **sendmail_called(const struct sendmail *sendmail)
{
	g_autofree char *list = g_strdup(sendmail_option(sendmail, "InputMailFilters"));
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	g_strdelimit(list, ",", ' ');
	take_words(words, list);
	g_ptr_array_add(words, NULL);
	return g_strdupv((char **)words->pdata);
}

const struct filter *sendmail_filter(const struct sendmail *sendmail, const char *name)
{
	for (guint i = 0; i < sendmail->filters->len; i++) {
		const struct filter *filter = sendmail->filters->pdata[i];

		if (strcmp(filter->name, name) == 0)
			return filter;
	}
	return NULL;
}

const struct filter *sendmail_ours(const struct sendmail *sendmail, const struct endpoint *place)
{
	g_auto(GStrv) called = sendmail_called(sendmail);

	for (char **name = called; *name; name++) {
		const struct filter *filter = sendmail_filter(sendmail, *name);

		if (filter &&
			(strcmp(*name, "milticket") == 0 ||
				endpoint_same(&filter->endpoint, place)))
			return filter;
	}
	return NULL;
}

/* Postfix has a program of that name, which sends mail when it is asked. */
static bool program_is_sendmails(const struct sendmail *sendmail)
{
	g_autofree char *cf = g_strconcat("-C", sendmail->cf, NULL), *said = NULL;
	const char *const words[] = { "sendmail", cf, "-d0.1", "-bt", NULL };

	return doctor_run(words, &said, NULL) && strstr(said, "Version 8.");
}

enum sendmail_verdict sendmail_verify(const struct sendmail *sendmail, const char *address)
{
	g_autofree char *cf = g_strconcat("-C", sendmail->cf, NULL), *said = NULL;
	const char *const words[] = { "sendmail", cf, "-bv", "--", address, NULL };

	if (!program_is_sendmails(sendmail))
		return SENDMAIL_UNKNOWN;
	if (doctor_run(words, &said, NULL) && strstr(said, "deliverable"))
		return SENDMAIL_TAKES;
	return strstr(said, "User unknown") ? SENDMAIL_REFUSES : SENDMAIL_UNKNOWN;
}
