/* Verbs of automations alone: mail by template, and notices. */
#include "act/change.h"

#include <string.h>

#include "act/notice.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "base/why.h"
#include "tables/agents.h"
#include "tables/workers.h"

/* --- mail --- */

static void mail_say(struct change *c, enum answer_fate fate, const GPtrArray *why)
{
	const char *address = c->ticket.requester_address;

	if (fate == ANSWER_QUEUED)
		g_string_append_printf(c->done, _("mailed %s"), text_or_none(address));
	else
		g_string_append_printf(c->done, _("no mail: %s"),
			why->len ? (const char *)why->pdata[why->len - 1] : _("suppressed"));
}

static enum status mail_template(struct change *c, const struct template_set *set)
{
	const struct reply_context context = change_mail_context(c);
	g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *detail = NULL;
	const struct account *account = c->ticket.account
		? settings_account(c->by->settings, c->ticket.account, &detail)
		: NULL;
	const struct answer_request request = {
		.ticket = &c->ticket,
		.account = account,
		.answer = ANSWER_CLOSED,
		.template = set,
		.why = why,
	};
	enum answer_fate fate = ANSWER_NONE;
	enum status st = reply_automatic(&context, &request, &fate, c->err);

	mail_say(c, fate, why);
	return st;
}

enum status apply_mail(struct change *c)
{
	const struct template_set *set = template_shelf_find(
		c->by->settings->templates, c->command->text, c->ticket.project);

	if (!set)
		return error_set(
			c->err, ST_NOT_FOUND, _("there is no template '%s'"), c->command->text);
	/* What came back is not sent again and again. */
	if (c->ticket.undelivered)
		return error_set(
			c->err, ST_REFUSED, _("skipped, as mail to the requester came back"));
	return mail_template(c, set);
}

/* --- tell --- */

static enum status tell_find(struct change *c, GPtrArray *to)
{
	const char *word = c->command->text;
	bool queue = strcmp(word, "queue") == 0, agent = strcmp(word, "agent") == 0;
	const struct workers_query of_ticket = { queue ? NULL : c->ticket.agent, c->ticket.queue,
		c->by->actor.now };
	const struct workers_query of_word = { word, c->ticket.queue, c->by->actor.now };
	struct agent found = { 0 };
	unsigned not_told;
	enum status st;

	if (queue || agent)
		return workers_find(c->txn, &of_ticket, to, &not_told, c->err);
	st = workers_stand_in(c->txn, &of_word, &found, c->err);
	if (st == ST_OK && agent_address(&found))
		g_ptr_array_add(to, g_strdup(agent_address(&found)));
	record_release(&agent_type, &found);
	return st == ST_NOT_FOUND ? error_set(c->err, st, _("%s is not there"), word) : st;
}

enum status apply_tell(struct change *c)
{
	const struct reply_context context = change_mail_context(c);
	g_autoptr(GPtrArray) to = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *lead = g_strdup_printf(
		_("This ticket asks for your attention (%s)."), c->by->actor.name);
	const struct notice notice = { .lead = lead };
	enum status st = tell_find(c, to);

	for (guint i = 0; i < to->len && st == ST_OK; i++)
		st = notice_send_to(&context, &c->ticket, &notice, to->pdata[i], c->err);
	g_string_append_printf(c->done, _("told %s"), c->command->text);
	return st;
}
