/* A whole mail: parsed, classified, its author believed or not, its report read, its Subject
 * tagged. */
#include "fuzz.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "decide/automatic.h"
#include "decide/classify.h"
#include "mail/message.h"
#include "mail/subject.h"

static void read_enclosed(const struct message *enclosed, void *arg)
{
	(void)arg;
	FUZZ_ASSERT(g_utf8_validate(message_text(enclosed), -1, NULL));
}

/* What is written to and what is compared are one address, and neither adds a header line. */
static void look_at_people(struct mailboxes list)
{
	for (size_t i = 0; i < list.n; i++) {
		const struct mailbox *box = &list.v[i];
		char *canonical = NULL;

		FUZZ_ASSERT(!strpbrk(box->address, "\r\n"));
		FUZZ_ASSERT(!box->name || (*box->name && !strpbrk(box->name, "\r\n")));
		FUZZ_ASSERT(address_canonical(box->as_written, &canonical) == ST_OK);
		FUZZ_ASSERT(strcmp(canonical, box->address) == 0);
		g_free(canonical);
	}
}

static void look_at(const struct message *m)
{
	FUZZ_ASSERT(g_utf8_validate(message_subject(m), -1, NULL) &&
		fuzz_one_header(message_subject(m)));
	FUZZ_ASSERT(g_utf8_validate(message_text(m), -1, NULL) &&
		strlen(message_text(m)) <= LIMIT_TEXT_BYTES);
	FUZZ_ASSERT(message_from(m).n <= LIMIT_ADDRESSES && message_to(m).n <= LIMIT_ADDRESSES);
	look_at_people(message_from(m));
	look_at_people(message_reply_to(m));
	message_in_reply_to(m);
	message_references(m);
	message_languages(m);
	g_free(message_own_text(m));
	g_strfreev(message_other_subjects(m));
	message_each_enclosed(m, read_enclosed, NULL);
	message_report(m);
}

static void tag(const struct message *m)
{
	static struct tag_format format;
	char *tagged;

	if (!format.before)
		FUZZ_ASSERT(tag_format_init(&format, "[%n #%d]", "example.com", NULL) == ST_OK);
	tagged = subject_retag(message_header(m, "Subject", 0), &format, 7, 998);
	FUZZ_ASSERT(fuzz_one_header(tagged));
	g_free(tagged);
}

/* Its headers may make somebody an agent only by his one address in From. */
static void authenticate(const struct message *m)
{
	static char *ids[] = { (char *)"mx.example.com", NULL };
	static const char *const nobody[] = { NULL };
	const struct settings settings = { .agents_auth = { .sasl = true, .authserv_ids = ids } };
	const struct envelope envelope = {
		.sender = "a@example.net", .recipients = nobody, .authen = "", .queue_id = ""
	};
	struct auth_results auth;
	enum vouched how;
	const char *who;

	auth_results_read(m, ids, &auth);
	how = classify_authenticated(&envelope, m, &auth, &settings, &who);
	FUZZ_ASSERT((how == VOUCHED_BY_DMARC) == auth.dmarc_pass);
	FUZZ_ASSERT(!who || message_from(m).n == 1);
	FUZZ_ASSERT(!who || strcmp(who, message_from(m).v[0].address) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message *m;
	char *digest;

	m = message_parse_bytes(data, size);
	look_at(m);
	automatic_may_answer(m, automatic_kind(m, "a@example.net", "X-Spam-Flag: YES", NULL),
		"a@example.net", NULL);
	authenticate(m);
	tag(m);
	digest = message_digest(
		m, &(struct identity){ .subject_plain = message_subject(m), .body_digest = "00" });
	FUZZ_ASSERT(digest && *digest);
	g_free(digest);
	message_free(m);
	return 0;
}
