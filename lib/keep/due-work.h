/* One piece of work that is due, for the files that do it. */
#ifndef MILTICKET_DUE_WORK_H
#define MILTICKET_DUE_WORK_H

#include "act/reply.h"
#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

struct due_work {
	struct txn *txn;
	const struct settings *settings;
	struct token_key key; /* for token addresses in mail that it causes */
	int64_t now;          /* not before `time` */
	int64_t time;         /* when it was due */
	enum due_kind kind;
	struct ticket ticket; /* as it is stored */
	bool stopped;         /* automations of the ticket, for having done too much */
	struct error *err;
};

/* Does it, and saves the ticket with the time of that kind set back to 0, or on to one after now:
 * it comes again as long as it is not. ST_NOT_FOUND, ST_BAD_INPUT, ST_REFUSED, ST_EXISTS: it cannot
 * be done; what it wrote is undone, and it is tried again in an hour. */
typedef enum status due_fn(struct due_work *work);

due_fn due_automation, due_wake, due_remind, due_sla;

/* For mail that it causes. */
struct reply_context due_mail_context(const struct due_work *work);

#endif
