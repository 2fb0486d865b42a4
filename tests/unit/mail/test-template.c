/* Templates: what is refused, what filling gives, and that no value becomes a header, a line or
 * syntax. */
#include "mail/template.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/limits.h"
#include "../source-tree.h"

static char *dir;

static char *write_file(const char *name, const char *text)
{
	char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void remove_files(void)
{
	g_autoptr(GDir) handle = g_dir_open(dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(handle))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		g_remove(path);
	}
}

static const struct {
	const char *text;
	unsigned line;
	const char *says;
} refused[] = { { "Subject: a {numbr}\n\nx\n", 1,
			"unknown variable '{numbr}', expected {number} {tag}" },
	{ "Subject: a\n\none\ntwo {Number}\n", 4, "unknown variable '{Number}'" },
	{ "Subject: a\n\none\n{number\n", 4, "expected } after '{number'" },
	{ "Subject: a\n\n{}\n", 3, "unknown variable '{}'" },
	{ "Subject: a {signature}\n\nx\n", 1, "{signature} has many lines" },
	{ "Subject: a\n\n{number{tag}}\n", 3, "expected } after '{number'" },
	{ "Subject: a {quote}\n\nx\n", 1, "{quote} has many lines" },
	{ "Subject: a\nX-Quote: {quote}\n\nx\n", 2, "{quote} has many lines" },
	{ "X-A: b\n\nx\n", 3, "expected a Subject header" },
	{ "\nx\n", 2, "expected a Subject header" }, { "", 1, "expected a Subject header" },
	{ "Subject: a\nSubject: b\n\nx\n", 2, "a second" },
	{ "Subject: a\nX-A: b\nx-a: c\n\nx\n", 3, "expected one x-a header" },
	{ "Subject: a\nContent-Language: de\nContent-Language: en\n\nx\n", 3, "a second" },
	{ "Subject: a\nContent-Language: German!\n\nx\n", 2, "expected one language" },
	{ "Subject: a\n", 2, "expected a text" }, { "Subject: a\n\n \n\t\n", 3, "expected a text" },
	{ "Subject: a\nHello you\n\nx\n", 2, "expected a header 'Name: text'" },
	{ "Subject: a\nX A: b\n\nx\n", 2, "expected a header 'Name: text'" },
	{ "Subject: a\n: b\n\nx\n", 2, "expected a header 'Name: text'" },
	{ "Subject: a\n b\nFrom: c\n\nx\n", 3, "header From is written by milticket" },
	{ "Subject: a\nto: b\n\nx\n", 2, "header to is written" },
	{ "Subject: a\nMessage-ID: b\n\nx\n", 2, "header Message-ID is written" },
	{ "Subject: a\nContent-Type: text/html\n\nx\n", 2, "header Content-Type is written" },
	{ "Subject: a\nX-Ticket-Queue: b\n\nx\n", 2, "header X-Ticket-Queue is written" },
	{ "Subject: a\nBcc: b\n\nx\n", 2, "header Bcc is written" },
	{ "Subject: a\nDisposition-Notification-To: b\n\nx\n", 2,
		"header Disposition-Notification-To is written" },
	{ "Subject: a\nReturn-Receipt-To: b\n\nx\n", 2, "header Return-Receipt-To is written" },
	{ "Subject: a\nAuto-Submitted: no\n\nx\n", 2, "header Auto-Submitted is written" },
	{ "Subject: a\n\none\n\xe4\n", 4, "expected text in UTF-8" } };

static void test_refused(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *path = write_file("t.eml", refused[i].text);
		g_autofree char *start = g_strdup_printf("%s:%u: ", path, refused[i].line);
		struct template *template;
		struct error err = { "" };

		g_assert_cmpint(template_load(path, &template, &err), ==, ST_BAD_INPUT);
		if (!g_str_has_prefix(err.text, start) || !strstr(err.text, refused[i].says))
			g_error("expected '%s' and '%s' in '%s'", start, refused[i].says, err.text);
	}
	remove_files();
}

static void test_size(void)
{
	g_autoptr(GString) text = g_string_new("Subject: a\n\n");
	g_autofree char *path = NULL;
	struct template *template;
	struct error err;

	while (text->len < LIMIT_TEMPLATE_BYTES)
		g_string_append_c(text, 'x');
	path = write_file("t.eml", text->str);
	g_assert_cmpint(template_load(path, &template, &err), ==, ST_OK);
	template_free(template);
	g_string_append_c(text, 'x');
	g_free(write_file("t.eml", text->str));
	g_assert_cmpint(template_load(path, &template, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "expected at most 65536 bytes"));
	g_assert_cmpint(template_load(dir, &template, &err), ==, ST_IO);
	remove_files();
}

/* The filled template of this text, which must be good. */
static struct template_text fill(const char *text, const char *const values[VAR_COUNT])
{
	g_autofree char *path = write_file("t.eml", text);
	struct template_text out;
	struct template *template = NULL;
	struct error err = { "" };

	if (template_load(path, &template, &err) != ST_OK)
		g_error("refused: %s", err.text);
	template_fill(template, values, &out);
	template_free(template);
	remove_files();
	return out;
}

static void test_fill(void)
{
	static const char *const values[VAR_COUNT] = { "1042", "[example.com #1042]",
		"Drucker kaputt", "Änne", "a@example.net", "support", "helpdesk", "new", "Berta",
		"1 January", "old text" };
	struct template_text out = fill(
		"Subject: {tag} {subject}\nX-Number: no {number}\n\n"
		"{name} <{address}>\n{queue}/{project}/{status}/{agent} {date}\n{{number} }} {{{number}\n\n{quote}\n",
		values);

	g_assert_cmpstr(out.subject, ==, "[example.com #1042] Drucker kaputt");
	g_assert_cmpstr(out.headers[0], ==, "X-Number: no 1042");
	g_assert_null(out.headers[1]);
	g_assert_cmpstr(out.body, ==,
		"Änne <a@example.net>\nsupport/helpdesk/new/Berta 1 January\n{number} }} {1042\n\n> old text\n");
	template_text_release(&out);
}

static void test_missing_values(void)
{
	static const char *const values[VAR_COUNT] = { NULL };
	struct template_text out = fill("Subject: {tag} x {agent}\n\n[{name}]{quote}\n", values);

	g_assert_cmpstr(out.subject, ==, "x");
	g_assert_cmpstr(out.body, ==, "[]\n");
	template_text_release(&out);
}

/* A greeting without a name is still one. */
static void test_blanks_around_nothing(void)
{
	static const struct {
		const char *template, *body;
	} cases[] = {
		{ "Hello {name},\n", "Hello,\n" },
		{ "Hello {name}\n", "Hello\n" },
		{ "Hello {name} again\n", "Hello again\n" },
		{ "({name})\n", "()\n" },
		{ "{name}, hello\n", ", hello\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		static const char *const values[VAR_COUNT] = { [VAR_NAME] = "" };
		g_autofree char *text = g_strconcat("Subject: s\n\n", cases[i].template, NULL);
		struct template_text out = fill(text, values);

		g_assert_cmpstr(out.body, ==, cases[i].body);
		template_text_release(&out);
	}
}

static void test_line_ends(void)
{
	static const char *const values[VAR_COUNT] = { "7" };
	struct template_text out = fill(
		"\xEF\xBB\xBFSubject: a\r\n\tb {number}\r\nX-B:\r\n  c\r\n\r\none\r\n\r\ntwo\r\n",
		values);

	g_assert_cmpstr(out.subject, ==, "a b 7");
	g_assert_cmpstr(out.headers[0], ==, "X-B: c");
	g_assert_cmpstr(out.body, ==, "one\n\ntwo\n");
	template_text_release(&out);
}

/* Every value but the quote, one at a time. */
static void test_injection(void)
{
	static const char evil[] =
		"x\r\nBcc: victim@example.org\n\r\n\r\n--b\nContent-Type: text/html\n\n{tag} {{ \xff\x01";

	for (int var = 0; var < VAR_QUOTE; var++) {
		const char *values[VAR_COUNT] = { NULL };
		g_autofree char *text = g_strdup_printf("Subject: s {%s}\nX-V: v {%s}\n\nb {%s}\n",
			template_var_names[var], template_var_names[var], template_var_names[var]);
		struct template_text out;

		values[var] = evil;
		out = fill(text, values);
		g_assert_true(g_str_has_prefix(out.subject,
			"s x Bcc: victim@example.org --b Content-Type: text/html {tag} {{"));
		g_assert_null(strpbrk(out.subject, "\r\n\x01"));
		g_assert_null(strpbrk(out.headers[0], "\r\n\x01"));
		g_assert_cmpuint(g_strv_length(out.headers), ==, 1);
		g_assert_true(strchr(out.body, '\n') == out.body + strlen(out.body) - 1);
		g_assert_true(g_utf8_validate(out.subject, -1, NULL) &&
			g_utf8_validate(out.body, -1, NULL));
		template_text_release(&out);
	}
}

static void test_signature(void)
{
	const char *values[VAR_COUNT] = { [VAR_SIGNATURE] = "First level\r\n+49 30 1234\n\n" };
	struct template_text out = fill("Subject: s\n\nBye,\n{signature}\nP.S.\n", values);

	g_assert_cmpstr(out.body, ==, "Bye,\nFirst level\n+49 30 1234\nP.S.\n");
	template_text_release(&out);
	values[VAR_SIGNATURE] = NULL;
	out = fill("Subject: s\n\nBye,\n{signature}\nP.S.\n", values);
	g_assert_cmpstr(out.body, ==, "Bye,\nP.S.\n");
	template_text_release(&out);
	out = fill("Subject: s\n\nBye,\n[{signature}]\n", values);
	g_assert_cmpstr(out.body, ==, "Bye,\n[]\n");
	template_text_release(&out);
}

static void test_quote(void)
{
	static const struct {
		const char *template, *quote, *body;
	} cases[] = { { "a\n\n{quote}\n", "one\r\ntwo\r\rthree\n\n\n",
			      "a\n\n> one\n> two\n>\n> three\n" },
		{ "a {quote} b\n", "one\ntwo", "a \n> one\n> two\n b\n" },
		{ "{quote}{number}\n", "one", "> one\n7\n" },
		{ "{quote}\n", "> before", "> > before\n" },
		{ "{quote}\n", "{number} {{ {quote}", "> {number} {{ {quote}\n" },
		{ "{quote}\n", "\n \n", "\n" },
		{ "a\n\nOn {date} you wrote:\n\n{quote}\nb\n", "", "a\n\n\nb\n" },
		{ "You wrote:\n{quote}", "", "" }, { "a. {quote}\n", "", "a. \n" },
		{ "a\n{quote}", "one", "a\n> one" } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *values[VAR_COUNT] = {
			[VAR_NUMBER] = "7", [VAR_QUOTE] = cases[i].quote
		};
		g_autofree char *text = g_strconcat("Subject: s\n\n", cases[i].template, NULL);
		struct template_text out = fill(text, values);

		g_assert_cmpstr(out.body, ==, cases[i].body);
		template_text_release(&out);
	}
}

static void test_quote_limit(void)
{
	for (int extra = 0; extra < 2; extra++) {
		g_autofree char *quote = g_strnfill(LIMIT_QUOTE_BYTES + extra, 'x');
		const char *values[VAR_COUNT] = { [VAR_QUOTE] = quote };
		struct template_text out = fill("Subject: s\n\n{quote}\n", values);
		size_t marker = extra ? strlen("> [...]\n") : 0;

		g_assert_cmpuint(strlen(out.body), ==, 2 + LIMIT_QUOTE_BYTES + 1 + marker);
		template_text_release(&out);
	}
}

/* Whatever a value is, as much of it stands in the text as of a field. */
static void test_long_values(void)
{
	static const struct {
		enum template_var var;
		const char *name;
		size_t most;
	} rows[] = {
		{ VAR_SUBJECT, "{subject}", LIMIT_TITLE_BYTES },
		{ VAR_NAME, "{name}", LIMIT_NAME_BYTES },
		{ VAR_ADDRESS, "{address}", LIMIT_ADDRESS_BYTES },
		{ VAR_SIGNATURE, "{signature}", LIMIT_SIGNATURE_BYTES },
		{ VAR_QUEUE, "{queue}", 200 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (size_t past = 0; past < 2; past++) {
			g_autofree char *value = g_strnfill(rows[i].most + past, 'x'),
					*text = g_strconcat(
						"Subject: s\n\n.", rows[i].name, "\n", NULL);
			const char *values[VAR_COUNT] = { NULL };
			struct template_text out;

			values[rows[i].var] = value;
			out = fill(text, values);
			g_test_message("%s", rows[i].name);
			g_assert_cmpuint(strlen(out.body), ==, 1 + rows[i].most + 1);
			template_text_release(&out);
		}
}

static void assert_pick(const struct template_set *set, const char *language, const char *found,
	const char *subject)
{
	static const char *const values[VAR_COUNT] = { NULL };
	const char *got = "unset";
	struct template_text out;

	template_fill(template_set_pick(set, language, &got), values, &out);
	g_assert_cmpstr(got, ==, found);
	g_assert_cmpstr(out.subject, ==, subject);
	template_text_release(&out);
}

static void test_languages(void)
{
	static const struct {
		const char *file, *subject;
	} files[] = { { "opened.eml", "default" }, { "opened.de.eml", "deutsch" },
		{ "opened.pt-BR.eml", "brasil" }, { "opened.pt.eml", "portugal" },
		{ "closed.fr.eml", "another name" },
		{ "opened.old-version-of-june.eml", "a backup is no language" },
		{ "opened.de.eml~", "editor" } };
	struct template_set *set;
	struct error err;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *text = g_strdup_printf("Subject: %s\n\nx\n", files[i].subject);

		g_free(write_file(files[i].file, text));
	}
	g_assert_cmpint(template_set_load(dir, "opened.eml", &set, &err), ==, ST_OK);
	assert_pick(set, NULL, NULL, "default");
	assert_pick(set, "de", "de", "deutsch");
	assert_pick(set, "DE-at", "de", "deutsch");
	assert_pick(set, "pt-br", "pt-BR", "brasil");
	assert_pick(set, "pt-PT", "pt", "portugal");
	assert_pick(set, "zh-hant-tw,pt-br-x", "pt-BR", "brasil");
	assert_pick(set, "fr,de-at,pt", "de", "deutsch");
	assert_pick(set, "de-", "de", "deutsch");
	assert_pick(set, ",", NULL, "default");
	assert_pick(set, "d", NULL, "default");
	assert_pick(set, "fr", NULL, "default");
	assert_pick(set, "", NULL, "default");
	template_set_free(set);

	g_free(write_file("opened.de.eml", "Subject: {no}\n\nx\n"));
	g_assert_cmpint(template_set_load(dir, "opened.eml", &set, &err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err.text, "opened.de.eml:1: unknown variable"));
	g_assert_cmpint(template_set_load(dir, "gone.eml", &set, &err), ==, ST_IO);
	g_assert_cmpint(template_set_load(dir, "../opened.eml", &set, &err), ==, ST_BAD_INPUT);
	template_set_free(NULL);
	remove_files();
}

static void test_language_header(void)
{
	struct template_set *set;
	struct error err;

	g_free(write_file("opened.eml", "Subject: english\nContent-Language: en\n\nx\n"));
	g_free(write_file("opened.de.eml", "Subject: deutsch\nContent-Language: de-CH\n\nx\n"));
	g_assert_cmpint(template_set_load(dir, "opened.eml", &set, &err), ==, ST_OK);
	assert_pick(set, NULL, "en", "english");
	assert_pick(set, "en-GB", "en", "english");
	assert_pick(set, "de", "de-CH", "deutsch");
	template_set_free(set);
	remove_files();
}

static void assert_shipped(const char *name, const char *language, const char *says)
{
	static const char *const values[VAR_COUNT] = { "1042", "[example.com #1042]", "a subject",
		"Anna", "a@example.net", "support", "", "new", "", "today", "quoted words" };
	struct template_set *set = NULL;
	const char *found = NULL;
	g_autofree char *shipped = g_build_filename(source_tree, "conf", "templates", NULL);
	struct template_text out;
	struct error err = { "" };

	if (template_set_load(shipped, name, &set, &err) != ST_OK)
		g_error("refused: %s", err.text);
	template_fill(template_set_pick(set, language, &found), values, &out);
	g_assert_cmpstr(found, ==, language);
	g_assert_true(g_str_has_prefix(out.subject, "[example.com #1042] "));
	g_assert_nonnull(strstr(out.body, "1042"));
	g_assert_nonnull(strstr(out.body, says));
	template_text_release(&out);
	template_set_free(set);
}

static void test_shipped(void)
{
	static const char *const names[] = { "opened.eml", "followup.eml", "closed.eml", "late.eml",
		"nudge.eml" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		assert_shipped(names[i], "en", "Hello Anna");
		assert_shipped(names[i], "de", "Guten Tag Anna");
	}
	assert_shipped("opened.eml", "en", "\n> quoted words\n");
	assert_shipped("opened.eml", "de", "\n> quoted words\n");
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	dir = g_dir_make_tmp("milticket-template-XXXXXX", NULL);
	g_assert_nonnull(dir);
	g_test_add_func("/template/errors name file and line", test_refused);
	g_test_add_func(
		"/template/a file is read up to its limit and nothing but a file", test_size);
	g_test_add_func("/template/variables are filled and doubled braces are braces", test_fill);
	g_test_add_func("/template/a missing value is empty", test_missing_values);
	g_test_add_func(
		"/template/no blank is left where nothing stands", test_blanks_around_nothing);
	g_test_add_func(
		"/template/folded headers, CRLF and a byte order mark are read", test_line_ends);
	g_test_add_func("/template/no value adds a header, a line or syntax", test_injection);
	g_test_add_func("/template/a quote stands on lines of its own", test_quote);
	g_test_add_func("/template/a quote is cut at its limit and says so", test_quote_limit);
	g_test_add_func("/template/a value is cut at its limit", test_long_values);
	g_test_add_func("/template/the language picks a sibling, else the default", test_languages);
	g_test_add_func(
		"/template/a Content-Language header names the language", test_language_header);
	g_test_add_func("/template/a signature keeps its lines", test_signature);
	g_test_add_func("/template/the shipped ones load, in English and German", test_shipped);
	rc = g_test_run();
	g_rmdir(dir);
	g_free(dir);
	return rc;
}
