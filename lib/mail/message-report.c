/* Delivery and disposition reports, by their machine-readable parts (RFC 3464, 6533, 8098), and the
 * message that came back in them. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"

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
	enum report_kind kind = report_kind_of(action, r.status);

	if (!r.address)
		r.address = g_steal_pointer(&r.last);
	if (!r.address)
		r.address = typed_address(report_field_of(block, "X-Actual-Recipient"));
	if (g_strcmp0(r.address, r.last) == 0)
		g_clear_pointer(&r.last, g_free);
	if (kind == REPORT_NONE)
		report_recipient_clear(&r);
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
	report_recipient_clear(&r);
	report_add_ids(read, id);
}

/* clang-format off */
static const struct {
	const char *type, *subtype;
	void (*read)(struct report_read *read, const char *text);
} report_parts[] = {
	{ .type = "message", .subtype = "delivery-status", .read = read_delivery_status },
	{ .type = "message", .subtype = "global-delivery-status", .read = read_delivery_status },
	{ .type = "message", .subtype = "disposition-notification", .read = read_disposition },
	{ .type = "message", .subtype = "global-disposition-notification", .read = read_disposition },
	{ .type = "text", .subtype = "rfc822-headers", .read = report_read_returned },
	{ .type = "message", .subtype = "rfc822-headers", .read = report_read_returned },
	{ .type = "message", .subtype = "global-headers", .read = report_read_returned },
	/* A leaf, when it is encoded: RFC 6532 section 3.7 allows it for one, and some encode the other, too. */
	{ .type = "message", .subtype = "global", .read = report_read_returned },
	{ .type = "message", .subtype = "rfc822", .read = report_read_returned },
};
/* clang-format on */

static bool report_read_part(GMimeObject *part, void *arg)
{
	struct report_read *read = arg;
	GMimeContentType *type = g_mime_object_get_content_type(part);

	if (GMIME_IS_MESSAGE_PART(part))
		report_read_returned_message(read, GMIME_MESSAGE_PART(part));
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
	g_array_set_clear_func(read->recipients, report_recipient_clear);
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
