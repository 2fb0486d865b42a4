/* The signals of automatic mail in one table. The first row that holds decides: the strongest comes
 * first. */
#include "decide/automatic.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

/* clang-format off */
const char *const automatic_names[] = {
	"person", "bounce", "delayed", "receipt", "vacation", "list", "generated", "spam", "own",
	"reaction", "suspected", NULL
};
/* clang-format on */

bool automatic_moves(enum automatic kind)
{
	return kind == AUTO_NONE || kind == AUTO_LIST || kind == AUTO_GENERATED ||
		kind == AUTO_SUSPECTED;
}

bool automatic_reports(enum automatic kind)
{
	return kind == AUTO_BOUNCE || kind == AUTO_DELAYED || kind == AUTO_RECEIPT ||
		kind == AUTO_SUSPECTED;
}

struct looked_at {
	const struct message *message;
	const char *sender;
	const char *spam_header;
};

typedef bool signal_fn(const struct looked_at *l, const char *argument);

/* --- predicates --- */

/* Compares the first word of a value; parameters, and comments before and after it, do not count
 * (RFC 3834 section 5). */
static bool first_word_is(const char *value, const char *word)
{
	size_t len = strlen(word);
	const char *past;

	while (*value == '(' && (past = text_past_comment(value)))
		value = past + strspn(past, " \t");
	return g_ascii_strncasecmp(value, word, len) == 0 && strchr(" \t;(,", value[len]);
}

static bool automatic_has(const struct looked_at *l, const char *name)
{
	return message_header(l->message, name, 0) != NULL;
}

typedef bool value_fn(const char *value, const char *argument);

/* A second field of the same name counts like the first: whoever added one may have left another's
 * in place. */
static bool any_value(
	const struct message *message, const char *name, value_fn *is, const char *argument)
{
	const char *value;

	for (unsigned i = 0; (value = message_header(message, name, i)); i++)
		if (is(value, argument))
			return true;
	return false;
}

/* An argument "Name: …". */
static bool any_named(const struct looked_at *l, const char *argument, value_fn *is)
{
	const char *colon = strchr(argument, ':');
	g_autofree char *name = g_strndup(argument, (gsize)(colon - argument));

	return any_value(l->message, name, is, colon + 2);
}

/* "Name: word" */
static bool automatic_says(const struct looked_at *l, const char *argument)
{
	return any_named(l, argument, first_word_is);
}

static bool says_other(const char *value, const char *word)
{
	return *value && !first_word_is(value, word);
}

static bool not_by_hand(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return any_value(l->message, "Auto-Submitted", says_other, "no");
}

static bool is_like(const char *value, const char *glob)
{
	g_autofree char *trimmed = g_strstrip(g_strdup(value));

	return text_glob(glob, trimmed);
}

static bool automatic_spam(const struct looked_at *l, const char *argument)
{
	const char *colon = l->spam_header ? strchr(l->spam_header, ':') : NULL;
	g_autofree char *name = colon ? g_strndup(l->spam_header, (gsize)(colon - l->spam_header))
				      : NULL;
	g_autofree char *glob = colon ? g_strstrip(g_strdup(colon + 1)) : NULL;

	(void)argument;
	return name && any_value(l->message, name, is_like, glob);
}

/* "Name: glob" */
static bool automatic_matches(const struct looked_at *l, const char *argument)
{
	return any_named(l, argument, is_like);
}

static bool is_mark(const char *value, const char *argument)
{
	(void)argument;
	return !first_word_is(value, "no") && !first_word_is(value, "false") &&
		!first_word_is(value, "0");
}

/* The field is there and does not say no. */
static bool automatic_marked(const struct looked_at *l, const char *name)
{
	return any_value(l->message, name, is_mark, NULL);
}

/* "type/subtype" */
static bool has_part(const struct looked_at *l, const char *argument)
{
	const char *slash = strchr(argument, '/');
	g_autofree char *type = g_strndup(argument, (gsize)(slash - argument));

	return message_has_part(l->message, type, slash + 1);
}

static bool is_report(const struct looked_at *l)
{
	return strcmp(message_content_type(l->message), "multipart/report") == 0;
}

/* --- the null sender --- */

static bool null_sender(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return *l->sender == '\0';
}

/* Programs that fetch or import mail have the envelope's sender from there. */
static bool null_return_path(const struct looked_at *l, const char *argument)
{
	const char *path = message_header(l->message, "Return-Path", 0);

	(void)argument;
	return path && strcmp(path, "<>") == 0;
}

static bool is_answer(const struct looked_at *l)
{
	return message_in_reply_to(l->message)[0] || message_references(l->message)[0];
}

static bool null_sender_answer(const struct looked_at *l, const char *argument)
{
	return null_sender(l, argument) && is_answer(l);
}

/* clang-format off */
/* Clients that people write with: forwarders lose the envelope sender of some of their mail. */
static const char *const clients[] = {
	"Mozilla", "Thunderbird", "Betterbird", "Microsoft Outlook", "Microsoft Office Outlook",
	"Microsoft-MacOutlook", "Microsoft Windows Live Mail", "Outlook", "Apple Mail", "iPhone Mail", "iPad Mail",
	"K-9 Mail", "FairEmail", "Mutt", "NeoMutt", "aerc", "Evolution", "KMail", "Claws Mail", "Sylpheed",
	"Roundcube", "Horde", "IMP", "SquirrelMail", "SOGo", "Zimbra", "Open-Xchange", "RainLoop", "SnappyMail",
	"Alpine", "Gnus", "mu4e", "The Bat!", "eM Client", "Postbox", "Airmail", "Mailbird", "Mailspring", "Pegasus",
	"Lotus Notes", "HCL Notes", "YahooMail", "Geary", "Trojita", "Eudora", "Becky!", "Foxmail", "Nextcloud Mail"
};
/* clang-format on */

static bool names_a_client(const char *value)
{
	return text_starts_with_one(value, clients, G_N_ELEMENTS(clients));
}

static bool person_without_sender(const struct looked_at *l, const char *argument)
{
	if (!null_sender(l, argument) || message_writer(l->message) != WRITER_PERSON ||
		!message_from(l->message).n)
		return false;
	return names_a_client(message_header(l->message, "User-Agent", 0)) ||
		names_a_client(message_header(l->message, "X-Mailer", 0));
}

/* --- reports --- */

static bool report_is(const struct looked_at *l, enum report_kind kind)
{
	return message_report(l->message)->kind == kind;
}

static bool is_daemon(const char *sender)
{
	static const char name[] = "mailer-daemon";

	return g_ascii_strncasecmp(sender, name, strlen(name)) == 0 &&
		strchr("@", sender[strlen(name)]);
}

static bool from_daemon(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return message_writer(l->message) == WRITER_DAEMON || is_daemon(l->sender);
}

static bool from_mta(const struct looked_at *l)
{
	return null_sender(l, NULL) || null_return_path(l, NULL) || from_daemon(l, NULL);
}

static bool tells_of_somebody(const struct looked_at *l)
{
	const struct report *report = message_report(l->message);

	return report->n && report->recipients[0].address;
}

/* The words of a report are believed of a daemon; of a sender that may be one, only where they name
 * a recipient. */
static bool automatic_believed(const struct looked_at *l)
{
	enum writer writer = message_writer(l->message);

	switch (message_report(l->message)->form) {
	case REPORT_BY_PART:
		return is_report(l) || from_mta(l) || writer == WRITER_POSTMASTER;
	case REPORT_BY_HEADER:
		return true;
	case REPORT_BY_FORM:
		return is_report(l) || from_mta(l) ||
			(writer == WRITER_POSTMASTER && tells_of_somebody(l));
	case REPORT_BY_WORDS:
		return from_daemon(l, NULL) ||
			((is_report(l) || from_mta(l) || writer == WRITER_POSTMASTER) &&
				tells_of_somebody(l));
	}
	return false;
}

static bool failed_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return report_is(l, REPORT_FAILED) && automatic_believed(l);
}

static bool other_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return !report_is(l, REPORT_NONE) && !report_is(l, REPORT_FAILED) &&
		!report_is(l, REPORT_READ) && automatic_believed(l);
}

static bool read_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return report_is(l, REPORT_READ) && automatic_believed(l);
}

static bool feedback_report(const struct looked_at *l, const char *argument)
{
	const char *type = message_content_param(l->message, "report-type");

	(void)argument;
	return is_report(l) &&
		((type && g_ascii_strcasecmp(type, "feedback-report") == 0) ||
			message_has_part(l->message, "message", "feedback-report"));
}

static bool unread_report(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return is_report(l);
}

/* Words that only MTAs write, but nothing proves that one wrote them: they may be quoted or
 * forwarded. Words that people write too count only with a recipient and the headers of the message
 * that came back. */
static bool report_of_somebody(const struct looked_at *l, const char *argument)
{
	const struct report *report = message_report(l->message);

	(void)argument;
	if (report->kind == REPORT_NONE)
		return false;
	return report->form != REPORT_BY_WORDS || message_writer(l->message) != WRITER_PERSON ||
		(tells_of_somebody(l) && report->ids[0]);
}

/* --- notes of those who are away --- */

/* clang-format off */
/* There are many spellings ("X-Auto-Reply", "X_Autoreply-From"), so only letters are compared. */
static const char *const vacation_names[] = {
	"xautoreply", "xautoreplyfrom", "xautoreplyto", "xautoreplydomain", "xautoreplysender", "xautoreplied",
	"xmailautoreply", "xautorespond", "xautoresponder", "xautoresponse", "xautoresponsefrom",
	"xautoresponserule", "xvacation", "xoutofoffice", "autoreply", "autoresponder"
};
/* clang-format on */

static bool is_vacation_name(const char *name)
{
	char letters[32];
	size_t n = 0;

	for (const char *p = name; *p && n < sizeof letters - 1; p++)
		if (g_ascii_isalpha(*p))
			letters[n++] = g_ascii_tolower(*p);
	letters[n] = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(vacation_names); i++)
		if (strcmp(letters, vacation_names[i]) == 0)
			return true;
	return false;
}

static bool vacation_header(const struct looked_at *l, const char *argument)
{
	const char *name, *value;

	(void)argument;
	for (unsigned i = 0; message_header_at(l->message, i, &name, &value); i++)
		if ((*name == 'X' || *name == 'x' || *name == 'A' || *name == 'a') &&
			is_vacation_name(name) && is_mark(value, NULL))
			return true;
	return false;
}

/* clang-format off */
/* In lower case. */
static const char *const vacation_subjects[] = {
	"automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse",
	"out of office", "out of the office", "ooo:", "i am out of", "i'm out of", "on vacation", "away from",
	"abwesenheit", "abwesend", "automatische antwort", "automatische abwesenheit", "nicht im büro", "außer haus",
	"ausser haus", "urlaub:", "ich bin im urlaub", "réponse automatique", "absence du bureau", "absent du bureau",
	"absence:", "absent(e) du bureau", "message d'absence", "risposta automatica", "fuori ufficio", "fuori sede",
	"assente:", "respuesta automática", "fuera de la oficina", "fuera de oficina", "ausente:",
	"resposta automática", "ausência temporária", "fora do escritório", "automatisch antwoord",
	"afwezigheidsbericht", "niet aanwezig", "afwezig", "autosvar", "automatiskt svar", "automatisk svar",
	"frånvaro", "fravær", "ikke til stede", "ikke på kontoret", "automaattinen vastaus", "poissa toimistosta",
	"odpowiedź automatyczna", "autoodpowiedź", "automatická odpověď", "automatická odpoveď", "nepřítomnost",
	"automatikus válasz", "házon kívül", "răspuns automat", "автоматический ответ", "автоответ", "вне офиса",
	"αυτόματη απάντηση", "otomatik yanıt", "自動返信", "自動応答", "不在通知", "自动答复", "自动回复", "자동 회신"
};
/* clang-format on */

static bool vacation_subject(const struct looked_at *l, const char *argument)
{
	const char *subject = message_subject(l->message);
	g_autofree char *lower = *subject ? g_utf8_strdown(subject, -1) : NULL;

	(void)argument;
	for (size_t i = 0; lower && i < G_N_ELEMENTS(vacation_subjects); i++)
		if (*lower == *vacation_subjects[i] &&
			g_str_has_prefix(lower, vacation_subjects[i]))
			return true;
	return false;
}

/* A second sign beside such a Subject proves that no person wrote the mail. */
static bool other_sign(const struct looked_at *l)
{
	return null_sender(l, NULL) || null_return_path(l, NULL) || not_by_hand(l, NULL) ||
		automatic_has(l, "X-Auto-Response-Suppress") ||
		automatic_has(l, "X-MS-Exchange-Inbox-Rules-Loop") ||
		automatic_says(l, "Precedence: bulk") || automatic_says(l, "Precedence: junk") ||
		address_is_robot_sender(l->sender);
}

/* People write such Subjects too, so one alone is not enough. */
static bool vacation_subject_and_sign(const struct looked_at *l, const char *argument)
{
	return other_sign(l) && vacation_subject(l, argument);
}

/* --- Exchange --- */

/* Exchange's vacation notes say auto-generated, and so do its alarms; only a note is an answer. */
static bool exchange_answer(const struct looked_at *l, const char *argument)
{
	return null_sender_answer(l, argument) && automatic_has(l, "X-Auto-Response-Suppress") &&
		not_by_hand(l, argument);
}

/* The mailbox whose rule sent this. Owned; NULL. */
static char *rules_mailbox(const struct looked_at *l)
{
	const char *value = message_header(l->message, "X-MS-Exchange-Inbox-Rules-Loop", 0);
	char *canonical = NULL;

	return value && address_canonical(value, &canonical) == ST_OK ? canonical : NULL;
}

/* A rule redirected what somebody wrote to that mailbox. */
static bool exchange_redirected(const struct looked_at *l, const char *argument)
{
	g_autofree char *mailbox = rules_mailbox(l);

	(void)argument;
	if (automatic_marked(l, "X-MS-Exchange-Organization-AutoForwarded"))
		return true;
	return mailbox && !mailboxes_have(message_from(l->message), mailbox) &&
		(mailboxes_have(message_to(l->message), mailbox) ||
			mailboxes_have(message_cc(l->message), mailbox));
}

static bool by_exchange_rule(const struct looked_at *l, const char *argument)
{
	(void)argument;
	return automatic_has(l, "X-MS-Exchange-Inbox-Rules-Loop") ||
		automatic_has(l, "X-MS-Exchange-Generated-Message-Source");
}

/* Exchange suppresses answers to much of what people write; it is a vacation note only with a mark
 * of one of its robots. */
static bool exchange_note(const struct looked_at *l, const char *argument)
{
	return automatic_has(l, "X-Auto-Response-Suppress") && by_exchange_rule(l, argument);
}

/* --- the table --- */

static const struct signal {
	signal_fn *holds;
	const char *argument;
	enum automatic kind;
	struct automatic_why why;
} signals[] = {
	{ .kind = AUTO_SPAM,
		.holds = automatic_spam,
		.why = { .reason = "spam header", .source = "policy.spam_header" } },
	{ .kind = AUTO_BOUNCE,
		.holds = failed_report,
		.why = { .reason = "delivery report: failed",
			.source = "RFC 3464 section 2.3.3" } },
	{ .kind = AUTO_DELAYED,
		.holds = other_report,
		.why = { .reason = "delivery report", .source = "RFC 3464 section 2.3.3" } },
	{ .kind = AUTO_RECEIPT,
		.holds = read_report,
		.why = { .reason = "disposition notification", .source = "RFC 8098 section 3" } },
	{ .kind = AUTO_LIST,
		.holds = feedback_report,
		.why = { .reason = "feedback report", .source = "RFC 5965" } },
	{ .kind = AUTO_DELAYED,
		.holds = unread_report,
		.why = { .reason = "multipart/report", .source = "RFC 6522" } },
	{ .kind = AUTO_REACTION,
		.holds = has_part,
		.argument = "text/vnd.google.email-reaction+json",
		.why = { .reason = "reaction", .source = "practice: Gmail" } },

	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Auto-Submitted: auto-replied",
		.why = { .reason = "Auto-Submitted: auto-replied", .source = "RFC 3834, 5" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "X-Auto-Submitted: auto-replied",
		.why = { .reason = "X-Auto-Submitted: auto-replied", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = vacation_header,
		.why = { .reason = "header of an autoresponder",
			.source = "Gmail, ezmlm, Plesk, Lotus" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-Autogenerated: reply*",
		.why = { .reason = "X-Autogenerated: Reply", .source = "practice: Gecko Mail" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-FC-MachineGenerated: true*",
		.why = { .reason = "X-FC-MachineGenerated", .source = "FirstClass" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-POST-MessageClass: *autoresponder*",
		.why = { .reason = "X-POST-MessageClass", .source = "Post.Office" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "Delivered-To: autoresponder*",
		.why = { .reason = "Delivered-To: Autoresponder", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Precedence: auto_reply",
		.why = { .reason = "Precedence: auto_reply", .source = "practice: vacation(1)" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Precedence: auto-reply",
		.why = { .reason = "Precedence: auto-reply", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Precedence: autoreply",
		.why = { .reason = "Precedence: autoreply", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Precedence: auto_replied",
		.why = { .reason = "Precedence: auto_replied", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "Precedence: auto-replied",
		.why = { .reason = "Precedence: auto-replied", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "X-Precedence: auto_reply",
		.why = { .reason = "X-Precedence: auto_reply", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "X-Precedence: auto-reply",
		.why = { .reason = "X-Precedence: auto-reply", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_says,
		.argument = "X-Mailer: vacation",
		.why = { .reason = "X-Mailer: vacation",
			.source = "practice: vacation programs" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-Mailer: vacation/*",
		.why = { .reason = "X-Mailer: vacation",
			.source = "practice: vacation programs" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-Mailer: *autorespon*",
		.why = { .reason = "X-Mailer: autoresponder", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-Mailer: *auto-respon*",
		.why = { .reason = "X-Mailer: autoresponder", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "X-Mailer: *autoreply*",
		.why = { .reason = "X-Mailer: autoreply", .source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = automatic_matches,
		.argument = "User-Agent: vacation/*",
		.why = { .reason = "User-Agent: vacation", .source = "practice: vacation(1)" } },
	{ .kind = AUTO_VACATION,
		.holds = vacation_subject_and_sign,
		.why = { .reason = "out of office", .source = "practice, with another sign" } },
	{ .kind = AUTO_VACATION,
		.holds = exchange_answer,
		.why = { .reason = "X-Auto-Response-Suppress",
			.source = "MS-OXCMAIL section 2.2.3.2.14" } },
	{ .kind = AUTO_SUSPECTED,
		.holds = exchange_redirected,
		.why = { .reason = "redirected by an Exchange rule",
			.source = "practice: Exchange" } },
	{ .kind = AUTO_VACATION,
		.holds = exchange_note,
		.why = { .reason = "X-Auto-Response-Suppress",
			.source = "MS-OXCMAIL section 2.2.3.2.14" } },

	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Id",
		.why = { .reason = "List-Id", .source = "RFC 2919" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Post",
		.why = { .reason = "List-Post", .source = "RFC 2369" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Unsubscribe",
		.why = { .reason = "List-Unsubscribe", .source = "RFC 2369, RFC 8058" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Help",
		.why = { .reason = "List-Help", .source = "RFC 2369" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Subscribe",
		.why = { .reason = "List-Subscribe", .source = "RFC 2369" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Owner",
		.why = { .reason = "List-Owner", .source = "RFC 2369" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "List-Archive",
		.why = { .reason = "List-Archive", .source = "RFC 2369" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_has,
		.argument = "Feedback-ID",
		.why = { .reason = "Feedback-ID", .source = "practice: bulk senders" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_says,
		.argument = "Precedence: bulk",
		.why = { .reason = "Precedence: bulk", .source = "RFC 2076 section 3.9" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_says,
		.argument = "Precedence: junk",
		.why = { .reason = "Precedence: junk", .source = "RFC 2076 section 3.9" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_says,
		.argument = "Precedence: list",
		.why = { .reason = "Precedence: list", .source = "RFC 2076 section 3.9" } },
	{ .kind = AUTO_LIST,
		.holds = automatic_says,
		.argument = "X-Precedence: bulk",
		.why = { .reason = "X-Precedence: bulk", .source = "practice" } },
	{ .kind = AUTO_GENERATED,
		.holds = not_by_hand,
		.why = { .reason = "Auto-Submitted",
			.source = "RFC 3834 section 2, RFC 5436 section 2.7.1" } },
	{ .kind = AUTO_GENERATED,
		.holds = automatic_marked,
		.argument = "X-Autogenerated",
		.why = { .reason = "X-Autogenerated", .source = "practice" } },
	{ .kind = AUTO_GENERATED,
		.holds = automatic_marked,
		.argument = "X-Auto-Generated",
		.why = { .reason = "X-Auto-Generated", .source = "practice" } },
	{ .kind = AUTO_GENERATED,
		.holds = automatic_has,
		.argument = "X-Cron-Env",
		.why = { .reason = "X-Cron-Env", .source = "practice: cron(8)" } },

	{ .kind = AUTO_SUSPECTED,
		.holds = person_without_sender,
		.why = { .reason = "a person's client, and the null sender",
			.source = "practice" } },
	{ .kind = AUTO_VACATION,
		.holds = null_sender_answer,
		.why = { .reason = "null sender", .source = "RFC 5321 section 4.5.5" } },
	{ .kind = AUTO_DELAYED,
		.holds = from_daemon,
		.why = { .reason = "mailer-daemon",
			.source = "practice: what no report form fits" } },
	{ .kind = AUTO_DELAYED,
		.holds = null_sender,
		.why = { .reason = "null sender", .source = "RFC 5321 section 4.5.5" } },

	{ .kind = AUTO_SUSPECTED,
		.holds = null_return_path,
		.why = { .reason = "Return-Path: <>", .source = "RFC 5321 section 4.4" } },
	{ .kind = AUTO_SUSPECTED,
		.holds = vacation_subject,
		.why = { .reason = "Subject of an autoresponder", .source = "practice" } },
	{ .kind = AUTO_SUSPECTED,
		.holds = report_of_somebody,
		.why = { .reason = "words of a mail server", .source = "practice" } },
	{ .kind = AUTO_SUSPECTED,
		.holds = by_exchange_rule,
		.why = { .reason = "sent by an Exchange rule", .source = "practice: Exchange" } },
};

/* Fields that predicates ask for by themselves. */
static const char *const others_read[] = { "Auto-Submitted", "Return-Path", "User-Agent",
	"X-Mailer", "X-Auto-Response-Suppress", "X-MS-Exchange-Inbox-Rules-Loop",
	"X-MS-Exchange-Generated-Message-Source", "X-MS-Exchange-Organization-AutoForwarded",
	"X-Failed-Recipients", "X-Loop" };

bool automatic_reads(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
		const char *argument = signals[i].argument;

		if (argument && g_ascii_strncasecmp(argument, name, len) == 0 &&
			strchr(":", argument[len]))
			return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(others_read); i++)
		if (g_ascii_strcasecmp(others_read[i], name) == 0)
			return true;
	return is_vacation_name(name);
}

static const struct signal *find_signal(const struct looked_at *l)
{
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		if (signals[i].holds(l, signals[i].argument))
			return &signals[i];
	return NULL;
}

enum automatic automatic_kind(const struct message *message, const char *sender,
	const char *spam_header, struct automatic_why *why_out)
{
	const struct looked_at l = { message, sender, spam_header };
	const struct signal *signal = find_signal(&l);

	if (why_out)
		*why_out = signal ? signal->why : (struct automatic_why){ NULL, NULL };
	return signal ? signal->kind : AUTO_NONE;
}

/* --- may it be answered --- */

/* MS-OXCMAIL 2.2.3.2.14: the sender asks for none. */
static bool asks_for_none(const char *value, const char *argument)
{
	(void)argument;
	return text_glob("*All*", value) || text_glob("*AutoReply*", value) ||
		text_glob("*OOF*", value);
}

static const char *automatic_why_not(
	const struct message *message, enum automatic kind, const char *sender)
{
	struct mailboxes from = message_from(message);
	g_autofree char *canonical = NULL;

	if (kind != AUTO_NONE)
		return automatic_names[kind];
	if (address_canonical(sender, &canonical) != ST_OK)
		return "no sender";
	if (address_is_robot_sender(canonical) || (from.n && address_is_robot(from.v[0].address)))
		return "robot's address";
	if (message_writer(message) != WRITER_PERSON)
		return "robot's name";
	if (from.n != 1)
		return "no single author";
	if (any_value(message, "X-Auto-Response-Suppress", asks_for_none, NULL))
		return "X-Auto-Response-Suppress";
	/* An invitation or an answer to one comes from a calendar, not from a question. */
	if (message_has_part(message, "text", "calendar"))
		return "calendar";
	return message_header_count(message, "X-Loop") ? "X-Loop" : NULL;
}

bool automatic_may_answer(const struct message *message, enum automatic kind, const char *sender,
	const char **reason_out)
{
	const char *reason = automatic_why_not(message, kind, sender);

	if (reason_out)
		*reason_out = reason;
	return !reason;
}
