/* What every reader of a report does: its fields, its recipients, what came back with it. */
#include "mail/message-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/field.h"
#include "base/limits.h"
#include "base/text.h"

const char *report_next_line(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

/* The value of a field in a block of header lines, unfolded; NULL. Owned. */
char *report_field_of(const char *block, const char *name)
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

/* clang-format off */
static const struct {
	const char *action;
	enum report_kind kind;
	int rank;	/* of several recipients, the worst news is the report's */
	char status;	/* class of the codes that mean it, where no action is given */
} actions[] = {
	{ .action = "failed", .kind = REPORT_FAILED, .rank = 5, .status = '5' },
	{ .action = "delayed", .kind = REPORT_DELAYED, .rank = 4, .status = '4' },
	{ .action = "expanded", .kind = REPORT_EXPANDED, .rank = 3 },
	{ .action = "relayed", .kind = REPORT_RELAYED, .rank = 2 },
	{ .action = "delivered", .kind = REPORT_DELIVERED, .rank = 1, .status = '2' },
};
/* clang-format on */

static int rank_of(enum report_kind kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (actions[i].kind == kind)
			return actions[i].rank;
	return 0;
}

enum report_kind report_kind_of(const char *action, const char *status)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		const char *word = actions[i].action;

		if (action ? g_ascii_strncasecmp(action, word, strlen(word)) == 0
			   : status && *status == actions[i].status)
			return actions[i].kind;
	}
	return REPORT_NONE;
}

void report_recipient_clear(void *data)
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
		report_recipient_clear(recipient);
	memset(recipient, 0, sizeof *recipient);
}

void report_add_ids(struct report_read *read, const char *value)
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
	{ "Message-ID", report_add_ids }, { "In-Reply-To", report_add_ids }, { "References", report_add_ids },
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

void report_read_returned_message(struct report_read *read, GMimeMessagePart *part)
{
	GMimeMessage *returned = g_mime_message_part_get_message(part);

	for (size_t i = 0; returned && i < G_N_ELEMENTS(returned_fields); i++) {
		const char *value = g_mime_object_get_header(
			GMIME_OBJECT(returned), returned_fields[i].name);

		returned_fields[i].read(read, value);
		read->told.returned |= value != NULL;
	}
}
