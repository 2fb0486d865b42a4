/* Mails out of the store. */
#include "mails.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "act/entry-mail.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/message.h"

enum { MAIL_MAX = 1024 * 1024 * 1024 };

GString *mails_read(const struct cli *cli, const struct entry *entry, const char *text)
{
	return entry_mail(cli->settings, entry, text, MAIL_MAX);
}

/* A line that is From after any number of '>' gets one more. */
static bool wants_quote(const char *line)
{
	return strncmp(line + strspn(line, ">"), "From ", 5) == 0;
}

/* A From line is words: an address that is more than one is not shown there. */
static const char *sender_word(const struct entry *entry)
{
	const char *sender = entry->sender;

	return sender && *sender && !strpbrk(sender, " \t\r\n") ? sender : "MAILER-DAEMON";
}

/* The id that a mail without one was given, so that its answers find it: a header line, or "".
 * Owned. */
static char *given_id(const struct entry *entry, const GString *mail)
{
	struct message *message = message_parse_bytes(mail->str, mail->len);
	bool has = message_id(message) != NULL;

	message_free(message);
	return has || !entry->message_id ? g_strdup("")
					 : g_strdup_printf("Message-ID: %s\n", entry->message_id);
}

bool mails_write_mbox(FILE *out, const struct entry *entry, const GString *mail)
{
	time_t when = (time_t)(entry->received / TEXT_SECOND);
	g_autofree char *id = given_id(entry, mail);
	char date[32] = "";
	struct tm tm;
	const char *p = mail->str, *end = mail->str + mail->len;

	gmtime_r(&when, &tm);
	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm);
	fprintf(out, "From %s %s\n%s", sender_word(entry), date, id);
	while (p < end) {
		const char *next = text_line_end(p, end);

		if (wants_quote(p))
			fputc('>', out);
		fwrite(p, 1, (size_t)(next - p), out);
		p = next;
	}
	return fputs(mail->len && mail->str[mail->len - 1] == '\n' ? "\n" : "\n\n", out) >= 0 &&
		!ferror(out);
}

static enum status make_maildir(const char *dir, struct error *err)
{
	static const char *const parts[] = { "tmp", "new", "cur" };

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *path = g_build_filename(dir, parts[i], NULL);

		if (g_mkdir_with_parents(path, 0700) != 0)
			return error_set(
				err, ST_IO, _("cannot make '%s': %s"), path, g_strerror(errno));
	}
	return ST_OK;
}

enum status mails_write_maildir(
	const char *dir, const struct entry *entry, const GString *mail, struct error *err)
{
	g_autofree char *name = g_strdup_printf("%" G_GINT64_FORMAT ".M%" G_GUINT64_FORMAT
						"T%" G_GUINT64_FORMAT ".%s",
		entry->received / TEXT_SECOND, entry->seq, entry->ticket, "milticket");
	g_autofree char *tmp = g_build_filename(dir, "tmp", name, NULL),
			*new = g_build_filename(dir, "new", name, NULL);
	g_autofree char *id = given_id(entry, mail);
	g_autoptr(GString)
		whole = g_string_append_len(g_string_new(id), mail->str, (gssize)mail->len);
	g_autoptr(GError) error = NULL;
	enum status st = make_maildir(dir, err);

	if (st != ST_OK)
		return st;
	if (!g_file_set_contents(tmp, whole->str, (gssize)whole->len, &error))
		return error_set(err, ST_IO, _("cannot write '%s': %s"), tmp, error->message);
	return rename(tmp, new) == 0
		? ST_OK
		: error_set(err, ST_IO, _("cannot write '%s': %s"), new, g_strerror(errno));
}
