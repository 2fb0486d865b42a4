/* A message as a whole: what identifies a message, its end. */
#include "mail/message-parts.h"

#include <string.h>
#include <unistd.h>

#include "base/hash.h"

void message_free(struct message *m)
{
	if (!m)
		return;
	g_clear_object(&m->root);
	g_clear_object(&m->content_type);
	if (m->view) {
		g_byte_array_steal(m->view, NULL);
		g_byte_array_unref(m->view);
	}
	message_mailboxes_release(&m->from);
	message_mailboxes_release(&m->to);
	message_mailboxes_release(&m->cc);
	message_mailboxes_release(&m->reply_to);
	g_clear_pointer(&m->attachments, g_array_unref);
	g_array_unref(m->headers);
	g_hash_table_unref(m->by_name);
	g_strfreev(m->in_reply_to);
	g_strfreev(m->references);
	g_free(m->sender_address);
	g_free(m->id);
	g_free(m->subject);
	g_free(m->languages);
	g_free(m->text);
	report_read_free(m->report);
	if (m->fd >= 0)
		close(m->fd);
	g_free(m);
}

/* --- identity --- */

static void message_mix(struct hash *sum, const char *label, const char *value)
{
	hash_add(sum, label, strlen(label));
	if (value)
		hash_add(sum, value, strlen(value));
	hash_add(sum, "", 1);
}

static void mix_from(struct hash *sum, const struct message *m)
{
	struct mailboxes from = message_from(m);

	for (size_t i = 0; i < from.n; i++)
		message_mix(sum, "from", from.v[i].address);
}

char *message_digest(const struct message *m, const struct identity *identity)
{
	const char *id = identity->without_id ? NULL : message_id(m);
	char hex[HASH_HEX];
	struct hash sum;

	hash_init(&sum);
	message_mix(&sum, "id", id);
	if (identity->from)
		message_mix(&sum, "from", identity->from);
	else if (!identity->without_from)
		mix_from(&sum, m);
	message_mix(&sum, "date", identity->without_date ? NULL : message_header(m, "Date", 0));
	message_mix(&sum, "body", identity->body_digest);
	if (identity->subject_plain)
		message_mix(&sum, "subject", identity->subject_plain);
	hash_get_hex(&sum, hex);
	return g_strdup(hex);
}
