/* Verbs that take something back: undo, unmerge. */
#include "act/change.h"

#include "act/undo.h"
#include "act/unmerge.h"
#include "base/tongue.h"

/* The number that was said leads to the ticket that it was merged into. */
enum status apply_unmerge(struct change *c)
{
	struct ticket merged = { 0 };
	g_autofree char *into = g_strdup_printf(
		_("is no part of #%" PRIu64 " any more"), c->ticket.number);
	enum status st;

	if (c->named == c->ticket.number)
		return error_set(
			c->err, ST_BAD_INPUT, _("ticket #%" PRIu64 " is not merged"), c->named);
	st = tickets_load(c->txn, c->named, &merged, c->err);
	if (st == ST_OK && !commander_may(c->by, &merged))
		st = error_set(c->err, ST_REFUSED,
			_("ticket #%" PRIu64 " is in queue '%s', which is not yours"), c->named,
			merged.queue);
	if (st == ST_OK)
		st = unmerge(c->txn, c->by, &merged, &c->ticket, c->err);
	g_string_append_printf(c->done, "#%" PRIu64 " %s", c->named, into);
	record_release(&ticket_type, &merged);
	return st;
}

static enum status change_undo(struct change *c, const struct undo *undo)
{
	g_autoptr(GString) said = g_string_new(NULL);
	struct undoing u = {
		.txn = c->txn, .by = c->by, .undo = undo, .said = said, .err = c->err
	};
	enum status st = undo_ticket(&u, c->named);

	if (said->len)
		g_string_truncate(said, said->len - 1);
	if (st == ST_OK && u.done == 0)
		return error_set(c->err, ST_REFUSED, "%s",
			said->len ? said->str : _("nothing of it can be undone"));
	g_string_append(c->done, said->str);
	return st;
}

/* What the commander did last to this ticket. */
enum status apply_undo(struct change *c)
{
	struct undo undo;
	enum status st;

	undo_init(&undo);
	st = undo_find(c->txn, c->by->actor.name, c->named, &undo, c->err);
	if (st == ST_OK)
		st = change_undo(c, &undo);
	undo_release(&undo);
	return st;
}
