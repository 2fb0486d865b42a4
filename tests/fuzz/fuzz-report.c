/* A delivery report: the first byte says in which part of it the rest stands, as the MIME frame
 * around it would cost a fuzzer all its time. */
#include "fuzz.h"

#include <string.h>

#include "base/limits.h"
#include "decide/automatic.h"

static const char *const parts[] = {
	"message/delivery-status",
	"message/disposition-notification",
	"text/rfc822-headers",
	"message/rfc822",
	"text/plain",
	"message/global-delivery-status",
	"message/global-headers",
	"message/global",
};

static GString *report_of(const uint8_t *data, size_t size)
{
	GString *mail = g_string_new(
		"From: MAILER-DAEMON@mx.customer.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n");

	g_string_append_printf(
		mail, "--b\nContent-Type: %s\n\n", parts[data[0] % G_N_ELEMENTS(parts)]);
	g_string_append_len(mail, (const char *)data + 1, (gssize)size - 1);
	return g_string_append(mail, "\n--b--\n");
}

static bool one_line(const char *text, size_t max)
{
	return !text ||
		(strlen(text) <= max && !strpbrk(text, "\r\n") && g_utf8_validate(text, -1, NULL));
}

static void check_recipient(const struct report_recipient *r)
{
	FUZZ_ASSERT(one_line(r->address, LIMIT_ADDRESS_BYTES * 4) &&
		one_line(r->last, LIMIT_ADDRESS_BYTES * 4));
	FUZZ_ASSERT(one_line(r->diagnostic, LIMIT_REPLY_TEXT) &&
		one_line(r->status, strlen("5.999.999")));
}

static void check_list(const char *const *list, size_t max, size_t bytes)
{
	size_t n = 0;

	for (; list[n]; n++)
		FUZZ_ASSERT(one_line(list[n], bytes));
	FUZZ_ASSERT(n <= max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report *report;
	struct message *m;
	GString *mail;

	if (size == 0)
		return 0;
	mail = report_of(data, size);
	m = message_parse_bytes(mail->str, mail->len);
	report = message_report(m);
	FUZZ_ASSERT(report->kind >= REPORT_NONE && report->kind <= REPORT_READ);
	FUZZ_ASSERT(report->n <= LIMIT_REPORT_RECIPIENTS &&
		(report->kind != REPORT_NONE || !report->n));
	for (size_t i = 0; i < report->n; i++)
		check_recipient(&report->recipients[i]);
	check_list(report->ids, LIMIT_REFERENCES, LIMIT_MESSAGE_ID_BYTES);
	check_list(report->addresses, LIMIT_ADDRESSES, LIMIT_ADDRESS_BYTES * 4);
	FUZZ_ASSERT(!report->subject || strlen(report->subject) <= LIMIT_SUBJECT_BYTES);
	automatic_may_answer(
		m, automatic_kind(m, "a@example.net", "", NULL), "a@example.net", NULL);
	message_free(m);
	g_string_free(mail, TRUE);
	return 0;
}
