/* Every key of milticket.conf, a row each. Loading, checking, printing and the test of the manual
 * read these rows. */
#include "settings/settings-table.h"

#include <string.h>

#include "base/nearest.h"
#include "model/ticket.h"
#include "settings/settings-kinds.h"

static const char *const log_words[] = { "syslog", "stderr", NULL };
static const char *const scheme_words[] = { "sequential", "date", NULL };
static const char *const starttls_words[] = { "never", "try", "require", NULL };
static const char *const subject_tag_words[] = { "participants", "anyone", "never", NULL };
static const char *const mixed_words[] = { "tag", "leave", NULL };
static const char *const auto_words[] = { "ignore", "ticket", NULL };
static const char *const requester_words[] = { "reply-to", "from", NULL };
static const char *const failure_words[] = { "tempfail", "accept", NULL };
const char *const deliver_names[] = { "mailbox", "agents", "both", "none", NULL };
const char *const reply_to_names[] = { "sender", "desk", NULL };
const char *const answer_names[ANSWER_COUNT + 1] = { "opened", "followup", "closed", "late", NULL };

#define TOP(member) SCOPE_TOP, offsetof(struct settings, member)
#define ACCOUNT(member) SCOPE_ACCOUNT, offsetof(struct account, member)
#define RULE(member) SCOPE_RULE, offsetof(struct rule, member)
#define RANGE(low, high) .min = (low), .max = (high)
#define CHECK(fn, what) .check = (fn), .expected = (what)
#define FILE_NAME "the name of a template file, or \"\" for no answer"
#define GLOB "a pattern with * and ?, or \"\" for anything"

enum { MIB_PER_TIB = 1024 * 1024, CENTURY_DAYS = 36500 };

static const struct setting_row keys[] = {
	{ "socket", &kind_text, TOP(socket), "unix:/run/milticket/milter.sock",
		CHECK(check_socket, "unix:/PATH, local:/PATH, inet:PORT@HOST or inet6:PORT@HOST"),
		.help = "where the MTA finds the milter", .needs = NEEDS_SOCKET_PLACE },
	{ "socket_mode", &kind_mode, TOP(socket_mode), "0660",
		.help = "permissions of a unix socket" },
	{ "user", &kind_text, TOP(user), "milticket",
		CHECK(check_unix_name, "the name of a unix user"),
		.help = "who the daemon becomes when started as root", .needs = NEEDS_USER },
	{ "group", &kind_text, TOP(group), "milticket",
		CHECK(check_unix_name, "the name of a unix group"),
		.help = "its group; members may use ticket(1)", .needs = NEEDS_GROUP },
	{ "log", &kind_word, TOP(log), "syslog", .words = log_words, .help = "where log lines go" },
	{ "recipient_delimiter", &kind_text, TOP(recipient_delimiter), "+",
		CHECK(check_delimiter_or_none, "one punctuation character, or \"\" for none"),
		.help = "what separates an address from its detail, as in the MTA" },
	{ "control_address", &kind_text, TOP(control_address), "control, tickets",
		CHECK(check_addresses_or_none,
			"addresses or local parts, separated by commas, or \"\" for none"),
		.help = "where agents send commands; a local part alone means that one at the domain of every account" },

	{ "store.path", &kind_text, TOP(store.path), "/var/lib/milticket",
		CHECK(check_path, "an absolute path"), .help = "directory of the ticket database",
		.needs = NEEDS_DIRECTORY },
	{ "store.map_size_mib", &kind_number, TOP(store.map_size_mib), "1024",
		RANGE(1, 64 * MIB_PER_TIB),
		.help = "MiB of address space to begin with; it grows by itself" },
	{ "store.durable", &kind_bool, TOP(store.durable), "true",
		.help = "flush to disk before the MTA says 250; false may lose tickets in a power failure" },

	{ "archive.path", &kind_text, TOP(archive.path), "/var/lib/milticket/mail",
		CHECK(check_path_or_none, "an absolute path, or \"\" for no archive"),
		.help = "directory of the messages as received; \"\" keeps none",
		.needs = NEEDS_DIRECTORY },
	{ "archive.keep_days", &kind_number, TOP(archive.keep_days), "0", RANGE(0, CENTURY_DAYS),
		.help = "days until a message leaves the archive; 0 keeps for ever" },

	{ "tag.name", &kind_text, TOP(tag.name), "", .expected = "a name in printable ASCII",
		.help = "%n of tag.format; default: the domain of the first account, without accounts the domain of this host" },
	{ "tag.format", &kind_text, TOP(tag.format), "[%n #%d]",
		CHECK(check_filled, "a format such as \"[%n #%d]\""),
		.help = "what a tag in Subject looks like: %n name, %d number" },
	{ "tag.also", &kind_texts, TOP(tag.also), "",
		CHECK(check_filled, "formats such as \"[Ticket#%d]\""),
		.help = "tags of a former system: recognised, neither written nor removed" },
	{ "tag.max_subject", &kind_number, TOP(tag.max_subject), "998", RANGE(78, 16384),
		.help = "bytes a tagged Subject may have" },

	{ "numbers.scheme", &kind_word, TOP(numbers.scheme), "sequential", .words = scheme_words,
		.help = "1, 2, 3 or date and a counter for each day" },
	{ "numbers.first", &kind_number, TOP(numbers.first), "1",
		RANGE(1, INT64_C(999999999999999)), .help = "lowest number to give" },

	{ "mail_out.url", &kind_text, TOP(mail_out.url), "smtp://127.0.0.1:25",
		CHECK(check_relay_url, "smtp://HOST:PORT or smtps://HOST:PORT"),
		.help = "relay for the mail we send" },
	{ "mail_out.username", &kind_text, TOP(mail_out.username), "",
		.help = "login at the relay; \"\" does not log in" },
	{ "mail_out.password_file", &kind_text, TOP(mail_out.password_file), "",
		CHECK(check_path_or_none, "an absolute path, or \"\""),
		.help = "file whose first line is the password; not readable by everyone" },
	{ "mail_out.starttls", &kind_word, TOP(mail_out.starttls), "try", .words = starttls_words,
		.help = "encryption towards the relay" },
	{ "mail_out.timeout_s", &kind_number, TOP(mail_out.timeout_s), "30", RANGE(1, 3600),
		.help = "seconds the relay may stay silent" },
	{ "mail_out.max_per_address_per_day", &kind_number, TOP(mail_out.max_per_address_per_day),
		"10", RANGE(1, 100000),
		.help = "automatic answers to one address in a day, over all tickets" },

	{ "agents_auth.sasl", &kind_bool, TOP(agents_auth.sasl), "true",
		.help = "believe the login that the MTA authenticated" },
	{ "agents_auth.authserv_ids", &kind_texts, TOP(agents_auth.authserv_ids), "",
		CHECK(check_authserv_id, "names of authentication services"),
		.help = "whose Authentication-Results at the top to believe; they must remove forged ones" },

	{ "policy.subject_tag", &kind_word, TOP(policy.subject_tag), "participants",
		.words = subject_tag_words,
		.help = "from whom a tag in Subject leads to its ticket" },
	{ "policy.reopen_days", &kind_number, TOP(policy.reopen_days), "30", RANGE(0, CENTURY_DAYS),
		.help = "days a closed ticket can be reopened by mail; later mail opens a new, linked one; 0 reopens always" },
	{ "policy.mixed_recipients", &kind_word, TOP(policy.mixed_recipients), "tag",
		.words = mixed_words,
		.help = "edit or leave alone a message that other recipients get too" },
	{ "policy.auto_replies", &kind_word, TOP(policy.auto_replies), "ignore",
		.words = auto_words,
		.help = "what vacation notes and bounces that belong to no ticket become" },
	{ "policy.on_failure", &kind_word, TOP(policy.on_failure), "tempfail",
		.words = failure_words,
		.help = "when no ticket can be stored: sender retries, or deliver untagged and log an error" },
	{ "policy.spam_header", &kind_text, TOP(policy.spam_header), "X-Spam-Flag: YES",
		CHECK(check_header_match_or_none, "\"Name: pattern\", or \"\" for never"),
		.help = "header that marks spam" },
	{ "policy.internal_recipients", &kind_texts, TOP(policy.internal_recipients), "",
		CHECK(check_filled, "patterns of addresses, with * and ?"),
		.help = "addresses that are never outside, such as a journal's" },

	{ "policy.requester", &kind_word, TOP(policy.requester), "reply-to",
		.words = requester_words,
		.help = "who is answered: the one address in Reply-To, else From; or From alone" },
	{ "policy.answer_failed_auth", &kind_bool, TOP(policy.answer_failed_auth), "false",
		.help = "answer mail that a believed Authentication-Results calls forged" },
	{ "policy.answers_per_hour", &kind_number, TOP(policy.answers_per_hour), "1000",
		RANGE(0, 1000000),
		.help = "automatic answers of all accounts in any 60 minutes; 0 is no limit" },

	{ "accounts.address", &kind_text, ACCOUNT(address), "",
		CHECK(check_address_or_none, "a mail address such as \"support@example.com\""),
		.help = "mail to it becomes tickets; required" },
	{ "accounts.aliases", &kind_texts, ACCOUNT(aliases), "",
		CHECK(check_address, "mail addresses such as \"info@example.com\""),
		.help = "its further addresses, as a milter sees them before the MTA's aliases" },
	{ "accounts.enabled", &kind_bool, ACCOUNT(enabled), "true",
		.help = "false leaves its mail alone" },
	{ "accounts.language", &kind_text, ACCOUNT(language), "en",
		CHECK(check_language_or_none, "a language such as \"de\""),
		.help = "of automatic answers when the mail does not tell" },
	{ "accounts.queue", &kind_text, ACCOUNT(queue), "",
		CHECK(check_queue_or_none, "a queue: letters a-z, digits, . _ -"),
		.help = "queue of new tickets, made if it is missing; default: the local part of the address" },
	{ "accounts.project", &kind_text, ACCOUNT(project), "", .help = "project of new tickets" },
	{ "accounts.since", &kind_date, ACCOUNT(since), "",
		.help = "mail whose Date is older is left alone" },
	{ "accounts.sender", &kind_text, ACCOUNT(sender), "",
		CHECK(check_sender_or_none, "\"Name <address>\" or an address"),
		.help = "From of the mail we send; default: the address", .needs = NEEDS_ACCOUNT },
	{ "accounts.deliver", &kind_word, ACCOUNT(deliver), "mailbox", .words = deliver_names,
		.help = "who gets the mail; none: archived, then discarded" },
	{ "accounts.reply_to", &kind_word, ACCOUNT(reply_to), "sender", .words = reply_to_names,
		.help = "desk puts the ticket's own address in Reply-To, so that agents answer through the desk" },
	{ "accounts.close_on_arrival", &kind_bool, ACCOUNT(close_on_arrival), "false",
		.help = "new tickets start as closed" },
	{ "accounts.autoresponse.opened", &kind_text, ACCOUNT(autoresponse[ANSWER_OPENED]),
		"opened.eml", .expected = FILE_NAME, .help = "answer to a new ticket" },
	{ "accounts.autoresponse.followup", &kind_text, ACCOUNT(autoresponse[ANSWER_FOLLOWUP]), "",
		.expected = FILE_NAME, .help = "answer to the first further mail" },
	{ "accounts.autoresponse.closed", &kind_text, ACCOUNT(autoresponse[ANSWER_CLOSED]), "",
		.expected = FILE_NAME, .help = "mail when a ticket is closed" },
	{ "accounts.autoresponse.late", &kind_text, ACCOUNT(autoresponse[ANSWER_LATE]), "",
		.expected = FILE_NAME,
		.help = "answer when a reply came too late to reopen and opened a new ticket; \"\": as opened" },
	{ "accounts.autoresponse.language_from_mail", &kind_bool, ACCOUNT(language_from_mail),
		"true", .help = "pick opened.de.eml when the mail asks for German" },

	{ "rules.name", &kind_text, RULE(name), "",
		.help = "name for the events; default: \"rule\" and its position" },
	{ "rules.match.from", &kind_text, RULE(match.from), "", .expected = GLOB,
		.help = "address in From, or envelope sender" },
	{ "rules.match.subject", &kind_text, RULE(match.subject), "", .expected = GLOB,
		.help = "decoded Subject" },
	{ "rules.match.recipient", &kind_text, RULE(match.recipient), "", .expected = GLOB,
		.help = "envelope recipient" },
	{ "rules.match.header", &kind_text, RULE(match.header), "",
		CHECK(check_header_match_or_none, "\"Name: pattern\", or \"\" for anything"),
		.help = "a header and what it says" },
	{ "rules.set.queue", &kind_text, RULE(set.queue), "",
		CHECK(check_queue_or_none, "a queue: letters a-z, digits, . _ -"),
		.help = "put the ticket into this queue", .needs = NEEDS_QUEUE },
	{ "rules.set.project", &kind_text, RULE(set.project), "", .help = "into this project" },
	{ "rules.set.priority", &kind_word_text, RULE(set.priority), "", .words = priority_names,
		.help = "give it this priority" },
	{ "rules.set.assign", &kind_text, RULE(set.assign), "",
		CHECK(check_login_or_none, "the login of an agent"),
		.help = "assign it to this agent", .needs = NEEDS_AGENT },
	{ "rules.set.tag", &kind_text, RULE(set.tag), "",
		CHECK(check_label_or_none, "one word of at most 64 bytes"),
		.help = "add this tag" },
	{ "rules.set.status", &kind_word_text, RULE(set.status), "", .words = ticket_status_names,
		.help = "give it this status" },
	{ "rules.set.autoresponse", &kind_choice, RULE(set.autoresponse), "",
		.help = "answer automatically or not; default: as the account says" },
	{ "rules.set.ignore", &kind_bool, RULE(set.ignore), "false",
		.help = "open no ticket, deliver as it is" },
	{ "rules.stop", &kind_bool, RULE(stop), "false",
		.help = "end the list here when this rule matched" }
};

const struct setting_row *key_at(size_t i)
{
	return i < G_N_ELEMENTS(keys) ? &keys[i] : NULL;
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
	GString *out = g_string_new("one of");

	for (; *words; words++)
		g_string_append_printf(out, " \"%s\"%s", *words, words[1] ? "," : "");
	return g_string_free(out, FALSE);
}

char *key_expected(const struct setting_row *key)
{
	if (key->words)
		return words_text(key->words);
	if (key->kind->shape == SHAPE_INTEGER)
		return g_strdup_printf("a whole number from %" G_GINT64_FORMAT
				       " to %" G_GINT64_FORMAT,
			(gint64)key->min, (gint64)key->max);
	return g_strdup(key->expected ? key->expected : key->kind->expected);
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
