/* The signals of automatic mail, one table; the first row that holds decides, so the order is that of their strength. */
#include "automatic.h"

#include <string.h>

#include "address.h"
#include "text.h"

const char *const automatic_names[] = { "person", "bounce", "delayed", "receipt", "vacation", "list", "generated", "spam", "own", NULL };

struct looked_at {
	const struct message *message;
	const char *sender;
	const char *spam_header;
};

typedef bool signal_fn(const struct looked_at *l, const char *argument);

/* --- predicates --- */

/* The first token of a header, without parameters, and comments on either side (RFC 3834 section 5). */
static bool first_word_is(const char *value, const char *word)
{
	size_t len = strlen(word);
	const char *past;

	while (value && *value == '(' && (past = text_past_comment(value)))
		value = past + strspn(past, " \t");
	return value && g_ascii_strncasecmp(value, word, len) == 0 && strchr(" \t;(,", value[len]);
}

static bool has(const struct looked_at *l, const char *name)
{
	return message_header(l->message, name, 0) != NULL;
}

/* "Name: word" */
static bool says(const struct looked_at *l, const char *argument)
{
	const char *colon = strchr(argument, ':');
	g_autofree char *name = g_strndup(argument, (gsize)(colon - argument));

	return first_word_is(message_header(l->message, name, 0), colon + 2);
}

static bool not_by_hand(const struct looked_at *l, const char *argument)
{
	const char *value = message_header(l->message, "Auto-Submitted", 0);

	(void)argument;
	return value && *value && !first_word_is(value, "no");
}

static bool spam(const struct looked_at *l, const char *argument)
{
	const char *colon = l->spam_header ? strchr(l->spam_header, ':') : NULL, *value;
	g_autofree char *name = colon ? g_strndup(l->spam_header, (gsize)(colon - l->spam_header)) : NULL;
	g_autofree char *glob = colon ? g_strstrip(g_strdup(colon + 1)) : NULL;

	(void)argument;
	for (unsigned i = 0; name && (value = message_header(l->message, name, i)); i++) {
		g_autofree char *trimmed = g_strstrip(g_strdup(value));

		if (text_glob(glob, trimmed))
			return true;
	}
	return false;
}

static bool report_is(const struct looked_at *l, enum report_kind kind)
{
	return message_report(l->message)->kind == kind;
}

static bool may_be_report(const struct looked_at *l)
{
	return *l->sender == '\0' || strcmp(message_content_type(l->message), "multipart/report") == 0 || has(l, "X-Failed-Recipients") ||
		(message_from(l->message).n && address_is_robot(message_from(l->message).v[0].address));
}

static bool failed_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return may_be_report(l) && report_is(l, REPORT_FAILED);
}

static bool other_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return may_be_report(l) && (report_is(l, REPORT_DELAYED) || report_is(l, REPORT_RELAYED) || report_is(l, REPORT_DELIVERED) || report_is(l, REPORT_EXPANDED));
}

static bool read_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return may_be_report(l) && report_is(l, REPORT_READ);
}

static bool unread_report(const struct looked_at *l, const char *argument)
{
	const char *type = message_content_param(l->message, "report-type");

	(void)argument;
	return strcmp(message_content_type(l->message), "multipart/report") == 0 && type && g_ascii_strcasecmp(type, "feedback-report") != 0;
}

static bool feedback_report(const struct looked_at *l, const char *argument)
{
	const char *type = message_content_param(l->message, "report-type");

	(void)argument;
	return type && g_ascii_strcasecmp(type, "feedback-report") == 0;
}

/* Exchange suppresses answers to much that people write; only with one of its robots' marks is it a note. */
static bool exchange_note(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return has(l, "X-Auto-Response-Suppress") && (has(l, "X-MS-Exchange-Inbox-Rules-Loop") || has(l, "X-MS-Exchange-Generated-Message-Source") ||
		has(l, "X-MS-Exchange-Organization-AutoForwarded"));
}

static bool null_sender_answer(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return *l->sender == '\0' && (message_in_reply_to(l->message)[0] || message_references(l->message)[0]);
}

static bool null_sender(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return *l->sender == '\0';
}

static bool daemon_sender(const struct looked_at *l, const char *argument)
{
	return g_ascii_strncasecmp(l->sender, argument, strlen(argument)) == 0 ||
		(message_from(l->message).n && g_str_has_prefix(message_from(l->message).v[0].address, argument));
}

static bool vacation_subject(const struct looked_at *l, const char *argument)
{
	g_autofree char *lower = g_utf8_strdown(message_subject(l->message), -1);

	return *l->sender == '\0' && g_str_has_prefix(lower, argument);
}

/* --- the table --- */

static const struct signal {
	signal_fn *holds;
	const char *argument;
	enum automatic kind;
	const char *reason;
} signals[] = {
	{ spam, NULL, AUTO_SPAM, "spam header" },						/* policy.spam_header */
	{ failed_report, NULL, AUTO_BOUNCE, "delivery report: failed" },			/* RFC 3464 2.3.3 */
	{ other_report, NULL, AUTO_DELAYED, "delivery report" },				/* RFC 3464 2.3.3 */
	{ read_report, NULL, AUTO_RECEIPT, "disposition notification" },			/* RFC 8098 3 */
	{ feedback_report, NULL, AUTO_LIST, "feedback report" },				/* RFC 5965 */
	{ unread_report, NULL, AUTO_DELAYED, "multipart/report" },				/* RFC 6522 */
	{ says, "Auto-Submitted: auto-replied", AUTO_VACATION, "Auto-Submitted: auto-replied" },	/* RFC 3834 5 */
	{ has, "X-Autoreply", AUTO_VACATION, "X-Autoreply" },					/* practice: Gmail, cPanel */
	{ has, "X-Autorespond", AUTO_VACATION, "X-Autorespond" },				/* practice: ezmlm, Plesk */
	{ has, "X-Autoreply-From", AUTO_VACATION, "X-Autoreply-From" },			/* practice: Lotus */
	{ says, "Precedence: auto_reply", AUTO_VACATION, "Precedence: auto_reply" },		/* practice: vacation(1) */
	{ exchange_note, NULL, AUTO_VACATION, "X-Auto-Response-Suppress" },			/* MS-OXCMAIL, with a mark of Exchange's rules */
	{ vacation_subject, "out of office", AUTO_VACATION, "out of office" },			/* practice: null sender and such a Subject */
	{ vacation_subject, "automatic reply", AUTO_VACATION, "out of office" },
	{ vacation_subject, "abwesenheit", AUTO_VACATION, "out of office" },
	{ vacation_subject, "automatische antwort", AUTO_VACATION, "out of office" },
	{ has, "List-Id", AUTO_LIST, "List-Id" },							/* RFC 2919 */
	{ has, "List-Post", AUTO_LIST, "List-Post" },						/* RFC 2369 */
	{ has, "List-Unsubscribe", AUTO_LIST, "List-Unsubscribe" },				/* RFC 2369, RFC 8058 */
	{ has, "List-Help", AUTO_LIST, "List-Help" },						/* RFC 2369 */
	{ has, "List-Subscribe", AUTO_LIST, "List-Subscribe" },					/* RFC 2369 */
	{ has, "List-Owner", AUTO_LIST, "List-Owner" },						/* RFC 2369 */
	{ has, "List-Archive", AUTO_LIST, "List-Archive" },					/* RFC 2369 */
	{ has, "Feedback-ID", AUTO_LIST, "Feedback-ID" },					/* practice: bulk senders */
	{ says, "Precedence: bulk", AUTO_LIST, "Precedence: bulk" },				/* RFC 2076 3.9 */
	{ says, "Precedence: junk", AUTO_LIST, "Precedence: junk" },				/* RFC 2076 3.9 */
	{ says, "Precedence: list", AUTO_LIST, "Precedence: list" },				/* RFC 2076 3.9 */
	{ not_by_hand, NULL, AUTO_GENERATED, "Auto-Submitted" },				/* RFC 3834 2: any word but "no"; RFC 5436 2.7.1 */
	{ null_sender_answer, NULL, AUTO_VACATION, "null sender" },				/* RFC 5321 4.5.5: only robots answer so */
	{ daemon_sender, "mailer-daemon@", AUTO_DELAYED, "mailer-daemon" },			/* practice: what no report form fits */
	{ null_sender, NULL, AUTO_DELAYED, "null sender" },					/* RFC 5321 4.5.5 */
};

static const struct signal *find_signal(const struct looked_at *l)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		if (signals[i].holds(l, signals[i].argument))
			return &signals[i];
	return NULL;
}

enum automatic automatic_kind(const struct message *message, const char *sender, const char *spam_header, const char **reason_out)
{
	const struct looked_at l = { message, sender, spam_header };
	const struct signal *signal = find_signal(&l);

	if (reason_out)
		*reason_out = signal ? signal->reason : NULL;
	return signal ? signal->kind : AUTO_NONE;
}

/* --- may it be answered --- */

static const char *why_not(const struct message *message, enum automatic kind, const char *sender)
{
	struct mailboxes from = message_from(message);
	const char *suppress = message_header(message, "X-Auto-Response-Suppress", 0);
	g_autofree char *canonical = NULL;

	if (kind != AUTO_NONE)
		return automatic_names[kind];
	if (address_canonical(sender, &canonical) != ST_OK)
		return "no sender";
	if (address_is_robot(canonical) || (from.n && address_is_robot(from.v[0].address)))
		return "robot's address";
	if (from.n != 1)
		return "no single author";
	/* MS-OXCMAIL 2.2.3.2.14: the sender asks for none. */
	if (suppress && (text_glob("*All*", suppress) || text_glob("*AutoReply*", suppress) || text_glob("*OOF*", suppress)))
		return "X-Auto-Response-Suppress";
	/* An invitation or an answer to one comes from a calendar, not from a question. */
	if (message_has_part(message, "text", "calendar"))
		return "calendar";
	return message_header_count(message, "X-Loop") ? "X-Loop" : NULL;
}

bool automatic_may_answer(const struct message *message, enum automatic kind, const char *sender, const char **reason_out)
{
	const char *reason = why_not(message, kind, sender);

	if (reason_out)
		*reason_out = reason;
	return !reason;
}
