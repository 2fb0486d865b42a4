/* From a file to checked, immutable settings, and the questions asked of them. Knows where in the file a value stands; what
 * a value may be is in the table. */
#include "settings.h"

#include <errno.h>
#include <libconfig.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "queues.h"
#include "settings-scan.h"
#include "settings-table.h"
#include "text.h"

struct loader {
	config_t config;
	const char *path;
	struct settings *settings;
	GPtrArray *account_nodes;	/* config_setting_t *, beside settings->accounts */
	struct error *err;
};

enum { SHOWN_MAX = 80 };	/* characters of a wrong value in a message */

static void account_free(void *data)
{
	struct account *account = data;

	for (size_t i = 0; i < ANSWER_COUNT; i++)
		template_set_free(account->templates[i]);
	g_free(account->sender_name);
	g_free(account->sender_address);
	keys_release(SCOPE_ACCOUNT, account);
	g_free(account);
}

static void rule_free(void *data)
{
	keys_release(SCOPE_RULE, data);
	g_free(data);
}

static void *account_new(void)
{
	struct account *account = g_new0(struct account, 1);

	keys_default(SCOPE_ACCOUNT, account);
	return account;
}

static void *rule_new(void)
{
	struct rule *rule = g_new0(struct rule, 1);

	keys_default(SCOPE_RULE, rule);
	return rule;
}

static struct settings *settings_new(const char *path)
{
	struct settings *settings = g_new0(struct settings, 1);

	settings->references = 1;
	settings->path = g_strdup(path);
	settings->accounts = g_ptr_array_new_with_free_func(account_free);
	settings->rules = g_ptr_array_new_with_free_func(rule_free);
	settings->domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	settings->senders = g_hash_table_new(g_str_hash, g_str_equal);
	keys_default(SCOPE_TOP, settings);
	return settings;
}

struct settings *settings_ref(struct settings *settings)
{
	g_atomic_int_inc(&settings->references);
	return settings;
}

void settings_unref(struct settings *settings)
{
	if (!settings || !g_atomic_int_dec_and_test(&settings->references))
		return;
	g_hash_table_unref(settings->domains);
	g_hash_table_unref(settings->senders);
	g_ptr_array_unref(settings->accounts);
	g_ptr_array_unref(settings->rules);
	g_strfreev(settings->controls);
	tag_format_release(&settings->tag_format);
	keys_release(SCOPE_TOP, settings);
	g_free(settings->path);
	g_free(settings);
}

/* "FILE:LINE: KEY: …"; without a node the key is not in the file, and the file alone is named. */
static enum status fail(const struct loader *loader, const config_setting_t *node, const char *key, const char *fmt, ...) G_GNUC_PRINTF(4, 5);

static enum status fail(const struct loader *loader, const config_setting_t *node, const char *key, const char *fmt, ...)
{
	g_autofree char *reason = NULL;
	const char *file = node ? config_setting_source_file(node) : NULL;
	va_list ap;

	va_start(ap, fmt);
	reason = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (!node)
		return error_set(loader->err, ST_BAD_INPUT, "%s: %s: %s", loader->path, key, reason);
	return error_set(loader->err, ST_BAD_INPUT, "%s:%u: %s: %s", file ? file : loader->path, config_setting_source_line(node), key, reason);
}

static const char *type_name(const config_setting_t *node)
{
	static const char *const names[] = {
		[CONFIG_TYPE_NONE] = "nothing", [CONFIG_TYPE_GROUP] = "a group { }", [CONFIG_TYPE_INT] = "a number", [CONFIG_TYPE_INT64] = "a number",
		[CONFIG_TYPE_FLOAT] = "a number with a fraction", [CONFIG_TYPE_STRING] = "a string", [CONFIG_TYPE_BOOL] = "a boolean",
		[CONFIG_TYPE_ARRAY] = "an array [ ]", [CONFIG_TYPE_LIST] = "a list ( )"
	};

	return names[config_setting_type(node)];
}

/* A scalar as the table reads it. NULL: it is of another shape. Owned. */
static char *scalar_text(const config_setting_t *node, enum shape shape)
{
	int type = config_setting_type(node);

	if (shape == SHAPE_STRING && type == CONFIG_TYPE_STRING)
		return g_strdup(config_setting_get_string(node));
	if (shape == SHAPE_INTEGER && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64))
		return g_strdup_printf("%lld", config_setting_get_int64(node));
	if (shape == SHAPE_BOOLEAN && type == CONFIG_TYPE_BOOL)
		return g_strdup(config_setting_get_bool(node) ? "true" : "false");
	return NULL;
}

static enum status fail_value(const struct loader *loader, const config_setting_t *node, const struct setting_row *key, const char *text)
{
	g_autofree char *expected = key_expected(key), *shown = text_line(text, SHOWN_MAX);
	const char *near = key_nearest_word(key, text);

	if (near)
		return fail(loader, node, key->name, "expected %s, found \"%s\"; did you mean \"%s\"?", expected, shown, near);
	if (key->kind->shape == SHAPE_INTEGER)
		return fail(loader, node, key->name, "expected %s, found %s", expected, shown);
	return fail(loader, node, key->name, "expected %s, found \"%s\"", expected, shown);
}

static enum status load_scalar(const struct loader *loader, const config_setting_t *node, const struct setting_row *key, enum shape shape, void *target)
{
	g_autofree char *text = scalar_text(node, shape), *expected = NULL;

	if (text)
		return key->kind->take(key, target, text) ? ST_OK : fail_value(loader, node, key, text);
	expected = key_expected(key);
	return fail(loader, node, key->name, "expected %s (%s), found %s", expected, key->kind->type, type_name(node));
}

static enum status load_strings(const struct loader *loader, const config_setting_t *node, const struct setting_row *key, void *target)
{
	enum status st = ST_OK;

	if (!config_setting_is_list(node) && !config_setting_is_array(node))
		return load_scalar(loader, node, key, SHAPE_STRINGS, target);
	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++)
		st = load_scalar(loader, config_setting_get_elem(node, (unsigned)i), key, SHAPE_STRING, target);
	return st;
}

/* Names the keys there are beside the unknown one. */
static enum status fail_unknown(const struct loader *loader, const config_setting_t *node, const char *name)
{
	const struct setting_row *near = key_nearest(name);
	const char *dot = strrchr(name, '.');
	g_autoptr(GString) known = g_string_new(NULL);
	size_t prefix = dot ? (size_t)(dot + 1 - name) : 0, len;
	const struct setting_row *key;

	for (size_t i = 0; (key = key_at(i)); i++) {
		if (strncmp(key->name, name, prefix))
			continue;
		len = strcspn(key->name + prefix, ".");
		if (i && !strncmp(key_at(i - 1)->name, key->name, prefix + len) && strchr(".", key_at(i - 1)->name[prefix + len]))
			continue;
		g_string_append_printf(known, "%s%.*s", known->len ? ", " : "", (int)len, key->name + prefix);
	}
	if (near)
		return fail(loader, node, name, "unknown key, did you mean '%s'? expected one of %s", near->name, known->str);
	return fail(loader, node, name, "unknown key, expected one of %s", known->str);
}

static enum status load_group(struct loader *loader, config_setting_t *node, const char *prefix, void *base);

/* The two lists of groups, each element an object of its own. */
static enum status load_elements(struct loader *loader, config_setting_t *node, const char *name, GPtrArray *objects, void *(*make)(void))
{
	enum status st = ST_OK;

	if (!config_setting_is_list(node))
		return fail(loader, node, name, "expected a list of groups ( { … } ), found %s", type_name(node));
	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++) {
		config_setting_t *element = config_setting_get_elem(node, (unsigned)i);

		if (!config_setting_is_group(element))
			return fail(loader, element, name, "expected a list of groups ( { … } ), found %s in it", type_name(element));
		g_ptr_array_add(objects, make());
		if (objects == loader->settings->accounts)
			g_ptr_array_add(loader->account_nodes, element);
		st = load_group(loader, element, name, objects->pdata[objects->len - 1]);
	}
	return st;
}

static enum status load_member(struct loader *loader, config_setting_t *node, const char *name, void *base)
{
	const struct setting_row *key = key_find(name);

	if (key && key->kind->shape == SHAPE_STRINGS)
		return load_strings(loader, node, key, (char *)base + key->offset);
	if (key)
		return load_scalar(loader, node, key, key->kind->shape, (char *)base + key->offset);
	if (!key_is_group(name))
		return fail_unknown(loader, node, name);
	if (!strcmp(name, "accounts"))
		return load_elements(loader, node, name, loader->settings->accounts, account_new);
	if (!strcmp(name, "rules"))
		return load_elements(loader, node, name, loader->settings->rules, rule_new);
	if (!config_setting_is_group(node))
		return fail(loader, node, name, "expected a group { … }, found %s", type_name(node));
	return load_group(loader, node, name, base);
}

static enum status load_group(struct loader *loader, config_setting_t *node, const char *prefix, void *base)
{
	enum status st = ST_OK;

	for (int i = 0; st == ST_OK && i < config_setting_length(node); i++) {
		config_setting_t *member = config_setting_get_elem(node, (unsigned)i);
		g_autofree char *name = g_strconcat(prefix, *prefix ? "." : "", config_setting_name(member), NULL);

		st = load_member(loader, member, name, base);
	}
	return st;
}

/* Where an account's key stands; the account itself when it has its default. */
static const config_setting_t *account_node(const struct loader *loader, guint i, const char *key)
{
	config_setting_t *element = loader->account_nodes->pdata[i];
	config_setting_t *member = config_setting_lookup(element, key);

	return member ? member : element;
}

static enum status account_address(struct loader *loader, guint i, struct account *account)
{
	const config_setting_t *node = account_node(loader, i, "address");
	char *canonical;

	if (address_canonical(account->address, &canonical) != ST_OK)
		return fail(loader, node, "accounts.address", "expected a mail address such as \"support@example.com\", found none");
	g_free(account->address);
	account->address = canonical;
	for (guint j = 0; j < i; j++) {
		const struct account *other = loader->settings->accounts->pdata[j];

		if (!strcmp(other->address, canonical))
			return fail(loader, node, "accounts.address", "expected each address once, but '%s' is also the account of line %u",
				canonical, config_setting_source_line(account_node(loader, j, "address")));
	}
	return ST_OK;
}

static enum status account_queue(struct loader *loader, guint i, struct account *account)
{
	if (*account->queue)
		return ST_OK;
	g_free(account->queue);
	account->queue = g_strndup(account->address, strcspn(account->address, "@"));
	if (queue_name_valid(account->queue))
		return ST_OK;
	return fail(loader, account_node(loader, i, "queue"), "accounts.queue",
		"expected a queue: letters a-z, digits, . _ -, as '%s' cannot be its name", account->queue);
}

static enum status account_sender(struct loader *loader, guint i, struct account *account)
{
	if (!*account->sender) {
		g_free(account->sender);
		account->sender = g_strdup(account->address);
	}
	if (sender_parse(account->sender, &account->sender_name, &account->sender_address))
		return ST_OK;
	return fail(loader, account_node(loader, i, "sender"), "accounts.sender", "expected \"Name <address>\" or an address");
}

static enum status account_delivery(struct loader *loader, guint i, struct account *account)
{
	if (account->deliver == DELIVER_NONE && !*loader->settings->archive.path)
		return fail(loader, account_node(loader, i, "deliver"), "accounts.deliver",
			"expected mailbox, agents or both, as \"none\" needs archive.path: the mail would be lost");
	if (account->reply_to == REPLY_TO_DESK && !*loader->settings->recipient_delimiter)
		return fail(loader, account_node(loader, i, "reply_to"), "accounts.reply_to",
			"expected \"sender\", as \"desk\" needs recipient_delimiter");
	return ST_OK;
}

/* The directory that has this template: the administrator's, else the one we install. Owned. */
static char *template_dir(const struct loader *loader, const char *name)
{
	g_autofree char *base = g_path_get_dirname(loader->path);
	g_autofree char *own = g_build_filename(base, "templates", NULL);
	g_autofree char *file = g_build_filename(own, name, NULL);

	if (g_path_is_absolute(name))
		return g_path_get_dirname(name);
	if (g_file_test(file, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&own);
	g_free(file);
	file = g_build_filename(DATADIR, "milticket", "templates", name, NULL);
	return g_file_test(file, G_FILE_TEST_EXISTS) ? g_path_get_dirname(file) : g_steal_pointer(&own);
}

static enum status account_templates(struct loader *loader, guint i, struct account *account)
{
	static const char *const names[ANSWER_COUNT] = { "opened", "followup", "closed", "late" };

	for (size_t a = 0; a < ANSWER_COUNT; a++) {
		const char *file = account->autoresponse[a];
		g_autofree char *dir = NULL, *base = NULL, *member = NULL, *key = NULL;
		struct error why;

		if (!*file)
			continue;
		dir = template_dir(loader, file);
		base = g_path_is_absolute(file) ? g_path_get_basename(file) : g_strdup(file);
		if (template_set_load(dir, base, &account->templates[a], &why) == ST_OK)
			continue;
		member = g_strconcat("autoresponse.", names[a], NULL);
		key = g_strconcat("accounts.", member, NULL);
		return fail(loader, account_node(loader, i, member), key, "expected a usable template: %s", why.text);
	}
	return ST_OK;
}

static enum status finish_accounts(struct loader *loader)
{
	static enum status (*const steps[])(struct loader *, guint, struct account *) = {
		account_address, account_queue, account_sender, account_delivery, account_templates
	};
	enum status st = ST_OK;

	for (guint i = 0; i < loader->settings->accounts->len; i++)
		for (size_t step = 0; st == ST_OK && step < G_N_ELEMENTS(steps); step++)
			st = steps[step](loader, i, loader->settings->accounts->pdata[i]);
	return st;
}

static enum status finish_rules(struct loader *loader)
{
	for (guint i = 0; i < loader->settings->rules->len; i++) {
		struct rule *rule = loader->settings->rules->pdata[i];

		if (*rule->name)
			continue;
		g_free(rule->name);
		rule->name = g_strdup_printf("rule %u", i + 1);
	}
	return ST_OK;
}

static const char *domain_of(const char *canonical)
{
	return strrchr(canonical, '@') + 1;
}

static char *default_tag_name(const struct settings *settings)
{
	const struct account *first = settings->accounts->len ? settings->accounts->pdata[0] : NULL;
	const char *host = g_get_host_name(), *dot = strchr(host, '.');

	if (first)
		return g_strdup(domain_of(first->address));
	return g_strdup(dot && dot[1] ? dot + 1 : host);
}

static enum status finish_tag(struct loader *loader)
{
	struct settings *settings = loader->settings;
	config_setting_t *node = config_lookup(&loader->config, "tag.format");
	struct error why;

	if (!*settings->tag.name) {
		g_free(settings->tag.name);
		settings->tag.name = default_tag_name(settings);
	}
	if (!node)
		node = config_lookup(&loader->config, "tag.name");
	if (tag_format_init(&settings->tag_format, settings->tag.format, settings->tag.name, &why) == ST_OK)
		return ST_OK;
	return fail(loader, node, "tag.format", "expected a format such as \"[%%n #%%d]\": %s", why.text);
}

static enum status finish_password(struct loader *loader)
{
	const struct settings *settings = loader->settings;
	const config_setting_t *node = config_lookup(&loader->config, "mail_out.password_file");
	const char *file = settings->mail_out.password_file;
	struct stat st;

	if (!*file && !*settings->mail_out.username)
		return ST_OK;
	if (!*file)
		return fail(loader, config_lookup(&loader->config, "mail_out.username"), "mail_out.username",
			"expected mail_out.password_file beside it");
	if (!*settings->mail_out.username)
		return fail(loader, node, "mail_out.password_file", "expected mail_out.username beside it");
	if (stat(file, &st) || access(file, R_OK))
		return fail(loader, node, "mail_out.password_file", "expected a readable file, but '%s': %s", file, g_strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(loader, node, "mail_out.password_file", "expected a regular file, but '%s' is none", file);
	if (st.st_mode & S_IRWXO)
		return fail(loader, node, "mail_out.password_file", "expected a file that others cannot read: chmod o= '%s'", file);
	return ST_OK;
}

static void add_control(struct settings *settings, GPtrArray *controls, const char *address)
{
	g_autofree char *canonical = NULL;
	const struct account *account;

	if (address_canonical(address, &canonical) != ST_OK)
		return;
	account = settings_account(settings, canonical, NULL);
	if (account && !strcmp(account->address, canonical))
		return;
	if (!g_ptr_array_find_with_equal_func(controls, canonical, g_str_equal, NULL))
		g_ptr_array_add(controls, g_steal_pointer(&canonical));
}

static void add_control_item(struct settings *settings, GPtrArray *controls, const char *item)
{
	GHashTableIter domains;
	void *domain;

	if (strchr(item, '@')) {
		add_control(settings, controls, item);
		return;
	}
	g_hash_table_iter_init(&domains, settings->domains);
	while (g_hash_table_iter_next(&domains, &domain, NULL)) {
		g_autofree char *address = g_strconcat(item, "@", domain, NULL);

		add_control(settings, controls, address);
	}
}

static enum status finish_controls(struct loader *loader)
{
	g_auto(GStrv) items = g_strsplit(loader->settings->control_address, ",", -1);
	GPtrArray *controls = g_ptr_array_new();

	for (char **item = items; *item; item++)
		add_control_item(loader->settings, controls, g_strstrip(*item));
	g_ptr_array_add(controls, NULL);
	loader->settings->controls = (char **)g_ptr_array_free(controls, FALSE);
	return ST_OK;
}

static enum status finish_index(struct loader *loader)
{
	struct settings *settings = loader->settings;

	for (guint i = 0; i < settings->accounts->len; i++) {
		struct account *account = settings->accounts->pdata[i];
		const char *domain = domain_of(account->address);
		GPtrArray *members = g_hash_table_lookup(settings->domains, domain);

		if (!members) {
			members = g_ptr_array_new();
			g_hash_table_insert(settings->domains, g_strdup(domain), members);
		}
		g_ptr_array_add(members, account);
		g_hash_table_add(settings->senders, account->sender_address);
	}
	return ST_OK;
}

/* What no single value shows: how they go together, and defaults made of others. */
static enum status finish(struct loader *loader)
{
	static enum status (*const steps[])(struct loader *) = {
		finish_accounts, finish_rules, finish_tag, finish_password, finish_index, finish_controls
	};
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < G_N_ELEMENTS(steps); i++)
		st = steps[i](loader);
	return st;
}

static enum status read_file(struct loader *loader)
{
	g_autofree char *dir = g_path_get_dirname(loader->path);
	enum status st = settings_scan(loader->path, dir, loader->err);

	if (st != ST_OK)
		return st;
	config_set_include_dir(&loader->config, dir);
	if (config_read_file(&loader->config, loader->path))
		return ST_OK;
	if (config_error_type(&loader->config) == CONFIG_ERR_FILE_IO)
		return error_set(loader->err, ST_IO, "cannot read '%s': %s", loader->path, g_strerror(errno));
	return error_set(loader->err, ST_BAD_INPUT, "%s:%d: %s", config_error_file(&loader->config) ? config_error_file(&loader->config) : loader->path,
		config_error_line(&loader->config), config_error_text(&loader->config));
}

enum status settings_load(const char *path, struct settings **settings_out, struct error *err)
{
	struct loader loader = { .path = path, .err = err };
	enum status st;

	config_init(&loader.config);
	loader.settings = settings_new(path);
	loader.account_nodes = g_ptr_array_new();
	st = read_file(&loader);
	if (st == ST_OK)
		st = load_group(&loader, config_root_setting(&loader.config), "", loader.settings);
	if (st == ST_OK)
		st = finish(&loader);
	if (st == ST_OK)
		*settings_out = g_steal_pointer(&loader.settings);
	g_ptr_array_unref(loader.account_nodes);
	settings_unref(loader.settings);
	config_destroy(&loader.config);
	return st;
}

const struct account *settings_account(const struct settings *settings, const char *canonical, char **detail_out)
{
	const char *at = strrchr(canonical, '@');
	const GPtrArray *members = at ? g_hash_table_lookup(settings->domains, at + 1) : NULL;
	const struct account *found = NULL;
	char *detail = NULL;

	/* The whole address outranks one with a detail: "support+vip@" may be an account beside "support@". */
	for (guint i = 0; members && i < members->len && (!found || detail); i++) {
		const struct account *account = members->pdata[i];
		char *this_detail = NULL;

		if (!address_is(canonical, account->address, settings->recipient_delimiter, &this_detail))
			continue;
		if (found && this_detail) {
			g_free(this_detail);
			continue;
		}
		g_free(detail);
		detail = this_detail;
		found = account;
	}
	if (detail_out)
		*detail_out = g_steal_pointer(&detail);
	g_free(detail);
	return found;
}

bool settings_is_control(const struct settings *settings, const char *canonical)
{
	for (char **control = settings->controls; *control; control++)
		if (address_is(canonical, *control, settings->recipient_delimiter, NULL))
			return true;
	return false;
}

bool settings_is_own(const struct settings *settings, const char *canonical)
{
	return g_hash_table_contains(settings->senders, canonical) || settings_account(settings, canonical, NULL);
}
