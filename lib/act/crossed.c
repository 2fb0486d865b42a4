/* Crossed answers. */
#include "act/crossed.h"

#include <string.h>

#include "act/notice.h"
#include "base/mailbox.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"
#include "tables/tickets.h"

struct crossing {
	const struct crossed_query *query;
	struct crossed *out;
};

/* Owned. */
static char *crossed_author(const struct entry *e)
{
	if (e->author)
		return g_strdup(e->author);
	if (e->told_actor)
		return g_strdup(actor_login(e->told_actor));
	return mailbox_read_address(e->from);
}

static bool crossed_is_self(const struct crossed_query *q, const char *author)
{
	if (!author || strcmp(actor_login(q->actor), author) == 0)
		return true;
	return q->agent && agent_is(q->agent, author);
}

static bool crossed_goes_to(char *const *list, char *const *to)
{
	for (; list && *list; list++) {
		g_autofree char *address = mailbox_read_address(*list);

		if (address && text_list_has(to, address))
			return true;
	}
	return false;
}

static bool crossed_is_known(const struct crossed_query *q, const struct entry *e)
{
	return e->message_id && q->references &&
		text_list_has((char *const *)q->references, e->message_id);
}

static bool is_crossed_answer(const struct crossed_query *q, const struct entry *e)
{
	return e->direction == DIRECTION_OUT && e->match != MATCH_COPY &&
		(crossed_goes_to(e->to, q->to) || crossed_goes_to(e->cc, q->to)) &&
		!crossed_is_known(q, e);
}

static enum status crossed_look(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct crossing *c = arg;
	g_autofree char *author = NULL;

	(void)txn;
	(void)err;
	if (!is_crossed_answer(c->query, e))
		return ST_OK;
	author = crossed_author(e);
	if (crossed_is_self(c->query, author))
		return ST_OK;
	text_list_remove(c->out->who, author);
	text_list_add(&c->out->who, author);
	c->out->when = e->received;
	return ST_OK;
}

enum status crossed_find(struct txn *txn, const struct crossed_query *q,
	struct crossed *crossed_out, struct error *err)
{
	struct crossing c = { q, crossed_out };

	return tickets_each_entry_from(txn, q->ticket, q->after + 1, crossed_look, &c, err);
}

void crossed_release(struct crossed *crossed)
{
	g_clear_pointer(&crossed->who, g_strfreev);
	crossed->when = 0;
}

static const char *crossed_last(const struct crossed *crossed)
{
	return crossed->who[g_strv_length(crossed->who) - 1];
}

char *crossed_text(const struct crossed *crossed, const char *zone)
{
	g_autofree char *shown = text_zoned(crossed->when, zone);

	return g_strdup_printf("%s answered on %s", crossed_last(crossed), shown);
}

static enum status crossed_tell_agent(const struct reply_context *c, struct ticket *ticket,
	const char *login, const struct notice *notice, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agents_find(c->txn, login, &agent, err);

	if (st == ST_OK && agent_address(&agent))
		st = notice_send_to(c, ticket, notice, agent_address(&agent), err);
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status crossed_tell_colleagues(const struct reply_context *c, struct ticket *ticket,
	const struct crossed *crossed, struct error *err)
{
	g_autofree char *lead = g_strdup_printf(
		_("%s has answered the mail that you have answered, too, and did not know of "
		  "your answer; that was on"),
		actor_login(c->actor.name));
	const struct notice notice = { .lead = lead, .when = c->actor.now };
	enum status st = ST_OK;

	for (char **who = crossed->who; *who && st == ST_OK; who++)
		st = crossed_tell_agent(c, ticket, *who, &notice, err);
	return st;
}

enum status crossed_tell(const struct reply_context *c, struct ticket *ticket,
	const struct crossed *crossed, const struct agent *self, struct error *err)
{
	g_autofree char *all = g_strjoinv(", ", crossed->who), *lead = NULL;
	struct notice notice;
	enum status st;

	ticket->crossed = true;
	st = history_add(c->txn, ticket->number, &c->actor, NOTE(EVENT_CROSSED, .to = all), err);
	if (st == ST_OK)
		st = crossed_tell_colleagues(c, ticket, crossed, err);
	if (st != ST_OK || !agent_address(self))
		return st;
	lead = g_strdup_printf(_("Your answer has crossed with another: %s has answered the same "
				 "mail, last on"),
		all);
	notice = (struct notice){ .lead = lead, .when = crossed->when };
	return notice_send_to(c, ticket, &notice, agent_address(self), err);
}
