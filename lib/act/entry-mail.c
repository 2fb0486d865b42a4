/* Mail out of the archive, or rebuilt. */
#include "act/entry-mail.h"

#include <unistd.h>

#include "archive/archive.h"
#include "base/address.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "mail/heading.h"
#include "mail/letter.h"
#include "mail/message.h"

/* What is kept of headers. */
enum { HEADER_MAX = LIMIT_HEADER_BYTES + LIMIT_HEADER_RESERVE_BYTES };

/* A recorded mailbox as a header has it: names need quotes there. What is no mailbox stays a text.
 * Owned. */
static char *mail_address(const char *mailbox)
{
	struct mailbox box = { .address = NULL };
	char *value = mailbox_read(mailbox, &box) ? address_header(box.name, box.as_written)
						  : message_encode_header("From", mailbox);

	mailbox_release(&box);
	return value;
}

/* NULL: there are none. Owned. */
static char *mail_addresses(char *const *mailboxes)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (; mailboxes && *mailboxes; mailboxes++) {
		g_autofree char *value = mail_address(*mailboxes);

		g_string_append_printf(out, "%s%s", out->len ? ",\n " : "", value);
	}
	return out->len ? g_strdup(out->str) : NULL;
}

static GString *mail_rebuilt(const struct entry *e, const char *text)
{
	g_autofree char *from = mail_address(e->from ? e->from : "unknown"),
			*to = mail_addresses(e->to), *cc = mail_addresses(e->cc), *subject = NULL;

	if (e->subject)
		subject = message_encode_header("Subject", e->subject);
	return letter_write(&(struct letter){ .from = from,
		.to = to,
		.cc = cc,
		.subject = subject,
		.message_id = e->message_id,
		.in_reply_to = e->in_reply_to,
		.references = e->references,
		.date = e->date ? e->date : e->received,
		.text = text_or_none(text) });
}

GString *entry_mail(
	const struct settings *settings, const struct entry *entry, const char *text, size_t max)
{
	const char *dir = settings_archive(settings);
	char *data;
	size_t len;
	GString *mail;

	if (!entry->archive || !dir ||
		archive_read(dir, entry->archive, max, &data, &len, NULL) != ST_OK)
		return mail_rebuilt(entry, text);
	mail = g_string_new_len(data, (gssize)len);
	g_free(data);
	return mail;
}

struct entry_file entry_file(
	const struct settings *settings, const struct entry *entry, const char *text)
{
	const char *dir = settings_archive(settings);
	struct entry_file file = { NULL, -1 };

	if (!entry->archive || !dir || archive_open(dir, entry->archive, &file.fd, NULL) != ST_OK)
		file.begin = mail_rebuilt(entry, text);
	else
		file.begin = heading_read(file.fd, HEADER_MAX);
	return file;
}

void entry_file_close(struct entry_file *file)
{
	g_string_free(file->begin, TRUE);
	if (file->fd >= 0)
		close(file->fd);
}
