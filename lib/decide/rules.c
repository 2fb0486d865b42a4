/* Rules, in order: all filled match fields must match, only filled set fields change anything. */
#include "decide/rules.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"

struct facts {
	const struct message *message;
	const struct envelope *envelope;
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

static bool rule_fits(const struct rule *rule, const struct facts *facts)
{
	return (rules_empty(rule->match.from) || from_matches(rule->match.from, facts)) &&
		(rules_empty(rule->match.recipient) ||
			recipient_matches(rule->match.recipient, facts)) &&
		(rules_empty(rule->match.header) || header_matches(rule->match.header, facts));
}

bool *rules_look(const struct settings *settings, const struct message *message,
	const struct envelope *envelope)
{
	const struct facts facts = { message, envelope };
	guint n = settings->rules->len;
	bool *fits = n ? g_new0(bool, n) : NULL;

	for (guint i = 0; i < n; i++)
		fits[i] = rule_fits(g_ptr_array_index(settings->rules, i), &facts);
	return fits;
}

static bool subject_matches(const char *glob, const struct rules_subject *subject)
{
	return rules_empty(glob) || text_glob(glob, subject->plain) ||
		text_glob(glob, subject->written);
}

static void rule_set(const struct rule *rule, struct rules_result *result)
{
	rule_values(rule, result->values);
	if (rule->set.autoresponse >= 0)
		result->autoresponse = rule->set.autoresponse;
	result->ignore |= rule->set.ignore;
	g_string_append_printf(result->names, "%s%s", result->names->len ? ", " : "", rule->name);
}

void rules_apply(const struct settings *settings, const bool *fits,
	const struct rules_subject *subject, struct rules_result *result_out)
{
	*result_out = (struct rules_result){
		.values = g_array_new(FALSE, FALSE, sizeof(struct rule_value)),
		.names = g_string_new(NULL),
		.autoresponse = true,
	};
	for (unsigned i = 0; i < settings->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(settings->rules, i);

		if (!fits[i] || !subject_matches(rule->match.subject, subject))
			continue;
		rule_set(rule, result_out);
		if (rule->stop)
			return;
	}
}

void rules_give(const struct rules_result *result, struct ticket *ticket)
{
	for (guint i = 0; i < result->values->len; i++) {
		const struct rule_value *v = &g_array_index(result->values, struct rule_value, i);

		if (v->field->type == FIELD_LIST)
			record_field_add(v->field, ticket, v->text, LIMIT_TAGS);
		else
			record_field_set(v->field, ticket, v->text);
	}
}

void rules_result_release(struct rules_result *result)
{
	g_clear_pointer(&result->values, g_array_unref);
	if (result->names)
		g_string_free(result->names, TRUE);
	memset(result, 0, sizeof *result);
}
