/* The verb that answers with a template. */
#include "act/change.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"

/* The template's name; what else is said goes below its text. */
enum status parse_template(struct parsing *p)
{
	if (p->n == 0)
		return parse_expected(p, NULL);
	p->command->text = text_line(p->args[0], LIMIT_NAME_BYTES);
	p->command->name = p->n > 1 ? g_strjoinv(" ", p->args + 1) : NULL;
	return *p->command->text ? ST_OK : parse_expected(p, NULL);
}

static enum status answer_canned(
	struct change *c, const struct reply_context *context, const struct reply_canned *canned)
{
	const struct agent *self = c->by->self;
	const struct reply_text text = { .agent = self, .text = canned->body, .canned = canned };
	struct reply_draft draft = { .mail = NULL };
	enum status st = reply_draft(context, &c->ticket, &text, &draft, c->err);

	if (st == ST_OK)
		st = reply_send(context, &c->ticket, self, &draft, c->err);
	reply_draft_release(&draft);
	return st;
}

enum status apply_reply(struct change *c)
{
	struct reply_context context = change_mail_context(c);
	const struct canned_request request = {
		.ticket = &c->ticket,
		.agent = c->by->self,
		.name = c->command->text,
		.words = c->command->name,
	};
	struct reply_canned canned = { .body = NULL };
	enum status st;

	context.actor = c->by->actor;
	st = reply_canned(&context, &request, &canned, c->err);
	if (st == ST_OK)
		st = answer_canned(c, &context, &canned);
	if (st == ST_OK)
		g_string_append_printf(c->done, _("#%" PRIu64 " answered with %s"),
			c->ticket.number, c->command->text);
	reply_canned_release(&canned);
	return st;
}
