/* What goes along with a mail of ours, fetched when it is sent: the outbox stores no copies of the
 * archive. */
#include "act/reply.h"

#include "act/entry-mail.h"
#include "base/limits.h"
#include "mail/letter.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

struct fetch {
	const struct outgoing *outgoing;
	GString *mail;
	GPtrArray *entries; /* struct entry *, in order */
	GPtrArray *texts;   /* char * */
};

static void entry_free(void *data)
{
	record_release(&entry_type, data);
	g_free(data);
}

static enum status complete_fetch(struct txn *txn, void *arg, struct error *err)
{
	struct fetch *f = arg;
	enum status st;

	g_string_truncate(f->mail, 0);
	g_ptr_array_set_size(f->entries, 0);
	g_ptr_array_set_size(f->texts, 0);
	st = outbox_mail(txn, f->outgoing->id, f->mail, err);
	for (size_t i = 0; i < f->outgoing->attach.n && st == ST_OK; i++) {
		struct entry *entry = g_new0(struct entry, 1);
		char *text = NULL;

		st = tickets_entry(txn, f->outgoing->ticket, f->outgoing->attach.v[i], entry, err);
		if (st == ST_OK)
			st = tickets_text(
				txn, f->outgoing->ticket, f->outgoing->attach.v[i], &text, err);
		if (st == ST_OK) {
			g_ptr_array_add(f->entries, entry);
			g_ptr_array_add(f->texts, text);
		} else {
			entry_free(entry);
			/* Merged or split away since: sent without it. */
			st = st == ST_NOT_FOUND ? ST_OK : st;
		}
	}
	return st;
}

/* The newest that fit, in order. */
static void attach_all(const struct settings *settings, struct fetch *f)
{
	GPtrArray *mails = g_ptr_array_new();
	size_t total = 0;

	for (unsigned i = f->entries->len; i-- > 0;) {
		GString *mail = entry_mail(settings, g_ptr_array_index(f->entries, i),
			g_ptr_array_index(f->texts, i), LIMIT_FORWARD_BYTES);

		total += mail->len;
		if (total > LIMIT_FORWARD_BYTES && mails->len > 0) {
			g_string_free(mail, TRUE);
			break;
		}
		g_ptr_array_add(mails, mail);
	}
	for (unsigned i = mails->len; i-- > 0;) {
		GString *mail = g_ptr_array_index(mails, i);

		letter_attach(f->mail, f->outgoing->message_id, mail->str, mail->len);
		g_string_free(mail, TRUE);
	}
	letter_close(f->mail, f->outgoing->message_id);
	g_ptr_array_free(mails, TRUE);
}

enum status reply_complete(struct store *store, const struct settings *settings,
	const struct outgoing *outgoing, GString *mail_out, struct error *err)
{
	struct fetch f = { outgoing, mail_out, g_ptr_array_new_with_free_func(entry_free),
		g_ptr_array_new_with_free_func(g_free) };
	enum status st = store_read(store, complete_fetch, &f, err);

	if (st == ST_OK && outgoing->attach.n)
		attach_all(settings, &f);
	g_ptr_array_free(f.entries, TRUE);
	g_ptr_array_free(f.texts, TRUE);
	return st;
}
