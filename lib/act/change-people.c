/* Verbs about whom a ticket is for, and who gets copies. */
#include "act/change.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/agents.h"

/* Mail to these would come back to the desk, as a ticket or as commands. */
static enum status check_outside(struct change *c, const char *address)
{
	if (!settings_is_desk(c->by->settings, address))
		return ST_OK;
	return error_set(c->err, ST_REFUSED, _("'%s' is an address of the desk itself"), address);
}

static void set_name(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

enum status apply_requester(struct change *c)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = g_strdup(t->requester_address),
			*what = g_strdup_printf(_("requester %s"), c->command->text);
	char *const first[] = { c->command->text, NULL };
	char **participants = g_strdupv((char **)first);
	enum status st = check_outside(c, c->command->text);

	if (st != ST_OK ||
		(g_strcmp0(before, c->command->text) == 0 &&
			(!c->command->name ||
				g_strcmp0(t->requester_name, c->command->name) == 0))) {
		g_strfreev(participants);
		return st == ST_OK ? change_unchanged(c, what) : st;
	}
	if (g_strcmp0(before, c->command->text) != 0 || c->command->name)
		set_name(&t->requester_name, c->command->name);
	set_name(&t->requester_address, c->command->text);
	change_unite(&participants, t->participants, LIMIT_PARTICIPANTS);
	g_strfreev(t->participants);
	t->participants = participants;
	change_say(c, what);
	return change_save(c,
		NOTE(EVENT_REQUESTER, .from = before, .to = t->requester_address,
			.text = c->command->name));
}

/* A login means the agent's first address; no word at all, the commander's own. *address_out is
 * owned. */
static enum status people_watcher(struct change *c, char **address_out)
{
	struct agent agent = { 0 };
	const char *word = c->command->text;
	enum status st = word ? agents_find(c->txn, word, &agent, c->err) : ST_OK;
	const char *theirs = agent_address(word ? &agent : c->by->self);

	if (!word && !theirs)
		return error_set(c->err, ST_BAD_INPUT,
			_("%s: whose address? You are no agent who has one"),
			verb_info(c->command->verb)->name);
	if (st == ST_OK && theirs && !(word && strchr(word, '@')))
		*address_out = g_strdup(theirs);
	else if (st == ST_OK || st == ST_NOT_FOUND)
		st = address_canonical(word, address_out) == ST_OK
			? ST_OK
			: error_set(c->err, ST_BAD_INPUT,
				  _("%s: '%s' is no mail address and no agent"),
				  verb_info(c->command->verb)->name, word);
	record_release(&agent_type, &agent);
	return st == ST_OK ? check_outside(c, *address_out) : st;
}

enum status apply_watch(struct change *c)
{
	g_autofree char *address = NULL, *what = NULL;
	struct ticket *t = &c->ticket;
	enum status st = people_watcher(c, &address);

	if (st != ST_OK)
		return st;
	what = g_strdup_printf(_("watched by %s"), address);
	if (text_list_has(t->watching, address))
		return change_unchanged(c, what);
	if (t->watching && g_strv_length(t->watching) >= LIMIT_WATCHING)
		return error_set(c->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is watched by %d already"), t->number,
			LIMIT_WATCHING);
	text_list_add(&t->watching, address);
	change_say(c, what);
	return change_save(c, NOTE(EVENT_WATCH, .to = address));
}

enum status apply_unwatch(struct change *c)
{
	g_autofree char *address = NULL, *what = NULL;
	struct ticket *t = &c->ticket;
	enum status st = people_watcher(c, &address);

	if (st != ST_OK)
		return st;
	what = g_strdup_printf(_("not watched by %s"), address);
	if (!text_list_has(t->watching, address))
		return change_unchanged(c, what);
	text_list_remove(t->watching, address);
	change_say(c, what);
	return change_save(c, NOTE(EVENT_WATCH, .from = address));
}
