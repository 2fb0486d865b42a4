/* Rules of milticket.conf: a configuration, a mail, and what becomes of its ticket. */
#include "../desk.h"

#include <string.h>

#include "base/limits.h"
#include "decide/rules.h"

static const char mail[] =
	"From: Nagios Robot <nagios@mon.example.org>\nTo: x@example.org\nX-Level: critical\nX-Level: =?utf-8?q?Gr=C3=BCn?=\n"
	"Subject: Re: [example.com #7] ** PROBLEM ** disk full\nMessage-ID: <n1@example.org>\n\nfull\n";

#define RULE(match, set) "{ match: { " match " }; set: { " set " }; }"
#define HIT(match) "rules = (" RULE(match, "queue = \"ops\";") ");", "queue=ops"
#define MISS(match) "rules = (" RULE(match, "queue = \"ops\";") ");", ""

static const struct row {
	const char *sentence, *conf, *result;
} rows[] = {
	{ "without rules nothing changes", "", "" },
	{ "a rule with empty fields matches anything",
		HIT("from = \"\"; subject = \"\"; recipient = \"\"; header = \"\";") },
	{ "a rule without match matches anything", "rules = ( { set: { queue = \"ops\"; }; } );",
		"queue=ops" },
	{ "from matches the address", HIT("from = \"nagios@*\";") },
	{ "from matches without case", HIT("from = \"NAGIOS@MON.*\";") },
	{ "from matches the name", HIT("from = \"*robot*\";") },
	{ "from matches the envelope's sender", HIT("from = \"bounces@example.org\";") },
	{ "from matches as a whole", MISS("from = \"nagios\";") },
	{ "a question mark is one character", HIT("from = \"nagio?@mon.example.or?\";") },
	{ "subject matches without tag and prefix", HIT("subject = \"?? problem*\";") },
	{ "subject matches as it is written", HIT("subject = \"re: *\";") },
	{ "subject matches as a whole", MISS("subject = \"PROBLEM\";") },
	{ "recipient is the envelope's, in canonical form",
		HIT("recipient = \"support@example.com\";") },
	{ "recipient is not the header's", MISS("recipient = \"x@example.org\";") },
	{ "header matches its name without case", HIT("header = \"x-level: CRIT*\";") },
	{ "no blank is needed after the colon", HIT("header = \"X-Level:crit*\";") },
	{ "header matches any field of that name, decoded",
		HIT("header = \"X-Level: gr\xc3\xbcn\";") },
	{ "header matches no other field", MISS("header = \"X-Severity: critical\";") },
	{ "all filled fields must match", MISS("from = \"nagios@*\"; subject = \"*RECOVERY*\";") },
	{ "each set field does its work",
		"rules = (" RULE("",
			"queue = \"ops\"; project = \"net\"; priority = \"high\"; assign = \"anna\"; tag = \"alert\"; status = \"open\";"
			" autoresponse = false; ignore = true;") ");",
		"queue=ops project=net agent=anna tags=alert priority=high status=open autoresponse=no ignore=yes" },
	{ "an empty set field changes nothing",
		"rules = (" RULE("", "queue = \"ops\"; priority = \"high\";") "," RULE(
			"", "queue = \"\"; priority = \"\"; tag = \"\";") ");",
		"queue=ops priority=high" },
	{ "a later rule changes what an earlier one set, and tags add up",
		"rules = (" RULE("", "queue = \"ops\"; tag = \"a\"; project = \"p\";") "," RULE(
			"", "queue = \"net\"; tag = \"b\";") ");",
		"queue=net project=p tags=a, b" },
	{ "a later rule may allow the answer again",
		"rules = (" RULE("", "autoresponse = false;") "," RULE(
			"", "autoresponse = true;") ");",
		"" },
	{ "a later rule does not take back that a mail is left alone",
		"rules = (" RULE("", "ignore = true;") "," RULE("", "tag = \"a\";") ");",
		"tags=a ignore=yes" },
	{ "stop ends the list",
		"rules = ( { set: { queue = \"ops\"; }; stop = true; }," RULE(
			"", "queue = \"net\";") ");",
		"queue=ops" },
	{ "stop of a rule that does not match ends nothing",
		"rules = ( { match: { from = \"x\"; }; set: { queue = \"ops\"; };"
		" stop = true; }," RULE("", "queue = \"net\";") ");",
		"queue=net" },
};

static void add(GString *out, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(out, "%s%s=%s", out->len ? " " : "", name, value);
}

static char *shown(const struct rules_result *r)
{
	static const char *const fields[] = { "queue", "project", "agent", "tags", NULL };
	GString *out = g_string_new(NULL);
	struct ticket t = { 0 };

	rules_give(r, &t);
	for (size_t i = 0; fields[i]; i++) {
		g_autofree char *text = record_field_text(
			record_field(&ticket_type, fields[i]), &t);

		add(out, fields[i], text && *text ? text : NULL);
	}
	add(out, "priority", t.priority ? priority_names[t.priority] : NULL);
	add(out, "status", t.status ? ticket_status_names[t.status] : NULL);
	record_release(&ticket_type, &t);
	add(out, "autoresponse", r->autoresponse ? NULL : "no");
	add(out, "ignore", r->ignore ? "yes" : NULL);
	return g_string_free(out, FALSE);
}

/* The tags of the result are the settings'. */
static void test_rules(
	const char *conf, void (*check)(const struct rules_result *, const void *), const void *arg)
{
	const struct envelope envelope = { .sender = "bounces@example.org",
		.recipients = (const char *[]){ "Support@EXAMPLE.com", NULL } };
	struct message *message;
	struct rules_result result;
	struct subject_view subject;
	g_autofree bool *fits = NULL;
	struct desk d;

	desk_open(&d, conf);
	message = message_parse_bytes(mail, strlen(mail));
	subject_view_init(&subject, message_header(message, "Subject", 0), &d.settings->tag_format);
	fits = rules_look(d.settings, message, &envelope);
	rules_apply(d.settings, fits,
		&(struct rules_subject){
			.written = message_subject(message), .plain = subject.plain },
		&result);
	check(&result, arg);
	rules_result_release(&result);
	subject_view_release(&subject);
	message_free(message);
	desk_close(&d);
}

static void check_shown(const struct rules_result *result, const void *row)
{
	g_autofree char *text = shown(result);

	g_assert_cmpstr(text, ==, ((const struct row *)row)->result);
}

static void test_row(gconstpointer data)
{
	test_rules(((const struct row *)data)->conf, check_shown, data);
}

static void check_names(const struct rules_result *result, const void *names)
{
	g_assert_cmpstr(result->names->str, ==, names);
}

static void test_names(void)
{
	test_rules(
		"rules = ( { name = \"robots\"; match: { from = \"nagios@*\"; }; set: { tag = \"b\"; }; },"
		" { match: { from = \"x\"; }; }, { set: { tag = \"a\"; }; } );",
		check_names, "robots, rule 3");
}

static void check_tag_count(const struct rules_result *result, const void *most)
{
	struct ticket t = { 0 };

	rules_give(result, &t);
	g_assert_cmpuint(g_strv_length(t.tags), ==, GPOINTER_TO_UINT(most));
	record_release(&ticket_type, &t);
}

static void test_many_tags(void)
{
	for (unsigned past = 0; past < 2; past++) {
		g_autoptr(GString) conf = g_string_new("rules = (");

		for (unsigned i = 0; i < LIMIT_TAGS + past; i++)
			g_string_append_printf(
				conf, "%s{ set: { tag = \"t%u\"; }; }", i ? "," : "", i);
		g_string_append(conf, ");");
		test_rules(conf->str, check_tag_count, GUINT_TO_POINTER(LIMIT_TAGS));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rules/those that matched are told by their names", test_names);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/rules/%s", rows[i].sentence);

		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/rules/no more than LIMIT_TAGS tags", test_many_tags);
	return g_test_run();
}
