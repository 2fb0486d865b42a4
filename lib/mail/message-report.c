/* Delivery and disposition reports, by their machine-readable parts (RFC 3464, 6533, 8098), and the
 * message that came back in them. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"

/* --- fields of a report part --- */

const char *report_next_line(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

/* The value of a field in a block of header lines, unfolded; NULL. Owned. */
static char *report_field_of(const char *block, const char *name)
{
	size_t len = strlen(name);
	const char *end = block + strlen(block);

	for (const char *p = block; p && *p; p = report_next_line(p)) {
		const char *colon;

		if (g_ascii_tolower(*p) != g_ascii_tolower(*name) ||
			field_name_length(p, end) != len || g_ascii_strncasecmp(p, name, len) != 0)
			continue;
		colon = strchr(p, ':');
		return g_strchomp(
			field_unfolded(colon + 1, (size_t)(field_end(p, end) - colon - 1)));
	}
	return NULL;
}

/* "\x{F6}" of an address that had to pass through ASCII (RFC 6533 section 3). */
static void append_unitext(GString *out, const char **p)
{
	char *end = NULL;
	guint64 code = g_str_has_prefix(*p, "\\x{") ? g_ascii_strtoull(*p + 3, &end, 16) : 0;

	if (code >= ' ' && *end == '}' && g_unichar_validate((gunichar)MIN(code, G_MAXUINT32))) {
		g_string_append_unichar(out, (gunichar)code);
		*p = end + 1;
	} else
		g_string_append_c(out, *(*p)++);
}

/* Some MTAs hand on the ORCPT of the envelope as it was, in xtext (RFC 3461 section 4):
 * "kim+40x.example". */
static void undo_xtext(GString *s)
{
	if (strchr(s->str, '@'))
		return;
	for (char *p = strchr(s->str, '+'); p; p = strchr(p + 1, '+'))
		if (g_ascii_isxdigit(p[1]) && g_ascii_isxdigit(p[2])) {
			*p = (char)(g_ascii_xdigit_value(p[1]) * 16 + g_ascii_xdigit_value(p[2]));
			g_string_erase(s, p - s->str + 1, 2);
		}
}

/* "rfc822; a@b", "utf-8; j\x{F6}rg@b", and some write "rfc822; A <a@b>". Takes value. */
static char *typed_address(char *value)
{
	const char *semicolon = value ? strchr(value, ';') : NULL,
		   *p = semicolon ? semicolon + 1 : value;
	const char *bracket = p ? strrchr(p, '<') : NULL;
	GString *bare = g_string_new(NULL);
	char *canonical = NULL;

	if (bracket)
		p = bracket;
	while (p && *p)
		append_unitext(bare, &p);
	g_strstrip(bare->str);
	bare->len = strlen(bare->str);
	undo_xtext(bare);
	if (address_canonical(bare->str, &canonical) != ST_OK)
		canonical = NULL;
	g_string_free(bare, TRUE);
	g_free(value);
	return canonical;
}

/* --- recipients --- */

/* clang-format off */
static const struct {
	const char *action;
	enum report_kind kind;
	int rank;	/* of several recipients, the worst news is the report's */
	char status;	/* class of the codes that mean it, where no action is given */
} actions[] = {
	{ "failed", REPORT_FAILED, 5, '5' }, { "delayed", REPORT_DELAYED, 4, '4' },
	{ "expanded", REPORT_EXPANDED, 3, 0 }, { "relayed", REPORT_RELAYED, 2, 0 },
	{ "delivered", REPORT_DELIVERED, 1, '2' },
};
/* clang-format on */

static int rank_of(enum report_kind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (actions[i].kind == kind)
			return actions[i].rank;
	return 0;
}

static enum report_kind kind_of(const char *action, const char *status)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		const char *word = actions[i].action;

		if (action ? g_ascii_strncasecmp(action, word, strlen(word)) == 0
			   : status && *status == actions[i].status)
			return actions[i].kind;
	}
	return REPORT_NONE;
}

static void recipient_clear(void *data)
{
	struct report_recipient *recipient = data;

	g_free(recipient->address);
	g_free(recipient->last);
	g_free(recipient->status);
	g_free(recipient->diagnostic);
}

static bool is_told(const struct report_read *read, const char *address)
{
	for (guint i = 0; i < read->recipients->len; i++)
		if (g_strcmp0(g_array_index(read->recipients, struct report_recipient, i).address,
			    address) == 0)
			return true;
	return false;
}

void report_add(struct report_read *read, enum report_kind kind, struct report_recipient *recipient)
{
	bool wanted = rank_of(kind) >= rank_of(read->told.kind);

	if (rank_of(kind) > rank_of(read->told.kind)) {
		g_array_set_size(read->recipients, 0);
		read->told.kind = kind;
	}
	if (wanted && read->recipients->len < LIMIT_REPORT_RECIPIENTS &&
		!is_told(read, recipient->address))
		g_array_append_val(read->recipients, *recipient);
	else
		recipient_clear(recipient);
	memset(recipient, 0, sizeof *recipient);
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

/* One recipient's block (RFC 3464 section 2.3). Where mail is passed on, the original is whom we
 * know. */
static void read_recipient(struct report_read *read, const char *block)
{
	g_autofree char *action = report_field_of(block, "Action");
	g_autofree char *diagnostic = report_field_of(block, "Diagnostic-Code");
	struct report_recipient r = {
		.address = typed_address(report_field_of(block, "Original-Recipient")),
		.last = typed_address(report_field_of(block, "Final-Recipient")),
		.status = status_code(report_field_of(block, "Status")),
		.diagnostic = diagnostic ? text_line(diagnostic, LIMIT_REPLY_TEXT) : NULL,
	};
	enum report_kind kind = kind_of(action, r.status);

	if (!r.address)
		r.address = g_steal_pointer(&r.last);
	if (!r.address)
		r.address = typed_address(report_field_of(block, "X-Actual-Recipient"));
	if (g_strcmp0(r.address, r.last) == 0)
		g_clear_pointer(&r.last, g_free);
	if (kind == REPORT_NONE)
		recipient_clear(&r);
	else
		report_add(read, kind, &r);
}

static void read_delivery_status(struct report_read *read, const char *text)
{
	g_autofree char *clean = text_block(text, -1, LIMIT_TEXT_SCAN_BYTES);
	g_auto(GStrv) blocks = g_strsplit(clean, "\n\n", 2 * LIMIT_REPORT_RECIPIENTS);

	for (char **b = blocks; *b; b++)
		read_recipient(read, *b);
}

/* --- what came back --- */

static void add_ids(struct report_read *read, const char *value)
{
	if (value)
		message_collect_ids(value, read->ids);
	if (read->ids->len > LIMIT_REFERENCES)
		g_ptr_array_set_size(read->ids, LIMIT_REFERENCES);
}

static void add_addresses(struct report_read *read, const char *value)
{
	g_auto(GStrv) words = g_strsplit_set(value ? value : "", " \t,;<>()\"", LIMIT_ADDRESSES);

	for (char **w = words; *w; w++) {
		char *canonical;

		if (strchr(*w, '@') && read->addresses->len < LIMIT_ADDRESSES &&
			address_canonical(*w, &canonical) == ST_OK)
			g_ptr_array_add(read->addresses, canonical);
	}
}

static void report_add_subject(struct report_read *read, const char *value)
{
	if (value && !read->subject)
		read->subject = g_strndup(value, LIMIT_SUBJECT_BYTES);
}

typedef void returned_field(struct report_read *read, const char *value);

/* clang-format off */
static const struct {
	const char *name;
	returned_field *read;
} returned_fields[] = {
	{ "Message-ID", add_ids }, { "In-Reply-To", add_ids }, { "References", add_ids },
	{ "Reply-To", add_addresses }, { "From", add_addresses }, { "Subject", report_add_subject },
};
/* clang-format on */

void report_read_returned(struct report_read *read, const char *block)
{
	for (size_t i = 0; i < G_N_ELEMENTS(returned_fields); i++) {
		g_autofree char *value = report_field_of(block, returned_fields[i].name);

		returned_fields[i].read(read, value);
		read->told.returned |= value != NULL;
	}
}

static void read_returned_message(struct report_read *read, GMimeMessagePart *part)
{
	GMimeMessage *returned = g_mime_message_part_get_message(part);

	for (size_t i = 0; returned && i < G_N_ELEMENTS(returned_fields); i++) {
		const char *value = g_mime_object_get_header(
			GMIME_OBJECT(returned), returned_fields[i].name);

		returned_fields[i].read(read, value);
		read->told.returned |= value != NULL;
	}
}

/* --- the parts --- */

static void read_disposition(struct report_read *read, const char *text)
{
	g_autofree char *id = report_field_of(text, "Original-Message-ID");
	struct report_recipient r = { .address = typed_address(
					      report_field_of(text, "Final-Recipient")) };

	if (read->told.kind == REPORT_NONE) {
		report_add(read, REPORT_NONE, &r);
		read->told.kind = REPORT_READ;
	}
	recipient_clear(&r);
	add_ids(read, id);
}

/* clang-format off */
static const struct {
	const char *type, *subtype;
	void (*read)(struct report_read *read, const char *text);
} report_parts[] = {
	{ "message", "delivery-status", read_delivery_status },
	{ "message", "global-delivery-status", read_delivery_status },
	{ "message", "disposition-notification", read_disposition },
	{ "message", "global-disposition-notification", read_disposition },
	{ "text", "rfc822-headers", report_read_returned },
	{ "message", "rfc822-headers", report_read_returned },
	{ "message", "global-headers", report_read_returned },
	/* A leaf, when it is encoded: RFC 6532 section 3.7 allows it for one, and some encode the other, too. */
	{ "message", "global", report_read_returned }, { "message", "rfc822", report_read_returned },
};
/* clang-format on */

static bool report_read_part(GMimeObject *part, void *arg)
{
	struct report_read *read = arg;
	GMimeContentType *type = g_mime_object_get_content_type(part);

	if (GMIME_IS_MESSAGE_PART(part))
		read_returned_message(read, GMIME_MESSAGE_PART(part));
	for (size_t i = 0; i < G_N_ELEMENTS(report_parts); i++) {
		g_autofree char *text = NULL;

		if (!g_mime_content_type_is_type(
			    type, report_parts[i].type, report_parts[i].subtype))
			continue;
		text = message_part_text(part);
		if (text)
			report_parts[i].read(read, text);
	}
	return true;
}

/* A report whose frame is broken, or that somebody passed on as text. */
static void read_parts_in_text(struct report_read *read, const char *text)
{
	g_autofree char *action = report_field_of(text, "Action");
	g_autofree char *recipient = report_field_of(text, "Final-Recipient");

	if (action && recipient)
		read_delivery_status(read, text);
}

/* --- the whole --- */

static struct report_read *report_read_new(void)
{
	struct report_read *read = g_new0(struct report_read, 1);

	read->recipients = g_array_new(FALSE, TRUE, sizeof(struct report_recipient));
	g_array_set_clear_func(read->recipients, recipient_clear);
	read->ids = g_ptr_array_new_with_free_func(g_free);
	read->addresses = g_ptr_array_new_with_free_func(g_free);
	return read;
}

void report_read_free(struct report_read *read)
{
	if (!read)
		return;
	g_array_unref(read->recipients);
	g_ptr_array_unref(read->ids);
	g_ptr_array_unref(read->addresses);
	g_free(read->subject);
	g_free(read);
}

static void report_finish(struct report_read *read)
{
	struct report *told = &read->told;

	g_ptr_array_add(read->ids, NULL);
	g_ptr_array_add(read->addresses, NULL);
	told->ids = (const char *const *)read->ids->pdata;
	told->addresses = (const char *const *)read->addresses->pdata;
	told->subject = read->subject;
	told->recipients = (const struct report_recipient *)(void *)read->recipients->data;
	told->n = read->recipients->len;
}

const struct report *message_report(const struct message *message)
{
	struct message *m = (struct message *)message;
	struct report_read *read;

	if (m->report)
		return &m->report->told;
	m->report = read = report_read_new();
	if (!message_is_single_text(m))
		message_each_part(message_root(m), 0, report_read_part, read);
	if (read->told.kind == REPORT_NONE)
		read_parts_in_text(read, message_text(m));
	report_read_forms(m, read);
	report_finish(read);
	return &read->told;
}
