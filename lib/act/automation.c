/* Automations at work. */
#include "act/automation.h"

#include <string.h>

#include "act/notice.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tongue.h"
#include "decide/automating.h"
#include "tables/workers.h"

static bool automation_failed(enum status st)
{
	return st == ST_FULL || st == ST_BUSY || st == ST_IO;
}

/* --- one action --- */

static enum status automation_reload(struct automation_work *w)
{
	uint64_t number = w->ticket->number;

	record_release(&ticket_type, w->ticket);
	return tickets_load(w->txn, number, w->ticket, w->err);
}

static enum status automation_command(
	struct automation_work *w, const char *actor, const char *line, char **done_out)
{
	const struct commander commander = {
		.actor = { actor, w->now },
		.settings = w->settings,
		.key = *w->key,
	};
	struct command command = { 0 };
	enum status st = command_parse_line(line, w->now, &command, w->err);

	if (st == ST_OK)
		st = command_apply(
			w->txn, &commander, w->ticket->number, &command, done_out, w->err);
	command_release(&command);
	return st;
}

/* "close", or "assign bob: there is no agent 'bob'". */
static enum status automation_act(
	struct automation_work *w, const char *actor, const char *line, GString *told)
{
	g_autofree char *done = NULL;
	enum status st = automation_command(w, actor, line, &done);

	if (automation_failed(st))
		return st;
	g_string_append_printf(told, "%s%s", told->len ? "; " : "", line);
	if (st != ST_OK)
		g_string_append_printf(told, ": %s", w->err->text);
	return automation_reload(w);
}

/* --- the bound --- */

static enum status automation_tell_stopped(struct automation_work *w, const char *actor)
{
	const struct reply_context context = { w->txn, w->settings, w->key,
		{ PROGRAM_ACTOR, w->now } };
	const struct workers_query query = { w->ticket->agent, w->ticket->queue, w->now };
	g_autoptr(GPtrArray) to = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *lead = g_strdup_printf(
		_("Automations did %d things with this ticket today, and are stopped for it until "
		  "somebody does something with it; the last was %s."),
		LIMIT_AUTOMATION_ACTIONS, actor);
	const struct notice notice = { .lead = lead };
	unsigned not_told;
	enum status st = workers_find(w->txn, &query, to, &not_told, w->err);

	for (guint i = 0; i < to->len && st == ST_OK; i++)
		st = notice_send_to(&context, w->ticket, &notice, to->pdata[i], w->err);
	return st;
}

static enum status automation_stop(struct automation_work *w, const char *actor)
{
	const struct actor by = { actor, w->now };
	enum status st;

	w->stopped = true;
	automating_stop(w->ticket, w->now);
	st = tickets_save(w->txn, w->ticket, w->err);
	if (st == ST_OK)
		st = history_add(w->txn, w->ticket->number, &by,
			NOTE(EVENT_AUTOMATION_STOPPED,
				.text = "automations did too much with it in a day"),
			w->err);
	return st == ST_OK ? automation_tell_stopped(w, actor) : st;
}

/* --- all of it --- */

static enum status automation_do(struct automation_work *w, const struct automation *a,
	const char *actor, guint n, GString *told)
{
	const struct actor by = { actor, w->now };
	enum status st = ST_OK;

	for (guint i = 0; i < n && st == ST_OK; i++)
		st = automation_act(w, actor, a->actions[i], told);
	if (st != ST_OK)
		return st;
	return history_add(
		w->txn, w->ticket->number, &by, NOTE(EVENT_AUTOMATION, .text = told->str), w->err);
}

enum status automation_run(struct automation_work *w, const struct automation *a)
{
	g_autofree char *actor = g_strconcat(AUTOMATION_ACTOR, a->name, NULL);
	g_autoptr(GString) told = g_string_new(NULL);
	guint all = g_strv_length(a->actions), n = 0;
	enum status st;

	while (n < all && automating_count(w->ticket, w->now))
		n++;
	if (n)
		automating_mark(a, w->ticket);
	/* The commands take the ticket from the store. */
	st = tickets_save(w->txn, w->ticket, w->err);
	if (st == ST_OK && n)
		st = automation_do(w, a, actor, n, told);
	return st == ST_OK && n < all ? automation_stop(w, actor) : st;
}

/* --- looked at before --- */

static bool automation_has_template(const struct settings *settings, const char *name)
{
	const struct template_book *book;

	for (unsigned i = 0; (book = template_shelf_at(settings->templates, i)); i++)
		if (template_shelf_find(settings->templates, name, book->project))
			return true;
	return false;
}

static enum status automation_check_names(struct settings *settings, const struct automation *a,
	const struct command *command, struct error *err)
{
	const char *word = command->text;

	switch (command->verb) {
	case VERB_ASSIGN:
		settings_need(settings, NEEDS_AGENT, a, word);
		return ST_OK;
	case VERB_TELL:
		if (strcmp(word, "agent") != 0 && strcmp(word, "queue") != 0)
			settings_need(settings, NEEDS_AGENT, a, word);
		return ST_OK;
	case VERB_QUEUE:
		settings_need(settings, NEEDS_QUEUE, a, word);
		return ST_OK;
	case VERB_MAIL:
		return automation_has_template(settings, word)
			? ST_OK
			: error_set(err, ST_BAD_INPUT, _("there is no template '%s'"), word);
	default:
		return ST_OK;
	}
}

static enum status automation_check_action(
	struct settings *settings, const struct automation *a, const char *line, struct error *err)
{
	struct command command = { 0 };
	enum status st = command_parse_line(line, 0, &command, err);

	if (st == ST_OK && !verb_info(command.verb)->by_time)
		st = error_set(err, ST_BAD_INPUT, _("%s is nothing that an automation can do"),
			verb_info(command.verb)->name);
	if (st == ST_OK)
		st = automation_check_names(settings, a, &command, err);
	command_release(&command);
	return st;
}

static enum status automation_wrong(
	const struct automation *a, const char *line, const char *why, struct error *err)
{
	g_autofree char *key = g_strdup_printf("%s: automations.do", a->where);

	return error_set(err, ST_BAD_INPUT, "%s: '%s': %s", key, line, why);
}

enum status automation_check(
	struct settings *settings, const struct automation *a, struct error *err)
{
	struct error why = { "" };

	for (char **line = a->actions; *line; line++)
		if (automation_check_action(settings, a, *line, &why) != ST_OK)
			return automation_wrong(a, *line, why.text, err);
	return ST_OK;
}
