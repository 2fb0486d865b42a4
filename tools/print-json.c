/* For programs: one object a line. */
#include "json.h"

static void json_begin(struct printer *printer)
{
	(void)printer;
}

/* Marks count characters, as programs index texts. */
static json_t *json_marks(const struct snippet *s)
{
	json_t *marks = json_array();

	for (guint i = 0; i < s->marks->len; i++) {
		const struct snippet_mark *m = &g_array_index(s->marks, struct snippet_mark, i);

		json_array_append_new(marks,
			json_pack("{s:I, s:I}", "start",
				(json_int_t)g_utf8_strlen(s->text, (gssize)m->start), "length",
				(json_int_t)g_utf8_strlen(s->text + m->start, (gssize)m->length)));
	}
	return marks;
}

static json_t *json_snippet(const struct found_snippet *found)
{
	if (!found)
		return json_null();
	return json_pack("{s:I, s:s, s:o, s:o}", "seq", (json_int_t)found->seq, "where",
		found->where, "text", json_text(found->snippet.text), "marks",
		json_marks(&found->snippet));
}

static void print_json_ticket(struct printer *printer, const struct ticket *t)
{
	json_t *object = json_ticket(printer->cli, t, false);

	if (printer->cli->n_sought)
		json_object_set_new(object, "snippet", json_snippet(printer->found));
	json_print(object);
}

static void json_queue(struct printer *printer, const struct queue_view *view)
{
	json_t *object = json_record(&queue_type, view->queue, false), *members = json_array();

	(void)printer;
	for (char **m = view->members; m && *m; m++)
		json_array_append_new(members, json_text(*m));
	json_object_set_new(object, "members", members);
	json_object_set_new(object, "open", json_integer((json_int_t)view->count.open));
	json_object_set_new(object, "new", json_integer((json_int_t)view->count.new));
	json_print(object);
}

static void json_agent(struct printer *printer, const struct agent *a)
{
	json_t *object = json_record(&agent_type, a, false);

	(void)printer;
	json_object_set_new(object, "active", json_boolean(!a->inactive));
	json_print(object);
}

static void json_account(struct printer *printer, const struct account *a)
{
	(void)printer;
	json_print(json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:s, s:s}", "address",
		json_text(a->address), "enabled", a->enabled, "queue", json_text(a->queue),
		"project", json_text(a->project && *a->project ? a->project : NULL), "since",
		json_time(a->since), "sender", json_text(a->sender), "deliver",
		deliver_names[a->deliver], "reply_to", reply_to_names[a->reply_to]));
}

static void json_query(struct printer *printer, const struct shared_query *q, bool shared)
{
	json_t *object = json_record(&shared_query_type, q, false);

	(void)printer;
	json_object_set_new(object, "shared", json_boolean(shared));
	json_print(object);
}

static void json_outgoing(struct printer *printer, const struct outgoing *o)
{
	json_t *object = json_record(&outgoing_type, o, false);

	(void)printer;
	json_object_set_new(object, "id", json_integer((json_int_t)o->id));
	json_print(object);
}

static void print_json_event(struct printer *printer, const struct event *e)
{
	(void)printer;
	json_print(json_event(e));
}

static void print_json_view(struct printer *printer, const struct ticket_view *v)
{
	json_print(json_view(printer->cli, v, false));
}

static void json_end(struct printer *printer)
{
	(void)printer;
}

const struct print_form print_json_form = { json_begin, print_json_ticket, json_queue, json_agent,
	json_account, json_outgoing, json_query, print_json_event, print_json_view, json_end };
