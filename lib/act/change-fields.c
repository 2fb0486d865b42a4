/* Verbs that set one field: queue, project, title, priority, tags. */
#include "act/change.h"

#include <string.h>

#include "act/assign.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/times.h"
#include "tables/queues.h"
#include "tables/tickets.h"

enum status apply_field(struct change *c)
{
	const struct verb_info *verb = verb_info(c->command->verb);
	const struct field *field = record_field(&ticket_type, verb->field);
	g_autofree char *before = g_strdup(record_field_word(field, &c->ticket)), *what = NULL;
	const char *value;

	record_field_set(field, &c->ticket, c->command->text);
	value = record_field_word(field, &c->ticket);
	what = g_strdup_printf("%s %s", verb->name, value ? value : _("none"));
	if (g_strcmp0(before, value) == 0)
		return change_unchanged(c, what);
	change_say(c, what);
	return change_save(c, NOTE((enum event_kind)field->event, .from = before, .to = value));
}

/* In its new queue it may be somebody's. */
static enum status share_moved(struct change *c)
{
	const struct reply_context context = change_mail_context(c);
	bool assigned;
	enum status st = assign_by_policy(&context, &c->ticket, &assigned, c->err);

	if (st != ST_OK || !assigned)
		return st;
	st = times_keep(c->txn, c->by->settings, &c->ticket, c->by->actor.now, c->err);
	if (st == ST_OK)
		st = tickets_save(c->txn, &c->ticket, c->err);
	return st == ST_OK ? assign_tell(&context, &c->ticket, NULL,
				     _("This ticket was assigned to you.\n"), c->err)
			   : st;
}

enum status apply_queue(struct change *c)
{
	enum status st = queues_need(c->txn, c->command->text, c->err);

	if (st == ST_OK)
		st = apply_field(c);
	return st == ST_OK ? share_moved(c) : st;
}

enum status apply_tag(struct change *c)
{
	struct ticket *t = &c->ticket;
	g_autofree char *before = t->tags ? g_strjoinv(" ", t->tags) : g_strdup(""), *after = NULL;
	g_autofree char *what = NULL;
	GPtrArray *tags = g_ptr_array_new();

	for (char **p = t->tags; p && *p; p++)
		if (!text_list_has(c->command->remove, *p))
			g_ptr_array_add(tags, g_strdup(*p));
	for (char **p = c->command->add; *p; p++)
		if (!text_list_has(t->tags, *p) && tags->len < LIMIT_TAGS &&
			!g_ptr_array_find_with_equal_func(tags, *p, g_str_equal, NULL))
			g_ptr_array_add(tags, g_strdup(*p));
	g_ptr_array_add(tags, NULL);
	g_strfreev(t->tags);
	t->tags = (char **)g_ptr_array_free(tags, FALSE);
	after = g_strjoinv(" ", t->tags);
	what = *after ? g_strdup_printf(_("tagged %s"), after) : g_strdup(_("without tags"));
	if (strcmp(before, after) == 0)
		return change_unchanged(c, what);
	change_say(c, what);
	return change_save(c, NOTE(EVENT_TAG, .from = before, .to = after));
}
