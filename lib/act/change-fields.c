/* Verbs that set one field: queue, project, title, priority, tags. */
#include "act/change.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/queues.h"

static enum status set_text(struct change *c, char **field, enum event_kind kind)
{
	const char *value = *c->command->text ? c->command->text : NULL;
	g_autofree char *before = g_steal_pointer(field);
	g_autofree char *what = g_strdup_printf(
		"%s %s", event_kind_names[kind], value ? value : _("none"));

	*field = g_strdup(value);
	if (g_strcmp0(before, value) == 0)
		return change_unchanged(c, what);
	change_say(c, what);
	return change_save(c, NOTE(kind, .from = before, .to = value));
}

enum status apply_queue(struct change *c)
{
	struct queue queue = { 0 };
	enum status st = queues_load(c->txn, c->command->text, &queue, c->err);

	record_release(&queue_type, &queue);
	if (st == ST_NOT_FOUND)
		return error_set(
			c->err, ST_NOT_FOUND, _("there is no queue '%s'"), c->command->text);
	return st == ST_OK ? set_text(c, &c->ticket.queue, EVENT_QUEUE) : st;
}

enum status apply_project(struct change *c)
{
	return set_text(c, &c->ticket.project, EVENT_PROJECT);
}

enum status apply_title(struct change *c)
{
	return set_text(c, &c->ticket.subject, EVENT_TITLE);
}

enum status apply_priority(struct change *c)
{
	int before = c->ticket.priority;
	g_autofree char *what = g_strdup_printf(
		_("priority %s"), priority_names[c->command->value]);

	if (before == c->command->value)
		return change_unchanged(c, what);
	c->ticket.priority = c->command->value;
	change_say(c, what);
	return change_save(c,
		NOTE(EVENT_PRIORITY, .from = priority_names[before],
			.to = priority_names[c->command->value]));
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
		if (!text_list_has(t->tags, *p) && tags->len < LIMIT_TAGS)
			g_ptr_array_add(tags, g_strdup(*p));
	g_ptr_array_add(tags, NULL);
	g_strfreev(t->tags);
	t->tags = (char **)g_ptr_array_free(tags, FALSE);
	after = g_strjoinv(" ", t->tags);
	what = g_strdup_printf(_("tagged %s"), *after ? after : _("nothing"));
	if (strcmp(before, after) == 0)
		return change_unchanged(c, what);
	change_say(c, what);
	return change_save(c, NOTE(EVENT_TAG, .from = before, .to = after));
}
