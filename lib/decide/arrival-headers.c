/* Which header fields are read however many come before them, and when there are more of them than
 * any real mail has. */
#include "decide/arrival.h"

#include <string.h>

#include "base/limits.h"
#include "decide/plan.h"

/* --- what decides --- */

/* Fields that tell who wrote to whom, which ticket it is, what the body is, and those that we
 * remove. The signals of automatic mail and fields that the configuration names come on top.
 * "List-" stands for every name that begins with it. */
static const char *const deciding[] = {
	/* RFC 5322 sections 3.6.1 to 3.6.5, and who is answered. */
	"From",
	"Sender",
	"Reply-To",
	"To",
	"Cc",
	"Subject",
	"Date",
	"Message-ID",
	"In-Reply-To",
	"References",
	"Resent-",
	"X-Original-From",
	"Mail-Followup-To",
	"Mail-Reply-To",
	"List-",
	/* RFC 2045, RFC 3282. */
	"MIME-Version",
	"Content-",
	"Accept-Language",
	/* RFC 8601, and what verifiers write beside it. */
	"Authentication-Results",
	"ARC-",
	"Received-SPF",
	"DKIM-Filter",
	"DMARC-Filter",
	/* Whom reports are about. */
	"X-Failed-Recipients",
	"Return-Path",
};

static bool is_or_begins(const char *name, const char *known)
{
	size_t len = strlen(known);

	if (known[len - 1] == '-')
		return g_ascii_strncasecmp(name, known, len) == 0;
	return g_ascii_strcasecmp(name, known) == 0;
}

/* Of "Name: pattern". */
static bool is_pattern_of(const char *pattern, const char *name)
{
	size_t len = pattern ? strcspn(pattern, ":") : 0;

	return len && strlen(name) == len && g_ascii_strncasecmp(pattern, name, len) == 0;
}

static bool is_configured(const struct settings *settings, const char *name)
{
	if (is_pattern_of(settings->policy.spam_header, name))
		return true;
	for (unsigned i = 0; i < settings->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(settings->rules, i);

		if (is_pattern_of(rule->match.header, name))
			return true;
	}
	return false;
}

bool arrival_header_decides(const char *name, const void *settings)
{
	for (size_t i = 0; i < G_N_ELEMENTS(deciding); i++)
		if (is_or_begins(name, deciding[i]))
			return true;
	return automatic_reads(name) || plan_edits_header(name) || is_configured(settings, name);
}

struct spool *arrival_spool(const struct settings *settings)
{
	struct spool *spool = spool_new(settings_spool(settings));

	spool_decides(spool, arrival_header_decides, settings);
	return spool;
}

/* --- too many of them --- */

/* An MTA looks for each changed field from the first one on, and Postfix 3.7 kills its cleanup(8)
 * at the ten thousandth. */
static bool has_too_many_edited(const struct message *message)
{
	const char *name, *value;
	unsigned n = 0;

	if (message_headers(message) <= LIMIT_EDITED_HEADERS)
		return false;
	for (unsigned i = 0; message_header_at(message, i, &name, &value); i++)
		n += plan_edits_header(name);
	return n > LIMIT_EDITED_HEADERS;
}

void arrival_count_headers(struct arrival *a)
{
	bool counts = !a->import && a->spool;

	a->read_whole = !a->spool || !spool_unread(a->spool);
	a->flooded = counts && (spool_flooded(a->spool) || has_too_many_edited(a->message));
	a->may_hide = a->read_whole && message_headers(a->message) <= LIMIT_EDITED_HEADERS;
}
