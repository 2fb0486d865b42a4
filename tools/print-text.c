/* For people: tables and pages. Piped, the same columns separated by tabs, with whole times in
 * place of ages. */
#include "print.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"
#include "format.h"
#include "mail/attachment.h"
#include "table.h"

enum { CELL_MAX = 64 * 1024, LABEL_COLUMNS = 14 };

static const struct table_column ticket_columns[] = {
	{ .title = N_("NUMBER"), .right = true },
	{ .title = N_("STATUS") },
	{ .title = N_("PRIO"), .usual = "normal" },
	{ .title = N_("QUEUE"), .stretches = true },
	{ .title = N_("AGENT"), .stretches = true },
	{ .title = N_("AGE"), .right = true },
	{ .title = N_("REQUESTER"), .stretches = true },
	{ .title = N_("SUBJECT"), .stretches = true },
};
const char *const print_columns[] = { "number", "status", "priority", "queue", "agent", "age",
	"requester", "subject", NULL };
static const struct table_column queue_columns[] = {
	{ .title = N_("QUEUE"), .stretches = true },
	{ .title = N_("OPEN"), .right = true },
	{ .title = N_("NEW"), .right = true },
	{ .title = N_("RESPONSIBLE"), .stretches = true, .usual = "-" },
	{ .title = N_("ASSIGN"), .usual = "manual" },
	{ .title = N_("MEMBERS"), .stretches = true },
	{ .title = N_("TITLE"), .stretches = true, .usual = "-" },
};
static const struct table_column agent_columns[] = {
	{ .title = N_("LOGIN"), .stretches = true },
	{ .title = N_("NAME"), .stretches = true },
	{ .title = N_("ADDRESSES"), .stretches = true },
	{ .title = N_("QUEUES"), .stretches = true },
	{ .title = N_("ACTIVE"), .usual = "yes" },
	{ .title = N_("AWAY UNTIL"), .usual = "-" },
	{ .title = N_("DEPUTY"), .usual = "-" },
};
static const struct table_column account_columns[] = {
	{ .title = N_("ADDRESS"), .stretches = true },
	{ .title = N_("QUEUE"), .stretches = true },
	{ .title = N_("PROJECT"), .stretches = true, .usual = "-" },
	{ .title = N_("ENABLED"), .usual = "yes" },
	{ .title = N_("SENDER"), .stretches = true },
};
static const struct table_column outbox_columns[] = {
	{ .title = N_("ID"), .right = true },
	{ .title = N_("TICKET"), .right = true },
	{ .title = N_("EVENT") },
	{ .title = N_("STATE") },
	{ .title = N_("TRIES"), .right = true, .gives_way = true },
	{ .title = N_("NEXT"), .gives_way = true, .usual = "-" },
	{ .title = N_("TO"), .stretches = true },
	{ .title = N_("LAST REPLY"), .stretches = true, .usual = "-" },
};

static const struct table_column query_columns[] = {
	{ .title = N_("NAME"), .stretches = true },
	{ .title = N_("WHOSE"), .stretches = true, .usual = "own" },
	{ .title = N_("QUERY"), .stretches = true },
};

/* Events have no shape: they come one by one while they happen, and no column can wait for the
 * widest. */
static const struct {
	const struct table_column *columns;
	unsigned count;
} shapes[] = {
	[PRINT_TICKETS] = { ticket_columns, G_N_ELEMENTS(ticket_columns) },
	[PRINT_QUEUES] = { queue_columns, G_N_ELEMENTS(queue_columns) },
	[PRINT_AGENTS] = { agent_columns, G_N_ELEMENTS(agent_columns) },
	[PRINT_ACCOUNTS] = { account_columns, G_N_ELEMENTS(account_columns) },
	[PRINT_OUTBOX] = { outbox_columns, G_N_ELEMENTS(outbox_columns) },
	[PRINT_QUERIES] = { query_columns, G_N_ELEMENTS(query_columns) },
	[PRINT_EVENTS] = { NULL, 0 },
};

/* "LAST IN"; it lives for ever, as there are few. */
static const char *text_heading(const char *name)
{
	g_autofree char *upper = g_ascii_strup(name, -1);

	return g_intern_string(g_strdelimit(upper, "_", ' '));
}

/* Those that were chosen: the usual ones as they are, others under their names. */
static void text_begin_chosen(struct printer *printer, char **names)
{
	unsigned n = g_strv_length(names);

	printer->columns = g_new0(struct table_column, n);
	for (unsigned i = 0; i < n; i++) {
		int usual = names_find(print_columns, names[i]);

		if (usual >= 0)
			printer->columns[i] = ticket_columns[usual];
		else
			printer->columns[i] = (struct table_column){
				.title = text_heading(names[i]), .stretches = true
			};
		printer->columns[i].usual = NULL;
	}
	printer->table = table_new(printer->columns, n);
}

static void text_begin(struct printer *printer)
{
	if (printer->kind == PRINT_TICKETS && printer->cli->columns)
		text_begin_chosen(printer, printer->cli->columns);
	else if (shapes[printer->kind].columns)
		printer->table = table_new(
			shapes[printer->kind].columns, shapes[printer->kind].count);
}

static char *number_text(uint64_t number)
{
	return number ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : g_strdup("-");
}

static char *when_text(const struct printer *printer, int64_t when)
{
	return terminal_is() ? terminal_age(when, printer->cli->actor.now) : text_rfc3339(when);
}

/* Of ticket_columns. */
enum { STATUS_CELL = 1, PRIORITY_CELL = 2 };
/* What cannot wait is seen before it is read. */
static const enum colour priority_colours[] = {
	[PRIORITY_LOW] = COLOUR_DIM,
	[PRIORITY_NORMAL] = COLOUR_NONE,
	[PRIORITY_HIGH] = COLOUR_YELLOW,
	[PRIORITY_URGENT] = COLOUR_RED,
};

/* In the line below. Without colour a hit is not to be told from what a stranger wrote around it.
 */
static void text_snippet(struct table *table, struct found_snippet *found)
{
	g_autofree char *shown = NULL;

	if (!found)
		return;
	snippet_fit(&found->snippet, table_room_below(found->where));
	shown = snippet_marked(&found->snippet, terminal_on(COLOUR_BOLD), terminal_off());
	table_below(table, found->where, shown);
}

/* cells: the usual ones. */
static void text_add_chosen(
	struct printer *printer, const struct ticket *t, const char *const *cells)
{
	char **names = printer->cli->columns;
	g_autoptr(GPtrArray) chosen = g_ptr_array_new_with_free_func(g_free);
	int status = -1, priority = -1;

	for (int i = 0; names[i]; i++) {
		int usual = names_find(print_columns, names[i]);

		status = usual == STATUS_CELL ? i : status;
		priority = usual == PRIORITY_CELL ? i : priority;
		g_ptr_array_add(chosen,
			usual >= 0 ? g_strdup(cells[usual])
				   : format_shown(printer->cli, t, names[i]));
	}
	table_add(printer->table, (const char *const *)chosen->pdata, (unsigned)MAX(status, 0),
		status < 0 ? COLOUR_NONE : terminal_status_colour(t->status));
	if (priority >= 0)
		table_mark(printer->table, (unsigned)priority, priority_colours[t->priority]);
}

static void text_ticket(struct printer *printer, const struct ticket *t)
{
	g_autofree char *number = number_text(t->number), *when = when_text(printer, t->updated);
	const char *known = t->subject && *t->subject ? t->subject : _("(no subject)");
	g_autofree char *subject = g_strconcat(
		t->undelivered ? _("[undelivered] ") : "", known, NULL);
	const char *requester = terminal_is() && t->requester_name ? t->requester_name
								   : t->requester_address;
	const char *const cells[] = {
		number,
		ticket_status_names[t->status],
		priority_names[t->priority],
		t->queue,
		t->agent,
		when,
		requester,
		subject,
	};

	if (printer->cli->columns) {
		text_add_chosen(printer, t, cells);
	} else {
		table_add(printer->table, cells, STATUS_CELL, terminal_status_colour(t->status));
		table_mark(printer->table, PRIORITY_CELL, priority_colours[t->priority]);
	}
	text_snippet(printer->table, printer->found);
}

static void text_queue(struct printer *printer, const struct queue_view *v)
{
	g_autofree char *open = g_strdup_printf("%" G_GUINT64_FORMAT, v->count.open),
			*new = g_strdup_printf("%" G_GUINT64_FORMAT, v->count.new);
	g_autofree char *members = v->members ? g_strjoinv(", ", v->members) : NULL;
	const char *const cells[] = { v->queue->name, open, new, v->queue->responsible,
		assign_names[v->queue->assign], members, v->queue->title };

	table_add(printer->table, cells, 0, COLOUR_NONE);
}

static void text_agent(struct printer *printer, const struct agent *a)
{
	g_autofree char *addresses = a->addresses ? g_strjoinv(", ", a->addresses) : NULL;
	g_autofree char *queues = a->queues ? g_strjoinv(", ", a->queues) : NULL;
	g_autofree char *away = a->away_until ? terminal_time(a->away_until) : NULL;
	const char *is_active = a->inactive ? "no" : "yes";
	const char *const cells[] = {
		a->login,
		a->name,
		addresses,
		queues,
		is_active,
		away,
		a->deputy,
	};

	table_add(printer->table, cells, 4, a->inactive ? COLOUR_DIM : COLOUR_NONE);
}

static void text_account(struct printer *printer, const struct account *a)
{
	const char *const cells[] = { a->address, a->queue, a->project, a->enabled ? "yes" : "no",
		a->sender };

	table_add(printer->table, cells, 3, a->enabled ? COLOUR_NONE : COLOUR_DIM);
}

static void text_outgoing(struct printer *printer, const struct outgoing *o)
{
	static const enum colour colours[] = { [OUTGOING_WAITING] = COLOUR_YELLOW,
		[OUTGOING_FAILED] = COLOUR_RED,
		[OUTGOING_SUPPRESSED] = COLOUR_DIM };
	g_autofree char *id = number_text(o->id), *of = number_text(o->ticket),
			*tries = g_strdup_printf("%" G_GUINT64_FORMAT, o->attempts);
	g_autofree char *next = o->state == OUTGOING_WAITING && o->next_try
		? terminal_time(o->next_try)
		: g_strdup("-");
	g_autofree char *to = o->to ? g_strjoinv(", ", o->to) : NULL;
	const char *const cells[] = { id, of, o->event, outgoing_state_names[o->state], tries, next,
		to, o->last_reply };

	table_add(printer->table, cells, 3, colours[o->state]);
}

static void text_query(struct printer *printer, const struct shared_query *q, bool shared)
{
	const char *whose = shared ? "shared" : "own";
	const char *const cells[] = { q->name, whose, q->query };

	table_add(printer->table, cells, 1, shared ? COLOUR_NONE : COLOUR_DIM);
}

/* A time in an event is in UTC, and shown as other times are. Owned. */
static char *shown_time(const char *text)
{
	int64_t when;

	if (strchr(text, 'T') && g_str_has_suffix(text, "Z") &&
		text_parse_date(text, &when) == ST_OK)
		return terminal_time(when);
	return g_strdup(text);
}

char *print_change(const struct event *e)
{
	GString *out = g_string_new(e->from);
	bool from = e->from && *e->from, to = e->to && *e->to, text = e->text && *e->text;
	g_autofree char *time = text ? shown_time(e->text) : NULL;

	if (from || to)
		g_string_append(out, from ? " →" : "→");
	if (to)
		g_string_append_printf(out, " %s", e->to);
	if (text)
		g_string_append_printf(out, "%s%s", from || to ? "; " : "", time);
	return g_string_free(out, FALSE);
}

/* Padded to so many columns, but never cut. */
static void print_padded(const char *text, int columns, enum colour colour)
{
	printf("%s%s%s%*s  ", terminal_on(colour), text, terminal_off(),
		MAX(columns - text_width(text), 0), "");
}

static void event_for_a_person(const struct event *e, bool with_ticket)
{
	g_autofree char *time = terminal_time(e->time),
			*number = g_strdup_printf("#%" G_GUINT64_FORMAT, e->ticket),
			*change = print_change(e);
	g_autofree char *actor = terminal_line(e->actor ? e->actor : "-", CELL_MAX),
			*clean = terminal_line(change, CELL_MAX);

	print_padded(time ? time : "-", 0, COLOUR_DIM);
	if (with_ticket)
		print_padded(number, 6, COLOUR_NONE);
	print_padded(e->kind ? event_kind_names[e->kind] : "-", 8, COLOUR_BOLD);
	print_padded(actor, 12, COLOUR_NONE);
	puts(clean);
}

static void event_for_a_program(const struct event *e)
{
	g_autofree char *time = text_rfc3339(e->time), *number = number_text(e->ticket),
			*change = print_change(e);
	const char *cells[] = { time, number, event_kind_names[e->kind], e->actor, change };

	for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
		g_autofree char *cell = text_line(cells[i] && *cells[i] ? cells[i] : "-", CELL_MAX);

		printf("%s%s", i ? "\t" : "", cell);
	}
	puts("");
}

static void text_event(struct printer *printer, const struct event *e)
{
	(void)printer;
	if (terminal_is())
		event_for_a_person(e, true);
	else
		event_for_a_program(e);
}

/* --- one ticket --- */

static void print_text_line(const char *label, const char *value)
{
	terminal_labelled(LABEL_COLUMNS, label, value, CELL_MAX);
}

static void print_coloured(const char *label, const char *word, enum colour colour)
{
	printf("%s%s%*s%s %s%s%s\n", terminal_on(COLOUR_DIM), _(label),
		MAX(LABEL_COLUMNS - text_width(_(label)), 0), "", terminal_off(),
		terminal_on(colour), word, terminal_off());
}

static void line_time(const struct cli *cli, const char *label, int64_t when)
{
	g_autofree char *time = terminal_time(when),
			*age = terminal_is() && when <= cli->actor.now
		? terminal_age(when, cli->actor.now)
		: NULL;
	g_autofree char *both = age && cli->actor.now - when >= TEXT_SECOND * 60
		? g_strdup_printf(_("%s (%s ago)"), time, age)
		: g_strdup(time);

	print_text_line(label, when ? both : NULL);
}

static void line_list(const char *label, char *const *list)
{
	g_autofree char *text = list ? g_strjoinv(", ", (char **)list) : NULL;

	print_text_line(label, text);
}

static void line_numbers(const char *label, const struct numbers *numbers)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < numbers->n; i++)
		g_string_append_printf(text, "%s#%" G_GUINT64_FORMAT, i ? ", " : "", numbers->v[i]);
	print_text_line(label, text->str);
}

static char *yes_text(const char *help)
{
	return help ? g_strdup_printf(_("yes: %s"), _(help)) : g_strdup(_("yes"));
}

static void line_field(const struct cli *cli, const struct field *f, const void *record)
{
	const void *at = (const char *)record + f->offset;
	g_autofree char *text = record_field_text(f, record), *line = NULL;

	if (f->type == FIELD_TIME) {
		line_time(cli, f->label, *(const int64_t *)at);
		return;
	}
	if (f->type == FIELD_NUMBERS) {
		line_numbers(f->label, at);
		return;
	}
	if (f->type == FIELD_BOOL)
		line = *(const bool *)at ? yes_text(f->help) : NULL;
	else if (text && f->flags & FIELD_OF_TICKET)
		line = g_strdup_printf("#%s", text);
	else if (!text && f->none)
		line = g_strdup(_(f->none));
	else
		line = g_steal_pointer(&text);
	print_text_line(f->label, line);
}

/* --- fields of a ticket that are shown in a way of their own --- */

static void line_status(const struct field *f, const struct ticket *t)
{
	print_coloured(f->label, ticket_status_names[t->status], terminal_status_colour(t->status));
}

static void line_priority(const struct field *f, const struct ticket *t)
{
	print_coloured(f->label, priority_names[t->priority], priority_colours[t->priority]);
}

static void line_requester(const struct field *f, const struct ticket *t)
{
	g_autofree char *requester = mailbox_write(
		t->requester_name, t->requester_address ? t->requester_address : "");

	print_text_line(f->label, requester);
}

static const struct {
	size_t offset;
	void (*print)(const struct field *field, const struct ticket *ticket);
} own_lines[] = {
	{ .offset = offsetof(struct ticket, status), .print = line_status },
	{ .offset = offsetof(struct ticket, priority), .print = line_priority },
	{ .offset = offsetof(struct ticket, requester_address), .print = line_requester },
};

static void print_field(const struct cli *cli, const struct field *f, const struct ticket *t)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_lines); i++)
		if (own_lines[i].offset == f->offset) {
			own_lines[i].print(f, t);
			return;
		}
	line_field(cli, f, t);
}

static void print_fields(const struct cli *cli, const struct ticket *t)
{
	g_autofree char *tag = tag_text(&cli->settings->tag_format, t->number),
			*subject = terminal_line(t->subject ? t->subject : "", 1000);

	printf("%s%s %s%s\n", terminal_on(COLOUR_BOLD), tag, *subject ? subject : _("(no subject)"),
		terminal_off());
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].label)
			print_field(cli, &ticket_type.fields[i], t);
}

static void print_attachment(const char *recorded)
{
	struct attachment a = { 0 };
	g_autofree char *shown = attachment_read(recorded, &a) ? attachment_shown(&a) : NULL;

	print_text_line(N_("attachment"), shown);
	attachment_release(&a);
}

static void print_entry(const struct entry *e, const char *text)
{
	static const enum colour colours[] = { [DIRECTION_IN] = COLOUR_GREEN,
		[DIRECTION_OUT] = COLOUR_CYAN,
		[DIRECTION_NOTE] = COLOUR_YELLOW,
		[DIRECTION_AUTO] = COLOUR_DIM,
		[DIRECTION_BOUNCE] = COLOUR_RED };
	g_autofree char *received = terminal_time(e->received),
			*body = terminal_block(text ? text : "", 64 * 1024);

	printf("\n%s--- %" G_GUINT64_FORMAT " %s  %s%s\n", terminal_on(colours[e->direction]),
		e->seq, direction_names[e->direction], received ? received : "", terminal_off());
	print_text_line(N_("from"), e->from);
	if (e->reply_to && (!e->from || g_ascii_strcasecmp(e->reply_to, e->from) != 0))
		print_text_line(N_("reply to"), e->reply_to);
	line_list(N_("to"), e->to);
	line_list(N_("cc"), e->cc);
	print_text_line(N_("subject"), e->subject);
	for (char **a = e->attached; a && *a; a++)
		print_attachment(*a);
	if (*g_strchomp(body))
		printf("\n%s\n", body);
}

static void print_heading(const char *text)
{
	printf("\n%s%s%s\n", terminal_on(COLOUR_BOLD), text, terminal_off());
}

static void print_events(GPtrArray *events)
{
	print_heading(_("events"));
	for (unsigned i = 0; i < events->len; i++)
		event_for_a_person(g_ptr_array_index(events, i), false);
}

static void print_history(struct printer *printer, GPtrArray *tickets)
{
	print_heading(_("tickets of this requester"));
	printer->table = table_new(ticket_columns, G_N_ELEMENTS(ticket_columns));
	for (unsigned i = 0; i < tickets->len; i++)
		text_ticket(printer, g_ptr_array_index(tickets, i));
	table_print(printer->table);
	printer->table = NULL;
}

static void text_view(struct printer *printer, const struct ticket_view *v)
{
	if (printer->count > 1)
		puts("");
	print_fields(printer->cli, v->ticket);
	print_text_line(N_("also open"), v->others);
	for (unsigned i = 0; i < v->entries->len; i++)
		print_entry(g_ptr_array_index(v->entries, i), g_ptr_array_index(v->texts, i));
	print_events(v->events);
	if (v->history)
		print_history(printer, v->history);
}

static void text_end(struct printer *printer)
{
	if (printer->table)
		table_print(printer->table);
	g_free(printer->columns);
}

const struct print_form print_text_form = { text_begin, text_ticket, text_queue, text_agent,
	text_account, text_outgoing, text_query, text_event, text_view, text_end };
