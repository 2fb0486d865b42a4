/* What MTAs say in words where they write no RFC 3464 report, or one that cannot be read: the
 * Subjects and the first lines of what they send, a row each. People forward and quote such mail,
 * so a row counts only where a Subject or a line begins with it, before anything that is
 * forwarded. */
#include "mail/message-parts.h"

#include <pthread.h>
#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"

enum { FORM_LINES = 40, RECIPIENT_LINES = 300 };

struct form {
	const char *words; /* ASCII letters in lower case */
	enum report_kind kind;
	const char *source;
};

/* clang-format off */
static const struct form subject_forms[] = {
	{ "delayed mail (still being retried)", REPORT_DELAYED, "Postfix" },
	{ "delivery status notification (delay)", REPORT_DELAYED, "Exchange, Gmail" },
	{ "delivery delayed:", REPORT_DELAYED, "Exchange" },
	{ "delivery notification: delivery has been delayed", REPORT_DELAYED, "Sun Messaging Server" },
	{ "warning: could not send message", REPORT_DELAYED, "sendmail" },
	{ "warning: delayed mail", REPORT_DELAYED, "Courier" },
	{ "mail delivery delayed", REPORT_DELAYED, "MDaemon" },
	{ "verzögert:", REPORT_DELAYED, "Exchange, German" },

	{ "undelivered mail returned to sender", REPORT_FAILED, "Postfix" },
	{ "undeliverable:", REPORT_FAILED, "Exchange" },
	{ "undeliverable mail", REPORT_FAILED, "IMail, MailMarshal" },
	{ "undeliverable message", REPORT_FAILED, "Notes" },
	{ "failure notice", REPORT_FAILED, "qmail" },
	{ "mail delivery failed", REPORT_FAILED, "Exim" },
	{ "mail delivery failure", REPORT_FAILED, "MessageLabs" },
	{ "mail system error", REPORT_FAILED, "Japanese providers" },
	{ "mail could not be delivered", REPORT_FAILED, "InterScan" },
	{ "returned mail:", REPORT_FAILED, "sendmail" },
	{ "delivery status notification", REPORT_FAILED, "Exchange, Gmail" },
	{ "delivery failure:", REPORT_FAILED, "Domino" },
	{ "delivery_failure:", REPORT_FAILED, "Domino" },
	{ "delivery notification:", REPORT_FAILED, "Sun Messaging Server" },
	{ "message delivery has failed", REPORT_FAILED, "MailFoundry" },
	{ "message status - undeliverable", REPORT_FAILED, "GroupWise" },
	{ "**message you sent blocked by our bulk email filter**", REPORT_FAILED, "Barracuda" },
	{ "message you sent blocked", REPORT_FAILED, "Barracuda" },
	{ "nondeliverable mail", REPORT_FAILED, "GroupWise" },
	{ "ndn: ", REPORT_FAILED, "Exchange 5.5" },
	{ "notice: mail delivery status", REPORT_FAILED, "Courier" },
	{ "[bounce]", REPORT_FAILED, "James" },
	{ "permanent delivery failure", REPORT_FAILED, "MDaemon" },
	{ "sorry, your message could not be delivered", REPORT_FAILED, "practice" },
	{ "your message could not be delivered", REPORT_FAILED, "practice" },
	{ "your mail could not be delivered", REPORT_FAILED, "practice" },
	{ "unzustellbar:", REPORT_FAILED, "Exchange, German" },
	{ "benachrichtigung zum übermittlungsstatus", REPORT_FAILED, "Exchange 2003, German" },
	{ "benachrichtung zum übermittlungsstatus", REPORT_FAILED, "Exchange 2003, German" },
	{ "non remis:", REPORT_FAILED, "Exchange, French" },
	{ "non remis :", REPORT_FAILED, "Exchange, French" },
	{ "non_remis_:", REPORT_FAILED, "Exchange 2007, French" },
	{ "notification d'état de remise", REPORT_FAILED, "Exchange 2003, French" },
	{ "non recapitabile:", REPORT_FAILED, "Exchange, Italian" },
	{ "impossibile recapitare:", REPORT_FAILED, "Exchange, Italian" },
	{ "no se puede entregar:", REPORT_FAILED, "Exchange, Spanish" },
	{ "no se pudo entregar:", REPORT_FAILED, "Exchange, Spanish" },
	{ "não é possível entregar:", REPORT_FAILED, "Exchange, Portuguese" },
	{ "não entregue:", REPORT_FAILED, "Exchange, Portuguese" },
	{ "onbestelbaar:", REPORT_FAILED, "Exchange, Dutch" },
	{ "ej levererat:", REPORT_FAILED, "Exchange, Swedish" },
	{ "kan inte levereras:", REPORT_FAILED, "Exchange, Swedish" },
	{ "kan ikke leveres:", REPORT_FAILED, "Exchange, Danish and Norwegian" },
	{ "ikke leveret:", REPORT_FAILED, "Exchange, Danish" },
	{ "niedostarczalne:", REPORT_FAILED, "Exchange, Polish" },
	{ "nie można dostarczyć:", REPORT_FAILED, "Exchange, Polish" },
	{ "nedoručitelné:", REPORT_FAILED, "Exchange, Czech" },
	{ "配信不能:", REPORT_FAILED, "Exchange, Japanese" },
	{ "无法投递:", REPORT_FAILED, "Exchange, Chinese" },
	{ "未传递:", REPORT_FAILED, "Exchange, Chinese" },
};

static const struct form text_forms[] = {
	{ "this is a warning message only", REPORT_DELAYED, "sendmail, Exchange" },
	{ "this is a warning only", REPORT_DELAYED, "Postfix" },
	{ "you do not need to resend your message", REPORT_DELAYED, "sendmail, Exchange, Gmail" },
	{ "delivery to the following recipients has been delayed", REPORT_DELAYED, "IIS, Exchange 2003" },
	{ "delivery to the following recipient has been delayed", REPORT_DELAYED, "Gmail" },
	{ "delivery to these recipients or distribution lists has been delayed", REPORT_DELAYED, "Exchange 2007" },
	{ "** delivery incomplete **", REPORT_DELAYED, "Gmail" },
	{ "a message that you sent has not yet been delivered", REPORT_DELAYED, "Exim" },
	{ "your message has been enqueued and undeliverable", REPORT_DELAYED, "Sun Messaging Server" },

	{ "hi. this is the qmail-send program", REPORT_FAILED, "qmail" },
	{ "hi. this is the haraka mailer", REPORT_FAILED, "Haraka" },
	{ "hi. this is the james mail server", REPORT_FAILED, "James" },
	{ "i'm afraid i wasn't able to deliver your message", REPORT_FAILED, "qmail" },
	{ "this message was created automatically by mail delivery software", REPORT_FAILED, "Exim" },
	{ "a message that you sent could not be delivered", REPORT_FAILED, "Exim" },
	{ "this is the mail system at host", REPORT_FAILED, "Postfix" },
	{ "this is the postfix program at host", REPORT_FAILED, "Postfix" },
	{ "i'm sorry to have to inform you that your message could not", REPORT_FAILED, "Postfix" },
	{ "i'm sorry to have to inform you that the message returned", REPORT_FAILED, "Postfix" },
	{ "this is the mailer-daemon", REPORT_FAILED, "OpenSMTPD" },
	{ "this is the dragonfly mail agent", REPORT_FAILED, "DragonFly" },
	{ "the original message was received at", REPORT_FAILED, "sendmail" },
	{ "the following addresses had permanent", REPORT_FAILED, "sendmail" },
	{ "the following addresses had delivery problems", REPORT_FAILED, "sendmail 5, McAfee" },
	{ "transcript of session follows", REPORT_FAILED, "sendmail" },
	{ "unsent message below", REPORT_FAILED, "sendmail 5" },
	{ "your message did not reach some or all of the intended recipients", REPORT_FAILED, "Exchange 5.5, 2003" },
	{ "the following recipient(s) could not be reached", REPORT_FAILED, "Exchange 5.5, 2003" },
	{ "the following recipients could not be reached", REPORT_FAILED, "Exchange" },
	{ "delivery has failed to these recipients", REPORT_FAILED, "Exchange 2007, 365" },
	{ "this is an automatically generated delivery status notification", REPORT_FAILED, "IIS, Exchange, Gmail" },
	{ "dies ist eine automatisch erstellte benachrichtigung", REPORT_FAILED, "Exchange 2003, German" },
	{ "fehler bei der nachrichtenzustellung an folgende", REPORT_FAILED, "Exchange 2007, German" },
	{ "ihre nachricht hat einige oder alle", REPORT_FAILED, "Exchange 5.5, German" },
	{ "ihre nachricht konnte nicht zugestellt werden", REPORT_FAILED, "practice, German" },
	{ "übermittlung an folgende empfänger fehlgeschlagen", REPORT_FAILED, "Exchange 2003, German" },
	{ "Échec de la remise à ces destinataires", REPORT_FAILED, "Exchange 2007, French" },
	{ "error de entrega a estos destinatarios", REPORT_FAILED, "Exchange 2007, Spanish" },
	{ "impossibile recapitare il messaggio", REPORT_FAILED, "Exchange 2007, Italian" },
	{ "delivery to the following recipient", REPORT_FAILED, "Gmail, IIS" },
	{ "your message wasn't delivered", REPORT_FAILED, "Gmail" },
	{ "your message was not delivered", REPORT_FAILED, "practice" },
	{ "your message could not be delivered", REPORT_FAILED, "practice" },
	{ "your message cannot be delivered", REPORT_FAILED, "Sun Messaging Server" },
	{ "your mail to the following recipients could not be delivered", REPORT_FAILED, "AOL" },
	{ "your e-mail is being returned to you", REPORT_FAILED, "AOL" },
	{ "the mail you sent could not be delivered", REPORT_FAILED, "practice" },
	{ "the message that you sent was undeliverable", REPORT_FAILED, "GroupWise" },
	{ "the following message could not be delivered", REPORT_FAILED, "practice" },
	{ "the attached message had permanent fatal delivery errors", REPORT_FAILED, "MDaemon" },
	{ "the attached message could not be delivered", REPORT_FAILED, "practice" },
	{ "the following address(es) failed", REPORT_FAILED, "Exim, MDaemon" },
	{ "the user(s) account is", REPORT_FAILED, "Japanese providers" },
	{ "each of the following recipients was rejected", REPORT_FAILED, "Japanese providers" },
	{ "unable to deliver message to the following", REPORT_FAILED, "Yahoo" },
	{ "sorry, we were unable to deliver your message", REPORT_FAILED, "Yahoo" },
	{ "unable to deliver message to", REPORT_FAILED, "MailFoundry" },
	{ "this report relates to a message you sent", REPORT_FAILED, "Sun Messaging Server" },
	{ "this is a delivery status notification from", REPORT_FAILED, "Courier" },
	{ "this is a permanent error", REPORT_FAILED, "qmail, Exim" },
	{ "user mailbox exceeds allowed size", REPORT_FAILED, "IMail" },
	{ "undeliverable to ", REPORT_FAILED, "IMail" },
	{ "failed to deliver to", REPORT_FAILED, "CommuniGate" },
	{ "with reference to your message with the subject", REPORT_FAILED, "Mercury" },
	{ "one or more addresses in your message have failed", REPORT_FAILED, "Mercury" },
	{ "was not delivered to:", REPORT_FAILED, "Domino" },
	{ "an error occurred while trying to deliver the mail", REPORT_FAILED, "Amazon SES" },
	{ "** address not found **", REPORT_FAILED, "Gmail" },
	{ "** message blocked **", REPORT_FAILED, "Gmail" },
	{ "** message not delivered **", REPORT_FAILED, "Gmail" },
	{ "there was a problem delivering your message", REPORT_FAILED, "practice" },
};
/* What MTAs say somewhere, and people do, too. In lower case. */
static const struct form word_forms[] = {
	{ "delayed", REPORT_DELAYED, NULL },
	{ "will be retried", REPORT_DELAYED, NULL },
	{ "will keep trying", REPORT_DELAYED, NULL },
	{ "still being retried", REPORT_DELAYED, NULL },
	{ "not yet been delivered", REPORT_DELAYED, NULL },
	{ "verzögert", REPORT_DELAYED, NULL },

	{ "undeliver", REPORT_FAILED, NULL },
	{ "not deliver", REPORT_FAILED, NULL },
	{ "delivery fail", REPORT_FAILED, NULL },
	{ "delivery has failed", REPORT_FAILED, NULL },
	{ "delivery error", REPORT_FAILED, NULL },
	{ "delivery problem", REPORT_FAILED, NULL },
	{ "delivery report", REPORT_FAILED, NULL },
	{ "delivery status", REPORT_FAILED, NULL },
	{ "failure notice", REPORT_FAILED, NULL },
	{ "failure delivery", REPORT_FAILED, NULL },
	{ "nondelivery", REPORT_FAILED, NULL },
	{ "non-delivery", REPORT_FAILED, NULL },
	{ "non delivery", REPORT_FAILED, NULL },
	{ "this is the qmail", REPORT_FAILED, NULL },
	{ "mail failure", REPORT_FAILED, NULL },
	{ "returned mail", REPORT_FAILED, NULL },
	{ "returned to sender", REPORT_FAILED, NULL },
	{ "message returned", REPORT_FAILED, NULL },
	{ "bounced", REPORT_FAILED, NULL },
	{ "could not be delivered", REPORT_FAILED, NULL },
	{ "cannot be delivered", REPORT_FAILED, NULL },
	{ "can't be delivered", REPORT_FAILED, NULL },
	{ "couldn't be delivered", REPORT_FAILED, NULL },
	{ "wasn't delivered", REPORT_FAILED, NULL },
	{ "unable to deliver", REPORT_FAILED, NULL },
	{ "user unknown", REPORT_FAILED, NULL },
	{ "unknown user", REPORT_FAILED, NULL },
	{ "no such user", REPORT_FAILED, NULL },
	{ "mailbox full", REPORT_FAILED, NULL },
	{ "mailbox is full", REPORT_FAILED, NULL },
	{ "mailbox unavailable", REPORT_FAILED, NULL },
	{ "quota", REPORT_FAILED, NULL },
	{ "permanent error", REPORT_FAILED, NULL },
	{ "permanent failure", REPORT_FAILED, NULL },
	{ "unzustellbar", REPORT_FAILED, NULL },
	{ "nicht zugestellt", REPORT_FAILED, NULL },
	{ "nicht zustellbar", REPORT_FAILED, NULL },
	{ "zustellung fehlgeschlagen", REPORT_FAILED, NULL },
	{ "non remis", REPORT_FAILED, NULL },
	{ "no se pudo entregar", REPORT_FAILED, NULL },
	{ "no entregado", REPORT_FAILED, NULL },
};

/* What stands from such a line on is somebody else's mail. */
static const struct form forwarded_forms[] = {
	{ "from:", REPORT_NONE, NULL }, { "von:", REPORT_NONE, NULL }, { "de:", REPORT_NONE, NULL },
	{ "de :", REPORT_NONE, NULL }, { "da:", REPORT_NONE, NULL }, { "van:", REPORT_NONE, NULL },
	{ "original message", REPORT_NONE, NULL }, { "ursprüngliche nachricht", REPORT_NONE, NULL },
	{ "forwarded message", REPORT_NONE, NULL }, { "weitergeleitete nachricht", REPORT_NONE, NULL },
	{ "begin forwarded message", REPORT_NONE, NULL },
};
/* clang-format on */

/* --- who writes --- */

/* clang-format off */
/* By the letters of names and local parts: "Mail-Delivery System" <MAILER-DAEMON@mx>. */
static const struct {
	const char *letters;
	enum writer writer;
} writers[] = {
	{ "mailerdaemon", WRITER_DAEMON }, { "maildaemon", WRITER_DAEMON }, { "mdaemon", WRITER_DAEMON },
	{ "maildeliverys", WRITER_DAEMON },	/* system, subsystem, service */
	{ "deliverysubsystem", WRITER_DAEMON }, { "internetmaildelivery", WRITER_DAEMON },
	{ "microsoftexchange", WRITER_DAEMON }, { "couriermailserver", WRITER_DAEMON },
	{ "contentfilterat", WRITER_DAEMON },	/* amavis */
	{ "postmaster", WRITER_POSTMASTER }, { "mailadministrator", WRITER_POSTMASTER },
	{ "systemadministrator", WRITER_POSTMASTER },
	{ "mailsystem", WRITER_POSTMASTER }, { "interscan", WRITER_POSTMASTER },
	{ "mailmarshal", WRITER_POSTMASTER }, { "mailgateway", WRITER_POSTMASTER },
	{ "smtpgateway", WRITER_POSTMASTER }, { "smtpmailservice", WRITER_POSTMASTER },
	{ "antivirus", WRITER_POSTMASTER },
};
/* clang-format on */

/* A domain tells nothing of who writes. */
static char *letters_of(const char *from)
{
	GString *out = g_string_new(NULL);

	for (const char *p = from; *p; p++) {
		if (*p == '@')
			p += strcspn(p, " \t>,;\")");
		if (g_ascii_isalpha(*p))
			g_string_append_c(out, g_ascii_tolower(*p));
		if (!*p)
			break;
	}
	return g_string_free(out, FALSE);
}

static enum writer writer_of(const char *from)
{
	g_autofree char *letters = letters_of(from);

	for (size_t i = 0; i < G_N_ELEMENTS(writers); i++)
		if (strstr(letters, writers[i].letters))
			return writers[i].writer;
	return from[strspn(from, " <>")] ? WRITER_PERSON : WRITER_POSTMASTER;
}

static enum writer read_writer(const struct message *m)
{
	const char *raw = message_header(m, "From", 0);
	g_autofree char *decoded = NULL;

	if (!raw)
		return WRITER_PERSON;
	if (strstr(raw, "=?"))
		decoded = message_decode_header(raw, LIMIT_SUBJECT_BYTES);
	return writer_of(decoded ? decoded : raw);
}

enum writer message_writer(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (!m->writer_known) {
		m->writer = read_writer(m);
		m->writer_known = true;
	}
	return m->writer;
}

/* --- forms --- */

/* A table of them by the byte that they begin with: of most texts that tells enough. Indexes count
 * from 1; 0 is none. */
struct forms {
	const struct form *v;
	size_t n;
	guint8 first[256], next[G_MAXUINT8];
};

static struct forms subjects = { .v = subject_forms, .n = G_N_ELEMENTS(subject_forms) },
		    texts = { .v = text_forms, .n = G_N_ELEMENTS(text_forms) },
		    phrases = { .v = word_forms, .n = G_N_ELEMENTS(word_forms) },
		    forwarded = { .v = forwarded_forms, .n = G_N_ELEMENTS(forwarded_forms) };

static void forms_set_up(struct forms *forms)
{
	for (size_t i = forms->n; i-- > 0;) {
		guint8 *first = &forms->first[(guchar)forms->v[i].words[0]];

		forms->next[i] = *first;
		*first = (guint8)(i + 1);
	}
}

static void forms_set_up_all(void)
{
	forms_set_up(&subjects);
	forms_set_up(&texts);
	forms_set_up(&phrases);
	forms_set_up(&forwarded);
}

static void forms_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, forms_set_up_all);
}

static bool form_begins(const struct form *form, const char *text)
{
	const char *p = form->words;

	for (; *p && g_ascii_tolower(*text) == *p; p++)
		text++;
	return !*p;
}

/* The first one in the table that the text begins with; NULL. */
static const struct form *find_form(const struct forms *forms, const char *text)
{
	guint8 at;

	forms_begin();
	at = forms->first[(guchar)g_ascii_tolower(*text)];
	for (; at; at = forms->next[at - 1])
		if (form_begins(&forms->v[at - 1], text))
			return &forms->v[at - 1];
	return NULL;
}

/* Of several forms the milder: "this is the mail system … this is a warning only". */
static const struct form *forms_milder(const struct form *a, const struct form *b)
{
	return !a || (b && b->kind == REPORT_DELAYED) ? b : a;
}

static const struct form *form_of_text(const char *text)
{
	const struct form *found = NULL;
	unsigned lines = 0;

	for (const char *p = text; p && *p && lines < FORM_LINES;
		p = report_next_line(p), lines++) {
		const char *line = g_ascii_isalpha(*p) ? p : p + strspn(p, " \t#=|-");

		if (find_form(&forwarded, line))
			break;
		found = forms_milder(found, find_form(&texts, line));
	}
	return found;
}

static const struct form *form_of_words(const char *said)
{
	const struct form *found = NULL;
	g_autofree char *lower = NULL;

	if (!g_str_is_ascii(said))
		said = lower = g_utf8_strdown(said, -1);
	for (; *said; said++)
		found = forms_milder(found, find_form(&phrases, said));
	return found;
}

static enum report_kind kind_of_words(const char *subject, const char *text)
{
	const struct form *found = form_of_words(subject);

	if (!found)
		found = form_of_words(text);
	return found ? found->kind : REPORT_NONE;
}

static void forms_tell(
	struct report_read *read, enum report_kind kind, enum report_form form, const char *source)
{
	read->told.kind = kind;
	read->told.form = form;
	read->told.source = source;
}

static void find_kind(const struct message *m, struct report_read *read, const char *text)
{
	const char *subject = message_subject(m);
	const struct form *form = find_form(&subjects, subject);

	form = forms_milder(form, form_of_text(text));
	if (message_header(m, "X-Failed-Recipients", 0))
		forms_tell(
			read, form ? form->kind : REPORT_FAILED, REPORT_BY_HEADER, "Exim, Gmail");
	else if (form)
		forms_tell(read, form->kind, REPORT_BY_FORM, form->source);
	else {
		/* The whole text is looked through only where it is worth it. */
		if (message_writer(m) == WRITER_PERSON)
			text = "";
		forms_tell(read, kind_of_words(subject, text), REPORT_BY_WORDS, NULL);
	}
}

/* --- recipients --- */

/* From here on it is the returned message. */
static bool begins_copy(const char *line)
{
	static const char *const marks[] = {
		"received:",
		"return-path:",
		"message-id:",
		"mime-version:",
		"below this line",
		"this is a copy of",
		"original message",
		"unsent message below",
		"message header follow",
		"message headers follow",
		"the original message follows",
		"returned message",
	};

	line += strspn(line, " \t-*=");
	return text_starts_with_one(line, marks, G_N_ELEMENTS(marks));
}

/* Neither the MTA nor we, to whom it writes. */
static bool may_have_failed(const struct message *m, const char *address)
{
	return !mailboxes_have(message_from(m), address) && !mailboxes_have(message_to(m), address);
}

/* The address that a line begins with, "<a@b>: why", "a@b", "'a@b' on Monday", and where the rest
 * of it begins. NULL: none. Owned. */
static char *leading_address(const struct message *m, const char *line, const char **rest_out)
{
	const char *p = line + strspn(line, " \t<'\"[("), *end = p + strcspn(p, " \t>'\"]):;,");
	g_autofree char *word = g_strndup(p, (gsize)(end - p));
	char *canonical = NULL;

	while (*word && word[strlen(word) - 1] == '.')
		word[strlen(word) - 1] = '\0';
	if (!strchr(word, '@') || address_canonical(word, &canonical) != ST_OK)
		return NULL;
	if (!may_have_failed(m, canonical)) {
		g_free(canonical);
		return NULL;
	}
	*rest_out = end + strspn(end, " \t>'\"]):;,.");
	return canonical;
}

/* No reason: nothing, headings, what sendmail said to the other side, Exchange's "on Monday". */
static bool says_nothing(const char *line)
{
	static const char *const beginnings[] = { "---", "...", ">>>", "on ", "am ", "le ", "el " };
	size_t len;

	line += strspn(line, " \t");
	len = strlen(line);
	if (line[strspn(line, " \t-=*_")] == '\0' || line[len - 1] == ':')
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++)
		if (g_str_has_prefix(line, beginnings[i]))
			return true;
	return false;
}

/* Why: the rest of the recipient's line, else the next one that says something. */
static char *reason_after(char **lines, const char *rest)
{
	if (says_nothing(rest)) {
		do
			lines++;
		while (*lines && says_nothing(*lines));
		rest = *lines && !begins_copy(*lines) ? *lines : "";
	}
	return *rest ? text_line(rest, LIMIT_REPLY_TEXT) : NULL;
}

static void set_reason(struct report_read *read, const char *address, char *reason)
{
	for (guint i = 0; i < read->recipients->len; i++) {
		struct report_recipient *r = &g_array_index(
			read->recipients, struct report_recipient, i);

		if (g_strcmp0(r->address, address) == 0 && !r->diagnostic)
			r->diagnostic = g_steal_pointer(&reason);
	}
	g_free(reason);
}

static void read_recipient_line(const struct message *m, struct report_read *read, char **lines)
{
	const char *rest = "";
	char *address = leading_address(m, *lines, &rest);

	if (!address)
		return;
	if (read->told.form == REPORT_BY_HEADER) {
		set_reason(read, address, reason_after(lines, rest));
		g_free(address);
		return;
	}
	report_add(read, read->told.kind,
		&(struct report_recipient){
			.address = address, .diagnostic = reason_after(lines, rest) });
}

/* "user unknown: a@b" and the like. */
static void read_any_address(const struct message *m, struct report_read *read, char **lines)
{
	for (; *lines && !begins_copy(*lines); lines++) {
		g_auto(GStrv) words = g_strsplit_set(*lines, " \t<>()[]'\",;:=", RECIPIENT_LINES);

		for (char **w = words; *w; w++) {
			const char *rest;
			char *address = strchr(*w, '@') ? leading_address(m, *w, &rest) : NULL;

			if (!address)
				continue;
			report_add(read, read->told.kind,
				&(struct report_recipient){ .address = address,
					.diagnostic = text_line(*lines, LIMIT_REPLY_TEXT) });
			return;
		}
	}
}

static void read_header_recipients(const struct message *m, struct report_read *read)
{
	static const char between[] = ", \t";
	const char *value = message_header(m, "X-Failed-Recipients", 0);
	const char *word = value ? value + strspn(value, between) : "";

	for (unsigned n = 0; *word && n < LIMIT_REPORT_RECIPIENTS; n++) {
		size_t len = strcspn(word, between);
		g_autofree char *address = g_strndup(word, len);
		char *canonical;

		if (address_canonical(address, &canonical) == ST_OK)
			report_add(read, read->told.kind,
				&(struct report_recipient){ .address = canonical });
		word += len;
		word += strspn(word, between);
	}
}

static bool knows_an_address(const struct report_read *read)
{
	return read->recipients->len > 0 &&
		g_array_index(read->recipients, struct report_recipient, 0).address;
}

/* What a part said of a recipient that it did not name (X.400). Takes what `of` owns. */
static void keep_untold(struct report_read *read, struct report_recipient *of)
{
	struct report_recipient *first;

	if (read->recipients->len == 0)
		g_array_set_size(read->recipients, 1); /* cleared: see g_array_new() */
	first = &g_array_index(read->recipients, struct report_recipient, 0);
	if (of->status)
		first->status = g_steal_pointer(&of->status);
	if (of->diagnostic) {
		g_free(first->diagnostic);
		first->diagnostic = g_steal_pointer(&of->diagnostic);
	}
}

static void find_recipients(const struct message *m, struct report_read *read, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", RECIPIENT_LINES);
	struct report_recipient untold = { 0 };
	bool told = read->recipients->len > 0;

	if (told) {
		struct report_recipient *first = &g_array_index(
			read->recipients, struct report_recipient, 0);

		untold.status = g_steal_pointer(&first->status);
		untold.diagnostic = g_steal_pointer(&first->diagnostic);
		g_array_set_size(read->recipients, 0);
	}
	read_header_recipients(m, read);
	for (char **line = lines; *line && !begins_copy(*line); line++)
		read_recipient_line(m, read, line);
	if (!knows_an_address(read))
		read_any_address(m, read, lines);
	if (told)
		keep_untold(read, &untold);
}

/* --- what came back, as text --- */

/* "      Subject:  Re: x", as Exchange and Domino list it. */
static void read_indented_subject(struct report_read *read, const char *text)
{
	for (const char *p = text; p && *p && !read->subject; p = report_next_line(p)) {
		const char *line = p + strspn(p, " \t"), *end = strchrnul(line, '\n');
		g_autofree char *value = NULL;

		if (g_ascii_strncasecmp(line, "Subject:", strlen("Subject:")) != 0)
			continue;
		line += strlen("Subject:");
		value = g_strndup(line, (gsize)(end - line));
		read->subject = g_strdup(g_strstrip(value));
		read->told.returned = true;
	}
}

void report_read_forms(const struct message *message, struct report_read *read)
{
	const char *text = message_text(message);
	bool parts = read->told.kind != REPORT_NONE;

	if (!parts)
		find_kind(message, read, text);
	if (read->told.kind == REPORT_NONE || read->told.kind == REPORT_READ)
		return;
	if (!knows_an_address(read))
		find_recipients(message, read, text);
	if (!read->told.returned)
		report_read_returned(read, text);
	if (!parts)
		read_indented_subject(read, text);
}
