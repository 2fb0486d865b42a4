/* Templates that agents answer with. */
#include "act/reply-parts.h"

#include <string.h>

#include "base/limits.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "base/tongue.h"
#include "mail/answer-words.h"
#include "tables/queues.h"
#include "tables/tickets.h"

/* What stands for its variables; owned. */
struct canning {
	const struct reply_context *c;
	const struct canned_request *request;
	const char *language;
	struct queue queue;
	char *quote, *signature;
	int64_t date; /* of what is quoted; 0 */
};

static void canning_release(struct canning *k)
{
	record_release(&queue_type, &k->queue);
	g_free(k->quote);
	g_free(k->signature);
}

static bool canned_is_by(const struct entry *e, const char *requester)
{
	g_autofree char *from = mailbox_read_address(e->from);
	g_autofree char *reply_to = mailbox_read_address(e->reply_to);

	return requester &&
		(g_strcmp0(from, requester) == 0 || g_strcmp0(reply_to, requester) == 0);
}

/* Another participant's words are not for the requester to read. */
static enum status canned_find_quote(struct canning *k, struct error *err)
{
	const struct ticket *t = k->request->ticket;
	struct entry last = { 0 };
	enum status st = reply_last_inbound(k->c, t->number, &last, err);

	if (st == ST_OK && canned_is_by(&last, t->requester_address)) {
		k->date = last.date ? last.date : last.received;
		st = tickets_text(k->c->txn, t->number, last.seq, &k->quote, err);
	}
	record_release(&entry_type, &last);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status canned_find_queue(struct canning *k, struct error *err)
{
	enum status st = queues_load(k->c->txn, k->request->ticket->queue, &k->queue, err);

	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	k->signature = g_strchomp(
		text_block(text_or_none(k->queue.signature), -1, LIMIT_SIGNATURE_BYTES));
	return ST_OK;
}

static const char *canned_agent(const struct canned_request *r)
{
	if (!r->agent)
		return r->ticket->agent;
	return r->agent->name ? r->agent->name : r->agent->login;
}

static void canned_fill(
	const struct canning *k, const struct template *template, struct template_text *text_out)
{
	const struct ticket *t = k->request->ticket;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	g_autofree char *tag = tag_text(&k->c->settings->tag_format, t->number);
	g_autofree char *date = answer_date(k->date ? k->date : k->c->actor.now, k->language);
	g_autofree char *name = answer_name(
		t->requester_name ? t->requester_name : ticket_requester(t));
	const char *title = text_or_none(k->queue.title), *address = ticket_requester(t);
	const char *queue = *title ? title : t->queue;
	const char *values[VAR_COUNT] = {
		[VAR_NUMBER] = number,
		[VAR_TAG] = tag,
		[VAR_SUBJECT] = t->subject,
		[VAR_NAME] = name,
		[VAR_ADDRESS] = address,
		[VAR_QUEUE] = queue,
		[VAR_PROJECT] = t->project,
		[VAR_STATUS] = ticket_status_names[t->status],
		[VAR_AGENT] = canned_agent(k->request),
		[VAR_DATE] = date,
		[VAR_QUOTE] = k->quote,
		[VAR_SIGNATURE] = k->signature,
	};

	template_fill(template, values, text_out);
}

/* Where the signature begins, with what sets it off; the end without one. */
static size_t canned_text_end(const char *body, const char *signature)
{
	g_autofree char *line = g_strconcat("\n", signature, NULL);
	const char *found = *signature ? g_strrstr(body, line) : NULL;
	size_t end = found ? (size_t)(found - body) + 1 : strlen(body);

	if (found && end >= 4 && strncmp(body + end - 4, "-- \n", 4) == 0)
		end -= 4;
	return end;
}

/* Owned. */
static char *canned_with_words(const char *body, const char *signature, const char *words)
{
	g_autofree char *clean = g_strstrip(text_block(words, -1, LIMIT_TEXT_BYTES));
	size_t end = canned_text_end(body, signature);
	g_autoptr(GString) out = g_string_new_len(body, (gssize)end);

	if (!*clean)
		return g_strdup(body);
	while (out->len && out->str[out->len - 1] == '\n')
		g_string_truncate(out, out->len - 1);
	g_string_append_printf(out, "\n\n%s\n%s%s", clean, body[end] ? "\n" : "", body + end);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static enum status canned_write(struct canning *k, const struct template_set *set,
	const struct account *account, struct reply_canned *out, struct error *err)
{
	g_autofree char *wanted = reply_languages(account, k->request->ticket);
	const char *language = NULL;
	const struct template *template = template_set_pick(set, wanted, &language);
	struct template_text text;
	enum status st = canned_find_queue(k, err);

	if (st == ST_OK)
		st = canned_find_quote(k, err);
	if (st != ST_OK)
		return st;
	k->language = language ? language : account->language;
	canned_fill(k, template, &text);
	out->subject = g_steal_pointer(&text.subject);
	out->headers = g_steal_pointer(&text.headers);
	out->body = canned_with_words(text.body, k->signature, text_or_none(k->request->words));
	out->language = g_strdup(language);
	out->is_signed = template_has(template, VAR_SIGNATURE);
	template_text_release(&text);
	return ST_OK;
}

enum status reply_canned(const struct reply_context *context, const struct canned_request *request,
	struct reply_canned *canned_out, struct error *err)
{
	const struct account *account = reply_account(context->settings, request->ticket);
	const struct template_set *set = template_shelf_find(
		context->settings->templates, request->name, request->ticket->project);
	struct canning k = { .c = context, .request = request };
	enum status st;

	if (!set)
		return error_set(err, ST_NOT_FOUND,
			_("there is no template '%s'; 'ticket template list' lists them"),
			request->name);
	if (!account || !request->ticket->requester_address)
		return error_set(err, ST_BAD_INPUT,
			account ? _("ticket #%" PRIu64 " has nobody to answer")
				: _("ticket #%" PRIu64 " has no account to answer"),
			request->ticket->number);
	st = canned_write(&k, set, account, canned_out, err);
	canning_release(&k);
	return st;
}

void reply_canned_release(struct reply_canned *canned)
{
	g_clear_pointer(&canned->subject, g_free);
	g_clear_pointer(&canned->body, g_free);
	g_clear_pointer(&canned->language, g_free);
	g_clear_pointer(&canned->headers, g_strfreev);
}
