/* X-Ticket headers. */
#include "decide/claims.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define CLAIM "X-Ticket"

bool claims_have(const char *name)
{
	return g_ascii_strncasecmp(name, CLAIM, strlen(CLAIM)) == 0;
}

void claims_each(const struct ticket *ticket, claim_visit *fn, void *arg)
{
	g_autofree char *number = g_strdup_printf("%" PRIu64, ticket->number),
			*due = text_rfc3339(ticket_due(ticket));

	fn(CLAIM, number, false, arg);
	for (size_t i = 0; i < ticket_type.count; i++) {
		const struct field *field = &ticket_type.fields[i];
		const char *value = field->flags & FIELD_CLAIM ? record_field_word(field, ticket)
							       : NULL;
		g_autofree char *name = g_strconcat(CLAIM "-", field->name, NULL);

		name[strlen(CLAIM "-")] = g_ascii_toupper(*field->name);
		/* A login may be an address. */
		if (value && *value)
			fn(name, value, field->flags & FIELD_LOGIN && strchr(value, '@'), arg);
	}
	if (due)
		fn(CLAIM "-Due", due, true, arg);
}
