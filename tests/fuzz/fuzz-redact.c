/* A person taken out of a text, and out of a mail whatever codings hide them there: nobody is left
 * that is still found, and a second time there is nothing to do. */
#include "fuzz.h"

#include <string.h>

#include "mail/message.h"
#include "mail/redact-person.h"

static void redact_text(const struct person *person, const char *text)
{
	g_autofree char *redacted = g_strdup(text), *again = NULL;
	bool was_in = person_in(person, text), changed = person_replace_address(person, &redacted);

	FUZZ_ASSERT(changed == was_in);
	FUZZ_ASSERT(changed == (strcmp(text, redacted) != 0));
	FUZZ_ASSERT(!person_in(person, redacted));
	again = g_strdup(redacted);
	FUZZ_ASSERT(!person_replace_address(person, &again) && strcmp(again, redacted) == 0);
	person_in_id(person, text);
	person_replace(person, &again);
}

static bool look_at(const char *text, void *arg)
{
	person_in(arg, text);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_malloc(size + 1), *mail = NULL;
	struct person person;

	memcpy(text, data, size);
	text[size] = '\0';
	mail = g_strdup(text);
	person_init(&person, "carla@xn--sd-xka.example");
	person_learn(&person, "Carla Kern <carla@xn--sd-xka.example>");
	redact_text(&person, text);
	message_each_bare((const char *)data, size, look_at, &person);
	person_replace_in_mail(&person, &mail);
	person_release(&person);
	return 0;
}
