/* Pieces of our mail. */
#include "act/reply-parts.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "tables/outbox.h"
#include "tables/tickets.h"

char *reply_new_id(const struct account *account)
{
	return message_new_id(strrchr(account->address, '@') + 1);
}

char *reply_tagged(const struct reply_context *c, const struct ticket *ticket, const char *subject)
{
	g_autofree char *encoded = message_encode_header("Subject", subject);
	g_autofree char *tagged = subject_retag(encoded, &c->settings->tag_format, ticket->number,
		(size_t)c->settings->tag.max_subject);
	g_auto(GStrv) lines = g_strsplit(tagged, "\n", -1);
	g_autofree char *line = g_strjoinv("", lines);

	return text_fold(line, strlen("Subject: "));
}

char **reply_one_address(const char *address)
{
	char **list = g_new0(char *, 2);

	list[0] = g_strdup(address);
	return list;
}

const struct account *reply_account(const struct settings *settings, const struct ticket *ticket)
{
	g_autofree char *detail = NULL;
	const struct account *account = ticket && ticket->account
		? settings_account(settings, ticket->account, &detail)
		: NULL;

	if (!account && settings->accounts->len)
		account = g_ptr_array_index(settings->accounts, 0);
	return account;
}

char *reply_from(const struct account *account)
{
	return address_header(account->sender_name, account->sender_address);
}

enum status reply_queue_new(const struct reply_context *c, struct outgoing *outgoing,
	const GString *mail, struct error *err)
{
	enum status st;

	outgoing->created = c->actor.now;
	st = outbox_put(c->txn, outgoing, mail->str, mail->len, err);
	return st == ST_OK && outgoing->ticket
		? tickets_index_new_id(c->txn, outgoing->message_id, outgoing->ticket, err)
		: st;
}

enum status reply_queue(const struct reply_context *c, struct outgoing *outgoing,
	const GString *mail, struct error *err)
{
	enum status st;

	outgoing->created = c->actor.now;
	st = outbox_put(c->txn, outgoing, mail->str, mail->len, err);
	if (st == ST_OK && outgoing->ticket && outgoing->message_id)
		st = tickets_index_id(
			c->txn, outgoing->message_id, outgoing->ticket, 0, ID_SENT, err);
	return st;
}

char *reply_languages(const struct account *account, const struct ticket *ticket)
{
	const char *mails = account->language_from_mail ? text_or_none(ticket->language) : "";

	return g_strdup_printf("%s%s%s", mails, *mails ? "," : "", account->language);
}

static enum status keep_inbound(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct entry *last = arg;

	(void)txn;
	(void)err;
	if (entry->direction != DIRECTION_IN)
		return ST_OK;
	record_release(&entry_type, last);
	record_copy(&entry_type, last, entry);
	last->ticket = entry->ticket;
	last->seq = entry->seq;
	return ST_OK;
}

enum status reply_last_inbound(
	const struct reply_context *c, uint64_t ticket, struct entry *entry_out, struct error *err)
{
	enum status st = tickets_each_entry(c->txn, ticket, keep_inbound, entry_out, err);

	return st == ST_OK && !entry_out->seq ? ST_NOT_FOUND : st;
}

char **reply_references(const char *const *references, const char *id)
{
	GPtrArray *out = g_ptr_array_new();
	size_t n = 0, first;

	while (references && references[n])
		n++;
	first = n > LIMIT_REFERENCES_KEPT ? n - LIMIT_REFERENCES_KEPT : 0;
	for (size_t i = first; i < n; i++)
		if (g_strcmp0(references[i], id) != 0)
			g_ptr_array_add(out, g_strdup(references[i]));
	if (id)
		g_ptr_array_add(out, g_strdup(id));
	g_ptr_array_add(out, NULL);
	return (char **)g_ptr_array_free(out, FALSE);
}
