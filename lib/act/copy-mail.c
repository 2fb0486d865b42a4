/* Copies for the mailboxes. */
#include "act/copy-mail.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "act/attempt.h"
#include "act/entry-mail.h"
#include "act/reply-parts.h"
#include "base/address.h"
#include "base/hash.h"
#include "base/text.h"
#include "decide/claims.h"
#include "decide/plan.h"
#include "mail/heading.h"
#include "mail/message.h"

enum { CHUNK_BYTES = 64 * 1024 };

/* --- headers --- */

static void copy_add(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, "%s: %s\n", name, value);
}

static void copy_claim(const char *name, const char *value, bool is_ours, void *arg)
{
	g_autofree char *encoded = message_encode_header(name, value);

	(void)is_ours;
	copy_add(arg, name, encoded);
}

/* What the headers of its copies say. */
static uint64_t copy_face(const struct settings *settings, const struct ticket *ticket)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *tag = tag_text(&settings->tag_format, ticket->number);
	const struct account *account = reply_account(settings, ticket);
	guint8 bytes[HASH_BYTES];
	struct hash hash;
	uint64_t face;

	claims_each(ticket, copy_claim, text);
	copy_add(text, "tag", tag);
	copy_add(text, "desk", account && account->reply_to == REPLY_TO_DESK ? "yes" : "no");
	hash_init(&hash);
	hash_add(&hash, text->str, text->len);
	hash_get(&hash, bytes);
	memcpy(&face, bytes, sizeof face);
	return face;
}

static int64_t copy_over_since(const struct ticket *t)
{
	if (ticket_status_active(t->status))
		return 0;
	return t->status == TICKET_CLOSED && t->closed ? t->closed : t->updated;
}

void copy_describe(const struct settings *settings, const struct ticket *t,
	const struct placement *was, struct placement *row_out)
{
	*row_out = (struct placement){ .ticket = t->number,
		.generation = was->generation,
		.status = t->status,
		.agent = g_strdup(t->agent),
		.queue = g_strdup(t->queue),
		.watchers = g_strdupv(t->watchers),
		.over = copy_over_since(t),
		.flagged = t->priority == PRIORITY_HIGH || t->priority == PRIORITY_URGENT,
		.face = copy_face(settings, t) };
	memcpy(row_out->box, was->box, sizeof row_out->box);
	for (size_t i = 0; i < was->seqs.n; i++)
		numbers_add(&row_out->seqs, was->seqs.v[i]);
}

static void copy_add_subject(const struct copy_source *s, const GString *mail, GString *out)
{
	g_autofree char *given = heading_value(mail->str, mail->len, "Subject", 0);
	const char *raw = given ? given + strspn(given, " \t") : NULL;
	g_autofree char *tagged = subject_retag(raw, &s->settings->tag_format, s->ticket->number,
		(size_t)s->settings->tag.max_subject);

	copy_add(out, "Subject", tagged);
}

/* An answer to a note is a note. Owned. */
static char *copy_note_address(const struct copy_source *s, const struct account *account)
{
	const char *at = strrchr(account->address, '@');

	return g_strdup_printf("%.*s%snote%s", (int)(at - account->address), account->address,
		s->settings->recipient_delimiter, at);
}

/* Through the desk; an agent sees whom an answer reaches. Owned. */
static char *copy_desk_address(const struct copy_source *s, const struct account *account)
{
	g_autofree char *token = token_address(
		s->key, s->ticket->number, account->address, s->settings->recipient_delimiter);
	struct mailbox box = { .address = NULL };
	char *shown;

	if (!mailbox_read(s->entry->reply_to, &box))
		return g_steal_pointer(&token);
	shown = address_header_behind(box.name, box.as_written, token);
	mailbox_release(&box);
	return shown;
}

/* NULL: the mail's own stays. Owned. */
static char *copy_reply_to(const struct copy_source *s)
{
	const struct account *account = reply_account(s->settings, s->ticket);

	if (!account || account->reply_to != REPLY_TO_DESK || !*s->settings->recipient_delimiter)
		return NULL;
	return s->entry->direction == DIRECTION_NOTE ? copy_note_address(s, account)
						     : copy_desk_address(s, account);
}

static void copy_add_date(const struct copy_source *s, GString *out)
{
	g_autofree char *date = text_rfc5322_date(s->entry->received);

	copy_add(out, "Date", date);
}

struct copy_drops {
	bool id, reply_to;
};

static bool copy_drops(const char *name, const void *arg)
{
	const struct copy_drops *drops = arg;

	return claims_have(name) || g_ascii_strcasecmp(name, "Subject") == 0 ||
		(drops->id && g_ascii_strcasecmp(name, "Message-ID") == 0) ||
		(drops->reply_to && plan_is_way_to_answer(name)) ||
		/* Of an mbox, and what clients wrote. */
		g_ascii_strcasecmp(name, "Status") == 0 || g_ascii_strcasecmp(name, "X-UID") == 0;
}

static void copy_add_claims(const struct copy_source *s, GString *out)
{
	claims_each(s->ticket, copy_claim, out);
	if (*match_names[s->entry->match])
		copy_add(out, "X-Ticket-Match", match_names[s->entry->match]);
	copy_add(out, "X-Ticket-Event", attempt_event_name(s->entry->event));
}

static void copy_compose(const struct copy_source *s, const GString *mail, GString *out)
{
	g_autoptr(GString) first = g_string_new(NULL);
	g_autofree char *date = heading_value(mail->str, mail->len, "Date", 0),
			*reply_to = copy_reply_to(s);
	const struct copy_drops drops = { .id = s->entry->message_id != NULL,
		.reply_to = reply_to != NULL };
	struct heading changed = { copy_drops, &drops, NULL };

	copy_add_claims(s, first);
	copy_add_subject(s, mail, first);
	if (s->entry->message_id)
		copy_add(first, "Message-ID", s->entry->message_id);
	if (reply_to)
		copy_add(first, "Reply-To", reply_to);
	if (!date)
		copy_add_date(s, first);
	changed.first = first->str;
	heading_write(mail->str, mail->len, &changed, out);
}

/* --- into a file --- */

static bool copy_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return false;
		data += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
	return true;
}

/* What cannot be read any more is left out: `ticket check` tells of it. */
static bool copy_write_rest(int from, int to, struct copy_sum *sum)
{
	char chunk[CHUNK_BYTES];
	ssize_t n;

	while ((n = read(from, chunk, sizeof chunk)) > 0) {
		copy_sum_add(sum, chunk, (size_t)n);
		if (!copy_write(to, chunk, (size_t)n))
			return false;
	}
	return true;
}

/* The seal is over what comes after it, and its length is known before. */
static bool copy_write_sealed(
	const struct copy_source *s, const struct entry_file *mail, int fd, struct copy_sum *sum)
{
	const struct copy_id id = { s->ticket->number, s->entry->seq, s->generation };
	g_autofree char *none = copy_seal(s->key, &id, sum), *seal = NULL;
	g_autoptr(GString) out = g_string_new(none);
	size_t length = out->len;

	copy_compose(s, mail->begin, out);
	copy_sum_add(sum, out->str + length, out->len - length);
	if (!copy_write(fd, out->str, out->len) ||
		(mail->fd >= 0 && !copy_write_rest(mail->fd, fd, sum)))
		return false;
	seal = copy_seal(s->key, &id, sum);
	copy_sum_add(sum, seal, length);
	return pwrite(fd, seal, length, 0) == (ssize_t)length;
}

bool copy_mail(const struct copy_source *s, int fd, struct copy_size *size_out)
{
	struct entry_file mail = entry_file(s->settings, s->entry, s->text);
	struct copy_sum sum;
	bool written;

	copy_sum_init(&sum);
	written = copy_write_sealed(s, &mail, fd, &sum);
	entry_file_close(&mail);
	*size_out = (struct copy_size){ sum.size, sum.lines };
	return written;
}
