/* Mail out of the archive, or rebuilt. */
#include "act/entry-mail.h"

#include "archive/archive.h"
#include "base/text.h"
#include "mail/letter.h"
#include "mail/message.h"

static char *mail_encoded(const char *name, const char *value)
{
	return value ? message_encode_header(name, value) : NULL;
}

static GString *mail_rebuilt(const struct entry *e, const char *text)
{
	g_autofree char *from = mail_encoded("From", e->from),
			*subject = mail_encoded("Subject", e->subject);
	g_autofree char *to_list = e->to ? g_strjoinv(", ", e->to) : NULL,
			*to = mail_encoded("To", to_list);

	int64_t date = e->date ? e->date : e->received;

	return letter_write(&(struct letter){ .from = from ? from : "unknown",
		.to = to,
		.subject = subject,
		.message_id = e->message_id,
		.in_reply_to = e->in_reply_to,
		.references = e->references,
		.date = date,
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
