/* milticket.conf: what is taken, what is refused and in which words, and what comes back out. */
#include "settings/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "build-config.h"
#include "settings/settings-table.h"
#include "../settings-fixture.h"

#define ACCOUNT(more) "accounts = ( { address = \"a@example.com\"; " more " } );\n"
#define RULE(more) "rules = ( { " more " } );\n"

#define SLA(keys) "slas = ( { name = \"gold\"; " keys " } );\n"
#define CALENDAR(keys) "calendars = ( { name = \"office\"; " keys " } );\n"

static const struct {
	const char *text;
	unsigned line; /* 0: the key is not in the file */
	const char *key, *says;
} refused[] = { { "sokcet = \"x\";\n", 1, "sokcet", "did you mean 'socket'?" },
	{ "\nzebra = 1;\n", 2, "zebra",
		"expected one of socket, socket_mode, user, group, log, recipient_delimiter, control_address, store, archive, "
		"mailboxes, tag, numbers, mail_out, agents_auth, policy, digest, accounts, rules, calendars, slas" },
	{ "polcy: { reopen_days = 3; };\n", 1, "polcy", "did you mean 'policy'?" },
	{ CALENDAR("zone = \"Europe/Berlyn\";"), 1, "calendars.zone",
		"expected a time zone such as \"Europe/Berlin\", but there is no 'Europe/Berlyn'" },
	{ CALENDAR("hours = ( \"Mon-Fri 8-17\" );"), 1, "calendars.hours",
		"expected days and hours such as \"Mon-Fri 08:00-17:00\", found '8-17' in \"Mon-Fri 8-17\"" },
	{ CALENDAR("hours = ( \"Mon 09:00-09:00\" );"), 1, "calendars.hours",
		"found '09:00-09:00'" },
	{ CALENDAR(""), 1, "calendars.hours",
		"expected open hours such as \"Mon-Fri 08:00-17:00\", found none" },
	{ CALENDAR("hours = ( \"Mon 08:00-17:00\" ); holidays = ( \"01-01..12-31\" );"), 1,
		"calendars.hours", "expected open hours on days that are no holidays, found none" },
	{ CALENDAR("hours = ( \"Mon 08:00-17:00\" );\n holidays = ( \"2026-12-27..2026-12-24\" );"),
		2, "calendars.holidays", "expected a day such as \"2026-12-25\"" },
	{ CALENDAR("hours = ( \"Mon 08:00-17:00\" ); ics = \"/nonexistent/x.ics\";"), 1,
		"calendars.ics", "'/nonexistent/x.ics'" },
	{ CALENDAR("hours = ( \"Mon 08:00-17:00\" ); ics = \"/etc/hostname\";"), 1, "calendars.ics",
		"cannot use '/etc/hostname': it is no iCalendar file" },
	{ CALENDAR("hours = ( \"Mon 08:00-17:00\" ); }, { name = \"office\"; "), 1,
		"calendars.name", "expected each name once" },
	{ SLA(""), 1, "slas.respond", "expected respond, update or resolve, found none of them" },
	{ SLA("respond = \"4hours\";"), 1, "slas.respond", "expected a duration such as \"4h\"" },
	{ SLA("respond = \"4bh2d\";"), 1, "slas.respond", "expected a duration such as \"4h\"" },
	{ SLA("respond = \"4h\"; calendar = \"office\";"), 1, "slas.calendar",
		"expected the name of a calendar above" },
	{ SLA("respond = \"4h\";\nwhen = \"queue:a prioritty:high\";"), 2, "slas.when",
		"query, column 9: there is no field 'prioritty'; did you mean 'priority'?" },
	{ SLA("respond = \"4h\"; when = \"from:carla\";"), 1, "slas.when",
		"expected a query of the ticket alone, not of its messages or texts" },
	{ SLA("respond = \"4h\"; when = \"queue:a (is:open or fire)\";"), 1, "slas.when",
		"expected a query of the ticket alone" },
	{ SLA("respond = \"4h\"; when = \"queue:a (is:new or idle:3d..)\";"), 1, "slas.when",
		"expected a query that does not change by time alone" },
	{ SLA("respond = \"4h\"; warn_percent = 100;"), 1, "slas.warn_percent",
		"expected a whole number from 0 to 99, found 100" },
	{ SLA("respond = \"4h\"; }, { name = \"gold\"; update = \"1d\"; "), 1, "slas.name",
		"expected each name once" },
	{ "calendars = ( { hours = ( \"Mon 08:00-17:00\" ); } );\n", 1, "calendars.name",
		"expected a name such as \"office\", found none" },
	{ ACCOUNT("autorespons: { };"), 1, "accounts.autorespons",
		"did you mean 'accounts.autoresponse'?" },
	{ ACCOUNT("aliases = ( \"nobody\" );"), 1, "accounts.aliases",
		"expected mail addresses such as \"info@example.com\", found \"nobody\"" },
	{ ACCOUNT("aliases = \"b@example.com\";"), 1, "accounts.aliases",
		"(list of strings), found a string" },
	{ "accounts = ( { address = \"a@example.com\"; aliases = ( \"b@example.com\" ); },\n"
	  "{ address = \"B@example.com\"; } );\n",
		2, "accounts.address", "'b@example.com' is also the account of line 1" },
	{ "accounts = ( { address = \"a@example.com\"; },\n"
	  "{ address = \"b@example.com\"; aliases = ( \"A@example.com\" ); } );\n",
		2, "accounts.aliases", "'a@example.com' is also the account of line 1" },
	{ "store: {\n\tpaht = \"/x\";\n};\n", 2, "store.paht",
		"did you mean 'store.path'? expected one of path, map_size_mib, durable" },
	{ "mail_out: { timeout = 3; };\n", 1, "mail_out.timeout",
		"did you mean 'mail_out.timeout_s'?" },
	{ ACCOUNT("\nadress = 1;"), 2, "accounts.adress", "did you mean 'accounts.address'?" },
	{ ACCOUNT("autoresponse: {\n\n late_ = \"\"; };"), 3, "accounts.autoresponse.late_",
		"expected one of opened, followup, closed, late, language" },
	{ RULE("match: { subjct = \"\"; };"), 1, "rules.match.subjct",
		"did you mean 'rules.match.subject'? expected one of from, subject" },
	{ RULE("set: {\n quue = \"\"; };"), 2, "rules.set.quue",
		"did you mean 'rules.set.queue'?" },

	{ "socket = 5;\n", 1, "socket", "(string), found a number" },
	{ "socket = \"5\";\n", 1, "socket",
		"expected unix:/PATH, local:/PATH, inet:PORT@HOST or inet6:PORT@HOST, found \"5\"" },
	{ "socket = \"unix:relative\";\n", 1, "socket", "expected unix:/PATH" },
	{ "socket = \"inet:8891\";\n", 1, "socket", "inet:PORT@HOST" },
	{ "socket = \"inet:0@127.0.0.1\";\n", 1, "socket", "inet:PORT@HOST" },
	{ "socket = \"inet:65536@127.0.0.1\";\n", 1, "socket", "inet:PORT@HOST" },
	{ "socket = \"inet:25@\";\n", 1, "socket", "inet:PORT@HOST" },
	{ "socket_mode = 660;\n", 1, "socket_mode",
		"expected an octal mode in quotes, such as \"0660\" (string), found a number" },
	{ "socket_mode = \"0888\";\n", 1, "socket_mode", "octal" },
	{ "socket_mode = \"1777\";\n", 1, "socket_mode", "octal" },
	{ "user = \"\";\n", 1, "user", "the name of a unix user" },
	{ "group = \"a b\";\n", 1, "group", "the name of a unix group" },
	{ "user = \"a\\nb\";\n", 1, "user", "the name of a unix user, found \"a b\"" },
	{ "log = \"sylog\";\n", 1, "log",
		"expected one of \"syslog\", \"stderr\", found \"sylog\"; did you mean \"syslog\"?" },
	{ "recipient_delimiter = \"++\";\n", 1, "recipient_delimiter",
		"one punctuation character" },
	{ "recipient_delimiter = \"@\";\n", 1, "recipient_delimiter", "one punctuation character" },
	{ "control_address = \"a b\";\n", 1, "control_address", "separated by commas" },
	{ "control_address = \"a@@b\";\n", 1, "control_address", "separated by commas" },
	{ "control_address = \"control,,tickets\";\n", 1, "control_address",
		"separated by commas" },

	{ "store = 1;\n", 1, "store", "expected a group { ... }, found a number" },
	{ "store: { path = \"var\"; };\n", 1, "store.path",
		"expected an absolute path, found \"var\"" },
	{ "store: { url = \"mysql://x/y\"; };\n", 1, "store.url",
		"ostgre" /* of which there may be none in this program */ },
#ifdef HAVE_POSTGRESQL
	{ "store: { url = \"postgresql://a:secret@b/c\"; };\n", 1, "store.url",
		"expected a url without a password, which belongs into store.password_file" },
	{ "store: { url = \"postgresql://a@b/c?user=x&password=secret\"; };\n", 1, "store.url",
		"expected a url without a password" },
	{ "store: { url = \"postgresql://a@b/c\"; password_file = \"/nowhere\"; };\n", 1,
		"store.password_file", "expected a readable file, but '/nowhere': No such file" },
#endif
	{ "store: { password_file = \"secret\"; };\n", 1, "store.password_file",
		"expected an absolute path" },
	{ "store: { durable = 1; };\n", 1, "store.durable",
		"expected true or false (boolean), found a number" },
	{ "store: { durable = \"true\"; };\n", 1, "store.durable", "found a string" },
	{ "archive: { path = \"mail\"; };\n", 1, "archive.path",
		"expected an absolute path, or \"\"" },
	{ "archive: { keep_days = \"3\"; };\n", 1, "archive.keep_days",
		"expected a whole number from 0 to 36500 (integer), found a string" },
	{ "archive: { keep_days = 1.5; };\n", 1, "archive.keep_days",
		"found a number with a fraction" },
	{ "tag: { also = ( \"[Ticket#%d]\", \"[Ticket]\" ); };\n", 1, "tag.also",
		"formats such as \"[Ticket#%d]\"" },
	{ "tag: { format = \"\"; };\n", 1, "tag.format", "a format such as" },
	{ "tag: {\n\n format = \"[%n]\"; };\n", 3, "tag.format", "a format such as \"[%n #%d]\"" },
	{ "numbers: { scheme = \"random\"; };\n", 1, "numbers.scheme",
		"expected one of \"sequential\", \"date\", found \"random\"" },
	{ "numbers: {\n first = 20261124001;\n};\n", 2, "first",
		"expected an L after a number above 2147483647, as in 20261124001L" },
	{ "mail_out: { url = \"http://127.0.0.1\"; };\n", 1, "mail_out.url",
		"smtp://HOST:PORT or smtps://HOST:PORT" },
	{ "mail_out: { url = \"smtp://\"; };\n", 1, "mail_out.url", "smtp://HOST:PORT" },
	{ "mail_out: { url = \"smtp://h:0\"; };\n", 1, "mail_out.url", "smtp://HOST:PORT" },
	{ "mail_out: { url = \"smtp://h:65536\"; };\n", 1, "mail_out.url", "smtp://HOST:PORT" },
	{ "mail_out: { url = \"smtp://u:p@h\"; };\n", 1, "mail_out.url", "smtp://HOST:PORT" },
	{ "mail_out: { username = \"u\"; };\n", 1, "mail_out.username",
		"expected mail_out.password_file" },
	{ "mail_out: { password_file = \"/dev/null\"; };\n", 1, "mail_out.password_file",
		"expected mail_out.username" },
	{ "mail_out: { username = \"u\"; password_file = \"/nonexistent/secret\"; };\n", 1,
		"mail_out.password_file", "expected a readable file" },
	{ "mail_out: { username = \"u\"; password_file = \"/dev/null\"; };\n", 1,
		"mail_out.password_file", "expected a regular file" },
	{ "mail_out: { password_file = \"secret\"; };\n", 1, "mail_out.password_file",
		"an absolute path" },
	{ "mail_out: { starttls = \"required\"; };\n", 1, "mail_out.starttls",
		"did you mean \"require\"?" },
	{ "agents_auth: { authserv_ids = \"mx.example.com\"; };\n", 1, "agents_auth.authserv_ids",
		"(list of strings), found a string" },
	{ "agents_auth: { authserv_ids = ( \"a\",\n 5 ); };\n", 2, "agents_auth.authserv_ids",
		"found a number" },
	{ "agents_auth: { authserv_ids = ( \"\" ); };\n", 1, "agents_auth.authserv_ids",
		"names of authentication services, found \"\"" },
	{ "policy: { subject_tag = \"all\"; };\n", 1, "policy.subject_tag",
		"expected one of \"participants\", \"anyone\", \"never\", found \"all\"" },
	{ "policy: { spam_header = \"YES\"; };\n", 1, "policy.spam_header",
		"expected \"Name: pattern\"" },
	{ "policy: { spam_header = \"X Spam: YES\"; };\n", 1, "policy.spam_header",
		"expected \"Name: pattern\"" },
	{ "policy: { spam_header = \"X-Spam:\"; };\n", 1, "policy.spam_header",
		"expected \"Name: pattern\"" },

	{ "accounts = 1;\n", 1, "accounts",
		"expected a list of groups ( { ... } ), found a number" },
	{ "accounts: { address = \"a@example.com\"; };\n", 1, "accounts",
		"expected a list of groups ( { ... } ), found a group" },
	{ "accounts = (\n \"a@example.com\" );\n", 2, "accounts", "found a string in it" },
	{ "accounts = (\n { queue = \"q\"; } );\n", 2, "accounts.address",
		"expected a mail address" },
	{ "accounts = ( { address = \"nobody\"; } );\n", 1, "accounts.address",
		"expected a mail address such as" },
	{ "accounts = ( { address = \"a@example.com\"; },\n { address = \"A@Example.COM\"; } );\n",
		2, "accounts.address",
		"expected each address once, but 'a@example.com' is also the account of line 1" },
	{ "accounts = ( { address = \"a$b@example.com\"; } );\n", 1, "accounts.queue",
		"as 'a$b' cannot be its name" },
	{ ACCOUNT("queue = \"Support\";"), 1, "accounts.queue", "expected a queue" },
	{ ACCOUNT("queue = \"a b\";"), 1, "accounts.queue", "expected a queue" },
	{ ACCOUNT("since = \"yesterday\";"), 1, "accounts.since",
		"expected a date such as \"2026-01-01\", found \"yesterday\"" },
	{ ACCOUNT("since = \"2026-02-30\";"), 1, "accounts.since", "expected a date" },
	{ ACCOUNT("sender = \"Support\";"), 1, "accounts.sender",
		"expected \"Name <address>\" or an address" },
	{ ACCOUNT("sender = \"A <a@example.com> x\";"), 1, "accounts.sender",
		"\"Name <address>\"" },
	{ ACCOUNT("sender = \"A <a@example.com\";"), 1, "accounts.sender", "\"Name <address>\"" },
	{ ACCOUNT("sender = \"A <a@example.com>, <b@example.com>\";"), 1, "accounts.sender",
		"\"Name <address>\"" },
	{ ACCOUNT("sender = \"=?utf-8?q?A?= <a@example.com>\";"), 1, "accounts.sender",
		"\"Name <address>\"" },
	{ ACCOUNT("sender = \"A\\r\\nBcc: x <a@example.com>\";"), 1, "accounts.sender",
		"\"Name <address>\"" },
	{ ACCOUNT("deliver = \"all\";"), 1, "accounts.deliver",
		"expected one of \"mailbox\", \"agents\", \"both\", \"none\"" },
	{ "mailboxes: {\n path = \"/x\"; };\narchive: { path = \"\"; };\n", 2, "mailboxes.path",
		"mailboxes need archive.path" },
	{ "mailboxes: { path = \"x\"; };\n", 1, "mailboxes.path", "an absolute path" },
	{ "mailboxes: { closed_days = 0; };\n", 1, "mailboxes.closed_days", "from 1 to" },
	{ ACCOUNT("\ndeliver = \"none\";") "archive: { path = \"\"; };\n", 2, "accounts.deliver",
		"\"none\" needs archive.path" },
	{ ACCOUNT("reply_to = \"desk\";") "recipient_delimiter = \"\";\n", 1, "accounts.reply_to",
		"\"desk\" needs recipient_delimiter" },
	{ ACCOUNT("autoresponse: {\n closed = \"none.eml\"; };"), 2, "accounts.autoresponse.closed",
		"none.eml': No such file or directory" },
	{ ACCOUNT("autoresponse: { opened = \"../milticket.conf\"; };"), 1,
		"accounts.autoresponse.opened", "expected the name of a file in" },

	{ "rules: { };\n", 1, "rules", "expected a list of groups" },
	{ RULE("match = \"*\";"), 1, "rules.match", "expected a group { ... }, found a string" },
	{ RULE("match: { header = \"X-Loop\"; };"), 1, "rules.match.header",
		"expected \"Name: pattern\"" },
	{ RULE("set: { queue = \"A\"; };"), 1, "rules.set.queue", "expected a queue" },
	{ RULE("set: { priority = \"hihg\"; };"), 1, "rules.set.priority",
		"expected one of \"normal\", \"low\", \"high\", \"urgent\", found \"hihg\"" },
	{ RULE("set: { status = \"close\"; };"), 1, "rules.set.status",
		"did you mean \"closed\"?" },
	{ RULE("set: { assign = \"Anna B\"; };"), 1, "rules.set.assign", "the login of an agent" },
	{ RULE("set: { tag = \"a b\"; };"), 1, "rules.set.tag", "one word" },
	{ RULE("set: { autoresponse = \"no\"; };"), 1, "rules.set.autoresponse",
		"expected true or false" },
	{ RULE("stop = 1;"), 1, "rules.stop", "expected true or false" } };

static void test_refused(void)
{
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct settings *settings = NULL;
		struct error err = { "" };
		g_autofree char *start = refused[i].line
			? g_strdup_printf(
				  "%s:%u: %s: ", fixture.path, refused[i].line, refused[i].key)
			: g_strdup_printf("%s: %s: ", fixture.path, refused[i].key);

		fixture_write(&fixture, "milticket.conf", refused[i].text);
		g_assert_cmpint(settings_load(fixture.path, &settings, &err), ==, ST_BAD_INPUT);
		g_assert_null(settings);
		if (!g_str_has_prefix(err.text, start) || !strstr(err.text, refused[i].says) ||
			strpbrk(err.text, "\r\n"))
			g_error("expected '%s' and '%s' in '%s'", start, refused[i].says, err.text);
	}
	fixture_release(&fixture);
}

/* What libconfig itself refuses, and what it reads otherwise than people do, in words of ours. */
static void test_syntax(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *says;
	} cases[] = { { "log = \"syslog\";\n\nlog = \"stderr\";\n", 3,
			      "log: expected each key once, but it is in line 1, too" },
		{ "store: { path = \"/x\";\n path = \"/y\"; };\n", 2,
			"store.path: expected each key once, but it is in line 1, too" },
		{ "accounts = ( { address = \"a@example.com\"; address = \"b\"; } );\n", 1,
			"accounts.address: expected each key once" },
		{ "log = \n", 2, "log: expected a value, found the end of the file" },
		{ "log = ;\n", 1, "log: expected a value, found ;" },
		{ "log = \"syslog", 1, "log: a string begins here that does not end" },
		{ "log = \"stderr;\nsocket_mode = \"0660\";\n", 1,
			"log: a string begins here that does not end in its line: is a \" missing?" },
		{ "\nstore: {\n", 2, "store: expected } at the end of the group that begins here" },
		{ "accounts = (\n { address = \"a@example.com\"; }\n", 1,
			"accounts: expected ) at the end of the list that begins here" },
		{ "log = stderr;\n", 1, "log: expected text in double quotes, found stderr" },
		{ "accounts = (\n { address = a@example.com; } );\n", 2,
			"accounts.address: expected text in double quotes, found a@example.com" },
		{ "store: { durable = yes; };\n", 1,
			"store.durable: expected true or false, or text in double quotes, found yes" },
		{ "policy: { reopen_days = 30d; };\n", 1,
			"policy.reopen_days: expected a number, or text in double quotes, found 30d" },
		{ "log = 'stderr';\n", 1, "log: expected double quotes (\"), found 'stderr'" },
		{ "log = \xe2\x80\x9cstderr\xe2\x80\x9d;\n", 1,
			"log: expected double quotes (\")" },
		{ "accounts = ( { address = \"a@example.com\"; }\n { } );\n", 2,
			"accounts: expected a comma or ), found {" },
		{ "accounts = ( { address = \"a@example.com\"; },\n );\n", 2,
			"accounts: expected an element after the comma, found )" },
		{ "agents_auth: { authserv_ids = ( \"a\" \"b\" ); };\n", 1,
			"agents_auth.authserv_ids: expected a comma between two strings" },
		{ "log \"stderr\";\n", 1, "log: expected = and a value, found \"stderr\"" },
		{ "store.path = \"/x\";\n", 1, "store: expected = (a key of a group" },
		{ "[store]\n", 1, "expected a key (a group is written name: {" },
		{ "; a comment\n", 1, "expected a key (a comment begins with #), found ;" },
		{ "\xef\xbb\xbflog = \"stderr\";\n", 1, "begins with a byte order mark" },
		{ "log = \"\xff\";\n", 1, "expected text in UTF-8" },
		{ "\n\n@include \"missing.conf\"\n", 3, "missing.conf" },
		{ "@include \"templates\"\n", 1, "not a regular file" } };
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *start = g_strdup_printf("%s:%u: ", fixture.path, cases[i].line);
		struct settings *settings;
		struct error err = { "" };

		fixture_write(&fixture, "milticket.conf", cases[i].text);
		g_assert_cmpint(settings_load(fixture.path, &settings, &err), !=, ST_OK);
		if (!g_str_has_prefix(err.text, start) || !strstr(err.text, cases[i].says))
			g_error("expected '%s' and '%s' in '%s'", start, cases[i].says, err.text);
	}
	fixture_release(&fixture);
}

/* Brackets by the hundred thousand are refused in words, and cost no stack. */
static void test_depth(void)
{
	struct fixture fixture;
	g_autofree char *brackets = g_strnfill(200000, '('), *text = NULL;
	struct settings *settings;
	struct error err = { "" };

	text = g_strdup_printf("accounts = %s;\n", brackets);
	fixture_init(&fixture);
	fixture_write(&fixture, "milticket.conf", text);
	g_assert_cmpint(settings_load(fixture.path, &settings, &err), ==, ST_BAD_INPUT);
	g_assert_cmpstr(err.text, !=, "");
	fixture_release(&fixture);
}

/* An included file is explained by its own name and lines. */
static void test_syntax_of_an_included_file(void)
{
	struct fixture fixture;
	struct settings *settings;
	struct error err = { "" };

	fixture_init(&fixture);
	fixture_write(&fixture, "more.conf", "\nlog = stderr;\n");
	fixture_write(&fixture, "milticket.conf", "@include \"more.conf\"\n");
	g_assert_cmpint(settings_load(fixture.path, &settings, &err), ==, ST_BAD_INPUT);
	if (!strstr(err.text, "more.conf:2: log: expected text in double quotes"))
		g_error("%s", err.text);
	fixture_release(&fixture);
}

static bool is_met(const struct settings *settings, const char *key, const char *value)
{
	for (guint i = 0; i < settings->needs->len; i++) {
		const struct setting_need *need = settings->needs->pdata[i];

		if (!strcmp(need->key, key) && !strcmp(need->value, value))
			return settings_need_met(settings, need);
	}
	g_error("%s needs no '%s'", key, value);
}

static void test_needs(void)
{
	static const struct {
		const char *text, *key, *value;
		bool met;
	} cases[] = { { "user = \"root\";", "user", "root", true },
		{ "user = \"no-such-user\";", "user", "no-such-user", false },
		{ "group = \"no-such-group\";", "group", "no-such-group", false },
		{ "store: { path = \"/\"; };", "store.path", "/", true },
		{ "store: { path = \"/nonexistent/x\"; };", "store.path", "/nonexistent/x", false },
		{ "store: { path = \"/etc/passwd\"; };", "store.path", "/etc/passwd", false },
		/* The daemon makes it with its store. */
		{ "store: { path = \"/nonexistent\"; }; archive: { path = \"/nonexistent/mail\"; "
		  "};",
			"archive.path", "/nonexistent/mail", true },
		{ "archive: { path = \"/nonexistent/mail\"; };", "archive.path",
			"/nonexistent/mail", false },
		/* The service manager makes it at the start. */
		{ "", "socket", "unix:/run/milticket/milter.sock", true },
		{ "socket = \"unix:/nonexistent/x.sock\";", "socket", "unix:/nonexistent/x.sock",
			false },
		{ "socket = \"unix:/x.sock\";", "socket", "unix:/x.sock", true },
		{ "socket = \"inet:8891@localhost\";", "socket", "inet:8891@localhost", true },
		{ ACCOUNT("sender = \"A <a+x@example.com>\";"), "accounts.sender",
			"A <a+x@example.com>", true },
		{ ACCOUNT("sender = \"noreply@example.com\";"), "accounts.sender",
			"noreply@example.com", false } };
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct settings *settings = fixture_load(&fixture, cases[i].text);

		if (is_met(settings, cases[i].key, cases[i].value) != cases[i].met)
			g_error("%s '%s'", cases[i].key, cases[i].value);
		settings_unref(settings);
	}
	fixture_release(&fixture);
}

static void assert_unreadable(const char *path, const char *says)
{
	struct settings *settings;
	struct error err = { "" };

	g_assert_cmpint(settings_load(path, &settings, &err), ==, ST_IO);
	g_assert_nonnull(strstr(err.text, path));
	g_assert_nonnull(strstr(err.text, says));
}

static void test_unreadable(void)
{
	struct fixture fixture;

	fixture_init(&fixture);
	assert_unreadable(fixture.path, "No such file");
	assert_unreadable(fixture.dir, "not a regular file");
	fixture_release(&fixture);
}

static void test_include(void)
{
	struct fixture fixture;
	struct settings *settings = NULL;
	struct error err;

	fixture_init(&fixture);
	fixture_write(&fixture, "accounts.conf", "# first\n" ACCOUNT("queue = \"desk\";"));
	settings = fixture_load(&fixture, "log = \"stderr\";\n@include \"accounts.conf\"\n");
	g_assert_cmpstr(((struct account *)settings->accounts->pdata[0])->queue, ==, "desk");
	settings_unref(settings);

	fixture_write(&fixture, "accounts.conf", "\n\n" ACCOUNT("queue = 7;"));
	g_assert_cmpint(settings_load(fixture.path, &settings, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "accounts.conf:3: accounts.queue: expected a queue"));
	fixture_release(&fixture);
}

static void test_defaults(void)
{
	struct fixture fixture;
	struct settings *settings;
	const struct setting_info *info;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, "");
	for (size_t i = 0; (info = settings_key(i)); i++) {
		g_autofree char *value = settings_value(settings, info->key);

		if (value && strcmp(info->key, "tag.name"))
			g_assert_cmpstr(value, ==, info->default_text);
	}
	g_assert_cmpuint(settings->accounts->len + settings->rules->len, ==, 0);
	g_assert_cmpstr(settings->tag.name, !=, "");
	settings_unref(settings);

	settings = fixture_load(&fixture, ACCOUNT("") RULE(""));
	g_assert_cmpstr(settings->tag.name, ==, "example.com");
	g_assert_cmpstr(((struct rule *)settings->rules->pdata[0])->name, ==, "rule 1");
	g_assert_cmpint(((struct rule *)settings->rules->pdata[0])->set.autoresponse, ==, -1);
	settings_unref(settings);
	fixture_release(&fixture);
}

static void test_account_defaults(void)
{
	struct fixture fixture;
	struct settings *settings;
	const struct account *account;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, "accounts = ( { address = \"Help@Example.COM\"; } );\n");
	account = settings->accounts->pdata[0];
	g_assert_cmpstr(account->address, ==, "help@example.com");
	g_assert_cmpstr(account->queue, ==, "help");
	g_assert_cmpstr(account->sender, ==, "help@example.com");
	g_assert_cmpstr(account->sender_address, ==, "help@example.com");
	g_assert_null(account->sender_name);
	g_assert_true(account->enabled && account->language_from_mail);
	g_assert_nonnull(account->templates[ANSWER_OPENED]);
	g_assert_null(account->templates[ANSWER_LATE]);
	settings_unref(settings);
	fixture_release(&fixture);
}

static void test_senders(void)
{
	static const struct {
		const char *text, *name, *address;
	} cases[] = { { "a@example.com", NULL, "a@example.com" },
		{ "<a@example.com>", NULL, "a@example.com" },
		{ "Example Support <Support@Example.com>", "Example Support",
			"support@example.com" },
		{ "\\\"Support, Berlin\\\" <a@example.com>", "Support, Berlin", "a@example.com" },
		{ "Kundendienst Süd <a@example.com>", "Kundendienst Süd", "a@example.com" } };
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(ACCOUNT("sender = \"%s\";"), cases[i].text);
		struct settings *settings = fixture_load(&fixture, text);
		const struct account *account = settings->accounts->pdata[0];

		g_assert_cmpstr(account->sender_name, ==, cases[i].name);
		g_assert_cmpstr(account->sender_address, ==, cases[i].address);
		settings_unref(settings);
	}
	fixture_release(&fixture);
}

static bool loads(const struct fixture *fixture, const char *key, gint64 value)
{
	const char *dot = strchr(key, '.');
	bool of_sla = g_str_has_prefix(key, "slas.");
	g_autofree char *text = g_strdup_printf("%.*s: %s%s = %" G_GINT64_FORMAT "L; }%s;\n",
		(int)(dot - key), key, of_sla ? "( { name = \"x\"; respond = \"4h\"; " : "{ ",
		dot + 1, value, of_sla ? " )" : "");
	struct settings *settings = NULL;
	struct error err;

	fixture_write(fixture, "milticket.conf", text);
	settings_load(fixture->path, &settings, &err);
	settings_unref(settings);
	return settings != NULL;
}

/* Each integer's bounds, as it states them itself: at the limit and one past it. */
static void test_bounds(void)
{
	struct fixture fixture;
	const struct setting_info *info;
	unsigned tried = 0;

	fixture_init(&fixture);
	for (size_t i = 0; (info = settings_key(i)); i++) {
		gint64 low, high;

		if (sscanf(info->bounds,
			    "a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, &low,
			    &high) != 2)
			continue;
		g_assert_true(loads(&fixture, info->key, low));
		g_assert_true(loads(&fixture, info->key, high));
		g_assert_false(loads(&fixture, info->key, low - 1));
		g_assert_false(loads(&fixture, info->key, high + 1));
		tried++;
	}
	g_assert_cmpuint(tried, >=, 10);
	fixture_release(&fixture);
}

static void test_accepted_forms(void)
{
	static const char *const cases[] = { "socket = \"local:/run/x\";",
		"socket = \"inet:8891@127.0.0.1\";", "socket = \"inet6:65535@::1\";",
		"socket = \"inet:1@localhost\";", "socket_mode = \"600\";",
		"recipient_delimiter = \"\";", "recipient_delimiter = \"-\";",
		"control_address = \"\";", "control_address = \"desk@example.org, control\";",
		"mail_out: { url = \"smtps://mail.example.com\"; };",
		"mail_out: { url = \"smtps://[::1]:465\"; };",
		"mail_out: { url = \"smtp://127.0.0.1:65535/desk.example.com\"; };",
		"policy: { spam_header = \"\"; };",
		"policy: { spam_header = \"X-Spam-Level: *****\"; };",
		"agents_auth: { authserv_ids = [ \"a\", \"b\" ]; };",
		"agents_auth: { authserv_ids = ( ); };", "mail_out: { timeout_s = 30L; };",
		"numbers: { first = 20261124001L; };",
		"/* first = 99999999999 */ # 99999999999\n// \"99999999999\n",
		"user = \"u\" \"v\";", "accounts = ( ); rules = ( );",
		"store = { path = \"/x\" }" };
	struct fixture fixture;

	fixture_init(&fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		settings_unref(fixture_load(&fixture, cases[i]));
	fixture_release(&fixture);
}

static void test_password_file(void)
{
	struct fixture fixture;
	g_autofree char *secret = NULL, *text = NULL;
	struct settings *settings;
	struct error err;

	fixture_init(&fixture);
	fixture_write(&fixture, "secret", "s3cret\n");
	secret = g_build_filename(fixture.dir, "secret", NULL);
	text = g_strdup_printf(
		"mail_out: { username = \"u\"; password_file = \"%s\"; };\n", secret);
	g_assert_cmpint(g_chmod(secret, 0640), ==, 0);
	settings_unref(fixture_load(&fixture, text));
	g_assert_cmpint(g_chmod(secret, 0644), ==, 0);
	g_assert_cmpint(settings_load(fixture.path, &settings, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(
		err.text, ":1: mail_out.password_file: expected a file that others cannot read"));
	fixture_release(&fixture);
}

static const char full[] =
	"socket = \"inet6:8891@::1\"; socket_mode = \"0600\"; user = \"nobody\"; group = \"nogroup\"; log = \"stderr\";\n"
	"recipient_delimiter = \"-\"; control_address = \"bot@example.org\";\n"
	"store: { path = \"/tmp/s\"; map_size_mib = 1; durable = false; deadline_s = 5; require_sync = false; }; archive: { path = \"/tmp/a\"; keep_days = 30; };\n"
	"mailboxes: { path = \"/tmp/m\"; group = \"nogroup\"; closed_days = 7; };\n"
	"tag: { name = \"desk\"; format = \"<%n/%d>\"; max_subject = 200; }; numbers: { scheme = \"date\"; first = 99999999999L; };\n"
	"mail_out: { url = \"smtps://[::1]:465\"; starttls = \"require\"; timeout_s = 5; max_per_address_per_day = 3; };\n"
	"agents_auth: { sasl = false; authserv_ids = ( \"mx1.example.com\", \"mx2.example.com\" ); };\n"
	"policy: { subject_tag = \"never\"; reopen_days = 0; mixed_recipients = \"leave\"; auto_replies = \"ticket\"; on_failure = \"accept\";\n"
	"  spam_header = \"X-Odd: \\\"a\\\\b\\\"\"; requester = \"from\";\n"
	"  answer_failed_auth = true; answers_per_hour = 7; crossed = \"refuse\"; };\n"
	"digest: { at = \"Mon 07:00\"; to = \"both\"; };\n"
	"accounts = ( { address = \"a@example.com\"; aliases = ( \"c@example.com\" ); enabled = false; queue = \"q\"; project = \"Größe\"; since = \"2026-01-01\";\n"
	"  sender = \"\\\"A, B\\\" <c@example.com>\"; deliver = \"both\"; reply_to = \"desk\"; close_on_arrival = true;\n"
	"  autoresponse: { opened = \"\"; followup = \"followup.eml\"; closed = \"closed.eml\"; late = \"late.eml\"; language_from_mail = false; }; },\n"
	"  { address = \"b@example.com\"; since = \"2026-01-01T12:34:56Z\"; } );\n"
	"rules = ( { name = \"r\"; match: { from = \"a*\"; subject = \"?\"; recipient = \"b@*\"; header = \"X-A: *\"; };\n"
	"  set: { queue = \"z\"; project = \"p\"; priority = \"low\"; assign = \"anna\"; tag = \"t\"; status = \"clarify\"; autoresponse = true; ignore = true; };\n"
	"  stop = true; }, { name = \"s\"; } );\n"
	"calendars = ( { name = \"night\"; zone = \"Asia/Tokyo\"; hours = ( \"Mon-Fri 22:00-06:00\", \"Sun 10:00-24:00\" );\n"
	"  holidays = ( \"01-01\", \"2026-12-24..2026-12-27\" ); }, { name = \"b\"; hours = ( \"Mon 01:00-02:00\" ); } );\n"
	"slas = ( { name = \"gold\"; when = \"requester:@example.net\"; calendar = \"night\"; respond = \"4bh\"; update = \"2bd\";\n"
	"  resolve = \"1d12h\"; warn_percent = 0; }, { name = \"rest\"; resolve = \"30bm\"; } );\n";

static void test_round_trip(void)
{
	struct fixture fixture;
	struct settings *first, *second;
	g_autofree char *once = NULL, *twice = NULL;
	const struct account *account;

	fixture_init(&fixture);
	first = fixture_load(&fixture, full);
	once = settings_text(first);
	second = fixture_load(&fixture, once);
	twice = settings_text(second);
	g_assert_cmpstr(once, ==, twice);
	g_assert_nonnull(strstr(once, "since = \"2026-01-01\";"));
	account = second->accounts->pdata[0];
	g_assert_cmpint(account->since, ==, ((struct account *)first->accounts->pdata[0])->since);
	g_assert_cmpstr(account->sender_name, ==, "A, B");
	g_assert_cmpstr(account->project, ==, "Größe");
	g_assert_cmpint(second->numbers.first, ==, INT64_C(99999999999));
	g_assert_cmpstr(second->policy.spam_header, ==, "X-Odd: \"a\\b\"");
	g_assert_cmpuint(second->socket_mode, ==, 0600);
	g_assert_cmpint(second->mail_out.starttls, ==, STARTTLS_REQUIRE);
	g_assert_cmpstr(second->agents_auth.authserv_ids[1], ==, "mx2.example.com");
	g_assert_cmpint(((struct rule *)second->rules->pdata[0])->set.autoresponse, ==, 1);
	g_assert_nonnull(settings_calendar(second, "night"));
	g_assert_nonnull(settings_calendar(second, "b"));
	g_assert_null(settings_calendar(second, "c"));
	g_assert_cmpint(((struct sla *)second->slas->pdata[0])->solution.amount, ==,
		INT64_C(36) * 3600 * TEXT_SECOND);
	g_assert_cmpint(((struct sla *)second->slas->pdata[1])->solution.kind, ==, DURATION_HOURS);
	settings_unref(first);
	settings_unref(second);
	fixture_release(&fixture);
}

/* Every key must differ from its default in the text above, or the round trip shows nothing of
 * it. */
static void test_round_trip_is_full(void)
{
	struct fixture fixture;
	struct settings *settings;
	const struct setting_info *info;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, full);
	for (size_t i = 0; (info = settings_key(i)); i++) {
		g_autofree char *value = settings_value(settings, info->key);

		/* Not each program takes a url. */
		if (value && !strstr(info->key, "username") &&
			!strstr(info->key, "password_file") && strcmp(info->key, "store.url") != 0)
			g_assert_cmpstr(value, !=, info->default_text);
	}
	settings_unref(settings);
	fixture_release(&fixture);
}

static void test_values(void)
{
	struct fixture fixture;
	struct settings *settings;
	g_autofree char *timeout = NULL, *mode = NULL;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, "");
	timeout = settings_value(settings, "mail_out.timeout_s");
	mode = settings_value(settings, "socket_mode");
	g_assert_cmpstr(timeout, ==, "30");
	g_assert_cmpstr(mode, ==, "0660");
	g_assert_null(settings_value(settings, "mail_out"));
	g_assert_null(settings_value(settings, "accounts.address"));
	g_assert_null(settings_value(settings, "agents_auth.authserv_ids"));
	g_assert_null(settings_value(settings, "nothing"));
	settings_unref(settings);
	fixture_release(&fixture);
}

static const char two_desks[] =
	"control_address = \"control, tickets, bot@example.org\";\n"
	"accounts = ( { address = \"support@example.com\"; sender = \"Desk <desk@example.net>\";\n"
	"    aliases = ( \"Info@Example.com\", \"hilfe@example.org\" ); }, { address = \"support+vip@example.com\"; queue = \"vip\"; },\n"
	"  { address = \"tickets@example.net\"; enabled = false; } );\n";

static void test_whose_address(void)
{
	static const struct {
		const char *address, *account, *detail;
		bool control, own;
	} cases[] = { { "support@example.com", "support@example.com", NULL, false, true },
		{ "support+1042-abcdefgh@example.com", "support@example.com", "1042-abcdefgh",
			false, true },
		{ "support+vip@example.com", "support+vip@example.com", NULL, false, true },
		{ "support+vip+1042-abcdefgh@example.com", "support+vip@example.com",
			"1042-abcdefgh", false, true },
		{ "support+vips@example.com", "support@example.com", "vips", false, true },
		{ "support@example.net", NULL, NULL, false, false },
		{ "supporter@example.com", NULL, NULL, false, false },
		{ "desk@example.net", NULL, NULL, false, true },
		{ "control@example.com", NULL, NULL, true, false },
		{ "control+x@example.net", NULL, NULL, true, false },
		{ "tickets@example.com", NULL, NULL, true, false },
		{ "tickets@example.net", "tickets@example.net", NULL, false, true },
		{ "info@example.com", "support@example.com", NULL, false, true },
		{ "info+1042-abcdefgh@example.com", "support@example.com", "1042-abcdefgh", false,
			true },
		{ "hilfe@example.org", "support@example.com", NULL, false, true },
		{ "control@example.org", NULL, NULL, false, false },
		{ "bot@example.org", NULL, NULL, true, false },
		{ "control@example.org", NULL, NULL, false, false } };
	struct fixture fixture;
	struct settings *settings;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, two_desks);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *detail = NULL;
		const struct account *account = settings_account(
			settings, cases[i].address, &detail);

		g_assert_cmpstr(account ? account->address : NULL, ==, cases[i].account);
		g_assert_cmpstr(detail, ==, cases[i].detail);
		g_assert_cmpint(
			settings_is_control(settings, cases[i].address), ==, cases[i].control);
		g_assert_cmpint(settings_is_own(settings, cases[i].address), ==, cases[i].own);
	}
	settings_unref(settings);
	fixture_release(&fixture);
}

static void test_references(void)
{
	struct fixture fixture;
	struct settings *settings;

	fixture_init(&fixture);
	settings = fixture_load(&fixture, two_desks);
	g_assert_true(settings_ref(settings) == settings);
	settings_unref(settings);
	g_assert_cmpstr(settings->user, ==, "milticket");
	settings_unref(settings);
	settings_unref(NULL);
	fixture_release(&fixture);
}

static void test_template_dirs(void)
{
	struct fixture fixture;
	g_autofree char *text = NULL;
	struct settings *settings;

	fixture_init(&fixture);
	fixture_write(&fixture, "own.eml", "Subject: own\n\ntext\n");
	text = g_strdup_printf(ACCOUNT("autoresponse: { opened = \"%s/own.eml\"; };"), fixture.dir);
	settings = fixture_load(&fixture, text);
	g_assert_nonnull(
		((struct account *)settings->accounts->pdata[0])->templates[ANSWER_OPENED]);
	settings_unref(settings);
	fixture_release(&fixture);
}

/* LIMIT_NAME_BYTES before an address. */
static void test_long_sender(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(LIMIT_NAME_BYTES + past, 'n'),
				*sender = g_strconcat("\"", fill, "\" <a@example.com>", NULL),
				*name = NULL, *address = NULL;

		g_assert_cmpint(sender_parse(sender, &name, &address), ==, !past);
		g_assert_cmpstr(name, ==, past ? NULL : fill);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/settings/errors name file, line, key and what was expected", test_refused);
	g_test_add_func(
		"/settings/syntax errors name file, line, key and the mistake", test_syntax);
	g_test_add_func("/settings/an included file's syntax errors name that file",
		test_syntax_of_an_included_file);
	g_test_add_func("/settings/endless nesting is refused", test_depth);
	g_test_add_func("/settings/values note what they need elsewhere", test_needs);
	g_test_add_func("/settings/a file that cannot be read is named", test_unreadable);
	g_test_add_func("/settings/an included file is read, and named in errors", test_include);
	g_test_add_func("/settings/an empty file gives every default", test_defaults);
	g_test_add_func(
		"/settings/an account needs nothing but its address", test_account_defaults);
	g_test_add_func("/settings/a sender is a name and an address", test_senders);
	g_test_add_func(
		"/settings/integers are taken at their bounds and not past them", test_bounds);
	g_test_add_func("/settings/all documented forms are taken", test_accepted_forms);
	g_test_add_func(
		"/settings/a password that everyone can read is refused", test_password_file);
	g_test_add_func(
		"/settings/the text of settings loads to the same settings", test_round_trip);
	g_test_add_func("/settings/the round trip covers every key", test_round_trip_is_full);
	g_test_add_func("/settings/a single value can be asked for", test_values);
	g_test_add_func("/settings/an address is an account's, for control, ours or nobody's",
		test_whose_address);
	g_test_add_func("/settings/live until the last reference goes", test_references);
	g_test_add_func("/settings/a template may have an absolute name", test_template_dirs);
	g_test_add_func("/settings/a sender's name has an end", test_long_sender);
	return g_test_run();
}
