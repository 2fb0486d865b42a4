/* The rows that keys.def makes. Loading, checking, printing and the example file read them. */
#include "settings/settings-table.h"

#include <string.h>

#include "base/nearest.h"
#include "base/tongue.h"
#include "model/ticket.h"
#include "settings/settings-kinds.h"

static const char *const log_words[] = { "syslog", "stderr", NULL };
static const char *const scheme_words[] = { "sequential", "date", NULL };
static const char *const starttls_words[] = { "never", "try", "require", NULL };
static const char *const subject_tag_words[] = { "participants", "anyone", "never", NULL };
static const char *const mixed_words[] = { "tag", "leave", NULL };
static const char *const digest_words[] = { "agents", "queues", "both", NULL };
static const char *const crossed_words[] = { "tell", "refuse", "off", NULL };
static const char *const auto_words[] = { "ignore", "ticket", NULL };
static const char *const requester_words[] = { "reply-to", "from", NULL };
static const char *const failure_words[] = { "tempfail", "accept", NULL };
const char *const deliver_names[] = { "mailbox", "agents", "both", "none", NULL };
const char *const reply_to_names[] = { "sender", "desk", NULL };
const char *const answer_names[ANSWER_COUNT + 1] = { "opened", "followup", "closed", "late", NULL };

#define RANGE(low, high) .min = (low), .max = (high)
#define CHECK(fn, what) .check = (fn), .expected = (what)
#define FILE_NAME N_("the name of a template file, or \"\" for no answer")
#define DURATION \
	N_("a duration such as \"4h\" or \"2d\", in business time \"4bh\" or \"2bd\", or \"\"")
#define GLOB N_("a pattern with * and ?, or \"\" for anything")

enum { MIB_PER_TIB = 1024 * 1024, CENTURY_DAYS = 36500 };

static const struct setting_row keys[] = {
#define FULL_ROW(scope_, name_, base, member, kind_, default_, ...) \
	{ .name = name_, \
		.kind = &kind_, \
		.scope = scope_, \
		.offset = offsetof(struct base, member), \
		.fallback = default_, \
		__VA_ARGS__ },
#define TOP_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_TOP, #member, settings, member, kind, __VA_ARGS__)
#define TOP_IN(group, member, type, kind, ...) \
	FULL_ROW(SCOPE_TOP, #group "." #member, settings, group.member, kind, __VA_ARGS__)
#define ACCOUNT_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_ACCOUNT, "accounts." #member, account, member, kind, __VA_ARGS__)
#define ACCOUNT_ROW(name, member, kind, ...) \
	FULL_ROW(SCOPE_ACCOUNT, name, account, member, kind, __VA_ARGS__)
#define RULE_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_RULE, "rules." #member, rule, member, kind, __VA_ARGS__)
#define RULE_IN(group, member, type, kind, ...) \
	FULL_ROW(SCOPE_RULE, "rules." #group "." #member, rule, group.member, kind, __VA_ARGS__)
#define SLA_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_SLA, "slas." #member, sla, member, kind, __VA_ARGS__)
#define AUTOMATION_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_AUTOMATION, "automations." #member, automation, member, kind, __VA_ARGS__)
#define AUTOMATION_ROW(name, member, kind, ...) \
	FULL_ROW(SCOPE_AUTOMATION, name, automation, member, kind, __VA_ARGS__)
#define CALENDAR_KEY(member, type, kind, ...) \
	FULL_ROW(SCOPE_CALENDAR, "calendars." #member, business_setting, member, kind, __VA_ARGS__)
#include "settings/keys.def"
};

static const struct setting_group groups[] = {
#define TOP_GROUP(name_, help_) { .name = #name_, .help = help_ },
#define ACCOUNT_GROUP(name_, help_) { .name = "accounts." #name_, .help = help_ },
#define RULE_GROUP(name_, help_) { .name = "rules." #name_, .help = help_ },
#include "settings/keys.def"
};

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

static void business_free(void *data)
{
	struct business_setting *business = data;

	calendar_free(business->calendar);
	keys_release(SCOPE_CALENDAR, business);
	g_free(business);
}

static void sla_free(void *data)
{
	struct sla *sla = data;

	query_free(sla->condition);
	keys_release(SCOPE_SLA, sla);
	g_free(sla);
}

static void automation_free(void *data)
{
	struct automation *automation = data;

	query_free(automation->condition);
	g_free(automation->where);
	keys_release(SCOPE_AUTOMATION, automation);
	g_free(automation);
}

static const struct setting_list lists[] = {
	{ .name = "accounts",
		.scope = SCOPE_ACCOUNT,
		.offset = offsetof(struct settings, accounts),
		.size = sizeof(struct account),
		.free = account_free,
		.help = "Addresses whose mail becomes tickets. Separate several with commas: "
			"( { … }, { … } )" },
	{ .name = "rules",
		.scope = SCOPE_RULE,
		.offset = offsetof(struct settings, rules),
		.size = sizeof(struct rule),
		.free = rule_free,
		.help = "Rules for mail that would open a ticket, in this order. What is \"\" or "
			"left out matches anything and changes nothing." },
	{ .name = "calendars",
		.scope = SCOPE_CALENDAR,
		.offset = offsetof(struct settings, calendars),
		.size = sizeof(struct business_setting),
		.free = business_free,
		.help = "Hours of business, by which durations such as 4bh and 2bd are counted." },
	{ .name = "slas",
		.scope = SCOPE_SLA,
		.offset = offsetof(struct settings, slas),
		.size = sizeof(struct sla),
		.free = sla_free,
		.help = "Promises to customers. The first whose condition a ticket meets is its." },
	{ .name = "automations",
		.scope = SCOPE_AUTOMATION,
		.offset = offsetof(struct settings, automations),
		.size = sizeof(struct automation),
		.free = automation_free,
		.help = "What is done with tickets by itself, once as long as a condition holds." },
};

const struct setting_list *list_at(size_t i)
{
	return i < G_N_ELEMENTS(lists) ? &lists[i] : NULL;
}

const struct setting_list *list_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
		if (!strcmp(lists[i].name, name))
			return &lists[i];
	return NULL;
}

GPtrArray *list_objects(const struct setting_list *list, const struct settings *settings)
{
	return *(GPtrArray *const *)(const void *)((const char *)settings + list->offset);
}

const struct setting_row *key_at(size_t i)
{
	return i < G_N_ELEMENTS(keys) ? &keys[i] : NULL;
}

const char *group_help(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
		if (!strcmp(groups[i].name, name))
			return groups[i].help;
	return NULL;
}

const struct setting_row *key_find(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

bool key_is_group(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (g_str_has_prefix(keys[i].name, name) && keys[i].name[len] == '.')
			return true;
	return false;
}

static char *words_text(const char *const *words)
{
	GString *out = g_string_new(_("one of"));

	for (; *words; words++)
		g_string_append_printf(out, " \"%s\"%s", *words, words[1] ? "," : "");
	return g_string_free(out, FALSE);
}

char *key_expected(const struct setting_row *key)
{
	if (key->words)
		return words_text(key->words);
	if (key->kind->shape == SHAPE_INTEGER)
		return g_strdup_printf(_("a whole number from %" PRId64 " to %" PRId64),
			(int64_t)key->min, (int64_t)key->max);
	return g_strdup(_(key->expected ? key->expected : key->kind->expected));
}

const char *key_nearest_word(const struct setting_row *key, const char *text)
{
	return key->words ? nearest_name(text, key->words) : NULL;
}

char *key_nearest(const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		for (const char *end = keys[i].name; *end; end += *end == '.') {
			end += strcspn(end, ".");
			g_ptr_array_add(
				names, g_strndup(keys[i].name, (gsize)(end - keys[i].name)));
		}
	g_ptr_array_add(names, NULL);
	return g_strdup(nearest_name(name, (const char *const *)names->pdata));
}

void keys_default(enum key_scope scope, void *base)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const struct setting_row *key = &keys[i];
		void *target = (char *)base + key->offset;

		if (key->scope != scope || key->kind->shape == SHAPE_STRINGS)
			continue;
		if (!key->kind->take(key, target, key->fallback))
			g_assert_not_reached();
	}
}

void keys_release(enum key_scope scope, void *base)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].scope == scope && keys[i].kind->release)
			keys[i].kind->release((char *)base + keys[i].offset);
}
