/* Delivery and disposition reports: RFC 3464, RFC 8098, and what qmail, Exim, Exchange and older MTAs write instead. */
#include "message-parts.h"

#include <string.h>

#include "address.h"
#include "limits.h"
#include "text.h"

/* --- fields of a report part --- */

static const char *next_line(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

/* The value of a field in a block of header lines, unfolded; NULL. Owned. */
static char *field(const char *block, const char *name)
{
	size_t len = strlen(name);
	GString *value;

	for (const char *p = block; p && *p; p = next_line(p)) {
		if (g_ascii_strncasecmp(p, name, len) != 0 || p[len] != ':')
			continue;
		value = g_string_new(NULL);
		for (p += len + 1; *p && (*p != '\n' || p[1] == ' ' || p[1] == '\t'); p++)
			if (*p != '\r' && *p != '\n')
				g_string_append_c(value, *p);
		return g_strstrip(g_string_free(value, FALSE));
	}
	return NULL;
}

/* "rfc822; a@b" */
static char *typed_address(char *value)
{
	char *semicolon = value ? strchr(value, ';') : NULL, *canonical = NULL;
	g_autofree char *bare = value ? g_strstrip(g_strdup(semicolon ? semicolon + 1 : value)) : NULL;

	g_free(value);
	return bare && address_canonical(bare, &canonical) == ST_OK ? canonical : NULL;
}

static const struct {
	const char *action;
	enum report_kind kind;
	int rank;		/* of several recipients, the worst news is the report's */
} actions[] = {
	{ "failed", REPORT_FAILED, 5 }, { "delayed", REPORT_DELAYED, 4 }, { "expanded", REPORT_EXPANDED, 3 },
	{ "relayed", REPORT_RELAYED, 2 }, { "delivered", REPORT_DELIVERED, 1 },
};

static int rank_of(enum report_kind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (actions[i].kind == kind)
			return actions[i].rank;
	return 0;
}

static enum report_kind action_kind(const char *action)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (action && g_ascii_strncasecmp(action, actions[i].action, strlen(actions[i].action)) == 0)
			return actions[i].kind;
	return REPORT_NONE;
}

static void replace(char **target, char *value)
{
	g_free(*target);
	*target = value;
}

/* "5.1.1 (no such user)" is "5.1.1" (RFC 3463 section 2); NULL for anything else. Takes value. */
static char *status_code(char *value)
{
	size_t len = value ? strspn(value, "0123456789.") : 0;

	if (len < strlen("5.0.0") || len > strlen("5.999.999") || value[1] != '.') {
		g_free(value);
		return NULL;
	}
	value[len] = '\0';
	return value;
}

/* One recipient's block (RFC 3464 section 2.3). */
static void read_recipient(struct message *m, const char *block)
{
	g_autofree char *action = field(block, "Action"), *diagnostic = field(block, "Diagnostic-Code");
	enum report_kind kind = action_kind(action);
	char *address = typed_address(field(block, "Final-Recipient"));

	if (rank_of(kind) > rank_of(m->report.kind)) {
		m->report.kind = kind;
		if (!address)
			address = typed_address(field(block, "Original-Recipient"));
		replace(&m->report_recipient, g_steal_pointer(&address));
		replace(&m->report_status, status_code(field(block, "Status")));
		replace(&m->report_diagnostic, diagnostic ? text_line(diagnostic, LIMIT_REPLY_TEXT) : NULL);
	}
	g_free(address);
}

static void read_delivery_status(struct message *m, const char *text)
{
	g_autofree char *clean = text_block(text, -1, LIMIT_TEXT_SCAN_BYTES);
	g_auto(GStrv) blocks = g_strsplit(clean, "\n\n", LIMIT_ADDRESSES);

	for (char **b = blocks; *b; b++)
		read_recipient(m, *b);
}

static char *first_id(const char *value)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);

	if (value)
		message_collect_ids(value, ids);
	return ids->len ? g_strdup(g_ptr_array_index(ids, 0)) : NULL;
}

static void read_disposition(struct message *m, const char *text)
{
	g_autofree char *id = field(text, "Original-Message-ID");

	m->report.kind = REPORT_READ;
	replace(&m->report_recipient, typed_address(field(text, "Final-Recipient")));
	if (!m->report_id)
		m->report_id = first_id(id);
}

static void read_returned_headers(struct message *m, const char *text)
{
	g_autofree char *id = field(text, "Message-ID");

	if (!m->report_id)
		m->report_id = first_id(id);
}

static void read_returned_message(struct message *m, GMimeMessagePart *part)
{
	GMimeMessage *returned = g_mime_message_part_get_message(part);
	const char *id = returned ? g_mime_object_get_header(GMIME_OBJECT(returned), "Message-ID") : NULL;

	if (!m->report_id)
		m->report_id = first_id(id);
}

static const struct {
	const char *type, *subtype;
	void (*read)(struct message *m, const char *text);
} report_parts[] = {
	{ "message", "delivery-status", read_delivery_status }, { "message", "global-delivery-status", read_delivery_status },
	{ "message", "disposition-notification", read_disposition }, { "message", "global-disposition-notification", read_disposition },
	{ "text", "rfc822-headers", read_returned_headers }, { "message", "rfc822-headers", read_returned_headers },
	{ "message", "global-headers", read_returned_headers },
	/* A leaf, when it is encoded: RFC 6532 section 3.7 allows it for one, and some encode the other, too. */
	{ "message", "global", read_returned_headers }, { "message", "rfc822", read_returned_headers },
};

static bool read_part(GMimeObject *part, void *arg)
{
	struct message *m = arg;
	GMimeContentType *type = g_mime_object_get_content_type(part);

	if (GMIME_IS_MESSAGE_PART(part))
		read_returned_message(m, GMIME_MESSAGE_PART(part));
	for (size_t i = 0; i < G_N_ELEMENTS(report_parts); i++) {
		g_autofree char *text = NULL;

		if (!g_mime_content_type_is_type(type, report_parts[i].type, report_parts[i].subtype))
			continue;
		text = message_part_text(part);
		if (text)
			report_parts[i].read(m, text);
	}
	return true;
}

/* --- older forms: text that only MTAs write --- */

static const char *const delayed_words[] = { "delayed", "will be retried", "will keep trying", "still being retried", "not yet been delivered", "verzögert" };
static const char *const failure_words[] = {
	"undeliver", "delivery failed", "delivery failure", "delivery status notification (failure)", "returned mail", "mail delivery failed",
	"failure notice", "unzustellbar", "nicht zugestellt", "could not be delivered", "non remis", "no se pudo entregar",
};

static bool has_one_of(const char *text, const char *const *words, size_t n)
{
	g_autofree char *lower = g_utf8_strdown(text, -1);

	for (size_t i = 0; i < n; i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

static bool from_daemon(const struct message *m)
{
	struct mailboxes from = message_from(m);

	return from.n > 0 && (g_str_has_prefix(from.v[0].address, "mailer-daemon@") || g_str_has_prefix(from.v[0].address, "postmaster@") ||
		g_str_has_prefix(from.v[0].address, "microsoftexchange"));
}

/* The first "<a@b>" or "a@b:" at the start of a line. */
static char *address_in_text(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 200);

	for (char **line = lines; *line; line++) {
		char *word = g_strstrip(*line), *canonical;
		/* sendmail's "<a@b>... User unknown" */
		char *end = *word == '<' && strchr(word, '>') ? strchr(word, '>') + 1 : word + strcspn(word, ": \t");

		*end = '\0';
		if (strchr(word, '@') && address_canonical(word, &canonical) == ST_OK)
			return canonical;
	}
	return NULL;
}

static void read_old_form(struct message *m)
{
	const char *failed = message_header(m, "X-Failed-Recipients", 0), *text = message_text(m);
	g_autofree char *about = g_strconcat(message_subject(m), "\n", text, NULL);
	g_autofree char *id = NULL, *first = NULL;

	if (!failed && !from_daemon(m) && !g_str_has_prefix(text, "Hi. This is the"))
		return;
	if (has_one_of(message_subject(m), delayed_words, G_N_ELEMENTS(delayed_words)) || (!failed && has_one_of(about, delayed_words, G_N_ELEMENTS(delayed_words)) &&
		!has_one_of(message_subject(m), failure_words, G_N_ELEMENTS(failure_words))))
		m->report.kind = REPORT_DELAYED;
	else if (failed || has_one_of(about, failure_words, G_N_ELEMENTS(failure_words)) || g_str_has_prefix(text, "Hi. This is the"))
		m->report.kind = REPORT_FAILED;
	else
		return;
	first = failed ? g_strndup(failed, strcspn(failed, ", \t")) : NULL;
	if (!first || address_canonical(first, &m->report_recipient) != ST_OK)
		m->report_recipient = address_in_text(text);
	id = field(text, "Message-ID");
	if (!m->report_id)
		m->report_id = first_id(id);
}

const struct report *message_report(const struct message *message)
{
	struct message *m = (struct message *)message;

	if (m->report_known)
		return &m->report;
	m->report_known = true;
	if (strcmp(message_content_type(m), "multipart/report") == 0 || from_daemon(m))
		message_each_part(message_root(m), 0, read_part, m);
	if (m->report.kind == REPORT_NONE)
		read_old_form(m);
	m->report.recipient = m->report_recipient;
	m->report.status = m->report_status;
	m->report.diagnostic = m->report_diagnostic;
	m->report.message_id = m->report_id;
	return &m->report;
}
