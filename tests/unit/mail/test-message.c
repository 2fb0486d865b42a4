/* A message as received: its addresses, ids, dates and texts, of whatever make, and the caps on all
 * of them. */
#include "mail/message.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "mail/message-parts.h"
#include "../cpu.h"
#include "../source-tree.h"

static struct message *parse(const char *mail)
{
	return message_parse_bytes(mail, strlen(mail));
}

/* `count` times the text between head and tail. */
static GString *build(const char *head, const char *text, size_t count, const char *tail)
{
	GString *out = g_string_new(head);

	while (count-- > 0)
		g_string_append(out, text);
	return g_string_append(out, tail);
}

/* --- addresses --- */

/* "Name <a@b>, c@d" as found. */
static char *found(struct mailboxes boxes)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < boxes.n; i++) {
		const struct mailbox *box = &boxes.v[i];

		g_string_append_printf(out, box->name ? "%s%s <%s>" : "%s%s%s", i ? ", " : "",
			box->name ? box->name : "", box->address);
	}
	return g_string_free(out, FALSE);
}

static const struct {
	const char *from, *found;
} addresses[] = {
	{ "a@example.net", "a@example.net" },
	{ "<a@example.net>", "a@example.net" },
	{ "Anna <a@example.net>", "Anna <a@example.net>" },
	{ "\"Adler, Anna\" <a@example.net>", "Adler, Anna <a@example.net>" },
	{ "Anna <A@Example.NET>, b@example.net", "Anna <a@example.net>, b@example.net" },
	{ "a@example.net (Anna)", "Anna <a@example.net>" },
	{ "=?utf-8?Q?=C3=84nne?= <a@example.net>", "\xc3\x84nne <a@example.net>" },
	{ "\"=?iso-8859-1?Q?=C4nne?=\" <a@example.net>", "\xc3\x84nne <a@example.net>" },
	{ "=?utf-8?B?w6Q=?= =?utf-8?B?w7bDvA==?= <a@example.net>",
		"\xc3\xa4\xc3\xb6\xc3\xbc <a@example.net>" },
	{ "=?utf-8?B?YWJj?= (=?utf-8?B?w6Q=?=) <a=?b@example.net>", "abc <a=?b@example.net>" },
	{ "\xc4nne <a@example.net>", "\xc3\x84nne <a@example.net>" },
	{ "\xc3\x84nne <a@example.net>", "\xc3\x84nne <a@example.net>" },
	{ "Anna <a@b\xc3\xbc"
	  "cher.example>",
		"Anna <a@xn--bcher-kva.example>" },
	{ "\"two words\"@example.net", "\"two words\"@example.net" },
	{ "=?utf-8?Q?a=0D=0ABcc=3A_x?= <a@example.net>", "a Bcc: x <a@example.net>" },
	{ "friends: a@example.net, Bob <b@example.net>;", "a@example.net, Bob <b@example.net>" },
	{ "undisclosed-recipients:;", "" },
	{ "<@relay.example,@other.example:a@example.net>", "a@example.net" },
	{ "foo <foo@bar", "foo <foo@bar>" },
	{ "<>", "" },
	{ "", "" },
	{ "Anna", "" },
	{ "@", "" },
	{ ",,,", "" },
	{ "a@", "" },
	{ "<<<", "" },
	{ "\"", "" },
	{ "(", "" },
	{ ":::", "" },
	{ "a@example.net,", "a@example.net" },
	{ "a@b@example.net", "a@b" },
};

/* What no standard allows and people send; each as they meant it. */
static const struct {
	const char *from, *found;
} loose_addresses[] = {
	{ "<mailto:a@example.net>", "a@example.net" },
	{ "Anna [mailto:A@example.net]", "Anna <a@example.net>" },
	{ "'a@example.net'", "a@example.net" },
	{ "\"'a@example.net'\" <a@example.net>", "a@example.net" },
	{ "'Anna' <'a@example.net'>", "Anna <a@example.net>" },
	{ "\"a@example.net\"", "a@example.net" },
	{ "a@example.net <A@example.net>", "a@example.net" },
	{ "=?utf-8?Q?=22Anna_A=22?= <a@example.net>", "Anna A <a@example.net>" },
	{ "=?utf-8?Q?Anna_=3Ca=40example.net=3E?=", "Anna <a@example.net>" },
	{ "Anna Adler a@example.net", "Anna Adler <a@example.net>" },
	{ "Adler, Anna a@example.net", "Adler, Anna <a@example.net>" },
	{ "Anna (a@example.net)", "Anna <a@example.net>" },
	{ "(never closed <a@example.net>", "(never closed <a@example.net>" },
	{ "Anna a@example.net b@example.net <c@example.net>",
		"Anna a@example.net b@example.net <c@example.net>" },
	{ "Anna [a@example.net] [b@example.net]", "" },
	{ "\"<a@example.net>\" [x] <b@example.net>", "\"<a@example.net>\" [x] <b@example.net>" },
	{ "a@example.net; Bob <b@example.net>;<c@example.net>",
		"a@example.net, Bob <b@example.net>, c@example.net" },
	{ "a@example.net, Bob [x] <b@example.net>, c@example.net",
		"a@example.net, Bob [x] <b@example.net>, c@example.net" },
	{ "friends: a@example.net; Bob [x] <b@example.net>",
		"a@example.net, Bob [x] <b@example.net>" },
	{ "<Undisclosed-Recipient:;>", "" },
	{ "Anna at home", "" },
	{ "Anna <a>", "" },
};

static void test_addresses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *mail = g_strdup_printf("From: %s\n\nx", addresses[i].from),
				*text = NULL;
		struct message *m = parse(mail);

		text = found(message_from(m));
		g_assert_cmpstr(text, ==, addresses[i].found);
		message_free(m);
	}
}

static void test_loose_addresses(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(loose_addresses); i++) {
		g_autofree char *mail = g_strdup_printf("From: %s\n\nx", loose_addresses[i].from);
		g_autofree char *text = NULL;
		struct message *m = parse(mail);

		text = found(message_from(m));
		g_assert_cmpstr(text, ==, loose_addresses[i].found);
		message_free(m);
	}
}

/* A verifier reads a malformed From its own way; it may have vouched for another one. */
static void test_guesses_are_told(void)
{
	struct message *m = parse("From: Anna [x] <A@example.net>\nTo: Bob <B.b@example.net>\n\nx");

	g_assert_true(message_from(m).v[0].guessed);
	g_assert_false(message_to(m).v[0].guessed);
	g_assert_cmpstr(message_from(m).v[0].as_written, ==, "A@example.net");
	g_assert_cmpstr(message_to(m).v[0].as_written, ==, "B.b@example.net");
	message_free(m);
}

/* Each of these would cost the square of its length if quotes or brackets were sought anew. */
static void test_endless_lists_are_read_once(void)
{
	static const char *const pieces[] = { "(", "\"", "\\\"", "<", "<a@", ",", ";", "[a@b],",
		"\"(", "<<>", "a@b c@d," };

	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) mail = build("From: ", pieces[i], 64 * 1024, "\n\nx");
		struct message *m = message_parse_bytes(mail->str, mail->len);
		gint64 began = g_get_monotonic_time();

		g_assert_cmpuint(message_from(m).n, <=, LIMIT_ADDRESSES);
		g_assert_cmpint(g_get_monotonic_time() - began, <, 2 * G_USEC_PER_SEC);
		message_free(m);
	}
}

static void test_several_address_headers(void)
{
	struct message *m = parse(
		"To: a@x.example\nFROM: b@x.example\nto: c@x.example\nCc: d@x.example\nReply-To: e@x.example\nSender: F@x.example\n\nx");
	g_autofree char *to = found(message_to(m)), *cc = found(message_cc(m)),
			*reply_to = found(message_reply_to(m));

	g_assert_cmpstr(to, ==, "a@x.example, c@x.example");
	g_assert_cmpstr(cc, ==, "d@x.example");
	g_assert_cmpstr(reply_to, ==, "e@x.example");
	g_assert_cmpstr(message_sender_address(m), ==, "f@x.example");
	message_free(m);
}

/* How much of a field is read in such ways. */
static void test_long_loose_addresses(void)
{
	static const struct {
		const char *before, *after;
		size_t fill;
		const char *past; /* the address past the limit; NULL: none */
		size_t name;
	} rows[] = {
		{ "", " [mailto:a@example.net]", LIMIT_NAME_BYTES, "a@example.net",
			LIMIT_NAME_BYTES },
		{ "<mailto:a@example.net?subject=", ">",
			2 * LIMIT_ADDRESS_BYTES - strlen("mailto:a@example.net?subject="), NULL,
			0 },
		{ "=?utf-8?Q?", "_=3Ca=40example.net=3E?=",
			LIMIT_NAME_BYTES + LIMIT_ADDRESS_BYTES - strlen(" <a@example.net"),
			"a@example.ne", LIMIT_NAME_BYTES },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		for (size_t past = 0; past < 2; past++) {
			g_autofree char *fill = g_strnfill(rows[i].fill + past, 'x'),
					*mail = g_strdup_printf("From: %s%s%s\n\nx", rows[i].before,
						fill, rows[i].after);
			struct message *m = parse(mail);
			struct mailboxes from = message_from(m);

			g_test_message("%s", mail);
			g_assert_cmpstr(from.n ? from.v[0].address : NULL, ==,
				past ? rows[i].past : "a@example.net");
			g_assert_cmpuint(from.n && from.v[0].name ? strlen(from.v[0].name) : 0, ==,
				rows[i].name);
			message_free(m);
		}
}

/* LIMIT_ADDRESSES of one header. */
static void test_many_addresses(void)
{
	for (int past = 0; past < 2; past++) {
		g_autoptr(GString) mail = g_string_new("To: ");
		struct message *m;

		for (int i = 0; i < LIMIT_ADDRESSES + past; i++)
			g_string_append_printf(mail, "a%d@example.net, ", i);
		m = parse(g_string_append(mail, "\n\nx")->str);
		g_assert_cmpuint(message_to(m).n, ==, LIMIT_ADDRESSES);
		message_free(m);
	}
}

/* LIMIT_ADDRESS_COLONS: what stands after more of them is not read, and no depth of groups ends
 * the program. */
static void test_groups_in_groups(void)
{
	static const struct {
		size_t colons;
		bool read;
	} depths[] = {
		{ 2, true },
		{ LIMIT_ADDRESS_COLONS, true },
		{ LIMIT_ADDRESS_COLONS + 1, false },
		{ 300000, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(depths); i++) {
		g_autoptr(GString) mail = g_string_new("From: ");
		struct message *m;

		/* Groups side by side, then one in the other. */
		for (size_t k = 0; k < depths[i].colons; k++)
			g_string_append(mail, depths[i].colons < 1000 ? "g:;, " : "g:");
		m = parse(g_string_append(
			mail, "a@example.net\nContent-Transfer-Encoding: quoted-printable\n\nbody")
				  ->str);
		if (depths[i].colons < 1000)
			g_assert_cmpuint(message_from(m).n, ==, depths[i].read);
		else
			g_assert_cmpuint(message_from(m).n, ==, 0);
		g_assert_cmpstr(message_text(m), ==, depths[i].read ? "body" : "");
		message_free(m);
	}
}

/* LIMIT_NAME_BYTES, cut at a character. */
static void test_long_name(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *name = g_strnfill((gsize)(LIMIT_NAME_BYTES + past), 'n'),
				*mail = g_strdup_printf("From: %s <a@example.net>\n\nx", name);
		struct message *m = parse(mail);

		g_assert_cmpuint(strlen(message_from(m).v[0].name), ==, LIMIT_NAME_BYTES);
		message_free(m);
	}
}

/* --- ids --- */

static const struct {
	const char *value, *ids;
} references[] = {
	{ "<a@b>", "<a@b>" },
	{ "<a@b> <c@d>", "<a@b> <c@d>" },
	{ "<a@b><c@d>", "<a@b> <c@d>" },
	{ "<a@b>,\n <c@d>", "<a@b> <c@d>" },
	{ "Your message of Monday <a@b>", "<a@b>" },
	{ "(see <no@b> (really (<no@c>))) <a@b>", "<a@b>" },
	{ "\"<no@b>\" <a@b>", "<a@b>" },
	{ "(not closed <a@b>", "<a@b>" },
	{ "\"not closed <a@b>", "<a@b>" },
	{ "(one (two) <a@b> \"three\" <c@d>", "<a@b> <c@d>" },
	{ "<not closed <a@b>", "<a@b>" },
	{ "<a@b", "<a@b>" },
	{ "a@b>", "<a@b>" },
	{ "<a@b <c@d", "<a@b> <c@d>" },
	{ "\"<a@b>\"", "<a@b>" },
	{ "\"a@b\"", "<a@b>" },
	{ "<>", "" },
	{ "\"<a@b>\" said Joe", "" },
	{ "(see <a@b>)", "" },
	{ "", "" },
	{ "<", "" },
	{ ">", "" },
	{ "(\\", "" },
	{ "<\xff@b> <a@b>", "<a@b>" },
	{ "<a\x01@b> <c@d>", "<c@d>" },
	{ "<no-at-sign>", "<no-at-sign>" },
	/* Folded within the brackets. */
	{ "<\n a@b>", "<a@b>" },
	{ "<a@b\n >", "<a@b>" },
	{ "<\n <a@b>", "<a@b>" },
	{ "<a\n\tbc@d>", "<abc@d>" },
	{ "<a\n b\n c\n d\n e\n f@g>", "" },
	{ "<Joe Public>", "" },
	{ "<a b c@d e@f>", "" },
	{ "< >", "" },
	/* Without brackets, and nothing else there. */
	{ "a@b", "<a@b>" },
	{ "a@b c@d", "<a@b> <c@d>" },
	{ "a@b,\n c@d", "<a@b> <c@d>" },
	{ "a@b@c", "" },
	{ "@b", "" },
	{ "a@", "" },
	{ "joe@x.example wrote on Tuesday", "" },
	{ "undefined undefined", "" },
	{ "a@b <c@d>", "<c@d>" },
	{ "\"a\"@b", "" },
	/* In encoded-words (RFC 2047). */
	{ "=?utf-8?q?=3Ca=40b=3E?=", "<a@b>" },
	{ "=?utf-8?q?<a@b>?=", "<a@b>" },
	{ "=?utf-8?b?PGFAYj4=?= =?utf-8?b?IDxjQGQ+?=", "<a@b> <c@d>" },
	{ "=?utf-8?q?a=40b?=", "<a@b>" },
	{ "=?utf-8?q?=3D=3Futf-8=3Fq=3F=3Ca=40b=3E=3F=3D?=", "" },
};

static void test_ids(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(references); i++) {
		g_autofree char *mail = g_strdup_printf("In-Reply-To: %s\nReferences: %s\n\nx",
			references[i].value, references[i].value);
		struct message *m = parse(mail);
		g_autofree char *replies = g_strjoinv(" ", (char **)message_in_reply_to(m)),
				*all = g_strjoinv(" ", (char **)message_references(m));

		g_assert_cmpstr(replies, ==, references[i].ids);
		g_assert_cmpstr(all, ==, references[i].ids);
		message_free(m);
	}
}

static void test_message_id(void)
{
	static const struct {
		const char *mail, *id;
	} ids[] = {
		{ "Message-ID: <a@b>\n\nx", "<a@b>" },
		{ "message-id:<a@b>\n\nx", "<a@b>" },
		{ "Message-ID:\n <a@b>\n\nx", "<a@b>" },
		{ "Message-ID: <a@b>\nMessage-ID: <c@d>\n\nx", "<a@b>" },
		{ "Message-ID: a@b\n\nx", "<a@b>" },
		{ "Message-ID:\n\nx", NULL },
		{ "Message-ID: <\"a b\"@c>\n\nx", "<\"a b\"@c>" },
		{ "Message-ID: <\"a> <b\"@c>\n\nx", "<\"a>" },
		{ "Message-ID: <\"a\"b@c>\n\nx", "<\"a\"b@c>" },
		{ "Message-ID: <\"a b@c>\n\nx", NULL },
		{ "Message-ID: <\"a b\"\n\nx", NULL },
		{ "\nMessage-ID: <a@b>\n", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct message *m = parse(ids[i].mail);

		g_assert_cmpstr(message_id(m), ==, ids[i].id);
		message_free(m);
	}
}

/* LIMIT_MESSAGE_ID_BYTES. */
static void test_long_id(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill((gsize)(LIMIT_MESSAGE_ID_BYTES - 2 + past), 'i'),
				*mail = g_strdup_printf("Message-ID: <%s>\n\nx", fill);
		struct message *m = parse(mail);

		g_assert_true((message_id(m) != NULL) == !past);
		message_free(m);
	}
}

/* LIMIT_REFERENCES: the root and the newest. */
static void test_many_references(void)
{
	for (int past = 0; past < 2; past++) {
		g_autoptr(GString) mail = g_string_new("References:");
		g_autofree char *last = g_strdup_printf("<%d@x>", LIMIT_REFERENCES + past - 1);
		const char *const *ids;
		struct message *m;

		for (int i = 0; i < LIMIT_REFERENCES + past; i++)
			g_string_append_printf(mail, " <%d@x>", i);
		m = parse(g_string_append(mail, "\n\nx")->str);
		ids = message_references(m);
		g_assert_cmpuint(g_strv_length((char **)ids), ==, LIMIT_REFERENCES);
		g_assert_cmpstr(ids[0], ==, "<0@x>");
		g_assert_cmpstr(ids[1], ==, past ? "<2@x>" : "<1@x>");
		g_assert_cmpstr(ids[LIMIT_REFERENCES - 1], ==, last);
		message_free(m);
	}
}

/* No more than LIMIT_HEADER_COUNT of them are collected, and of those the newest kept. */
static void test_endless_references(void)
{
	for (int past = 0; past < 2; past++) {
		g_autoptr(GString) mail = g_string_new("References:");
		g_autofree char *last = g_strdup_printf("<%d@x>", LIMIT_HEADER_COUNT - 1);
		const char *const *ids;
		struct message *m;

		for (int i = 0; i < LIMIT_HEADER_COUNT + past; i++)
			g_string_append_printf(mail, " <%d@x>", i);
		m = parse(g_string_append(mail, "\n\nx")->str);
		ids = message_references(m);
		g_assert_cmpuint(g_strv_length((char **)ids), ==, LIMIT_REFERENCES);
		g_assert_cmpstr(ids[LIMIT_REFERENCES - 1], ==, last);
		message_free(m);
	}
}

/* Ids without brackets have the same length as with them. */
static void test_long_bare_id(void)
{
	for (int past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill((gsize)(LIMIT_MESSAGE_ID_BYTES - 4 + past), 'i'),
				*mail = g_strdup_printf("In-Reply-To: %s@x\n\nx", fill);
		struct message *m = parse(mail);

		g_assert_cmpuint(g_strv_length((char **)message_in_reply_to(m)), ==, past ? 0 : 1);
		message_free(m);
	}
}

/* --- dates, languages, types --- */

static void test_dates(void)
{
	static const struct {
		const char *value, *date;
	} dates[] = {
		{ "Tue, 24 Nov 2026 03:15:00 +0000", "2026-11-24T03:15:00Z" },
		{ "24 Nov 2026 04:15:00 +0100 (CET)", "2026-11-24T03:15:00Z" },
		{ "Thu, 01 Jan 1970 00:00:00 +0000", NULL },
		{ "Thu, 01 Jan 1970 00:00:01 +0000", "1970-01-01T00:00:01Z" },
		{ "Wed, 31 Dec 1969 12:00:00 +0000", NULL },
		{ "Sun, 01 Feb 2099 00:00:00 +0000", "2099-02-01T00:00:00Z" },
		{ "yesterday", NULL },
		{ "", NULL },
		{ "99 Xyz 9999999 99:99:99", NULL },
		{ "(", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
		g_autofree char *mail = g_strdup_printf("Date: %s\n\nx", dates[i].value),
				*date = NULL;
		struct message *m = parse(mail);

		date = text_rfc3339(message_date(m));
		g_assert_cmpstr(date, ==, dates[i].date);
		message_free(m);
	}
}

static void test_languages(void)
{
	static const struct {
		const char *headers, *language;
	} languages[] = {
		{ "Content-Language: de-AT, en", "de-at,en" },
		{ "Accept-Language: DE;q=0.5", "de" },
		{ "Accept-Language: en\nContent-Language: de", "de,en" },
		{ "Content-Language: ../x\nAccept-Language: fr", "fr" },
		{ "Content-Language: x", NULL },
		{ "Content-Language: abcdefghi", NULL },
		{ "X: y", NULL },
		{ "Content-Language: \xc3\xa9", NULL },
		{ "Content-Language: (Deutsch (von hier)) de_CH (ja)", "de-ch" },
		{ "Content-Language: (de", NULL },
		{ "Accept-Language: en;q=0.3, fr;q=0.9, de; q=0.9, es", "es,fr,de,en" },
		{ "Accept-Language: en;q=0, fr;q=0.000, de;q=none, it;q=7", "de,it" },
		{ "Accept-Language: de, *;q=0.5, fr;q=0.1", "de" },
		{ "Accept-Language: *, de", NULL },
		{ "Accept-Language: ,, ,de,", "de" },
		{ "Accept-Language: qu;q=0.5, de; Q = 0.7", "de,qu" },
		{ "Content-Language: de-DE\nAccept-Language: de-DE, en-US", "de-de,en-us" },
		{ "Content-Language: *\nAccept-Language: de", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++) {
		g_autofree char *mail = g_strconcat(languages[i].headers, "\n\nx", NULL);
		struct message *m = parse(mail);

		g_assert_cmpstr(message_languages(m), ==, languages[i].language);
		message_free(m);
	}
}

/* LIMIT_LANGUAGES, of one header and of both. */
static void test_many_languages(void)
{
	g_autoptr(GString) mail = g_string_new("Content-Language: aa");
	struct message *m;
	const char *last;

	for (int i = 1; i < LIMIT_LANGUAGES - 1; i++)
		g_string_append_printf(mail, ", a%c", 'a' + i);
	m = parse(g_string_append(mail, "\nAccept-Language: xa, xb, xc\n\nx")->str);
	last = strrchr(message_languages(m), ',');
	g_assert_cmpstr(last, ==, ",xa");
	message_free(m);

	g_string_assign(mail, "Accept-Language: aa;q=0.1");
	for (int i = 1; i < LIMIT_LANGUAGES + 1; i++)
		g_string_append_printf(mail, ", a%c", 'a' + i);
	m = parse(g_string_append(mail, "\n\nx")->str);
	last = strrchr(message_languages(m), ',');
	g_assert_cmpstr(last, ==, ",aa");
	message_free(m);
}

static void test_content_types(void)
{
	static const struct {
		const char *header, *type, *report_type;
	} types[] = {
		{ "", "text/plain", NULL },
		{ "Content-Type: TEXT/HTML; charset=x\n", "text/html", NULL },
		{ "Content-Type: a/b\n", "application/octet-stream", NULL },
		{ "Content-Type: multipart/report; Report-Type=delivery-status\n",
			"multipart/report", "delivery-status" },
		{ "Content-Type:\n", "application/octet-stream", NULL },
		{ "Content-Type: ;;;=\n", "application/octet-stream", NULL },
		{ "Content-Type: /\n", "application/octet-stream", NULL },
		{ "Content-Type: text\n", "application/octet-stream", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *mail = g_strconcat(types[i].header, "\nx", NULL);
		struct message *m = parse(mail);

		g_assert_cmpstr(message_content_type(m), ==, types[i].type);
		g_assert_cmpstr(message_content_param(m, "report-type"), ==, types[i].report_type);
		message_text(m);
		message_free(m);
	}
}

/* --- headers --- */

static void test_headers(void)
{
	struct message *m = parse(
		"no header\nA: one\nB : two\r\n\tthree\na:\n: nothing\n\nC: body");
	const char *name, *value;

	g_assert_cmpuint(message_header_count(m, "a"), ==, 2);
	g_assert_cmpstr(message_header(m, "A", 0), ==, "one");
	g_assert_cmpstr(message_header(m, "A", 1), ==, "");
	g_assert_cmpstr(message_header(m, "b", 0), ==, "two\tthree");
	g_assert_null(message_header(m, "C", 0));
	g_assert_true(message_header_at(m, 1, &name, &value));
	g_assert_cmpstr(name, ==, "B");
	g_assert_false(message_header_at(m, 3, &name, &value));
	message_free(m);
}

static void test_nul_and_cr_in_a_header(void)
{
	static const char mail[] = "Subject: a\0b\rc\n\nx\0y";
	struct message *m = message_parse_bytes(mail, sizeof mail - 1);

	g_assert_cmpstr(message_header(m, "Subject", 0), ==, "ab c");
	g_assert_cmpstr(message_subject(m), ==, "ab c");
	g_assert_cmpstr(message_text(m), ==, "x y");
	message_free(m);
}

/* LIMIT_HEADER_COUNT fields, LIMIT_HEADER_BYTES of them. */
static void test_many_headers(void)
{
	for (int past = 0; past < 2; past++) {
		g_autoptr(GString) mail = build(
			"", "A: b\n", (size_t)(LIMIT_HEADER_COUNT - 1 + past), "Last: x\n\nbody");
		struct message *m = parse(mail->str);

		g_assert_cmpuint(message_header_count(m, "Last"), ==, !past);
		message_free(m);
	}
}

/* What is past them is cut off, and a field whose colon is there is none. */
static void test_big_headers(void)
{
	static const char last[] = "\nLast: xyz", *const values[] = { "xyz", "xy", "x", "" };

	for (size_t past = 0; past < 9; past++) {
		g_autoptr(GString) mail = build(
			"A: ", "x", LIMIT_HEADER_BYTES - strlen("A: ") - strlen(last) + past, last);
		struct message *m = parse(g_string_append(mail, "\n\nbody")->str);

		g_assert_cmpstr(message_header(m, "Last", 0), ==,
			past < G_N_ELEMENTS(values) ? values[past]
				: past < 5          ? ""
						    : NULL);
		message_free(m);
	}
}

/* --- texts --- */

static const struct {
	const char *mail, *text;
} texts[] = {
	{ "A: b\n\nhello\r\nworld\n", "hello\nworld\n" },
	{ "A: b\n\n", "" },
	{ "A: b\n", "" },
	{ "", "" },
	{ "\n", "" },
	{ "\n\n\nx", "\n\nx" },
	{ "no header at all", "" },
	{ "Content-Type: text/html\n\n<p>Hello &amp; <b>welcome</b></p><p>x&nbsp;y</p>",
		"Hello & welcome\n\nx y" },
	{ "Content-Type: text/html\n\n<title>t</title><style>p { }</style>a<br>b<script>x</script>",
		"a\nb" },
	{ "Content-Type: text/html\n\n<head><meta x><body>a <title>never closed",
		"a never closed" },
	{ "Content-Type: text/html\n\n"
	  "<p title=don't>a</p><a href=\"x>b\">c</a> d < e <3 &unknown; &#228; &#0; &#x110000;f",
		"a\n\nc d < e <3 &unknown; \xc3\xa4 \xef\xbf\xbd \xef\xbf\xbd"
		"f" },
	{ "Content-Type: text/html\n\na <b title=\"never closed>c", "a c" },
	{ "Content-Type: text/html\n\na <b", "a" },
	{ "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n"
	  "<i>h</i>\n--b\n\nplain\n--b--\n",
		"plain" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\n"
	  "not me\n--b\n\nme\n--b--\n",
		"me" },
	{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever ended", "never ended" },
	{ "Content-Type: multipart/mixed; boundary=b\n\nno part", "no part" },
	{ "Content-Type: multipart/mixed\n\n--b\n\nno boundary\n--b--\n",
		"--b\n\nno boundary\n--b--\n" },
	{ "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n"
	  "\neJ8+Ig==\n",
		"" },
	{ "Content-Type: message/partial; id=x; number=1; total=2\n\nFrom: a\n\nx", "" },
	{ "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n", "" },
	{ "Content-Type: message/rfc822\n\nSubject: inner\n\ninner text",
		"[attached message: inner]" },
	{ "Content-Transfer-Encoding: base64\n\naGVsbG8=", "hello" },
	{ "Content-Transfer-Encoding: base64\n\naGV!sb*G8=", "hello" },
	{ "Content-Transfer-Encoding: quoted-printable\n\nh=E9llo=\n w=XYld",
		"h\xc3\xa9llo w=XYld" },
	{ "Content-Transfer-Encoding: unheard-of\n\nx", "x" },
	{ "Content-Type: text/plain; charset=iso-8859-15\n\n\xa4", "\xe2\x82\xac" },
	{ "Content-Type: text/plain; charset=gb18030\n\n\xc4\xe3\xba\xc3",
		"\xe4\xbd\xa0\xe5\xa5\xbd" },
	{ "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B",
		"\xe6\x97\xa5\xe6\x9c\xac" },
	{ "Content-Type: text/plain; charset=utf-7\n\n+AOk-", "\xc3\xa9" },
	{ "Content-Type: text/plain; charset=x-unknown\n\n\xe9", "\xc3\xa9" },
	{ "Content-Type: text/plain; charset=us-ascii\n\n\xe9", "\xc3\xa9" },
	{ "Content-Type: text/plain; charset=utf-8\n\nx\xe9y", "x\xc3\xa9y" },
	{ "A: b\n\n\x1b[31mred\x07\n\tx\rold mac", "[31mred\n\tx\nold mac" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct message *m = parse(texts[i].mail);

		g_assert_true(g_utf8_validate(message_text(m), -1, NULL));
		g_assert_cmpstr(message_text(m), ==, texts[i].text);
		message_free(m);
	}
}

/* LIMIT_TEXT_BYTES of text; of HTML, LIMIT_HTML_SCAN_BYTES are looked at. */
static void test_long_text(void)
{
	for (size_t past = 0; past < 2; past++) {
		g_autoptr(GString) mail = build("A: b\n\n", "x", LIMIT_TEXT_BYTES + past, "");
		struct message *m = parse(mail->str);

		g_assert_cmpuint(strlen(message_text(m)), ==, LIMIT_TEXT_BYTES);
		message_free(m);
	}
}

/* Whatever a text is read from, and the sender's own too. */
static void test_long_texts(void)
{
	static const struct {
		const char *head, *tail;
	} makes[] = {
		{ "A: b\n\n", "" },
		{ "Content-Type: text/html\n\n", "" },
		{ "A: b\n\n<html><body>", "</body></html>" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n", "\n--b--\n" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n<html><body>",
			"</body></html>\n--b--\n" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n"
		  "--b\nContent-Type: text/html\n\n",
			"\n--b--\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(makes); i++)
		for (size_t past = 0; past < 2; past++) {
			g_autoptr(GString) mail = build(
				makes[i].head, "x", LIMIT_TEXT_BYTES + past, makes[i].tail);
			struct message *m = parse(mail->str);
			g_autofree char *own = message_own_text(m);

			g_test_message("%s", makes[i].head);
			g_assert_cmpuint(strlen(message_text(m)), ==, LIMIT_TEXT_BYTES);
			if (!strstr(makes[i].head, "<html>"))
				g_assert_cmpuint(strlen(own), ==, LIMIT_TEXT_BYTES);
			message_free(m);
		}
}

static void test_text_behind_much(void)
{
	for (size_t past = 0; past < 2; past++) {
		g_autoptr(GString) mail = build("Content-Type: text/html\n\n<style>", "x",
			LIMIT_HTML_SCAN_BYTES - strlen("<style></style>z") + past, "</style>z");
		struct message *m = parse(mail->str);

		g_assert_true(g_str_has_suffix(message_text(m), "z") == !past);
		message_free(m);
	}
}

/* LIMIT_MIME_DEPTH: text is found in parts so deep and no deeper; whatever the depth, it ends. */
static void test_depth(void)
{
	static const struct {
		int depth;
		const char *text;
	} depths[] = { { 1, "deep" }, { LIMIT_MIME_DEPTH - 1, "deep" }, { LIMIT_MIME_DEPTH, "" },
		{ 1000, "" }, { 20000, "" } };

	for (size_t i = 0; i < G_N_ELEMENTS(depths); i++) {
		g_autoptr(GString) mail = g_string_new(NULL);
		struct message *m;

		for (int k = 0; k < depths[i].depth; k++)
			g_string_append_printf(mail,
				"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", k, k);
		m = parse(g_string_append(mail, "\ndeep")->str);
		g_assert_cmpstr(message_text(m), ==, depths[i].text);
		message_free(m);
	}
}

static bool depth_note(GMimeObject *part, void *arg)
{
	(void)part;
	*(bool *)arg = true;
	return true;
}

/* What lies in so many multiparts, as each walk finds it. */
static char *found_at(int depth, const char *leaf)
{
	g_autoptr(GString) mail = g_string_new("Subject: top\n");
	g_auto(GStrv) subjects = NULL;
	g_autofree char *own = NULL;
	struct message *m;
	bool visited = false;
	size_t files;
	char *said;

	for (int k = 0; k < depth; k++)
		g_string_append_printf(
			mail, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", k, k);
	m = parse(g_string_append(mail, leaf)->str);
	own = message_own_text(m);
	subjects = message_other_subjects(m);
	message_attachments(m, &files);
	message_each_part(message_top_part(m), 0, depth_note, &visited);
	said = g_strdup_printf("%s %s %s %zu %s", message_text(m), own ? own : "-",
		subjects ? subjects[0] : "-", files, visited ? "visited" : "-");
	message_free(m);
	return said;
}

/* A text at the top has depth 1, and so do walks that begin at 0 have one more. */
static void test_depth_of_walks(void)
{
	static const struct {
		int depth;
		const char *leaf, *found;
	} rows[] = {
		{ LIMIT_MIME_DEPTH - 1, "Subject: deep\n\ndeep", "deep deep deep 0 visited" },
		{ LIMIT_MIME_DEPTH, "Subject: deep\n\ndeep", " deep deep 0 visited" },
		{ LIMIT_MIME_DEPTH + 1, "Subject: deep\n\ndeep", " - - 0 -" },
		{ LIMIT_MIME_DEPTH, "Content-Disposition: attachment\n\nx", " - - 1 visited" },
		{ LIMIT_MIME_DEPTH + 1, "Content-Disposition: attachment\n\nx", " - - 0 -" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = found_at(rows[i].depth, rows[i].leaf);

		g_assert_cmpstr(found, ==, rows[i].found);
	}
}

/* LIMIT_MIME_PARTS: what stands after more boundaries is not read. */
static void test_parts(void)
{
	static const struct {
		size_t parts;
		const char *text;
	} counts[] = { { LIMIT_MIME_PARTS - 1, "last" }, { LIMIT_MIME_PARTS, "" }, { 100000, "" } };

	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_autoptr(GString) mail = build("Content-Type: multipart/mixed; boundary=b\n\n",
			"--b\nContent-Type: a/b\n\n\n", counts[i].parts, "--b\n\nlast");
		struct message *m = parse(mail->str);

		g_assert_cmpstr(message_text(m), ==, counts[i].text);
		message_free(m);
	}
}

/* LIMIT_PARSE_BYTES. */
static void test_bytes_parsed(void)
{
	static const char head[] =
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\n\n",
			  tail[] = "\n--b\n\nlast";

	for (size_t past = 0; past < 2; past++) {
		g_autoptr(GString) mail = build(head, "0123456789abcde\n",
			(LIMIT_PARSE_BYTES - sizeof head - sizeof tail) / 16, "");
		struct message *m;

		while (mail->len + strlen(tail) < LIMIT_PARSE_BYTES + past)
			g_string_append_c(mail, 'x');
		m = parse(g_string_append(mail, tail)->str);
		g_assert_cmpstr(message_text(m), ==, past ? "las" : "last");
		message_free(m);
	}
}

/* What once took the parser's time or stack; each is read in no time. */
static void test_hostile_makes(void)
{
	static const struct {
		const char *head, *text;
	} makes[] = {
		{ "Subject: ", "\xe9\xc3 " },
		{ "From: ", "a@b," },
		{ "From: ", "(" },
		{ "References: ", "(\"" },
		{ "", "a:\n" },
		{ "Date: ", "Mon " },
		{ "Content-Type: text/plain", "; a*0*=%20" },
		{ "", "Content-Type:\n message/rfc822\n\n" },
		{ "Content-Type: message/rfc822\n\nFrom: ", "a:" },
		{ "Content-Type: message/rfc822\n\n", "From: a:a:a:a:a:a:a:a\n" },
		{ "Content-Type: message/rfc822\n\nSubject: ", "\xe9 " },
		{ "Content-Type: multipart/digest; boundary=b\n\n",
			"--b\nContent-Type: multipart/digest; boundary=b\n\n" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Description: ",
			"\xe9 " },
		{ "Content-Type: text/html\n\n", "<style>" },
		{ "Content-Type: text/html\n\n", "<a ='" },
		{ "Content-Type: text/html\n\n", "<!" },
		{ "Content-Type: text/html\n\n", "&" },
		{ "From: mailer-daemon@x.example\n\n", "a@b:\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(makes); i++) {
		g_autoptr(GString) mail = build(
			makes[i].head, makes[i].text, 4000000 / strlen(makes[i].text), "\n\nx");
		struct message *m = parse(mail->str);

		message_subject(m);
		message_from(m);
		message_references(m);
		message_date(m);
		message_text(m);
		message_report(m);
		message_free(m);
	}
	g_assert_cmpfloat(cpu_seconds(), <, 120);
}

static void test_from_a_file(void)
{
	static const char mail[] =
		"junkSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b--\n";
	int fd = memfd_create("mail", 0);
	struct message *m;

	g_assert_cmpint(write(fd, mail, sizeof mail - 1), ==, sizeof mail - 1);
	m = message_parse_fd(fd, 4);
	close(fd);
	g_assert_cmpstr(message_subject(m), ==, "x");
	g_assert_cmpstr(message_text(m), ==, "hello");
	message_free(m);
}

/* In memory a single plain text is read without the parser, from a file never. A mail that the
 * parser is not trusted with has none there. */
static void check_same_text(const char *what, const char *mail, size_t len)
{
	int fd = memfd_create("mail", 0);
	struct message *a = message_parse_bytes(mail, len), *b;

	g_assert_cmpint(write(fd, mail, len), ==, (ssize_t)len);
	b = message_parse_fd(fd, 0);
	close(fd);
	if (message_root(b) && strcmp(message_text(a), message_text(b)) != 0)
		g_error("%s: '%s' in memory, '%s' in a file", what, message_text(a),
			message_text(b));
	message_free(a);
	message_free(b);
}

static void test_same_text_from_a_file(void)
{
	static const char *const mails[] = { "Subject: x\n\nhello\n", "Subject: x\n\n",
		"Subject: x\n", "Subject: x\n\n\n\nhello", "\nhello\n", "hello",
		"no header\n\nhello\n", "Subject: x\nno header\n\nhello\n",
		"Subject: x\r\n\r\nhello\r\n", "Subject : x\n\nhello\n",
		"From a@b Mon 10:00\nSubject: x\n\nhello\n",
		"Content-Type: text/plain; charset=iso-8859-1\n\nGr\xfc\xdf\x65\n",
		"Content-Type: text/plain; charset=iso-2022-jp\n\n\033$B$\"\033(B\n",
		"Content-Type: text\n\nhello\n", "Content-Type: nonsense\n\nhello\n",
		"Content-Type:\n\nhello\n", "Content-Type: text/html\n\n<p>hello\n",
		"Content-Type: text/plain\nContent-Type: text/html\n\n<p>hello\n",
		"Content-Transfer-Encoding: base64\n\naGVsbG8=\n",
		"Content-Transfer-Encoding: 8bit\n\nhello\n",
		"Content-Transfer-Encoding: 8BIT \n\nhello\n",
		"Content-Transfer-Encoding: nonsense\n\nhello\n",
		"Content-Disposition: attachment\n\nhello\n",
		"Content-Type: text/plain; charset=x-unknown\n\nhell\xf6\n",
		"Subject: x\n\n--b\nhello\n--b--\n" };
	g_autofree char *path = g_build_filename(source_tree, "tests", "mail", NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	unsigned read = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(mails); i++)
		check_same_text(mails[i], mails[i], strlen(mails[i]));
	for (; (name = g_dir_read_name(dir)); read++) {
		g_autofree char *file = g_build_filename(path, name, NULL), *mail = NULL;
		gsize len;

		g_assert_true(g_file_get_contents(file, &mail, &len, NULL));
		check_same_text(name, mail, len);
	}
	g_assert_cmpuint(read, >, 10);
	g_dir_close(dir);
}

static void test_parts_by_type(void)
{
	struct message *m = parse(
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\nContent-Type: TEXT/Calendar\n\ny\n--b--\n");

	g_assert_true(message_has_part(m, "text", "calendar"));
	g_assert_true(message_has_part(m, "text", "plain"));
	g_assert_false(message_has_part(m, "text", "html"));
	message_free(m);
}

/* --- identity --- */

static char *digest_of(const char *mail, const char *plain)
{
	struct message *m = parse(mail);
	const struct identity identity = { .subject_plain = plain, .body_digest = "00" };
	char *digest = message_digest(m, &identity);

	message_free(m);
	return digest;
}

static void test_digest(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "Message-ID: <a@b>\nFrom: a@x\n\nx",
			"Received: y\nMessage-ID: <a@b>\nFrom: A <A@X>\nX-Ticket: 1\n\nx", true },
		{ "Message-ID: <a@b>\nSubject: x\n\nx",
			"Message-ID: <a@b>\nSubject: [example.com #1] x\n\nx", true },
		{ "Message-ID: <a@b>\nFrom: a@x\n\nx", "Message-ID: <a@b>\nFrom: b@x\n\nx", false },
		{ "Message-ID: <a@b>\nDate: x\n\nx", "Message-ID: <a@b>\nDate: y\n\nx", false },
		{ "Message-ID: <a@b>\n\nx", "Message-ID: <c@b>\n\nx", false },
		{ "Message-ID: <a@b>\n\nx", "\nx", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *a = digest_of(pairs[i].a, "s"), *b = digest_of(pairs[i].b, "s");

		g_assert_true((strcmp(a, b) == 0) == pairs[i].same);
	}
}

static void test_digest_without_id(void)
{
	g_autofree char *a = digest_of("From: a@x\n\nx", "one"),
			*b = digest_of("From: a@x\n\nx", "two"),
			*c = digest_of("From: a@x\n\nx", "one");

	g_assert_cmpstr(a, !=, b);
	g_assert_cmpstr(a, ==, c);
}

/* --- what we write --- */

static void test_encoded_headers(void)
{
	static const char *const values[] = {
		"", "plain", "\xc3\xbc", "a\r\nBcc: x@y", "a\nb",
		"=?utf-8?Q?x?=", "\xf0\x9f\x94\xa5 fire",
		"a long text of many words that has to be folded since it is longer than a line of a mail header may be, and then some",
		"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *encoded = message_encode_header("Subject", values[i]),
				*clean = text_line(values[i], 1000);
		g_auto(GStrv) lines = g_strsplit(encoded, "\n", -1);
		g_autofree char *unfolded = g_strjoinv("", lines),
				*decoded = message_decode_header(unfolded, 1000);

		for (const char *p = encoded; *p; p++)
			g_assert_true(*p != '\r' && (*p != '\n' || p[1] == ' ' || p[1] == '\t'));
		for (const char *p = encoded; (p = strstr(p, "=?")); p += 2)
			g_assert_cmpuint(strcspn(p, " \t\n"), <=, 75);
		g_assert_cmpstr(decoded, ==, clean);
	}
}

static void test_decoded_headers(void)
{
	static const struct {
		const char *raw, *text;
	} values[] = {
		{ "=?utf-8?B?w6Q=?= =?utf-8?B?w7bDvA==?=", "\xc3\xa4\xc3\xb6\xc3\xbc" },
		{ "\x93x\x94 \x80", "\xe2\x80\x9cx\xe2\x80\x9d \xe2\x82\xac" },
		{ "=?utf-8?Q?a=0D=0Ab?=", "a b" },
		{ "=?utf-8?B?YQBi?=", "a b" },
		{ "\xe9", "\xc3\xa9" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ "=?utf-8?Q?=E2=80=AEx?=", "\xe2\x80\xaex" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = message_decode_header(values[i].raw, 100);

		g_assert_cmpstr(text, ==, values[i].text);
	}
}

static void test_encoded_text(void)
{
	static const struct {
		const char *text, *encoding;
	} values[] = {
		{ "hello\nworld\n", "7bit" },
		{ "\xc3\xbc\n", "quoted-printable" },
		{ "a\rb", "quoted-printable" },
		{ "", "7bit" },
	};
	g_autofree char *line = g_strnfill(1000, 'x'), *encoded = NULL;
	const char *encoding;

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = message_encode_text(values[i].text, &encoding);

		g_assert_cmpstr(encoding, ==, values[i].encoding);
		g_assert_true(g_str_is_ascii(text));
		g_assert_null(strchr(text, '\r'));
	}
	encoded = message_encode_text(line, &encoding);
	g_assert_cmpstr(encoding, ==, "quoted-printable");
	g_assert_cmpuint(strcspn(encoded, "\n"), <=, 78);
}

static void test_new_ids(void)
{
	g_autofree char *a = message_new_id("example.com"), *b = message_new_id("example.com");

	g_assert_cmpstr(a, !=, b);
	g_assert_true(*a == '<' && g_str_has_suffix(a, "@example.com>"));
}

/* Seconds to read that many headers, whose names are made of two parts as the bits of their
 * number. */
static double seconds_to_read(const char *zero, const char *one, unsigned count)
{
	g_autoptr(GString) mail = g_string_new(NULL);
	struct message *message;
	double seconds;

	for (unsigned i = 0; i < count; i++) {
		for (unsigned bit = 0; bit < 14; bit++)
			g_string_append(mail, i >> bit & 1 ? one : zero);
		g_string_append(mail, ": x\n");
	}
	seconds = cpu_seconds();
	message = message_parse_bytes(mail->str, mail->len);
	seconds = cpu_seconds() - seconds;
	g_assert_cmpuint(message_headers(message), ==, count);
	message_free(message);
	return seconds;
}

/* The first are one and the same to a sum of 33 times what was before. */
static void test_names_that_meet(void)
{
	double meeting = seconds_to_read("a~", "b]", 9000),
	       others = seconds_to_read("a~", "c]", 9000);

	g_assert_cmpfloat(meeting, <, 20 * others + 0.05);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "addresses of every make", test_addresses },
	{ "several address headers", test_several_address_headers },
	{ "many addresses", test_many_addresses },
	{ "long addresses that no standard allows", test_long_loose_addresses },
	{ "addresses that no standard allows are read as people meant them", test_loose_addresses },
	{ "a guessed address is told from a read one", test_guesses_are_told },
	{ "address lists cost linear time", test_endless_lists_are_read_once },
	{ "groups in groups", test_groups_in_groups },
	{ "a long name", test_long_name },
	{ "ids among comments and text", test_ids },
	{ "the message's id", test_message_id },
	{ "a long id", test_long_id },
	{ "many references", test_many_references },
	{ "endless references", test_endless_references },
	{ "a long id without brackets", test_long_bare_id },
	{ "dates", test_dates },
	{ "languages", test_languages },
	{ "many languages", test_many_languages },
	{ "content types", test_content_types },
	{ "headers", test_headers },
	{ "NUL and CR in a header", test_nul_and_cr_in_a_header },
	{ "many headers", test_many_headers },
	{ "big headers", test_big_headers },
	{ "texts of every make", test_texts },
	{ "a long text", test_long_text },
	{ "long texts of every make", test_long_texts },
	{ "text after much else", test_text_behind_much },
	{ "depth", test_depth },
	{ "depth of each walk", test_depth_of_walks },
	{ "parts", test_parts },
	{ "bytes parsed", test_bytes_parsed },
	{ "hostile makes take no time", test_hostile_makes },
	{ "from a file", test_from_a_file },
	{ "the same text from a file", test_same_text_from_a_file },
	{ "parts by type", test_parts_by_type },
	{ "what makes two arrivals the same", test_digest },
	{ "the same without an id", test_digest_without_id },
	{ "headers that we write", test_encoded_headers },
	{ "headers decoded", test_decoded_headers },
	{ "text that we write", test_encoded_text },
	{ "new ids", test_new_ids },
	{ "names that are made to meet in a table", test_names_that_meet },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strconcat("/message/", tests[i].name, NULL);

		g_test_add_func(path, tests[i].run);
	}
	return g_test_run();
}
