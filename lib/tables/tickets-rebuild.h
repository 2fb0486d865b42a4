/* What a ticket is by its messages: for one that is split off, and for mending one whose record was
 * lost while its messages or its events remain. */
#ifndef MILTICKET_TICKETS_REBUILD_H
#define MILTICKET_TICKETS_REBUILD_H

#include "mail/subject.h"
#include "tables/history.h"
#include "tables/tickets.h"

/* Subject, requester and time of opening by the first message; what it does not tell stays as it
 * is. */
void ticket_open_by(
	struct ticket *ticket, const struct entry *first, const struct tag_format *tags);
/* People and times by one message more, in the order in which they came. */
void ticket_add_message(struct ticket *ticket, const struct entry *entry);

struct settings;
/* Changes a ticket before it is saved. */
typedef enum status ticket_setter(struct txn *txn, const struct settings *settings,
	struct ticket *ticket, int64_t now, struct error *err);

struct tickets_rebuilding {
	const struct tag_format *tags;
	struct actor actor;
	ticket_setter *set; /* has the last word; NULL */
	const struct settings *settings;
};

/* Makes the record anew, when there is none that can be read: subject, requester, participants,
 * times and count by the messages; queue, project, title, status, priority, agent, tags, links and
 * merges by the events. What neither tells (watchers, the account) is unknown; a ticket whose queue
 * is unknown goes to the first queue, and it counts as answered, lest it be answered twice. An
 * event "repaired" says so. A ticket with a message or an event that is damaged itself stays as it
 * is. */
enum status tickets_rebuild(
	struct txn *txn, uint64_t number, const struct tickets_rebuilding *how, struct error *err);

#endif
