/* See due-work.h. */
#include "keep/due-work.h"

struct reply_context due_mail_context(const struct due_work *w)
{
	return (struct reply_context){
		.txn = w->txn,
		.settings = w->settings,
		.key = &w->key,
		.actor = { "milticket", w->now },
	};
}
