/* The field tables. An id, once given, is stored for ever: never reuse or renumber one. */
#include "model/ticket.h"

#include <string.h>

#include "base/text.h"

const char *const ticket_status_names[] = { "new", "open", "waiting", "internal", "clarify",
	"closed", "spam", NULL };
const char *const priority_names[] = { "normal", "low", "high", "urgent", NULL };
const char *const direction_names[] = { "in", "out", "note", "auto", "bounce", NULL };
const char *const match_names[] = { "new", "token", "message-id", "report", "subject", "", "copy",
	NULL };
const char *const outgoing_state_names[] = { "waiting", "failed", "suppressed", NULL };

const char *const event_kind_names[] = {
	[EVENT_UNKNOWN] = "",
	[EVENT_OPENED] = "opened",
	[EVENT_FOLLOWUP] = "followup",
	[EVENT_REOPENED] = "reopened",
	[EVENT_REPLY] = "reply",
	[EVENT_NOTE] = "note",
	[EVENT_AUTO] = "auto",
	[EVENT_BOUNCE] = "bounce",
	[EVENT_STATUS] = "status",
	[EVENT_AGENT] = "agent",
	[EVENT_QUEUE] = "queue",
	[EVENT_PROJECT] = "project",
	[EVENT_PRIORITY] = "priority",
	[EVENT_TAG] = "tag",
	[EVENT_TITLE] = "title",
	[EVENT_WAIT] = "wait",
	[EVENT_LINK] = "link",
	[EVENT_MERGED] = "merged",
	[EVENT_SPLIT] = "split",
	[EVENT_SENT] = "sent",
	[EVENT_FAILED] = "failed",
	[EVENT_SUPPRESSED] = "suppressed",
	[EVENT_REFUSED] = "refused",
	[EVENT_PURGED] = "purged",
	[EVENT_REDACTED] = "redacted",
	[EVENT_SUBJECT] = "subject",
	[EVENT_CLOSED] = "closed",
	[EVENT_NOTICE] = "notice",
	[EVENT_WAKE] = "wake",
	[EVENT_UNVERIFIED] = "unverified",
	[EVENT_COPY] = "copy",
	[EVENT_DROPPED] = "dropped",
	[EVENT_REQUESTER] = "requester",
	[EVENT_WATCH] = "watch",
	[EVENT_REPAIRED] = "repaired",
	[EVENT_KINDS] = NULL,
};

bool ticket_status_active(int status)
{
	return status != TICKET_CLOSED && status != TICKET_SPAM;
}

/* Whoever changes the requester changes the address; what was written for another does not
 * count. */
const char *ticket_requester(const struct ticket *t)
{
	const char *written = t->requester_written, *address = t->requester_address;

	return written && address && g_ascii_strcasecmp(written, address) == 0 ? written : address;
}

void ticket_set_requester(struct ticket *t, const struct mailbox *requester)
{
	bool differs = strcmp(requester->as_written, requester->address) != 0;

	g_free(t->requester_name);
	g_free(t->requester_address);
	g_free(t->requester_written);
	t->requester_name = g_strdup(requester->name);
	t->requester_address = g_strdup(requester->address);
	t->requester_written = differs ? g_strdup(requester->as_written) : NULL;
}

bool ticket_has_person(const struct ticket *t, const char *address)
{
	return g_strcmp0(t->requester_address, address) == 0 ||
		text_list_has(t->participants, address);
}

#define FIELD(id, name, type) \
	{ \
		id, #name, type, offsetof(struct RECORD, name), NULL, 0 \
	}
#define FIELD_NAMED(id, name, names) \
	{ \
		id, #name, FIELD_ENUM, offsetof(struct RECORD, name), names, 0 \
	}
#define FIELD_KIND(id, name, flags) \
	{ \
		id, #name, FIELD_WORD, offsetof(struct RECORD, name), event_kind_names, flags \
	}
#define FIELD_OURS(id, name, type) \
	{ \
		id, #name, type, offsetof(struct RECORD, name), NULL, FIELD_HIDDEN \
	}
#define FIELD_HEXADECIMAL(id, name) \
	{ \
		id, #name, FIELD_TEXT, offsetof(struct RECORD, name), NULL, \
			FIELD_HIDDEN | FIELD_HEX \
	}
#define TYPE(label) \
	{ \
#label, sizeof(struct RECORD), fields_of_##label, G_N_ELEMENTS(fields_of_##label) \
	}

#define RECORD ticket
static const struct field fields_of_ticket[] = {
	FIELD(1, number, FIELD_U64),
	FIELD(2, subject, FIELD_TEXT),
	FIELD(3, queue, FIELD_TEXT),
	FIELD_OURS(4, watchers, FIELD_LIST),
	FIELD(5, project, FIELD_TEXT),
	FIELD_NAMED(6, status, ticket_status_names),
	FIELD_NAMED(7, priority, priority_names),
	FIELD(8, agent, FIELD_TEXT),
	FIELD_OURS(9, requester_name, FIELD_TEXT),
	FIELD_OURS(10, requester_address, FIELD_TEXT),
	FIELD(11, participants, FIELD_LIST),
	FIELD(12, tags, FIELD_LIST),
	FIELD(13, opened, FIELD_TIME),
	FIELD(14, updated, FIELD_TIME),
	FIELD(15, last_in, FIELD_TIME),
	FIELD(16, last_out, FIELD_TIME),
	FIELD(17, first_response, FIELD_TIME),
	FIELD(18, closed, FIELD_TIME),
	FIELD(19, wait_until, FIELD_TIME),
	FIELD(20, undelivered, FIELD_BOOL),
	FIELD(21, links, FIELD_NUMBERS),
	FIELD(22, merged_into, FIELD_U64),
	FIELD(23, messages_count, FIELD_U64),
	FIELD_OURS(24, account, FIELD_TEXT),
	FIELD_OURS(25, language, FIELD_TEXT),
	FIELD_OURS(26, answered, FIELD_LIST),
	FIELD(27, attachments_count, FIELD_U64),
	FIELD_OURS(28, watching, FIELD_LIST),
	FIELD_OURS(29, former, FIELD_U64),
	FIELD_OURS(30, requester_written, FIELD_TEXT),
};
const struct record_type ticket_type = TYPE(ticket);
#undef RECORD

#define RECORD entry
static const struct field fields_of_entry[] = {
	FIELD_NAMED(1, direction, direction_names),
	FIELD(2, message_id, FIELD_TEXT),
	FIELD(3, in_reply_to, FIELD_TEXT),
	FIELD(4, references, FIELD_LIST),
	FIELD(5, from, FIELD_TEXT),
	FIELD(6, to, FIELD_LIST),
	FIELD(7, cc, FIELD_LIST),
	FIELD(8, subject, FIELD_TEXT),
	FIELD(9, date, FIELD_TIME),
	FIELD(10, received, FIELD_TIME),
	FIELD_NAMED(11, match, match_names),
	FIELD(12, size, FIELD_U64),
	FIELD(13, archive, FIELD_TEXT),
	FIELD(14, queue_id, FIELD_TEXT),
	FIELD_HEXADECIMAL(15, digest),
	FIELD_OURS(16, sender, FIELD_TEXT),
	FIELD_KIND(17, event, FIELD_HIDDEN),
	FIELD(18, reply_to, FIELD_TEXT),
	FIELD_OURS(19, attached, FIELD_LIST),
	FIELD_OURS(20, nobodys, FIELD_BOOL),
	FIELD_OURS(21, taken, FIELD_LIST),
	FIELD_OURS(22, subjects, FIELD_LIST),
	FIELD_HEXADECIMAL(24, attached_digest),
};
const struct record_type entry_type = TYPE(entry);
#undef RECORD

#define RECORD event
static const struct field fields_of_event[] = {
	FIELD(1, time, FIELD_TIME),
	FIELD(2, actor, FIELD_TEXT),
	FIELD_KIND(3, kind, 0),
	FIELD(4, from, FIELD_TEXT),
	FIELD(5, to, FIELD_TEXT),
	FIELD(6, text, FIELD_TEXT),
};
const struct record_type event_type = TYPE(event);
#undef RECORD

#define RECORD queue
static const struct field fields_of_queue[] = {
	FIELD(1, name, FIELD_TEXT),
	FIELD(2, title, FIELD_TEXT),
	FIELD(3, responsible, FIELD_TEXT),
	FIELD_OURS(4, created, FIELD_TIME),
	FIELD(5, signature, FIELD_TEXT),
};
const struct record_type queue_type = TYPE(queue);
#undef RECORD

#define RECORD agent
static const struct field fields_of_agent[] = {
	FIELD(1, login, FIELD_TEXT),
	FIELD(2, name, FIELD_TEXT),
	FIELD(3, addresses, FIELD_LIST),
	FIELD(4, queues, FIELD_LIST),
	FIELD_OURS(5, inactive, FIELD_BOOL),
	FIELD_OURS(6, created, FIELD_TIME),
};
const struct record_type agent_type = TYPE(agent);
#undef RECORD

#define RECORD outgoing
static const struct field fields_of_outgoing[] = {
	FIELD(1, ticket, FIELD_U64),
	{ 2, "event", FIELD_TEXT, offsetof(struct outgoing, event), event_kind_names, 0 },
	FIELD_OURS(3, sender, FIELD_TEXT),
	FIELD(4, to, FIELD_LIST),
	FIELD_NAMED(5, state, outgoing_state_names),
	FIELD(6, attempts, FIELD_U64),
	FIELD_OURS(7, created, FIELD_TIME),
	FIELD(8, next_try, FIELD_TIME),
	FIELD(9, last_reply, FIELD_TEXT),
	FIELD_OURS(10, message_id, FIELD_TEXT),
	FIELD_OURS(11, attach, FIELD_NUMBERS),
	FIELD_OURS(12, deferrals, FIELD_U64),
};
const struct record_type outgoing_type = TYPE(outgoing);
#undef RECORD
