/* A raw Subject: tagged once, tagged again without change, commands taken out; none of them when a
 * foreign Subject says the same. */
#include "fuzz.h"

#include <string.h>

#include "decide/subject-commands.h"
#include "base/limits.h"
#include "mail/message.h"

static struct tag_format format;

static void tag(const char *raw)
{
	char *once = subject_retag(raw, &format, 42, 998),
	     *twice = subject_retag(once, &format, 42, 998);
	struct subject_view view;

	FUZZ_ASSERT(fuzz_one_header(once));
	FUZZ_ASSERT(strcmp(once, twice) == 0);
	subject_view_init(&view, once, &format);
	FUZZ_ASSERT(view.tags.n >= 1 && view.tags.v[0] == 42);
	FUZZ_ASSERT(g_utf8_validate(view.plain, -1, NULL));
	subject_view_release(&view);
	g_free(twice);
	g_free(once);
}

static void take(const char *raw, const struct foreign *foreign, bool all_foreign)
{
	struct subject_commands c;
	char *rest;

	subject_commands_init(&c, raw, foreign);
	FUZZ_ASSERT(
		(c.taken != NULL) == (c.rest != NULL) && (c.taken != NULL) == (c.places != NULL));
	FUZZ_ASSERT(!all_foreign || !c.taken);
	rest = subject_without(raw, c.places);
	FUZZ_ASSERT(g_strcmp0(rest, c.rest) == 0);
	g_free(rest);
	subject_commands_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *raw = g_strndup((const char *)data, size),
	     *decoded = message_decode_header(raw, LIMIT_TITLE_BYTES);
	const char *half = raw + strlen(raw) / 2;
	struct foreign foreign;

	if (!format.before)
		FUZZ_ASSERT(tag_format_init(&format, "[%n #%d]", "example.com", NULL) == ST_OK);
	tag(raw);
	foreign_init(&foreign, &format);
	take(raw, &foreign, false);
	foreign_subject(&foreign, decoded);
	take(raw, &foreign, true);
	take(half, &foreign, false);
	foreign_header_block(&foreign, decoded);
	foreign_release(&foreign);
	g_free(decoded);
	g_free(raw);
	return 0;
}
