/* What may be wrong with a Postfix's addresses: does it take mail for accounts and control
 * addresses, and does it lead other addresses to them that nobody told milticket of? */
#include "doctor.h"

#include <string.h>

#include "base/address.h"
#include "base/tongue.h"
#include "doctor-aliases.h"

enum taken { TAKEN, USER_UNKNOWN, DOMAIN_UNKNOWN };

static const char *address_domain(const char *address)
{
	return strrchr(address, '@') + 1;
}

static bool postfix_is_local(const char *domain, void *arg)
{
	const struct postfix *postfix = arg;

	return postfix_list_has(postfix, postfix_value(postfix, "mydestination"), domain);
}

static bool maps_have(const struct postfix *postfix, const char *parameter, const char *key)
{
	g_auto(GStrv) maps = postfix_maps(postfix, parameter);

	for (char **map = maps; *map; map++) {
		g_autofree char *value = postfix_look_up(postfix, *map, key);

		if (value)
			return true;
	}
	return false;
}

/* The whole address, its local part where that counts for this host, or its domain. */
static bool maps_have_address(
	const struct postfix *postfix, const char *parameter, const char *address, bool local)
{
	g_autofree char *name = g_strndup(address, strcspn(address, "@"));

	return maps_have(postfix, parameter, address) ||
		(local && maps_have(postfix, parameter, name)) ||
		maps_have(postfix, parameter, strrchr(address, '@'));
}

/* The classes of addresses, and how smtpd knows the recipients of each. */
static const struct {
	const char *domains, *recipients;
	bool local, anybody_without_maps;
} classes[] = {
	{ .domains = "mydestination",
		.recipients = "local_recipient_maps",
		.local = true,
		.anybody_without_maps = true },
	{ .domains = "virtual_alias_domains", .recipients = "virtual_alias_maps" },
	{ .domains = "virtual_mailbox_domains",
		.recipients = "virtual_mailbox_maps",
		.anybody_without_maps = true },
	{ .domains = "relay_domains",
		.recipients = "relay_recipient_maps",
		.anybody_without_maps = true },
};

static enum taken postfix_takes(const struct postfix *postfix, const char *address)
{
	bool local = postfix_is_local(address_domain(address), (void *)postfix);

	if (maps_have_address(postfix, "virtual_alias_maps", address, local))
		return TAKEN;
	for (size_t i = 0; i < G_N_ELEMENTS(classes); i++) {
		const char *domains = postfix_value(postfix, classes[i].domains);

		if (!postfix_list_has(postfix, domains, address_domain(address)))
			continue;
		if (classes[i].anybody_without_maps &&
			!*postfix_value(postfix, classes[i].recipients))
			return TAKEN;
		return maps_have_address(postfix, classes[i].recipients, address, classes[i].local)
			? TAKEN
			: USER_UNKNOWN;
	}
	return DOMAIN_UNKNOWN;
}

/* --- what mends it --- */

/* A map that is a file people write. */
static bool is_text_file(const char *map)
{
	static const char *const types[] = {
		"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "texthash:"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_prefix(map, types[i]))
			return true;
	return false;
}

/* The first such map of the parameter. Owned; NULL: none. */
static char *text_map(const struct postfix *postfix, const char *parameter)
{
	g_auto(GStrv) maps = postfix_maps(postfix, parameter);

	for (char **map = maps; *map; map++)
		if (is_text_file(*map))
			return g_strdup(*map);
	return NULL;
}

static char *postfix_program(const struct postfix *postfix, const char *name)
{
	g_autofree char *quoted = postfix->directory ? doctor_quote(postfix->directory) : NULL;

	return quoted ? g_strdup_printf("%s -c %s", name, quoted) : g_strdup(name);
}

/* Adds a line to the file of a map and makes its table anew. */
static char *add_line(
	const struct postfix *postfix, const char *tool, const char *map, const char *line)
{
	g_autofree char *run = postfix_program(postfix, tool), *quoted = doctor_quote(line);
	g_autofree char *file = doctor_quote(strchr(map, ':') + 1), *table = doctor_quote(map);

	if (g_str_has_prefix(map, "texthash:"))
		return g_strdup_printf("echo %s >>%s", quoted, file);
	return g_strdup_printf("echo %s >>%s && %s %s", quoted, file, run, table);
}

static char *add_alias(const struct postfix *postfix, const char *address, const char *map)
{
	g_autofree char *name = g_strndup(address, strcspn(address, "@"));
	g_autofree char *line = g_strdup_printf("%s: root", name);

	return add_line(postfix, "postalias", map, line);
}

static char *add_virtual(const struct postfix *postfix, const char *address)
{
	g_autofree char *map = text_map(postfix, "virtual_alias_maps");
	g_autofree char *line = g_strdup_printf("%s root", address), *add = NULL;
	g_autofree char *postconf = postfix_program(postfix, "postconf"), *word = NULL,
			*quoted = NULL;

	if (map)
		return add_line(postfix, "postmap", map, line);
	map = g_strdup_printf("%s:%s/virtual", postfix_value(postfix, "default_database_type"),
		postfix_value(postfix, "config_directory"));
	word = g_strdup_printf(
		"virtual_alias_maps = %s %s", postfix_value(postfix, "virtual_alias_maps"), map);
	quoted = doctor_quote(word);
	add = add_line(postfix, "postmap", map, line);
	return g_strdup_printf("%s && %s -e %s", add, postconf, quoted);
}

static char *add_domain(const struct postfix *postfix, const char *address)
{
	g_autofree char *postconf = postfix_program(postfix, "postconf");

	return g_strdup_printf("%s -e \"mydestination = $(%s -h mydestination), %s\"", postconf,
		postconf, address_domain(address));
}

/* A command that has Postfix take mail for it, to begin with for root. Owned. */
static char *take_command(const struct postfix *postfix, const char *address, enum taken how)
{
	g_autofree char *aliases = text_map(postfix, "alias_maps");

	if (how == DOMAIN_UNKNOWN)
		return add_domain(postfix, address);
	if (aliases && postfix_is_local(address_domain(address), (void *)postfix))
		return add_alias(postfix, address, aliases);
	return add_virtual(postfix, address);
}

/* --- accounts and control addresses --- */

static void found_untaken(struct doctor *d, const char *address, enum taken how, const char *what)
{
	g_autofree char *command = take_command(d->postfix, address, how);

	doctor_found(d, (const char *[]){ command, NULL },
		_("%s %s: Postfix takes no mail for it (%s)"), what, address,
		how == USER_UNKNOWN ? _("no such user") : _("not its domain"));
}

static void look_account(struct doctor *d, const char *address)
{
	enum taken how = postfix_takes(d->postfix, address);

	if (how != TAKEN)
		found_untaken(d, address, how, _("account"));
}

void look_postfix_accounts(struct doctor *d)
{
	for (guint i = 0; i < d->settings->accounts->len; i++) {
		const struct account *account = d->settings->accounts->pdata[i];

		if (account->enabled)
			look_account(d, account->address);
	}
}

/* Of several names at a domain, one is enough. */
static bool domain_has_control(const struct doctor *d, const char *domain)
{
	for (char **control = d->settings->controls; *control; control++)
		if (strcmp(address_domain(*control), domain) == 0 &&
			postfix_takes(d->postfix, *control) == TAKEN)
			return true;
	return false;
}

void look_postfix_control(struct doctor *d)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

	for (char **control = d->settings->controls; *control; control++) {
		const char *domain = address_domain(*control);
		enum taken how = postfix_takes(d->postfix, *control);

		if (!g_hash_table_add(told, (void *)domain) || domain_has_control(d, domain))
			continue;
		/* That of an account was told of with it. */
		if (how == DOMAIN_UNKNOWN && g_hash_table_contains(d->settings->domains, domain))
			continue;
		found_untaken(d, *control, how, _("control address"));
	}
}

/* --- aliases that lead to an account --- */

static void take_alias(const char *key, const char *value, void *arg)
{
	aliases_add(arg, key, value);
}

static void take_maps(struct doctor *d, const char *parameter, struct aliases *aliases)
{
	g_auto(GStrv) maps = postfix_maps(d->postfix, parameter);

	for (char **map = maps; *map; map++)
		if (!postfix_each(d->postfix, *map, take_alias, aliases))
			doctor_unknown(d,
				_("the addresses of %s cannot be listed: give those that lead to an "
				  "account to its aliases"),
				*map);
}

/* What leads to it. Owned. */
static GPtrArray *postfix_strangers(
	struct doctor *d, const struct aliases *aliases, const char *address)
{
	g_autofree char *origin = postfix_origin(d->postfix);
	bool local = postfix_is_local(address_domain(address), d->postfix);
	GPtrArray *found = aliases_leading_to(
		aliases, address, local ? address_domain(address) : origin);

	/* Programs of this host write to "support", which is at myorigin. */
	if (local && postfix_is_local(origin, d->postfix))
		g_ptr_array_add(found,
			g_strdup_printf("%.*s@%s", (int)strcspn(address, "@"), address, origin));
	for (guint i = found->len; i > 0; i--) {
		const char *stranger = found->pdata[i - 1];

		if (*stranger == '@')
			doctor_unknown(d,
				_("all of %s leads to %s: name its addresses in the aliases"),
				stranger, address);
	}
	return found;
}

static void postfix_look_account_aliases(
	struct doctor *d, const struct aliases *aliases, const struct account *account)
{
	g_autoptr(GPtrArray) found = postfix_strangers(d, aliases, account->address);

	doctor_found_strangers(d, account, found);
}

void look_postfix_aliases(struct doctor *d)
{
	struct aliases *aliases = aliases_new(postfix_is_local, d->postfix);

	take_maps(d, "virtual_alias_maps", aliases);
	take_maps(d, "alias_maps", aliases);
	for (guint i = 0; i < d->settings->accounts->len; i++) {
		const struct account *account = d->settings->accounts->pdata[i];

		if (account->enabled)
			postfix_look_account_aliases(d, aliases, account);
	}
	aliases_free(aliases);
}
