/* Postfix through postconf, postmap and postalias. */
#include "doctor-postfix.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "doctor.h"

enum { COLUMN_NAME, COLUMN_TYPE, COLUMN_CHROOT = 4, COLUMN_COMMAND = 7 };

/* --- its programs --- */

static bool run_with_directory(
	const struct postfix *postfix, const char *const *words, char **out_out, char **err_out)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, (char *)words[0]);
	if (postfix->directory) {
		g_ptr_array_add(argv, (char *)"-c");
		g_ptr_array_add(argv, postfix->directory);
	}
	for (words++; *words; words++)
		g_ptr_array_add(argv, (char *)*words);
	g_ptr_array_add(argv, NULL);
	return doctor_run((const char *const *)argv->pdata, out_out, err_out);
}

/* "name = value" lines into a table. */
static void take_lines(GHashTable *table, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *equals = strchr(*line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		g_hash_table_insert(
			table, g_strdup(g_strstrip(*line)), g_strdup(g_strstrip(equals + 1)));
	}
}

/* --- its services --- */

static bool is_one_of(const char *word, const char *const *names)
{
	return g_strv_contains(names, word);
}

/* Names of ports; the address in front of one does not matter. */
static const char *port_of(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

static bool is_loopback_listener(const char *name)
{
	return g_str_has_prefix(name, "127.") || g_str_has_prefix(name, "localhost:") ||
		g_str_has_prefix(name, "[::1]:");
}

static const char *service_override(const struct service *service, const char *name)
{
	g_autofree char *key = g_strconcat(service->name, "/", name, NULL);

	return g_hash_table_lookup(service->postfix->overrides, key);
}

const char *postfix_value(const struct postfix *postfix, const char *name)
{
	const char *value = g_hash_table_lookup(postfix->parameters, name);

	return value ? value : "";
}

char *postfix_origin(const struct postfix *postfix)
{
	const char *origin = postfix_value(postfix, "myorigin");
	char *text = NULL;

	if (*origin == '/' && g_file_get_contents(origin, &text, NULL, NULL))
		return g_strstrip(text);
	return g_strdup(origin);
}

const char *service_value(const struct service *service, const char *name)
{
	const char *own = service_override(service, name);

	return own ? own : postfix_value(service->postfix, name);
}

/* Does any service, or main.cf, hand mail to a content filter that brings it back? */
static bool has_content_filter(const struct postfix *postfix)
{
	GHashTableIter all;
	void *key, *value;

	if (*postfix_value(postfix, "content_filter"))
		return true;
	g_hash_table_iter_init(&all, postfix->overrides);
	while (g_hash_table_iter_next(&all, &key, &value))
		if ((g_str_has_suffix(key, "/content_filter") ||
			    g_str_has_suffix(key, "/smtpd_proxy_filter")) &&
			*(const char *)value)
			return true;
	return false;
}

static enum service_role role_of(const struct service *service)
{
	static const char *const in[] = { "smtp", "25", NULL };
	static const char *const submission[] = { "submission", "submissions", "smtps", "587",
		"465", NULL };
	g_autofree char *name = g_strndup(service->name, strcspn(service->name, "/"));
	const char *milters = service_override(service, "smtpd_milters");

	if (is_one_of(port_of(name), submission))
		return ROLE_SUBMISSION;
	if (is_one_of(port_of(name), in) && !is_loopback_listener(name))
		return ROLE_MAIL_IN;
	if ((milters && !*milters) ||
		strstr(service_value(service, "receive_override_options"), "no_milters"))
		return ROLE_OWN_WAY;
	if (g_strcmp0(service_override(service, "smtpd_sasl_auth_enable"), "yes") == 0)
		return ROLE_SUBMISSION;
	if (is_loopback_listener(name) && has_content_filter(service->postfix))
		return ROLE_AGAIN;
	return ROLE_MAIL_IN;
}

static void service_free(void *data)
{
	struct service *service = data;

	g_free(service->name);
	if (service->milters)
		g_ptr_array_unref(service->milters);
	g_free(service);
}

static struct service *service_new(struct postfix *postfix, char *const *columns)
{
	struct service *service = g_new0(struct service, 1);

	service->postfix = postfix;
	service->name = g_strconcat(columns[COLUMN_NAME], "/", columns[COLUMN_TYPE], NULL);
	/* A "-" is "n" since Postfix 3.0, whose master.cf has it written out. */
	service->chrooted = strcmp(columns[COLUMN_CHROOT], "y") == 0;
	return service;
}

static void add_service(struct postfix *postfix, char *const *columns)
{
	bool listens = strcmp(columns[COLUMN_COMMAND], "smtpd") == 0;
	struct service *service;

	if (!listens && strcmp(columns[COLUMN_NAME], "cleanup") != 0)
		return;
	service = service_new(postfix, columns);
	service->parameter = listens ? "smtpd_milters" : "non_smtpd_milters";
	service->role = listens ? role_of(service) : ROLE_LOCAL;
	service->overrides = service_override(service, service->parameter) != NULL;
	service->milters = milters_parse(service_value(service, service->parameter));
	g_ptr_array_add(postfix->services, service);
}

static void take_services(struct postfix *postfix, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);

		for (const char *p = *line; *(p += strspn(p, " \t"));) {
			size_t len = strcspn(p, " \t");

			g_ptr_array_add(columns, g_strndup(p, len));
			p += len;
		}
		if (columns->len > COLUMN_COMMAND)
			add_service(postfix, (char *const *)columns->pdata);
	}
}

/* --- all of it --- */

void postfix_free(struct postfix *postfix)
{
	if (!postfix)
		return;
	g_free(postfix->directory);
	g_free(postfix->warnings);
	g_free(postfix->group);
	g_hash_table_unref(postfix->parameters);
	g_hash_table_unref(postfix->overrides);
	g_ptr_array_unref(postfix->services);
	g_free(postfix);
}

/* A user's own group. Owned. */
static char *group_of(const char *user)
{
	const struct passwd *entry = getpwnam(user);
	const struct group *group = entry ? getgrgid(entry->pw_gid) : NULL;

	return g_strdup(group ? group->gr_name : user);
}

static GHashTable *table_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

struct postfix *postfix_read(const char *directory)
{
	static const char *const main_words[] = { "postconf", "-x", NULL };
	static const char *const override_words[] = { "postconf", "-xP", NULL };
	static const char *const service_words[] = { "postconf", "-M", NULL };
	struct postfix *postfix = g_new0(struct postfix, 1);
	g_autofree char *main_text = NULL, *overrides = NULL, *services = NULL;

	postfix->directory = g_strdup(directory);
	postfix->parameters = table_new();
	postfix->overrides = table_new();
	postfix->services = g_ptr_array_new_with_free_func(service_free);
	if (!run_with_directory(postfix, main_words, &main_text, &postfix->warnings) ||
		!run_with_directory(postfix, override_words, &overrides, NULL) ||
		!run_with_directory(postfix, service_words, &services, NULL)) {
		postfix_free(postfix);
		return NULL;
	}
	take_lines(postfix->parameters, main_text);
	take_lines(postfix->overrides, overrides);
	postfix->queue = postfix_value(postfix, "queue_directory");
	postfix->owner = postfix_value(postfix, "mail_owner");
	postfix->group = group_of(postfix->owner);
	take_services(postfix, services);
	return postfix;
}

bool postfix_runs(const struct postfix *postfix)
{
	static const char *const words[] = { "postfix", "status", NULL };

	return run_with_directory(postfix, words, NULL, NULL);
}

/* --- places as a service sees them --- */

void service_endpoint(const struct service *service, const struct endpoint *endpoint,
	struct endpoint *endpoint_out)
{
	*endpoint_out = (struct endpoint){ .inet = endpoint->inet,
		.host = g_strdup(endpoint->host),
		.port = g_strdup(endpoint->port) };
	if (endpoint->path && *endpoint->path == '/' && !service->chrooted)
		endpoint_out->path = g_strdup(endpoint->path);
	else if (endpoint->path)
		endpoint_out->path = g_build_filename(
			service->postfix->queue, endpoint->path, NULL);
}

const struct milter *service_milter(const struct service *service, const struct endpoint *to)
{
	for (guint i = 0; i < service->milters->len; i++) {
		const struct milter *milter = service->milters->pdata[i];
		struct endpoint leads_to;
		bool same;

		service_endpoint(service, &milter->endpoint, &leads_to);
		same = endpoint_same(&leads_to, to);
		endpoint_release(&leads_to);
		if (same)
			return milter;
	}
	return NULL;
}

/* --- maps --- */

char **postfix_maps(const struct postfix *postfix, const char *parameter)
{
	g_autofree char *list = g_strdup(postfix_value(postfix, parameter));
	GPtrArray *maps = g_ptr_array_new();

	for (char *word = list; *(word += strspn(word, ", \t"));) {
		size_t len = strcspn(word, ", \t");
		g_autofree char *map = g_strndup(word, len);

		/* The proxy is Postfix's way out of its chroot; it need not run for us. */
		g_ptr_array_add(maps,
			g_strdup(g_str_has_prefix(map, "proxy:") ? map + strlen("proxy:") : map));
		word += len;
	}
	g_ptr_array_add(maps, NULL);
	return (char **)g_ptr_array_free(maps, FALSE);
}

char *postfix_look_up(const struct postfix *postfix, const char *map, const char *key)
{
	const char *const words[] = { "postmap", "-q", key, map, NULL };
	char *value = NULL;

	if (run_with_directory(postfix, words, &value, NULL))
		return g_strchomp(value);
	g_free(value);
	return NULL;
}

bool postfix_each(const struct postfix *postfix, const char *map,
	void (*fn)(const char *key, const char *value, void *arg), void *arg)
{
	const char *const words[] = { "postalias", "-s", map, NULL };
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!run_with_directory(postfix, words, &text, NULL))
		return false;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		char *tab = strchr(*line, '\t');

		if (!tab || tab == *line)
			continue;
		/* postalias prints "name:". */
		tab[-1] = tab[-1] == ':' ? '\0' : tab[-1];
		*tab = '\0';
		fn(*line, tab + 1, arg);
	}
	return true;
}

static bool file_has(const struct postfix *postfix, const char *path, const char *name)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	g_strdelimit(text, "\r\n", ' ');
	return postfix_list_has(postfix, text, name);
}

static bool item_has(const struct postfix *postfix, const char *item, const char *name)
{
	g_autofree char *found = NULL;

	if (*item == '/')
		return file_has(postfix, item, name);
	if (!strchr(item, ':') || *item == '[')
		return g_ascii_strcasecmp(item, name) == 0;
	if (g_str_has_prefix(item, "proxy:"))
		item += strlen("proxy:");
	found = postfix_look_up(postfix, item, name);
	return found != NULL;
}

bool postfix_list_has(const struct postfix *postfix, const char *list, const char *name)
{
	g_autofree char *words = g_strdup(list);
	g_auto(GStrv) items = NULL;

	g_strdelimit(words, ", \t", ' ');
	items = g_strsplit(words, " ", -1);
	for (char **item = items; *item; item++)
		if (**item == '!' && item_has(postfix, *item + 1, name))
			return false;
		else if (**item && item_has(postfix, *item, name))
			return true;
	return false;
}
