/* The rules of milticket.conf, on messages that would open a ticket. Pure. */
#ifndef MILTICKET_RULES_H
#define MILTICKET_RULES_H

#include "decide/classify.h"
#include "mail/message.h"
#include "settings/settings.h"

struct rules_result {
	/* Borrowed from the settings; NULL: unchanged. */
	const char *queue, *project, *priority, *assign, *status;
	GPtrArray *tags;   /* const char * */
	bool autoresponse; /* true unless a rule says otherwise */
	bool ignore;
	GString *names; /* of the rules that matched, by ", "; for the event */
};

/* For each rule in order: does the message match it, its subject aside? Owned; NULL without rules.
 */
bool *rules_look(const struct settings *settings, const struct message *message,
	const struct envelope *envelope);

/* Applies those of them whose subject matches as well: as the writer sees it, or without tag and
 * prefixes. */
struct rules_subject {
	const char *written, *plain; /* both decoded */
};
void rules_apply(const struct settings *settings, const bool *fits,
	const struct rules_subject *subject, struct rules_result *result_out);
void rules_result_release(struct rules_result *result);

#endif
