/* The field tables. An id, once given, is stored for ever: never reuse or renumber one. */
#include "model/ticket.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "model/names.h"

const char *const ticket_status_names[] = { "new", "open", "waiting", "internal", "clarify",
	"closed", "spam", NULL };
const char *const priority_names[] = { "normal", "low", "high", "urgent", NULL };
const char *const direction_names[] = { "in", "out", "note", "auto", "bounce", NULL };
const char *const match_names[] = { "new", "token", "message-id", "report", "subject", "", "copy",
	NULL };
const char *const assign_names[] = { "manual", "round-robin", "least-loaded", NULL };
const char *const overdue_names[] = { "", "respond", "resolve", NULL };
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
	[EVENT_SPAM] = "spam",
	[EVENT_HAM] = "ham",
	[EVENT_CROSSED] = "crossed",
	[EVENT_UNDO] = "undo",
	[EVENT_SLA_WARNED] = "sla-warned",
	[EVENT_OVERDUE] = "overdue",
	[EVENT_REMIND] = "remind",
	[EVENT_AUTOMATION] = "automation",
	[EVENT_AUTOMATION_STOPPED] = "automation-stopped",
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

int64_t ticket_due(const struct ticket *t)
{
	if (!t->respond_by || !t->resolve_by)
		return t->respond_by + t->resolve_by;
	return MIN(t->respond_by, t->resolve_by);
}

int64_t ticket_touched(const struct ticket *t)
{
	return t->touched ? t->touched : t->updated;
}

void ticket_touch(struct ticket *t, int64_t now, bool by_person)
{
	t->touched = by_person ? MAX(ticket_touched(t), now) : ticket_touched(t);
	t->updated = MAX(t->updated, now);
}

void ticket_heard(struct ticket *t, int64_t now)
{
	t->last_in = MAX(MAX(t->last_in, now), t->last_out + 1);
}

void ticket_answered(struct ticket *t, int64_t now)
{
	t->last_out = MAX(MAX(t->last_out, now), t->last_in);
}

bool ticket_has_person(const struct ticket *t, const char *address)
{
	return g_strcmp0(t->requester_address, address) == 0 ||
		text_list_has(t->participants, address);
}

bool language_known(const char *language)
{
	return strcmp(language, "en") == 0 || strcmp(language, "de") == 0;
}

/* --- how little of an entry is stored --- */

/* Much of a message is said twice; this stands for what its other fields tell. No address, id or
 * path is a control character. */
static const char said[] = "\001";

static const char *last_reference(const struct entry *e)
{
	guint n = e->references ? g_strv_length(e->references) : 0;

	return n ? e->references[n - 1] : NULL;
}

/* The address in "Name <a@b>" or "a@b". Owned; NULL. */
static char *address_in(const char *from)
{
	const char *open = from ? strrchr(from, '<') : NULL;

	return open ? g_strndup(open + 1, strcspn(open + 1, ">")) : g_strdup(from);
}

static char *usual_archive(const struct entry *e)
{
	return e->digest ? archive_name(e->received, e->digest) : NULL;
}

static void entry_shorten(const void *record, void *brief_out)
{
	const struct entry *e = record;
	struct entry *brief = brief_out;
	g_autofree char *address = address_in(e->from),
			*archive = e->archive ? usual_archive(e) : NULL;

	*brief = *e;
	if (e->sender && g_strcmp0(e->sender, address) == 0)
		brief->sender = (char *)said;
	if (e->archive && g_strcmp0(e->archive, archive) == 0)
		brief->archive = (char *)said;
	if (e->reply_to && g_strcmp0(e->reply_to, e->from) == 0)
		brief->reply_to = (char *)said;
	if (e->in_reply_to && g_strcmp0(e->in_reply_to, last_reference(e)) == 0)
		brief->in_reply_to = (char *)said;
	if (e->told_time == e->received)
		brief->told_time = 0;
	if (e->told_actor && g_strcmp0(e->told_actor, address) == 0)
		brief->told_actor = (char *)said;
	if (e->told_text && g_strcmp0(e->told_text, match_names[e->match]) == 0)
		brief->told_text = (char *)said;
}

static void entry_replace(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

static void entry_spell_out(void *record)
{
	struct entry *e = record;

	if (g_strcmp0(e->sender, said) == 0)
		entry_replace(&e->sender, address_in(e->from));
	if (g_strcmp0(e->archive, said) == 0)
		entry_replace(&e->archive, usual_archive(e));
	if (g_strcmp0(e->reply_to, said) == 0)
		entry_replace(&e->reply_to, g_strdup(e->from));
	if (g_strcmp0(e->in_reply_to, said) == 0)
		entry_replace(&e->in_reply_to, g_strdup(last_reference(e)));
	if (e->told_serial && !e->told_time)
		e->told_time = e->received;
	if (g_strcmp0(e->told_actor, said) == 0)
		entry_replace(&e->told_actor, address_in(e->from));
	if (g_strcmp0(e->told_text, said) == 0)
		entry_replace(&e->told_text, g_strdup(match_names[e->match]));
}

/* clang-format off */
#define ROW(number, member, kind) \
	.id = number, .name = #member, .type = kind, .offset = offsetof(struct RECORD, member)
#define TYPE(label, ...) \
	{ .name = #label, .size = sizeof(struct RECORD), .fields = fields_of_##label, \
		.count = G_N_ELEMENTS(fields_of_##label), __VA_ARGS__ }

/* In the order in which `ticket show` and JSON have them. */
#define RECORD ticket
static const struct field fields_of_ticket[] = {
	{ ROW(1, number, FIELD_U64), .help = N_("the ticket's number"),
		.flags = FIELD_ALWAYS | FIELD_FILTER },
	{ ROW(2, subject, FIELD_TEXT), .event = EVENT_TITLE },
	{ ROW(6, status, FIELD_ENUM), .names = ticket_status_names, .label = N_("status"),
		.flags = FIELD_ALWAYS | FIELD_FILTER | FIELD_CLAIM, .event = EVENT_STATUS, .index = 'S' },
	{ ROW(7, priority, FIELD_ENUM), .names = priority_names, .label = N_("priority"),
		.flags = FIELD_FILTER | FIELD_CLAIM, .event = EVENT_PRIORITY },
	{ ROW(3, queue, FIELD_TEXT), .label = N_("queue"), .flags = FIELD_ALWAYS | FIELD_CLAIM,
		.event = EVENT_QUEUE, .index = 'Q' },
	{ ROW(4, watchers, FIELD_LIST), .label = N_("also in"), .flags = FIELD_HIDDEN, .index = 'Q' },
	{ ROW(5, project, FIELD_TEXT), .label = N_("project"), .flags = FIELD_FILTER | FIELD_CLAIM,
		.event = EVENT_PROJECT, .index = 'P' },
	{ ROW(8, agent, FIELD_TEXT), .label = N_("agent"), .none = N_("nobody"),
		.help = "a login; null is nobody", .flags = FIELD_CLAIM | FIELD_LOGIN,
		.event = EVENT_AGENT, .index = 'G' },
	{ ROW(9, requester_name, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(10, requester_address, FIELD_TEXT), .label = N_("requester"), .flags = FIELD_HIDDEN,
		.index = 'R' },
	{ ROW(11, participants, FIELD_LIST), .label = N_("participants") },
	{ ROW(28, watching, FIELD_LIST), .label = N_("watched by"), .flags = FIELD_HIDDEN },
	{ ROW(12, tags, FIELD_LIST), .label = N_("tags"), .flags = FIELD_FILTER, .query = "tag",
		.event = EVENT_TAG, .index = 'T' },
	{ ROW(13, opened, FIELD_TIME), .label = N_("opened"), .flags = FIELD_ALWAYS },
	{ ROW(14, updated, FIELD_TIME), .label = N_("updated"), .flags = FIELD_ALWAYS },
	{ ROW(15, last_in, FIELD_TIME) },
	{ ROW(16, last_out, FIELD_TIME) },
	{ ROW(17, first_response, FIELD_TIME), .label = N_("first response") },
	{ ROW(18, closed, FIELD_TIME), .label = N_("closed") },
	{ ROW(19, wait_until, FIELD_TIME), .label = N_("wait until"), .due = DUE_WAKE },
	{ ROW(53, remind_at, FIELD_TIME), .label = N_("remind"), .flags = FIELD_HIDDEN,
		.due = DUE_REMIND },
	{ ROW(45, respond_by, FIELD_TIME), .label = N_("respond by"),
		.help = "null: no answer is owed, or promised" },
	{ ROW(46, resolve_by, FIELD_TIME), .label = N_("resolve by"),
		.help = "null: not promised, or it waits for the customer" },
	{ ROW(47, overdue, FIELD_WORD), .names = overdue_names, .label = N_("overdue"),
		.help = "what was promised and is late; null: nothing" },
	{ ROW(52, sla, FIELD_TEXT), .label = N_("promise"), .flags = FIELD_HIDDEN },
	{ ROW(48, owed_since, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(49, runs, FIELD_NUMBERS), .flags = FIELD_HIDDEN },
	{ ROW(50, sla_due, FIELD_TIME), .flags = FIELD_HIDDEN, .due = DUE_SLA },
	{ ROW(51, told, FIELD_U64), .flags = FIELD_HIDDEN },
	{ ROW(54, kept, FIELD_NUMBERS), .flags = FIELD_HIDDEN },
	{ ROW(20, undelivered, FIELD_BOOL), .label = N_("undelivered"),
		.help = N_("a mail of this ticket came back"), .index = 'U' },
	{ ROW(21, links, FIELD_NUMBERS), .label = N_("links"), .flags = FIELD_OF_TICKET },
	{ ROW(22, merged_into, FIELD_U64), .label = N_("merged into"), .help = "null: not merged",
		.flags = FIELD_OF_TICKET | FIELD_ZERO_UNKNOWN },
	{ ROW(23, messages_count, FIELD_U64) },
	{ ROW(27, attachments_count, FIELD_U64), .help = "of all its messages" },
	{ ROW(24, account, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(25, language, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(26, answered, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(55, crossed, FIELD_BOOL), .flags = FIELD_HIDDEN },
	{ ROW(60, automation_at, FIELD_TIME), .flags = FIELD_HIDDEN, .due = DUE_AUTOMATION },
	{ ROW(61, automated, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(62, automation_day, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(63, automation_count, FIELD_U64), .flags = FIELD_HIDDEN },
	{ ROW(64, automation_total, FIELD_U64), .flags = FIELD_HIDDEN },
	{ ROW(65, automation_stopped, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(29, former, FIELD_U64), .flags = FIELD_HIDDEN },
	{ ROW(30, requester_written, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(76, touched, FIELD_TIME), .flags = FIELD_HIDDEN },
};
const struct record_type ticket_type = TYPE(ticket);
#undef RECORD

#define RECORD entry
static const struct field fields_of_entry[] = {
	{ ROW(1, direction, FIELD_ENUM), .names = direction_names },
	{ ROW(2, message_id, FIELD_TEXT) },
	{ ROW(3, in_reply_to, FIELD_TEXT) },
	{ ROW(4, references, FIELD_LIST) },
	{ ROW(5, from, FIELD_TEXT) },
	{ ROW(6, to, FIELD_LIST) },
	{ ROW(7, cc, FIELD_LIST) },
	{ ROW(8, subject, FIELD_TEXT) },
	{ ROW(9, date, FIELD_TIME) },
	{ ROW(10, received, FIELD_TIME) },
	{ ROW(11, match, FIELD_ENUM), .names = match_names },
	{ ROW(12, size, FIELD_U64) },
	{ ROW(13, archive, FIELD_TEXT), .help = "a path below archive.path" },
	{ ROW(14, queue_id, FIELD_TEXT), .help = "the mail server's" },
	{ ROW(15, digest, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_HEX },
	{ ROW(16, sender, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(17, event, FIELD_WORD), .names = event_kind_names, .flags = FIELD_HIDDEN },
	{ ROW(18, reply_to, FIELD_TEXT), .help = "where an answer to it goes" },
	{ ROW(19, attached, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(20, nobodys, FIELD_BOOL), .flags = FIELD_HIDDEN },
	{ ROW(21, taken, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(22, subjects, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(24, attached_digest, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_HEX },
	{ ROW(55, copied, FIELD_LIST), .flags = FIELD_HIDDEN },
	{ ROW(56, author, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(40, merged_from, FIELD_NUMBERS), .flags = FIELD_HIDDEN },
	{ ROW(25, told_serial, FIELD_U64), .flags = FIELD_HIDDEN | FIELD_INNER },
	{ ROW(26, told_time, FIELD_TIME), .flags = FIELD_HIDDEN | FIELD_INNER },
	{ ROW(27, told_actor, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_INNER },
	{ ROW(28, told_from, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_INNER },
	{ ROW(29, told_to, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_INNER },
	{ ROW(30, told_text, FIELD_TEXT), .flags = FIELD_HIDDEN | FIELD_INNER },
};
const struct record_type entry_type =
	TYPE(entry, .shorten = entry_shorten, .spell_out = entry_spell_out);
#undef RECORD

#define RECORD event
static const struct field fields_of_event[] = {
	{ ROW(1, time, FIELD_TIME), .flags = FIELD_ALWAYS },
	{ ROW(2, actor, FIELD_TEXT), .help = "an agent's login, unix:NAME, an address, or milticket" },
	{ ROW(3, kind, FIELD_WORD), .names = event_kind_names, .help = "null: a kind of a newer version" },
	{ ROW(4, from, FIELD_TEXT) },
	{ ROW(5, to, FIELD_TEXT) },
	{ ROW(6, text, FIELD_TEXT) },
	{ ROW(70, way, FIELD_TEXT),
		.help = N_("\"mailbox\": it was done in a mail client, by moving or marking messages") },
};
const struct record_type event_type = TYPE(event);
#undef RECORD

#define RECORD queue
static const struct field fields_of_queue[] = {
	{ ROW(1, name, FIELD_TEXT), .flags = FIELD_ALWAYS },
	{ ROW(2, title, FIELD_TEXT) },
	{ ROW(3, responsible, FIELD_TEXT) },
	{ ROW(4, created, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(5, signature, FIELD_TEXT) },
	{ ROW(55, assign, FIELD_ENUM), .names = assign_names },
	{ ROW(56, assigned_last, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(45, calendar, FIELD_TEXT), .help = "a calendar of milticket.conf" },
};
const struct record_type queue_type = TYPE(queue);
#undef RECORD

#define RECORD agent
static const struct field fields_of_agent[] = {
	{ ROW(1, login, FIELD_TEXT), .flags = FIELD_ALWAYS },
	{ ROW(2, name, FIELD_TEXT) },
	{ ROW(3, addresses, FIELD_LIST) },
	{ ROW(4, queues, FIELD_LIST) },
	{ ROW(5, inactive, FIELD_BOOL), .flags = FIELD_HIDDEN },
	{ ROW(55, away_until, FIELD_TIME), .help = "mail to them goes to the deputy until then" },
	{ ROW(56, deputy, FIELD_TEXT), .help = "login of who stands in" },
	{ ROW(59, digested, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(45, zone, FIELD_TEXT), .help = "time zone of mails to them" },
	{ ROW(57, language, FIELD_TEXT), .help = "language of mails to them; null: the desk's" },
	{ ROW(6, created, FIELD_TIME), .flags = FIELD_HIDDEN },
};
const struct record_type agent_type = TYPE(agent);
#undef RECORD

#define RECORD shared_query
static const struct field fields_of_shared_query[] = {
	{ ROW(1, name, FIELD_TEXT), .flags = FIELD_ALWAYS },
	{ ROW(2, query, FIELD_TEXT), .flags = FIELD_ALWAYS },
	{ ROW(3, by, FIELD_TEXT) },
	{ ROW(4, saved, FIELD_TIME) },
};
const struct record_type shared_query_type = TYPE(shared_query);
#undef RECORD

#define RECORD outgoing
static const struct field fields_of_outgoing[] = {
	{ ROW(1, ticket, FIELD_U64), .flags = FIELD_ZERO_UNKNOWN },
	{ ROW(2, event, FIELD_TEXT), .names = event_kind_names, .flags = FIELD_ALWAYS },
	{ ROW(3, sender, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(4, to, FIELD_LIST) },
	{ ROW(5, state, FIELD_ENUM), .names = outgoing_state_names },
	{ ROW(6, attempts, FIELD_U64) },
	{ ROW(7, created, FIELD_TIME), .flags = FIELD_HIDDEN },
	{ ROW(8, next_try, FIELD_TIME) },
	{ ROW(9, last_reply, FIELD_TEXT) },
	{ ROW(10, message_id, FIELD_TEXT), .flags = FIELD_HIDDEN },
	{ ROW(11, attach, FIELD_NUMBERS), .flags = FIELD_HIDDEN },
	{ ROW(12, deferrals, FIELD_U64), .flags = FIELD_HIDDEN },
};
const struct record_type outgoing_type = TYPE(outgoing);
#undef RECORD

#define RECORD placement
static const struct field fields_of_placement[] = {
	{ ROW(1, generation, FIELD_U64), .flags = FIELD_INNER },
	{ ROW(2, status, FIELD_ENUM), .names = ticket_status_names, .flags = FIELD_INNER },
	{ ROW(3, agent, FIELD_TEXT), .flags = FIELD_INNER },
	{ ROW(4, queue, FIELD_TEXT), .flags = FIELD_INNER },
	{ ROW(5, watchers, FIELD_LIST), .flags = FIELD_INNER },
	{ ROW(6, over, FIELD_TIME), .flags = FIELD_INNER },
	{ ROW(7, flagged, FIELD_BOOL), .flags = FIELD_INNER },
	{ ROW(8, face, FIELD_U64), .flags = FIELD_INNER },
	{ ROW(9, seqs, FIELD_NUMBERS), .flags = FIELD_INNER },
};
const struct record_type placement_type = TYPE(placement);
#undef RECORD

#define RECORD tree_row
static const struct field fields_of_tree[] = {
	{ ROW(1, queues, FIELD_LIST), .flags = FIELD_INNER },
	{ ROW(2, moving, FIELD_BOOL), .flags = FIELD_INNER },
	{ ROW(3, queues_before, FIELD_LIST), .flags = FIELD_INNER },
};
const struct record_type tree_type = TYPE(tree);
#undef RECORD
/* clang-format on */
