/* Rules, in order: all filled match fields must match, only filled set fields change anything. */
#include "decide/rules.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

struct facts {
	const struct message *message;
	const struct envelope *envelope;
	const char *subject;
};

static bool rules_empty(const char *s)
{
	return !s || !*s;
}

/* The From header's addresses, "Name <address>" of each, or the envelope sender. */
static bool from_matches(const char *glob, const struct facts *facts)
{
	struct mailboxes from = message_from(facts->message);

	for (size_t i = 0; i < from.n; i++) {
		g_autofree char *whole = g_strdup_printf(
			"%s <%s>", from.v[i].name ? from.v[i].name : "", from.v[i].address);

		if (text_glob(glob, from.v[i].address) || text_glob(glob, whole))
			return true;
	}
	return text_glob(glob, facts->envelope->sender);
}

/* As its writer sees it, or without our tag and reply prefixes. */
static bool subject_matches(const char *glob, const struct facts *facts)
{
	return text_glob(glob, facts->subject) || text_glob(glob, message_subject(facts->message));
}

static bool recipient_matches(const char *glob, const struct facts *facts)
{
	for (const char *const *p = facts->envelope->recipients; *p; p++) {
		g_autofree char *canonical = NULL;

		if (address_canonical(*p, &canonical) == ST_OK && text_glob(glob, canonical))
			return true;
	}
	return false;
}

/* "Name: glob" against every header of that name. */
static bool header_matches(const char *wanted, const struct facts *facts)
{
	const char *colon = strchr(wanted, ':'), *value;
	g_autofree char *name = colon ? g_strndup(wanted, (gsize)(colon - wanted))
				      : g_strdup(wanted);
	g_autofree char *glob = g_strstrip(g_strdup(colon ? colon + 1 : "*"));

	for (unsigned i = 0; (value = message_header(facts->message, g_strstrip(name), i)); i++) {
		g_autofree char *decoded = message_decode_header(value, 4096);

		if (text_glob(glob, decoded))
			return true;
	}
	return false;
}

static bool rule_matches(const struct rule *rule, const struct facts *facts)
{
	return (rules_empty(rule->match.from) || from_matches(rule->match.from, facts)) &&
		(rules_empty(rule->match.subject) || subject_matches(rule->match.subject, facts)) &&
		(rules_empty(rule->match.recipient) ||
			recipient_matches(rule->match.recipient, facts)) &&
		(rules_empty(rule->match.header) || header_matches(rule->match.header, facts));
}

static void rules_set(const char **target, const char *value)
{
	if (!rules_empty(value))
		*target = value;
}

static void rule_set(const struct rule *rule, struct rules_result *result)
{
	rules_set(&result->queue, rule->set.queue);
	rules_set(&result->project, rule->set.project);
	rules_set(&result->priority, rule->set.priority);
	rules_set(&result->assign, rule->set.assign);
	rules_set(&result->status, rule->set.status);
	if (!rules_empty(rule->set.tag))
		g_ptr_array_add(result->tags, rule->set.tag);
	if (rule->set.autoresponse >= 0)
		result->autoresponse = rule->set.autoresponse;
	result->ignore |= rule->set.ignore;
	g_string_append_printf(result->names, "%s%s", result->names->len ? ", " : "", rule->name);
}

void rules_apply(const struct settings *settings, const struct message *message,
	const struct envelope *envelope, const char *subject, struct rules_result *result_out)
{
	struct facts facts = { message, envelope, subject };

	memset(result_out, 0, sizeof *result_out);
	result_out->tags = g_ptr_array_new();
	result_out->names = g_string_new(NULL);
	result_out->autoresponse = true;
	for (unsigned i = 0; i < settings->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(settings->rules, i);

		if (!rule_matches(rule, &facts))
			continue;
		rule_set(rule, result_out);
		if (rule->stop)
			return;
	}
}

void rules_result_release(struct rules_result *result)
{
	g_clear_pointer(&result->tags, g_ptr_array_unref);
	if (result->names)
		g_string_free(result->names, TRUE);
	memset(result, 0, sizeof *result);
}
