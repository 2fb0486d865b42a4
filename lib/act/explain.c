/* Tells a message's story without letting it happen. */
#include "act/explain.h"

#include <string.h>

#include "act/attempt.h"
#include "base/tongue.h"
#include "base/why.h"
#include "tables/outbox.h"

struct explaining {
	struct attempt attempt;
	struct explanation *out;
	uint64_t last_event, last_outgoing;
	bool told;
};

void explanation_init(struct explanation *e)
{
	memset(e, 0, sizeof *e);
	outcome_init(&e->outcome);
	e->why = g_ptr_array_new_with_free_func(g_free);
	e->events = g_ptr_array_new_with_free_func(record_free);
	e->outgoing = g_ptr_array_new_with_free_func(record_free);
	e->headers = g_ptr_array_new_with_free_func(g_free);
}

void explanation_release(struct explanation *e)
{
	outcome_release(&e->outcome);
	record_release(&ticket_type, &e->ticket);
	mailbox_release(&e->requester);
	g_ptr_array_unref(e->why);
	g_ptr_array_unref(e->events);
	g_ptr_array_unref(e->outgoing);
	g_ptr_array_unref(e->headers);
}

/* --- what the transaction leaves, seen before it is undone --- */

static enum status see_last_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(uint64_t *)arg = event->serial;
	return ST_OK;
}

static enum status see_last_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	*(uint64_t *)arg = outgoing->id;
	return ST_OK;
}

static enum status keep_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct event *copy = record_dup(&event_type, event);

	(void)txn;
	(void)err;
	copy->ticket = event->ticket;
	g_ptr_array_add(arg, copy);
	return ST_OK;
}

static enum status keep_outgoing(
	struct txn *txn, const struct outgoing *outgoing, void *arg, struct error *err)
{
	struct explaining *x = arg;

	(void)txn;
	(void)err;
	if (outgoing->id > x->last_outgoing)
		g_ptr_array_add(x->out->outgoing, record_dup(&outgoing_type, outgoing));
	return ST_OK;
}

static void tell_kind(struct explaining *x)
{
	const struct arrival *a = x->attempt.arrival;

	if (a->automatic == AUTO_NONE)
		why_add(x->out->why, _("a person's mail: no sign of automatic mail"));
	else
		why_add(x->out->why, _("%s mail: %s (%s)"), automatic_names[a->automatic],
			a->automatic_why.reason, a->automatic_why.source);
}

static enum status look_before(struct txn *txn, struct explaining *x, struct error *err)
{
	enum status st;

	g_ptr_array_set_size(x->out->why, 0);
	g_ptr_array_set_size(x->out->events, 0);
	g_ptr_array_set_size(x->out->outgoing, 0);
	tell_kind(x);
	x->last_event = x->last_outgoing = 0;
	st = history_tail(txn, 1, see_last_event, &x->last_event, err);
	return st == ST_OK ? outbox_each(txn, see_last_outgoing, &x->last_outgoing, err) : st;
}

static enum status look_after(struct txn *txn, struct explaining *x, struct error *err)
{
	struct explanation *out = x->out;
	enum status st = history_each(txn, 0, x->last_event, keep_event, out->events, err);

	if (st == ST_OK)
		st = outbox_each(txn, keep_outgoing, x, err);
	record_release(&ticket_type, &out->ticket);
	record_copy(&ticket_type, &out->ticket, &x->attempt.match.ticket);
	return st;
}

/* requester_choose() took the first that counts. */
static const char *source_of(const struct arrival *a, const char *address)
{
	if (mailboxes_have(a->reply_to, address))
		return "Reply-To";
	if (mailboxes_have(a->from, address))
		return "From";
	if (g_strcmp0(a->sender, address) == 0)
		return _("the envelope's sender");
	return _("X-Original-From or X-Original-Sender");
}

static void tell_requester(struct explaining *x)
{
	struct attempt *a = &x->attempt;
	const struct mailbox *who = NULL;

	mailbox_release(&x->out->requester);
	if (a->outcome->whose == WHOSE_INBOUND)
		who = attempt_requester(a);
	if (!who)
		return;
	mailbox_copy(&x->out->requester, who);
	why_add(x->out->why, _("the requester is %s, of %s"), who->address,
		source_of(a->arrival, who->address));
}

/* ST_REFUSED undoes everything; `told` says that all went well until then. */
static enum status explain_record(struct txn *txn, void *arg, struct error *err)
{
	struct explaining *x = arg;
	enum status st = look_before(txn, x, err);

	x->told = false;
	if (st == ST_OK)
		st = intake_record(txn, &x->attempt, err);
	if (st == ST_OK)
		st = look_after(txn, x, err);
	if (st == ST_OK)
		tell_requester(x);
	x->told = st == ST_OK;
	return st == ST_OK ? ST_REFUSED : st;
}

/* --- headers afterwards --- */

struct line {
	const char *name;
	const char *value; /* NULL: it goes */
	bool changed;
};

static struct line *line_at(GArray *lines, const char *name, unsigned index)
{
	for (guint i = 0; i < lines->len; i++) {
		struct line *line = &g_array_index(lines, struct line, i);

		if (g_ascii_strcasecmp(line->name, name) == 0 && --index == 0)
			return line;
	}
	return NULL;
}

/* Indexes count the fields as they came, and deletions go from the last to the first, as in an MTA.
 */
static void apply_to_lines(GArray *lines, const struct edit *edit, GPtrArray *out)
{
	struct line *line = edit->kind == EDIT_CHANGE_HEADER || edit->kind == EDIT_DELETE_HEADER
		? line_at(lines, edit->name, edit->index)
		: NULL;

	if (line) {
		g_ptr_array_add(out,
			g_strdup_printf("- %s: %s", line->name, line->value ? line->value : ""));
		line->value = edit->kind == EDIT_CHANGE_HEADER ? edit->value : NULL;
		line->changed = true;
	} else if (edit->kind == EDIT_ADD_HEADER) {
		const struct line added = { edit->name, edit->value, true };

		g_array_append_val(lines, added);
	}
}

static void explain_tell_headers(
	const struct message *message, const struct edits *edits, GPtrArray *out)
{
	g_autoptr(GArray) lines = g_array_new(FALSE, TRUE, sizeof(struct line));
	struct line line = { NULL, NULL, false };
	const struct edit *edit;

	for (unsigned i = 0; message_header_at(message, i, &line.name, &line.value); i++)
		g_array_append_val(lines, line);
	for (unsigned i = 0; (edit = edits_at(edits, i)); i++)
		apply_to_lines(lines, edit, out);
	for (guint i = 0; i < lines->len; i++) {
		const struct line *l = &g_array_index(lines, struct line, i);

		if (l->value)
			g_ptr_array_add(out,
				g_strdup_printf(
					"%c %s: %s", l->changed ? '+' : ' ', l->name, l->value));
	}
}

/* --- the whole --- */

enum status explain(
	struct store *store, struct arrival *arrival, struct explanation *out, struct error *err)
{
	struct explaining x = { .out = out };
	enum status st;

	x.attempt = (struct attempt){
		.arrival = arrival,
		.outcome = &out->outcome,
		.why = out->why,
	};
	st = intake_read(arrival, store, err);
	out->source = arrival->automatic_why.source;
	if (st == ST_OK)
		st = store_write(store, explain_record, &x, err);
	if (x.told) {
		intake_plan(&x.attempt);
		explain_tell_headers(arrival->message, &out->outcome.edits, out->headers);
		st = ST_OK;
	}
	attempt_release(&x.attempt);
	arrival_release(arrival);
	return st;
}
