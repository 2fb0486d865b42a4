/* Forwarded mail, attached or in the text. */
#include "mail/forwarded.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"

enum { LABEL_BYTES = 24, BLOCK_LINES = 12, LINES_MAX = 400 };

/* What clients write for From, and for the fields beside it; lower case. */
static const char *const from_labels[] = { "from", "von", "de", "da", "van", "från", "fra", "od",
	"kimden", "от", "από", "lähettäjä", "feladó", "expéditeur", "mittente", "remitente",
	"remetente", "差出人", "发件人", "寄件者", "보낸 사람", "מאת", "من" };
static const char *const other_labels[] = { "date", "sent", "datum", "gesendet", "gesendet am",
	"envoyé", "data", "inviato", "verzonden", "skickat", "sendt", "fecha", "enviado",
	"enviada em", "päiväys", "lähetetty", "wysłano", "dato", "отправлено", "дата", "日付",
	"送信日時", "日期", "发送时间", "to", "an", "à", "a", "para", "aan", "till", "til", "do",
	"кому", "宛先", "收件人", "subject", "betreff", "objet", "oggetto", "onderwerp", "asunto",
	"assunto", "ämne", "emne", "aihe", "temat", "тема", "件名", "主题", "主旨", "cc", "kopie" };

static bool is_label(const char *word, const char *const *labels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, labels[i]) == 0)
			return true;
	return false;
}

/* "*Von:* Carl <c@x>" is the label "von" and its value; NULL: the line is no field. Owned. */
static char *forwarded_label_of(const char *line, const char **value_out)
{
	const char *p = line + strspn(line, " \t>*_|"), *colon = strchr(p, ':');
	g_autofree char *word = NULL, *tidy = NULL;

	if (!colon || colon - p > LABEL_BYTES || colon == p)
		return NULL;
	word = g_strndup(p, (gsize)(colon - p));
	/* The blank before a French colon is no ASCII. */
	tidy = text_line(word, LABEL_BYTES);
	*value_out = colon + 1 + strspn(colon + 1, " \t*_|");
	return g_utf8_strdown(g_strchomp(tidy), -1);
}

static const char around[] = " \t<>()[]:;,\"'";

/* A name is what its owner likes, another's address too, and clients write it without quotes. */
static bool names_several(const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, around, -1);
	const char *first = NULL;

	for (char **p = words; *p; p++) {
		if (!strchr(*p, '@'))
			continue;
		if (first && g_ascii_strcasecmp(first, *p) != 0)
			return true;
		first = *p;
	}
	return false;
}

/* Text made of HTML says the address twice: "Carl <carl@x> <mailto:carl@x>", Outlook's within the
 * brackets: "Carl <carl@x<mailto:carl@x>>". */
static void cut_repeated(char *line)
{
	char *at = strchr(line, '@'), *link = at ? strstr(at, "<mailto:") : NULL;
	char *close = strchr(line, '>');

	if (link && close > link) {
		*link = strchr(line, '<') < link ? '>' : '\0';
		close = link;
	}
	if (close && *close)
		close[1] = '\0';
}

/* Outlook writes "Carl Kern [mailto:carl@x]", others addresses without brackets. */
static bool read_author(const char *value, struct mailbox *out)
{
	g_autofree char *line = text_line(value, LIMIT_NAME_BYTES + LIMIT_ADDRESS_BYTES);

	if (names_several(line))
		return false;
	cut_repeated(line);
	return message_read_loosely(line, out);
}

/* With the line after it where a client folded before the address. Owned. */
static char *forwarded_unfolded(const char *value, const char *next)
{
	const char *p = next ? next + strspn(next, " \t>*_|") : "";

	return *p == '<' && !strchr(value, '@') ? g_strconcat(value, " ", p, NULL)
						: g_strdup(value);
}

/* Is a field of another kind near by, in the same block? */
static bool has_company(char *const *lines, size_t at)
{
	unsigned blank = 0;

	for (size_t i = at + 1; lines[i] && i < at + BLOCK_LINES && blank < 2; i++) {
		const char *value;
		g_autofree char *label = forwarded_label_of(lines[i], &value);

		blank = *g_strstrip(lines[i]) ? 0 : blank + 1;
		if (label && is_label(label, other_labels, G_N_ELEMENTS(other_labels)))
			return true;
	}
	return false;
}

/* Is there a block? *found_out: with an author. */
static bool author_in_text(const char *text, struct mailbox *out, bool *found_out)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);

	for (size_t i = 0; lines[i]; i++) {
		const char *value;
		g_autofree char *label = forwarded_label_of(lines[i], &value);

		if (label && is_label(label, from_labels, G_N_ELEMENTS(from_labels)) &&
			has_company(lines, i)) {
			g_autofree char *whole = forwarded_unfolded(value, lines[i + 1]);

			*found_out = read_author(whole, out);
			return true;
		}
	}
	return false;
}

struct enclosed {
	struct mailbox *out;
	bool seen, found;
};

static void see_enclosed(const struct message *enclosed, void *arg)
{
	struct enclosed *e = arg;
	struct mailboxes from = message_from(enclosed), reply = message_reply_to(enclosed);
	const struct mailbox *author = from.n == 1 ? &from.v[0] : NULL;

	if (e->seen)
		return;
	e->seen = true;
	/* A form's robot says whom it writes for. */
	if (author && address_is_robot(author->address) && reply.n == 1)
		author = &reply.v[0];
	if (author)
		mailbox_copy(e->out, author);
	e->found = author != NULL;
}

bool forwarded_author(const struct message *message, struct mailbox *out)
{
	struct enclosed e = { out, false, false };

	if (!author_in_text(message_text(message), out, &e.found))
		message_each_enclosed(message, see_enclosed, &e);
	return e.found;
}
