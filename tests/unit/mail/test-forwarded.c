/* Whose mail is forwarded: attached, or in the text as clients write it. */
#include "mail/forwarded.h"

#include <string.h>

#include "base/limits.h"

#define ATTACHED(from) \
	"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nfyi\n--m\n" \
	"Content-Type: message/rfc822\n\n" from "Subject: door\n\nThe door is broken.\n--m--\n"

/* clang-format off */
/* From: Carl <c@x.example>, Subject: door; with CRLF. */
#define BASE64 \
	"RnJvbTogQ2FybCA8Y0B4LmV4YW1wbGU+DQpUbzogYUBiLmV4YW1wbGUNClN1YmplY3Q6IGRvb3IN\n" \
	"Cg0KSXQgaXMgc3R1Y2suDQo=\n"

static const struct {
	const char *mail, *wanted;	/* NULL: nobody */
} rows[] = {
	{ ATTACHED("From: Carl Kern <Carl@x.example>\n"), "Carl Kern <Carl@x.example>" },
	{ ATTACHED("From: a@x.example, b@x.example\n"), NULL },
	{ ATTACHED("From: Shop <noreply@shop.example>\nReply-To: Carl <c@x.example>\n"), "Carl <c@x.example>" },
	{ ATTACHED("From: Carl <c@x.example>\nReply-To: d@x.example\n"), "Carl <c@x.example>" },
	{ ATTACHED(""), NULL },
	{ "\n---------- Forwarded message ---------\nFrom: Carl <c@x.example>\nDate: today\nSubject: door\n"
		"To: ann@example.com\n\nIt is broken.\n",
		"Carl <c@x.example>" },
	{ "\nfyi\n\n-----Ursprüngliche Nachricht-----\nVon: Kern, Carl [mailto:c@x.example]\nGesendet: Montag\n"
		"An: Ann\nBetreff: Tür\n\nx\n", "Kern, Carl <c@x.example>" },
	{ "\n*Von:* Carl <c@x.example>\n*Betreff:* *Tür*\n\nx\n", "Carl <c@x.example>" },
	{ "\n> From: c@x.example\n> To: ann@example.com\n\nx\n", "c@x.example" },
	{ "\nDe : Carl <c@x.example>\nEnvoyé : lundi\nObjet : porte\n\nx\n", "Carl <c@x.example>" },
	{ "\nFrom: Carl <c@x.example> <mailto:c@x.example>\nSent: Monday\n\nx\n", "Carl <c@x.example>" },
	{ "\nFrom: Carl <c@x.example<mailto:c@x.example>>\nSent: Monday\n\nx\n", "Carl <c@x.example>" },
	{ "\nFrom: c@x.example<mailto:c@x.example>\nSent: Monday\n\nx\n", "c@x.example" },
	{ "\nFrom: c@x.example [mailto:c@x.example]\nSent: Monday\n\nx\n", "c@x.example" },
	{ "\nVon: \"Carl\" <c@x.example>\nAn: ann@example.com\n\nx\n", "Carl <c@x.example>" },
	{ "\nVon: \"Carl\" c@x.example\nAn: ann@example.com\n\nx\n", "Carl <c@x.example>" },
	{ "\n> From: Carl\n> <c@x.example>\n> To: ann@example.com\n\nx\n", "Carl <c@x.example>" },
	{ "\n差出人: Carl <c@x.example>\n件名: x\n\nx\n", "Carl <c@x.example>" },
	/* The outer one is whose mail it is. */
	{ "\nFrom: Carl <c@x.example>\nSubject: a\n\nFrom: Dora <d@x.example>\nSubject: b\n", "Carl <c@x.example>" },
	{ "\nFrom: Carl <c@x.example> you will hear more.\n\nBye\n", NULL },
	/* A name is its owner's to choose, and what is attached below a block is its author's. */
	{ "\nFrom: Eve [mailto:c@x.example] <eve@e.example>\nSent: Monday\n\nx\n", NULL },
	{ "\nFrom: Carl <c@x.example> <eve@e.example>\nSent: Monday\n\nx\n", NULL },
	{ "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nFrom: Eve <eve@e.example>\n"
		"Subject: x\n\n--m\n"
		"Content-Type: message/rfc822\n\nFrom: c@x.example\nSubject: door\n\nx\n"
		"--m--\n", "Eve <eve@e.example>" },
	{ "Content-Type: text/plain; charset=utf-8\n\nDe\xc2\xa0: Carl <c@x.example>\nObjet\xc2\xa0: porte\n\n"
		"x\n", "Carl <c@x.example>" },
	{ "\nFrom: the printer\nSubject: x\n\ny\n", NULL },
	{ "\nno forward at all, c@x.example\n", NULL },
	{ "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" BASE64, "Carl <c@x.example>" },
	{ "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nPlease take it.\n--m\n"
		"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" BASE64 "\n"
		"--m--\n", "Carl <c@x.example>" },
	{ "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nPlease take it.\n--m\n"
		"Content-Type: application/octet-stream; name=\"Door.EML\"\nContent-Transfer-Encoding: base64\n"
		"\n" BASE64 "\n--m--\n",
		"Carl <c@x.example>" },
	{ "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nPlease take it.\n--m\n"
		"Content-Type: application/octet-stream; name=door.txt\nContent-Transfer-Encoding: base64\n"
		"\n" BASE64 "\n--m--\n", NULL },
	{ "\nFrom: now on we close at five.\nTo: all\n", NULL },
};
/* clang-format on */

static void test_authors(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct message *m = message_parse_bytes(rows[i].mail, strlen(rows[i].mail));
		struct mailbox box = { .name = NULL };
		bool found = forwarded_author(m, &box);
		g_autofree char *shown = found ? mailbox_shown(&box) : NULL;

		g_test_message("%s", rows[i].mail);
		g_assert_cmpstr(shown, ==, rows[i].wanted);
		mailbox_release(&box);
		message_free(m);
	}
}

/* Of a line that has no end, a name's and an address's length. */
static void test_long_author(void)
{
	const size_t most = LIMIT_NAME_BYTES + LIMIT_ADDRESS_BYTES - strlen(" <a@example.net");

	for (size_t past = 0; past < 2; past++) {
		g_autofree char *fill = g_strnfill(most + past, 'x'),
				*mail = g_strdup_printf("Subject: Fwd: x\n\n"
							"---- Forwarded message ----\nFrom: %s "
							"<a@example.net>\nSubject: x\n\nx\n",
					fill);
		struct message *m = message_parse_bytes(mail, strlen(mail));
		struct mailbox box = { .name = NULL };

		g_assert_true(forwarded_author(m, &box));
		g_assert_cmpstr(box.address, ==, past ? "a@example.ne" : "a@example.net");
		mailbox_release(&box);
		message_free(m);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forwarded/the author of what is passed on", test_authors);
	g_test_add_func("/forwarded/a long line of an author", test_long_author);
	return g_test_run();
}
