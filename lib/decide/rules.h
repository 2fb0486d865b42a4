/* The rules of milticket.conf, on messages that would open a ticket. Pure. */
#ifndef MILTICKET_RULES_H
#define MILTICKET_RULES_H

#include "decide/classify.h"
#include "mail/message.h"
#include "settings/settings.h"

struct rules_result {
	GArray *values;    /* struct rule_value, borrowed from the settings */
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
/* Gives the ticket what the rules set, names as they were written: a later value takes an earlier
 * one's place, tags add up. */
void rules_give(const struct rules_result *result, struct ticket *ticket);
void rules_result_release(struct rules_result *result);

#endif
