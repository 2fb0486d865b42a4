/* A delivery report: the first byte says in which part of it the rest stands, as the MIME frame around it would cost a fuzzer all its time. */
#include "fuzz.h"

#include <string.h>

#include "limits.h"
#include "message.h"

static const char *const parts[] = {
	"message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "message/rfc822", "text/plain", "message/global-delivery-status",
};

static GString *report_of(const uint8_t *data, size_t size)
{
	GString *mail = g_string_new("From: MAILER-DAEMON@mx.customer.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n");

	g_string_append_printf(mail, "--b\nContent-Type: %s\n\n", parts[data[0] % G_N_ELEMENTS(parts)]);
	g_string_append_len(mail, (const char *)data + 1, (gssize)size - 1);
	return g_string_append(mail, "\n--b--\n");
}

static bool one_line(const char *text, size_t max)
{
	return !text || (strlen(text) <= max && !strpbrk(text, "\r\n") && g_utf8_validate(text, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report *report;
	struct message *m;
	GString *mail;

	if (size == 0)
		return 0;
	message_library_init();
	mail = report_of(data, size);
	m = message_parse_bytes(mail->str, mail->len);
	report = message_report(m);
	FUZZ_ASSERT(report->kind >= REPORT_NONE && report->kind <= REPORT_READ);
	FUZZ_ASSERT(one_line(report->recipient, LIMIT_ADDRESS_BYTES * 4) && one_line(report->diagnostic, LIMIT_REPLY_TEXT));
	FUZZ_ASSERT(one_line(report->status, strlen("5.999.999")) && one_line(report->message_id, LIMIT_MESSAGE_ID_BYTES));
	message_free(m);
	g_string_free(mail, TRUE);
	return 0;
}
