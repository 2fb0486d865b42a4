/* What may be wrong with the milters of a Postfix: which services call us, how, and in which order.
 */
#include "doctor.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/tongue.h"

/* --- where we are, as Postfix is to write it --- */

static bool service_matters(const struct service *service)
{
	return service->role == ROLE_MAIL_IN || service->role == ROLE_SUBMISSION ||
		service->role == ROLE_LOCAL;
}

static bool postfix_path_is_below(const char *path, const char *directory)
{
	g_autofree char *prefix = g_strconcat(directory, "/", NULL);

	return g_str_has_prefix(path, prefix);
}

/* The first service that cannot see the socket where it is, however it is named; or NULL. */
static const struct service *chrooted_away(const struct doctor *d)
{
	if (d->own.inet || postfix_path_is_below(d->own.path, d->postfix->queue))
		return NULL;
	for (guint i = 0; i < d->postfix->services->len; i++) {
		const struct service *service = d->postfix->services->pdata[i];

		if (service_matters(service) && service->chrooted)
			return service;
	}
	return NULL;
}

/* A place that each service sees, chrooted or not. Owned. */
static char *place_for_all(const struct doctor *d)
{
	return g_build_filename(d->postfix->queue, "milticket", "milter.sock", NULL);
}

/* Where the socket is once all findings are mended. To be released. */
static void wanted_place(const struct doctor *d, struct endpoint *place_out)
{
	*place_out = (struct endpoint){
		.inet = d->own.inet, .host = g_strdup(d->own.host), .port = g_strdup(d->own.port)
	};
	if (!d->own.inet)
		place_out->path = chrooted_away(d) ? place_for_all(d) : g_strdup(d->own.path);
}

/* As Postfix is to name it. A path from the queue directory on leads there for every service.
 * Owned. */
static char *wanted_text(const struct doctor *d)
{
	struct endpoint place;
	char *text;

	wanted_place(d, &place);
	if (place.inet)
		text = g_strdup_printf(
			"inet:%s:%s", *place.host ? place.host : "127.0.0.1", place.port);
	else if (postfix_path_is_below(place.path, d->postfix->queue))
		text = g_strconcat("unix:", place.path + strlen(d->postfix->queue) + 1, NULL);
	else
		text = g_strconcat("unix:", place.path, NULL);
	endpoint_release(&place);
	return text;
}

/* Is it meant to be us, wherever it leads? */
static bool is_meant(
	const struct doctor *d, const struct service *service, const struct milter *milter)
{
	struct endpoint leads_to, wanted;
	bool same;

	if (strstr(milter->text, "milticket"))
		return true;
	service_endpoint(service, &milter->endpoint, &leads_to);
	wanted_place(d, &wanted);
	same = endpoint_same(&leads_to, &wanted) || endpoint_same(&leads_to, &d->own) ||
		endpoint_same(&milter->endpoint, &d->own);
	endpoint_release(&leads_to);
	endpoint_release(&wanted);
	return same;
}

static const struct milter *our_milter(const struct doctor *d, const struct service *service)
{
	struct endpoint wanted;
	const struct milter *milter;

	wanted_place(d, &wanted);
	milter = service_milter(service, &wanted);
	endpoint_release(&wanted);
	return milter;
}

/* --- lists anew --- */

enum where { OURS_FIRST, OURS_LAST, OURS_WHERE_IT_IS, OURS_NOWHERE };

/* The service's milters with ours once, at its place. Owned. */
static char *list_anew(const struct doctor *d, const struct service *service, enum where where)
{
	g_autofree char *ours = wanted_text(d);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	bool done = where != OURS_WHERE_IT_IS;

	for (guint i = 0; i < service->milters->len; i++) {
		const struct milter *milter = service->milters->pdata[i];
		bool meant = is_meant(d, service, milter);

		if (!meant)
			g_ptr_array_add(words, milter->whole);
		else if (!done)
			g_ptr_array_add(words, ours);
		done |= meant;
	}
	if (where == OURS_FIRST)
		g_ptr_array_insert(words, 0, ours);
	if (where == OURS_LAST || !done)
		g_ptr_array_add(words, ours);
	g_ptr_array_add(words, NULL);
	return g_strjoinv(",", (char **)words->pdata);
}

/* postconf's words that set a parameter where the service has it from: "-e", "name = value". */
static void set_words(const struct service *service, bool of_service, const char *name,
	const char *value, const char **option_out, char **word_out)
{
	*option_out = of_service ? "-P" : "-e";
	if (of_service)
		*word_out = g_strdup_printf("%s/%s=%s", service->name, name, value);
	else
		*word_out = g_strdup_printf("%s = %s", name, value);
}

static bool service_overrides(const struct service *service, const char *name)
{
	g_autofree char *key = g_strconcat(service->name, "/", name, NULL);

	return g_hash_table_contains(service->postfix->overrides, key);
}

/* One finding for a parameter, however many services have it from main.cf. */
static bool finding_is_told(const struct doctor *d, const char *word)
{
	g_autofree char *quoted = doctor_quote(word);

	for (guint i = 0; i < d->findings->len; i++) {
		const struct finding *finding = d->findings->pdata[i];

		if (finding->check == d->check->id && finding->mend &&
			strstr(finding->mend, quoted))
			return true;
	}
	return false;
}

static void found_parameter(struct doctor *d, const struct service *service, bool of_service,
	const char *name, const char *value, const char *text)
{
	g_autofree char *word = NULL;
	const char *option;

	set_words(service, of_service, name, value, &option, &word);
	if (!finding_is_told(d, word))
		doctor_found(d, (const char *[]){ option, word, NULL }, "%s", text);
}

/* non_smtpd_milters = $smtpd_milters */
static bool service_has_the_lists_of_others(const struct service *service)
{
	const char *listed = postfix_value(service->postfix, "non_smtpd_milters");

	return *listed && strcmp(listed, postfix_value(service->postfix, "smtpd_milters")) == 0;
}

static void found_list(struct doctor *d, const struct service *service, bool of_service,
	enum where where, const char *fmt, ...) G_GNUC_PRINTF(5, 6);

static void found_list(struct doctor *d, const struct service *service, bool of_service,
	enum where where, const char *fmt, ...)
{
	g_autofree char *list = list_anew(d, service, where), *text = NULL;
	const char *name = service->parameter;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	/* A list that is the other one is mended with that. */
	if (service->role == ROLE_LOCAL && service_has_the_lists_of_others(service))
		name = "smtpd_milters";
	found_parameter(d, service, of_service, name, list, text);
}

typedef void service_fn(struct doctor *d, const struct service *service);

static void each_service(struct doctor *d, service_fn *fn)
{
	for (guint i = 0; i < d->postfix->services->len; i++)
		fn(d, d->postfix->services->pdata[i]);
}

/* --- given twice --- */

/* The value that a later line took the place of. Owned; NULL: there is one line at most. */
static char *postfix_overridden(const struct doctor *d, const char *name)
{
	g_autofree char *start = g_strdup_printf("overriding earlier entry: %s=", name);
	const char *at = strstr(d->postfix->warnings, start);

	return at ? g_strndup(at + strlen(start), strcspn(at + strlen(start), "\n")) : NULL;
}

/* Who added a second list wanted both; ours is called last. Owned. */
static char *lists_joined(const struct doctor *d, const char *before, const char *value)
{
	g_autofree char *both = g_strdup_printf("%s,%s", before, value);
	g_autofree char *ours = wanted_text(d);
	struct service all = { .postfix = d->postfix, .milters = milters_parse(both) };
	GString *joined = g_string_new(NULL);
	bool meant = false;

	for (guint i = 0; i < all.milters->len; i++) {
		const struct milter *milter = all.milters->pdata[i];

		if (is_meant(d, &all, milter))
			meant = true;
		else
			g_string_append_printf(joined, "%s,", milter->whole);
	}
	if (meant)
		g_string_append(joined, ours);
	else if (joined->len)
		g_string_truncate(joined, joined->len - 1);
	g_ptr_array_unref(all.milters);
	return g_string_free(joined, FALSE);
}

void look_postfix_twice(struct doctor *d)
{
	static const struct {
		const char *name;
		bool milters; /* a list of them */
	} twice[] = {
		{ .name = "smtpd_milters", .milters = true },
		{ .name = "non_smtpd_milters", .milters = true },
		{ .name = "milter_default_action" },
		{ .name = "milter_protocol" },
		{ .name = "recipient_delimiter" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(twice); i++) {
		const char *name = twice[i].name, *value = postfix_value(d->postfix, name);
		g_autofree char *before = postfix_overridden(d, name), *word = NULL, *list = NULL;

		if (!before)
			continue;
		if (twice[i].milters)
			list = lists_joined(d, before, value);
		word = g_strdup_printf("%s = %s", name, list ? list : value);
		doctor_found(d, (const char *[]){ name, word, NULL },
			_("main.cf has %s twice: '%s' counts for nothing"), name, before);
	}
}

/* --- who calls us --- */

void look_postfix_chroot(struct doctor *d)
{
	const struct service *service = chrooted_away(d);
	g_autofree char *place = NULL, *directory = NULL, *text = NULL, *set = NULL;

	if (!service)
		return;
	place = place_for_all(d);
	directory = g_path_get_dirname(place);
	text = g_strconcat("unix:", place, NULL);
	set = doctor_set(d, "socket", text);
	doctor_found(d,
		(const char *[]){ d->settings->user, d->postfix->group, directory, set, NULL },
		_("%s is chrooted to %s and cannot see the socket %s"), service->name,
		d->postfix->queue, d->own.path);
}

static void look_list(struct doctor *d, const struct service *service)
{
	g_autofree char *before = service->overrides ? NULL
						     : postfix_overridden(d, service->parameter);
	bool submission = service->role == ROLE_SUBMISSION && service->overrides;

	if (before || !service_matters(service) || service->role == ROLE_LOCAL ||
		our_milter(d, service))
		return;
	for (guint i = 0; i < service->milters->len; i++) {
		const struct milter *milter = service->milters->pdata[i];

		if (!is_meant(d, service, milter))
			continue;
		found_list(d, service, service->overrides, OURS_WHERE_IT_IS,
			_("'%s' does not lead %s%s to milticketd"), milter->text,
			service->chrooted ? _("the chrooted ") : "", service->name);
		return;
	}
	found_list(d, service, service->overrides, submission ? OURS_FIRST : OURS_LAST,
		_("%s has no milticket among its milters: its mail gets no ticket"), service->name);
}

void look_postfix_milters(struct doctor *d)
{
	each_service(d, look_list);
}

static void look_list_doubled(struct doctor *d, const struct service *service)
{
	unsigned n = 0;

	for (guint i = 0; i < service->milters->len; i++)
		n += is_meant(d, service, service->milters->pdata[i]);
	if (service_matters(service) && n > 1)
		found_list(d, service, service->overrides, OURS_WHERE_IT_IS,
			_("%s of %s has milticket more than once"), service->parameter,
			service->name);
}

void look_postfix_doubled(struct doctor *d)
{
	each_service(d, look_list_doubled);
}

/* "no_milters" out of a list of options. Owned. */
static char *without_no_milters(const char *options)
{
	g_auto(GStrv) words = g_strsplit_set(options, ", \t", -1);
	g_autoptr(GPtrArray) left = g_ptr_array_new();

	for (char **word = words; *word; word++)
		if (**word && strcmp(*word, "no_milters") != 0)
			g_ptr_array_add(left, *word);
	g_ptr_array_add(left, NULL);
	return g_strjoinv(",", (char **)left->pdata);
}

static void look_override(struct doctor *d, const struct service *service)
{
	static const char name[] = "receive_override_options";
	const char *options = service_value(service, name);
	g_autofree char *left = without_no_milters(options), *text = NULL;

	if (!service_matters(service) || service->role == ROLE_LOCAL ||
		!strstr(options, "no_milters"))
		return;
	text = g_strdup_printf(_("%s calls no milters: %s = %s"), service->name, name, options);
	found_parameter(d, service, service_overrides(service, name), name, left, text);
}

void look_postfix_override(struct doctor *d)
{
	each_service(d, look_override);
}

static void look_again(struct doctor *d, const struct service *service)
{
	if (service->role == ROLE_AGAIN && our_milter(d, service))
		found_list(d, service, true, OURS_NOWHERE,
			_("%s takes mail back from a content filter, and has milticket see it a second time"),
			service->name);
}

void look_postfix_again(struct doctor *d)
{
	each_service(d, look_again);
}

static void look_local(struct doctor *d, const struct service *service)
{
	const char *listed = postfix_value(d->postfix, "non_smtpd_milters");
	const char *text = _(
		"mail that programs on this host submit gets no ticket: non_smtpd_milters "
		"has no milticket");
	g_autofree char *before = postfix_overridden(d, "non_smtpd_milters");

	if (before || service->role != ROLE_LOCAL || our_milter(d, service))
		return;
	if (service_has_the_lists_of_others(service))
		return;
	if (*listed)
		found_list(d, service, service->overrides, OURS_LAST, "%s", text);
	else
		found_parameter(d, service, service->overrides, "non_smtpd_milters",
			"$smtpd_milters", text);
}

void look_postfix_local(struct doctor *d)
{
	each_service(d, look_local);
}

/* --- may it come to us --- */

static enum answer_of ask_as_service(const struct service *service, const struct milter *milter)
{
	struct visitor visitor = { .user = service->postfix->owner,
		.directory = service->postfix->queue };

	if (service->chrooted) {
		visitor.root = service->postfix->queue;
		visitor.directory = "/";
	}

	return milter_ask(&milter->endpoint, &visitor);
}

static const struct service *denied_service(const struct doctor *d)
{
	for (guint i = 0; i < d->postfix->services->len; i++) {
		const struct service *service = d->postfix->services->pdata[i];
		const struct milter *milter = service_matters(service) ? our_milter(d, service)
								       : NULL;

		if (milter && ask_as_service(service, milter) == ANSWER_DENIED)
			return service;
	}
	return NULL;
}

enum { OWNER_GROUPS_MAX = 64 };

/* Who goes: Postfix's user with its groups, and the group that it might be put into. */
struct goer {
	gid_t groups[OWNER_GROUPS_MAX];
	int n;
	gid_t ours;
	bool needs_ours; /* found out on the way */
};

static bool goer_init(const struct doctor *d, struct goer *goer)
{
	const struct passwd *owner = getpwnam(d->postfix->owner);
	gid_t primary = owner ? owner->pw_gid : 0;
	const struct group *group = getgrnam(d->settings->group);

	*goer = (struct goer){ .n = OWNER_GROUPS_MAX };
	if (!owner || !group ||
		getgrouplist(d->postfix->owner, primary, goer->groups, &goer->n) < 0)
		return false;
	goer->ours = group->gr_gid;
	return true;
}

/* May it do what the bits say, of the group's? */
static bool goer_may(struct goer *goer, const struct stat *there, mode_t bits)
{
	bool group_may = (there->st_mode & bits) == bits;

	if ((there->st_mode & (bits >> 3)) == bits >> 3)
		return true;
	for (int i = 0; i < goer->n; i++)
		if (group_may && goer->groups[i] == there->st_gid)
			return true;
	if (group_may && there->st_gid == goer->ours)
		return goer->needs_ours = true;
	return false;
}

/* The first part of the path that it may not pass, the socket itself at last. Owned; NULL: none. */
static char *goer_barrier(struct goer *goer, const char *path)
{
	const char *end = path;
	struct stat there;

	do {
		g_autofree char *part = NULL;

		end += 1 + strcspn(end + 1, "/");
		part = g_strndup(path, (gsize)(end - path));
		if (stat(part, &there) != 0)
			return NULL;
		if (!goer_may(goer, &there, *end ? S_IXGRP : S_IRGRP | S_IWGRP))
			return g_steal_pointer(&part);
	} while (*end);
	return NULL;
}

/* Is it refused? Then what stands in its way: *barrier_out NULL, the group alone. */
static bool is_barred(const struct doctor *d, char **barrier_out)
{
	struct goer goer;

	*barrier_out = NULL;
	if (d->own.inet || !denied_service(d) || !goer_init(d, &goer))
		return false;
	*barrier_out = goer_barrier(&goer, d->own.path);
	return *barrier_out || goer.needs_ours;
}

void look_postfix_group(struct doctor *d)
{
	g_autofree char *barrier = NULL;

	if (is_barred(d, &barrier) && !barrier)
		doctor_found(d, (const char *[]){ d->settings->group, d->postfix->owner, NULL },
			_("user %s may not connect to %s: it is not in the group %s"),
			d->postfix->owner, d->settings->socket, d->settings->group);
}

static void found_closed_directory(struct doctor *d, const char *directory)
{
	g_autofree char *quoted = doctor_quote(directory);
	g_autofree char *command = g_strdup_printf(
		"chgrp %s %s && chmod g+x %s", d->postfix->group, quoted, quoted);

	doctor_found(d, (const char *[]){ command, NULL },
		_("user %s may not pass %s on its way to %s"), d->postfix->owner, directory,
		d->own.path);
}

void look_postfix_path(struct doctor *d)
{
	g_autofree char *barrier = NULL, *set = NULL, *command = NULL;

	if (!is_barred(d, &barrier) || !barrier)
		return;
	if (strcmp(barrier, d->own.path) != 0) {
		found_closed_directory(d, barrier);
		return;
	}
	set = doctor_set(d, "socket_mode", "0660");
	command = g_strconcat(set, " && systemctl restart milticket", NULL);
	doctor_found(d, (const char *[]){ command, NULL },
		_("user %s may not connect to %s: its mode is %04o"), d->postfix->owner,
		d->own.path, d->settings->socket_mode);
}

/* --- order --- */

/* Known by their names or their usual ports. */
static const struct companion {
	const char *word, *name;
	bool signs;
} companions[] = {
	{ .word = "opendkim", .name = "OpenDKIM", .signs = true },
	{ .word = ":8891", .name = "OpenDKIM", .signs = true },
	{ .word = "dkim", .name = "a DKIM milter", .signs = true },
	{ .word = "opendmarc", .name = "OpenDMARC" },
	{ .word = ":8893", .name = "OpenDMARC" },
	{ .word = "rspamd", .name = "rspamd", .signs = true },
	{ .word = ":11332", .name = "rspamd", .signs = true },
	{ .word = "openarc", .name = "OpenARC", .signs = true },
};

static const struct companion *companion_of(const struct milter *milter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(companions); i++)
		if (strstr(milter->text, companions[i].word))
			return &companions[i];
	return NULL;
}

/* The first companion before ours, or after it. */
static const struct companion *companion_beside(
	const struct doctor *d, const struct service *service, bool before, bool signs)
{
	const struct milter *ours = our_milter(d, service);
	bool passed = false;

	for (guint i = 0; ours && i < service->milters->len; i++) {
		const struct milter *milter = service->milters->pdata[i];
		const struct companion *companion = companion_of(milter);

		passed |= milter == ours;
		if (milter != ours && passed != before && companion && (!signs || companion->signs))
			return companion;
	}
	return NULL;
}

static void look_verifiers(struct doctor *d, const struct service *service)
{
	const struct companion *late =
		service->role == ROLE_MAIL_IN ? companion_beside(d, service, false, false) : NULL;

	if (late)
		found_list(d, service, service->overrides, OURS_LAST,
			_("%s comes after milticket in %s: it verifies a Subject that has a tag, and its "
			  "Authentication-Results come too late"),
			late->name, service->name);
}

void look_postfix_verifiers(struct doctor *d)
{
	each_service(d, look_verifiers);
}

static void look_signers(struct doctor *d, const struct service *service)
{
	const struct companion *early =
		service->role == ROLE_SUBMISSION ? companion_beside(d, service, true, true) : NULL;

	/* Where mail comes in, the order is the other way round, so this needs a list of its own.
	 */
	if (early)
		found_list(d, service, true, OURS_FIRST,
			_("%s comes before milticket in %s: it signs a From and a Subject that change"),
			early->name, service->name);
}

void look_postfix_signers(struct doctor *d)
{
	each_service(d, look_signers);
}

/* --- how we are called --- */

/* Is a parameter of the milter, or of its service, among the good values? */
static void look_manner(struct doctor *d, const struct service *service, const char *name,
	const char *attribute, const char *const *good)
{
	const struct milter *milter = service_matters(service) ? our_milter(d, service) : NULL;
	const char *own = milter ? g_hash_table_lookup(milter->attributes, attribute) : NULL;
	const char *value = own ? own : service_value(service, name);
	g_autofree char *text = NULL;

	if (!milter || g_strv_contains(good, value))
		return;
	text = g_strdup_printf(_("%s of %s is %s, expected %s"), own ? milter->whole : name,
		service->name, value, good[0]);
	if (own)
		found_list(d, service, service->overrides, OURS_WHERE_IT_IS, "%s", text);
	else
		found_parameter(d, service, service_overrides(service, name), name, good[0], text);
}

static void look_action(struct doctor *d, const struct service *service)
{
	static const char *const good[] = { "tempfail", "shutdown", NULL };

	look_manner(d, service, "milter_default_action", "default_action", good);
}

void look_postfix_action(struct doctor *d)
{
	each_service(d, look_action);
}

static void look_protocol(struct doctor *d, const struct service *service)
{
	static const char *const good[] = { "6", NULL };

	look_manner(d, service, "milter_protocol", "protocol", good);
}

void look_postfix_protocol(struct doctor *d)
{
	each_service(d, look_protocol);
}

static void look_login_header(struct doctor *d, const struct service *service)
{
	static const char name[] = "smtpd_sasl_authenticated_header";

	if (!service_matters(service) || strcmp(service_value(service, name), "yes") != 0)
		return;
	found_parameter(d, service, service_overrides(service, name), name, "no",
		_("smtpd_sasl_authenticated_header = yes tells customers the login of the agent "
		  "who answers"));
}

void look_postfix_login_header(struct doctor *d)
{
	each_service(d, look_login_header);
}

/* --- limits --- */

static void look_limit(struct doctor *d, const char *name, gint64 most, const char *what)
{
	const char *text = postfix_value(d->postfix, name);
	gint64 value = g_ascii_strtoll(text, NULL, 10);
	g_autofree char *word = NULL;

	if (value > 0 && value <= most)
		return;
	word = g_strdup_printf("%s = %" G_GINT64_FORMAT, name, most);
	doctor_found(
		d, (const char *[]){ word, NULL }, _("%s = %s lets through %s"), name, text, what);
}

void look_postfix_header_limit(struct doctor *d)
{
	look_limit(d, "header_size_limit", LIMIT_PACKET_BYTES - 1024,
		_("header fields that are larger than a packet of the milter protocol may be: such mail "
		  "never arrives"));
}

void look_postfix_message_limit(struct doctor *d)
{
	look_limit(d, "message_size_limit", LIMIT_PARSE_BYTES,
		_("mail of which only the first 64 MiB are read for text and attachments"));
}

/* --- addresses with a detail --- */

void look_postfix_delimiter(struct doctor *d)
{
	const char *ours = d->settings->recipient_delimiter;
	const char *theirs = postfix_value(d->postfix, "recipient_delimiter");
	g_autofree char *before = postfix_overridden(d, "recipient_delimiter"), *word = NULL;

	if (before || !*ours || strchr(theirs, *ours))
		return;
	word = g_strdup_printf("recipient_delimiter = %s%s", theirs, ours);
	doctor_found(d, (const char *[]){ word, NULL },
		_("recipient_delimiter is '%s' in Postfix and '%s' here: answers to support%s1042-… bounce"),
		theirs, ours, ours);
}

/* --- agents log in --- */

void look_postfix_login(struct doctor *d)
{
	const char *name = "submission/inet";

	if (!d->agents || !d->settings->agents_auth.sasl || d->settings->agents_auth.authserv_ids)
		return;
	for (guint i = 0; i < d->postfix->services->len; i++) {
		const struct service *service = d->postfix->services->pdata[i];

		if (service->role != ROLE_OWN_WAY && service->role != ROLE_LOCAL &&
			strcmp(service_value(service, "smtpd_sasl_auth_enable"), "yes") == 0)
			return;
	}
	doctor_found(d, (const char *[]){ name, NULL },
		_("there are agents, but no service where they could log in: all their mail is a customer's"));
}
