/* The last part of loading: defaults made of other settings, templates, and whether all of it goes
 * together. */
#include "settings/settings-loader.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/tongue.h"
#include "build-config.h"
#include "model/names.h"
#include "settings/settings-table.h"

/* Where an account's key stands; the account itself when it has its default. */
static const config_setting_t *account_node(const struct loader *loader, guint i, const char *key)
{
	return loader_node(loader, loader->settings->accounts->pdata[i], key);
}

static bool has_name(const struct account *account, const char *canonical)
{
	return !strcmp(account->address, canonical) ||
		(account->aliases &&
			g_strv_contains((const char *const *)account->aliases, canonical));
}

/* Is it a name of an account further up? */
static enum status name_is_new(
	struct loader *loader, guint i, const char *member, const char *canonical)
{
	g_autofree char *key = g_strconcat("accounts.", member, NULL);

	for (guint j = 0; j < i; j++)
		if (has_name(loader->settings->accounts->pdata[j], canonical))
			return loader_fail(loader, account_node(loader, i, member), key,
				_("expected each address once, but '%s' is also the account of line %u"),
				canonical,
				config_setting_source_line(account_node(loader, j, "address")));
	return ST_OK;
}

static enum status account_address(struct loader *loader, guint i, struct account *account)
{
	char *canonical;

	if (address_canonical(account->address, &canonical) != ST_OK)
		return loader_fail(loader, account_node(loader, i, "address"), "accounts.address",
			_("expected a mail address such as \"support@example.com\", found none"));
	g_free(account->address);
	account->address = canonical;
	return name_is_new(loader, i, "address", canonical);
}

static enum status account_aliases(struct loader *loader, guint i, struct account *account)
{
	enum status st = ST_OK;

	for (char **alias = account->aliases; alias && *alias && st == ST_OK; alias++) {
		char *canonical = NULL;

		/* Its form was looked at as it was read. */
		if (address_canonical(*alias, &canonical) != ST_OK)
			continue;
		g_free(*alias);
		*alias = canonical;
		st = name_is_new(loader, i, "aliases", canonical);
	}
	return st;
}

static enum status account_queue(struct loader *loader, guint i, struct account *account)
{
	if (*account->queue)
		return ST_OK;
	g_free(account->queue);
	account->queue = g_strndup(account->address, strcspn(account->address, "@"));
	if (queue_name_valid(account->queue))
		return ST_OK;
	return loader_fail(loader, account_node(loader, i, "queue"), "accounts.queue",
		_("expected a queue: letters a-z, digits, . _ -, as '%s' cannot be its name"),
		account->queue);
}

static enum status account_sender(struct loader *loader, guint i, struct account *account)
{
	if (!*account->sender) {
		g_free(account->sender);
		account->sender = g_strdup(account->address);
	}
	if (sender_parse(account->sender, &account->sender_name, &account->sender_address))
		return ST_OK;
	return loader_fail(loader, account_node(loader, i, "sender"), "accounts.sender",
		_("expected \"Name <address>\" or an address"));
}

static enum status account_delivery(struct loader *loader, guint i, struct account *account)
{
	if (account->deliver == DELIVER_NONE && !*loader->settings->archive.path)
		return loader_fail(loader, account_node(loader, i, "deliver"), "accounts.deliver",
			_("expected mailbox, agents or both, as \"none\" needs archive.path: the mail would be lost"));
	if (account->reply_to == REPLY_TO_DESK && !*loader->settings->recipient_delimiter)
		return loader_fail(loader, account_node(loader, i, "reply_to"), "accounts.reply_to",
			_("expected \"sender\", as \"desk\" needs recipient_delimiter"));
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
	return g_file_test(file, G_FILE_TEST_EXISTS) ? g_path_get_dirname(file)
						     : g_steal_pointer(&own);
}

/* One that nobody uses yet is used tomorrow: it must be right, too. */
static enum status finish_templates(struct loader *loader)
{
	g_autofree char *base = g_path_get_dirname(loader->path);
	g_autofree char *own = g_build_filename(base, "templates", NULL);
	g_autofree char *ours = g_build_filename(DATADIR, "milticket", "templates", NULL);
	struct settings *settings = loader->settings;
	struct error why;
	enum status st;

	settings->templates = template_shelf_new();
	st = template_shelf_add(settings->templates, own, &why);
	if (st == ST_OK)
		st = template_shelf_add(settings->templates, ours, &why);
	return st == ST_OK ? st : error_set(loader->err, st, "%s", why.text);
}

static enum status account_templates(struct loader *loader, guint i, struct account *account)
{
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
		member = g_strconcat("autoresponse.", answer_names[a], NULL);
		key = g_strconcat("accounts.", member, NULL);
		return loader_fail(loader, account_node(loader, i, member), key,
			_("expected a usable template: %s"), why.text);
	}
	return ST_OK;
}

static enum status finish_accounts(struct loader *loader)
{
	static enum status (*const steps[])(
		struct loader *, guint, struct account *) = { account_address, account_aliases,
		account_queue, account_sender, account_delivery, account_templates };
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

/* --- calendars --- */

static enum status business_fail(struct loader *loader, const struct business_setting *b,
	const char *member, const char *why)
{
	g_autofree char *key = g_strconcat("calendars.", member, NULL);

	return loader_fail(loader, loader_node(loader, b, member), key, "%s", why);
}

typedef enum status calendar_adder(struct calendar *calendar, const char *text, struct error *err);

/* Each text of a list, by that function. */
static enum status business_add(struct loader *loader, struct business_setting *b,
	const char *member, char *const *texts, calendar_adder *add)
{
	struct error why = { "" };

	for (; texts && *texts; texts++)
		if (add(b->calendar, *texts, &why) != ST_OK)
			return business_fail(loader, b, member, why.text);
	return ST_OK;
}

/* Holidays may be all that there is. */
static bool business_opens(const struct business_setting *b)
{
	return calendar_after(b->calendar, g_get_real_time(), 1, BUSINESS_HOURS) != INT64_MAX;
}

static enum status business_make(struct loader *loader, struct business_setting *b)
{
	char *ics[] = { *b->ics ? b->ics : NULL, NULL };
	struct error why = { "" };
	enum status st;

	if (calendar_new(b->zone, &b->calendar, &why) != ST_OK)
		return business_fail(loader, b, "zone", why.text);
	st = business_add(loader, b, "hours", b->hours, calendar_add_hours);
	if (st == ST_OK)
		st = business_add(loader, b, "holidays", b->holidays, calendar_add_holiday);
	if (st == ST_OK)
		st = business_add(loader, b, "ics", ics, calendar_add_ics);
	if (st == ST_OK && calendar_finish(b->calendar, &why) != ST_OK)
		return business_fail(loader, b, "hours", why.text);
	if (st == ST_OK && !business_opens(b))
		return business_fail(loader, b, "hours",
			_("expected open hours on days that are no holidays, found none"));
	return st;
}

/* A calendar is not made until all before it are. */
static enum status business_name(struct loader *loader, const struct business_setting *b)
{
	if (!*b->name)
		return business_fail(
			loader, b, "name", _("expected a name such as \"office\", found none"));
	return settings_calendar(loader->settings, b->name)
		? business_fail(loader, b, "name", _("expected each name once"))
		: ST_OK;
}

static enum status finish_calendars(struct loader *loader)
{
	const GPtrArray *calendars = loader->settings->calendars;
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < calendars->len; i++) {
		st = business_name(loader, calendars->pdata[i]);
		if (st == ST_OK)
			st = business_make(loader, calendars->pdata[i]);
	}
	return st;
}

/* --- promises --- */

static enum status sla_fail(
	struct loader *loader, const struct sla *sla, const char *member, const char *why)
{
	g_autofree char *key = g_strconcat("slas.", member, NULL);

	return loader_fail(loader, loader_node(loader, sla, member), key, "%s", why);
}

static enum status sla_name(struct loader *loader, const struct sla *sla)
{
	const GPtrArray *slas = loader->settings->slas;

	if (!*sla->name)
		return sla_fail(
			loader, sla, "name", _("expected a name such as \"gold\", found none"));
	for (guint i = 0; slas->pdata[i] != sla; i++)
		if (strcmp(((const struct sla *)slas->pdata[i])->name, sla->name) == 0)
			return sla_fail(loader, sla, "name", _("expected each name once"));
	return ST_OK;
}

static enum status sla_calendar(struct loader *loader, struct sla *sla)
{
	if (*sla->calendar && !settings_calendar(loader->settings, sla->calendar))
		return sla_fail(
			loader, sla, "calendar", _("expected the name of a calendar above"));
	return ST_OK;
}

/* Each was looked at as it was read. */
static enum status sla_durations(struct loader *loader, struct sla *sla)
{
	bool any = duration_read(sla->respond, &sla->first);

	any |= duration_read(sla->update, &sla->further);
	any |= duration_read(sla->resolve, &sla->solution);
	return any ? ST_OK
		   : sla_fail(loader, sla, "respond",
			     _("expected respond, update or resolve, found none of them"));
}

static enum status finish_slas(struct loader *loader)
{
	static enum status (*const steps[])(struct loader *, struct sla *) = { loader_sla_condition,
		sla_calendar, sla_durations };
	enum status st = ST_OK;

	for (guint i = 0; st == ST_OK && i < loader->settings->slas->len; i++) {
		st = sla_name(loader, loader->settings->slas->pdata[i]);
		for (size_t step = 0; st == ST_OK && step < G_N_ELEMENTS(steps); step++)
			st = steps[step](loader, loader->settings->slas->pdata[i]);
	}
	return st;
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

static enum status finish_former_tags(struct loader *loader)
{
	const config_setting_t *node = config_lookup(&loader->config, "tag.also");
	struct settings *s = loader->settings;
	struct error why;

	for (char **also = s->tag.also; also && *also; also++)
		if (tag_format_also(&s->tag_format, *also, s->tag.name, &why) != ST_OK)
			return loader_fail(loader, node, "tag.also",
				_("expected formats such as \"[Ticket#%%d]\": %s"), why.text);
	return ST_OK;
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
	if (tag_format_init(
		    &settings->tag_format, settings->tag.format, settings->tag.name, &why) == ST_OK)
		return finish_former_tags(loader);
	return loader_fail(loader, node, "tag.format",
		_("expected a format such as \"[%%n #%%d]\": %s"), why.text);
}

/* That the daemon can read it is seen when it does so, at its start; that an admin cannot is how it
 * should be. */
static enum status finish_secret_file(struct loader *loader, const char *key, const char *file)
{
	const config_setting_t *node = config_lookup(&loader->config, key);
	struct stat st;

	if ((stat(file, &st) || access(file, R_OK)) && errno == EACCES)
		return ST_OK;
	if (stat(file, &st))
		return loader_fail(loader, node, key, _("expected a readable file, but '%s': %s"),
			file, g_strerror(errno));
	if (!S_ISREG(st.st_mode))
		return loader_fail(
			loader, node, key, _("expected a regular file, but '%s' is none"), file);
	if (st.st_mode & S_IRWXO)
		return loader_fail(loader, node, key,
			_("expected a file that others cannot read: chmod o= '%s'"), file);
	return ST_OK;
}

static enum status finish_password(struct loader *loader)
{
	const struct settings *settings = loader->settings;
	const config_setting_t *node = config_lookup(&loader->config, "mail_out.password_file");
	const char *file = settings->mail_out.password_file;

	if (!*file && !*settings->mail_out.username)
		return ST_OK;
	if (!*file)
		return loader_fail(loader, config_lookup(&loader->config, "mail_out.username"),
			"mail_out.username", _("expected mail_out.password_file beside it"));
	if (!*settings->mail_out.username)
		return loader_fail(loader, node, "mail_out.password_file",
			_("expected mail_out.username beside it"));
	return finish_secret_file(loader, "mail_out.password_file", file);
}

/* --- the store --- */

static const char store_scheme[] = "postgresql://";

/* In postgresql://USER:PASSWORD@HOST/… or …?password=… */
static bool has_password(const char *url)
{
	const char *rest = url + strlen(store_scheme);
	g_autofree char *authority = g_strndup(rest, strcspn(rest, "/?")),
			*options = g_ascii_strdown(rest, -1);
	const char *at = strrchr(authority, '@'), *colon = strchr(authority, ':');

	return (at && colon && colon < at) || strstr(options, "password=");
}

/* What was found is not shown: it may be a password. */
static enum status finish_store(struct loader *loader)
{
	const struct settings *settings = loader->settings;
	const config_setting_t *node = config_lookup(&loader->config, "store.url");
	const char *url = settings->store.url, *file = settings->store.password_file;

	if (!*url && strcmp(settings->archive.path, SETTINGS_IN_STORE) == 0)
		return loader_fail(loader, config_lookup(&loader->config, "archive.path"),
			"archive.path", _("expected a directory, as a database needs store.url"));
	if (!*url)
		return ST_OK;
#ifndef HAVE_POSTGRESQL
	return loader_fail(loader, node, "store.url",
		_("expected \"\": this program was built without PostgreSQL"));
#endif
	if (!g_str_has_prefix(url, store_scheme))
		return loader_fail(loader, node, "store.url",
			_("expected postgresql://USER@HOST/DATABASE, or \"\" for the database in store.path"));
	if (has_password(url))
		return loader_fail(loader, node, "store.url",
			_("expected a url without a password, which belongs into store.password_file"));
	return *file ? finish_secret_file(loader, "store.password_file", file) : ST_OK;
}

static void add_control(struct settings *settings, GPtrArray *controls, const char *address)
{
	g_autofree char *canonical = NULL;
	const struct account *account;

	if (address_canonical(address, &canonical) != ST_OK)
		return;
	account = settings_account(settings, canonical, NULL);
	if (account && has_name(account, canonical))
		return;
	if (!g_ptr_array_find_with_equal_func(controls, canonical, g_str_equal, NULL))
		g_ptr_array_add(controls, g_steal_pointer(&canonical));
}

static void add_control_item(struct settings *settings, GPtrArray *controls, const char *item)
{
	if (strchr(item, '@')) {
		add_control(settings, controls, item);
		return;
	}
	for (guint i = 0; i < settings->accounts->len; i++) {
		const struct account *account = settings->accounts->pdata[i];
		g_autofree char *address = g_strconcat(
			item, "@", domain_of(account->address), NULL);

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

static void add_name(struct settings *settings, const struct account *account, const char *address)
{
	const char *domain = domain_of(address);
	GPtrArray *members = g_hash_table_lookup(settings->domains, domain);
	struct account_name *name = g_new(struct account_name, 1);

	if (!members) {
		members = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(settings->domains, g_strdup(domain), members);
	}
	*name = (struct account_name){ address, account };
	g_ptr_array_add(members, name);
}

static enum status finish_index(struct loader *loader)
{
	struct settings *settings = loader->settings;

	for (guint i = 0; i < settings->accounts->len; i++) {
		struct account *account = settings->accounts->pdata[i];

		add_name(settings, account, account->address);
		for (char **alias = account->aliases; alias && *alias; alias++)
			add_name(settings, account, *alias);
		g_hash_table_add(settings->senders, account->sender_address);
	}
	return ST_OK;
}

/* Their messages are made of what the archive has. */
static enum status finish_mailboxes(struct loader *loader)
{
	if (!*loader->settings->mailboxes.path || *loader->settings->archive.path)
		return ST_OK;
	return loader_fail(loader, config_lookup(&loader->config, "mailboxes.path"),
		"mailboxes.path", _("expected \"\", as mailboxes need archive.path"));
}

enum status loader_finish(struct loader *loader)
{
	static enum status (*const steps[])(struct loader *) = { finish_accounts, finish_rules,
		finish_calendars, finish_slas, finish_tag, finish_password, finish_store,
		finish_mailboxes, finish_index, finish_controls, finish_templates,
		loader_automations, loader_default_needs };
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < G_N_ELEMENTS(steps); i++)
		st = steps[i](loader);
	return st;
}
