/* Writing mail (RFC 5322, 2045, 2046, 3834). */
#include "mail/letter.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "mail/message.h"

/* Values are ours or went through an encoder; a line break that is no fold would still be a hole,
 * so it becomes a blank. */
static void letter_put(GString *mail, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	g_string_append_printf(mail, "%s: ", name);
	for (const char *p = value; *p; p++) {
		bool breaks = *p == '\r' || (*p == '\n' && p[1] != ' ' && p[1] != '\t');

		g_string_append_c(mail, breaks ? ' ' : *p);
	}
	g_string_append_c(mail, '\n');
}

static void put_extra(GString *mail, char *const *extra)
{
	for (; extra && *extra; extra++) {
		const char *colon = strchr(*extra, ':');
		g_autofree char *name = colon ? g_strndup(*extra, (gsize)(colon - *extra)) : NULL;
		g_autofree char *value =
			name ? message_encode_header(name, g_strchug((char *)colon + 1)) : NULL;

		if (name)
			letter_put(mail, name, value);
	}
}

static void put_headers(GString *mail, const struct letter *l)
{
	g_autofree char *date = text_rfc5322_date(l->date);
	g_autofree char *references = l->references ? g_strjoinv("\n ", (char **)l->references)
						    : NULL;

	letter_put(mail, "From", l->from);
	letter_put(mail, "To", l->to);
	letter_put(mail, "Cc", l->cc);
	letter_put(mail, "Reply-To", l->reply_to);
	letter_put(mail, "Subject", l->subject);
	letter_put(mail, "Date", date);
	letter_put(mail, "Message-ID", l->message_id);
	letter_put(mail, "In-Reply-To", l->in_reply_to);
	letter_put(mail, "References", references);
	letter_put(mail, "Auto-Submitted", l->auto_submitted);
	if (l->auto_submitted)
		letter_put(mail, "X-Auto-Response-Suppress", "All");
	letter_put(mail, "Content-Language", l->language);
	put_extra(mail, l->extra);
	letter_put(mail, "MIME-Version", "1.0");
}

static void letter_put_text(GString *mail, const char *text)
{
	const char *encoding;
	g_autofree char *encoded = message_encode_text(text, &encoding);

	letter_put(mail, "Content-Type", "text/plain; charset=utf-8");
	letter_put(mail, "Content-Transfer-Encoding", encoding);
	g_string_append_c(mail, '\n');
	g_string_append(mail, encoded);
	if (mail->str[mail->len - 1] != '\n')
		g_string_append_c(mail, '\n');
}

GString *letter_write(const struct letter *letter)
{
	GString *mail = g_string_new(NULL);

	put_headers(mail, letter);
	letter_put_text(mail, letter->text);
	return mail;
}

/* Made of the Message-ID's random part, which no attached mail can know. */
static char *letter_boundary(const char *message_id)
{
	char hash[HASH_HEX];
	struct hash sum;

	hash_init(&sum);
	hash_add(&sum, message_id, strlen(message_id));
	hash_get_hex(&sum, hash);
	return g_strdup_printf("=_%.40s", hash);
}

GString *letter_write_open(const struct letter *letter)
{
	GString *mail = g_string_new(NULL);
	g_autofree char *mark = letter_boundary(letter->message_id);

	put_headers(mail, letter);
	g_string_append_printf(mail,
		"Content-Type: multipart/mixed; boundary=\"%s\"\nContent-Transfer-Encoding: 8bit\n\n--%s\n",
		mark, mark);
	letter_put_text(mail, letter->text);
	return mail;
}

void letter_attach(GString *mail, const char *message_id, const char *data, size_t len)
{
	g_autofree char *mark = letter_boundary(message_id);

	/* RFC 2046 section 5.2.1: it may not be encoded; what came as 8-bit goes on as that, and
	 * says so. */
	g_string_append_printf(mail,
		"\n--%s\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\nContent-Disposition: attachment\n\n",
		mark);
	g_string_append_len(mail, data, (gssize)len);
}

void letter_attach_part(GString *mail, const char *message_id, const char *part)
{
	g_autofree char *mark = letter_boundary(message_id);

	g_string_append_printf(mail, "\n--%s\n%s", mark, part);
}

void letter_close(GString *mail, const char *message_id)
{
	g_autofree char *mark = letter_boundary(message_id);

	g_string_append_printf(mail, "\n--%s--\n", mark);
}
