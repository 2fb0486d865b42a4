/* What the fields of a query ask of a ticket: some in ways of their own, most as the row of the
 * record's field tells. */
#include "tables/query-fields.h"

#include <string.h>

#include "base/text.h"

/* --- what a field asks of a ticket --- */

static bool same_word(const char *a, const char *value)
{
	g_autofree char *form = text_searchable(a ? a : "");

	return text_glob(value, form);
}

static bool in_words(char *const *list, const char *value)
{
	for (; list && *list; list++)
		if (same_word(*list, value))
			return true;
	return false;
}

static bool ask_queue(const struct ticket *t, const char *value, const char *me)
{
	(void)me;
	return same_word(t->queue, value) || in_words(t->watchers, value);
}

static bool ask_agent(const struct ticket *t, const char *value, const char *me)
{
	if (strcmp(value, "none") == 0)
		return !t->agent;
	if (strcmp(value, "me") == 0)
		return t->agent && g_strcmp0(t->agent, me) == 0;
	return t->agent && same_word(t->agent, value);
}

/* An address, "@domain", a glob, or a part of the name or address. */
static bool ask_requester(const struct ticket *t, const char *value, const char *me)
{
	g_autofree char *name = text_searchable(t->requester_name ? t->requester_name : "");
	const char *address = t->requester_address ? t->requester_address : "";

	(void)me;
	if (*value == '@')
		return g_str_has_suffix(address, value);
	if (strpbrk(value, "*?"))
		return text_glob(value, address) || text_glob(value, name);
	return strchr(value, '@') ? strcmp(address, value) == 0
				  : strstr(name, value) || strstr(address, value);
}

static bool ask_subject(const struct ticket *t, const char *value, const char *me)
{
	g_autofree char *form = text_searchable(t->subject ? t->subject : "");

	(void)me;
	return strpbrk(value, "*?") ? text_glob(value, form) : strstr(form, value) != NULL;
}

/* --- facts --- */

static bool is_open(const struct ticket *t)
{
	return ticket_status_active(t->status);
}
static bool is_closed(const struct ticket *t)
{
	return t->status == TICKET_CLOSED;
}
static bool is_new(const struct ticket *t)
{
	return t->status == TICKET_NEW;
}
static bool is_waiting(const struct ticket *t)
{
	return t->status == TICKET_WAITING;
}
static bool is_unassigned(const struct ticket *t)
{
	return !t->agent;
}
static bool is_undelivered(const struct ticket *t)
{
	return t->undelivered;
}
static bool is_unanswered(const struct ticket *t)
{
	return t->last_in > t->last_out;
}

static bool is_crossed(const struct ticket *t)
{
	return t->crossed;
}

static const char *const fact_names[] = { "open", "closed", "new", "waiting", "unassigned",
	"undelivered", "unanswered", "crossed", NULL };
/* In the same order. */
static bool (*const facts[])(const struct ticket *t) = { is_open, is_closed, is_new, is_waiting,
	is_unassigned, is_undelivered, is_unanswered, is_crossed };
G_STATIC_ASSERT(G_N_ELEMENTS(facts) + 1 == G_N_ELEMENTS(fact_names));

static bool ask_is(const struct ticket *t, const char *value, const char *me)
{
	int fact = names_find(fact_names, value);

	(void)me;
	return fact >= 0 && facts[fact](t);
}

static bool ask_has(const struct ticket *t, const char *value, const char *me)
{
	(void)me;
	return strcmp(value, "attachment") == 0 ? t->attachments_count > 0 : t->links.n > 0;
}

static const char *const has_names[] = { "attachment", "link", NULL };

/* --- all of them --- */

/* Those that are asked in a way of their own. */
static const struct query_field own_fields[] = {
	{ .name = "queue", .ask = ask_queue },
	{ .name = "agent", .ask = ask_agent },
	{ .name = "requester", .ask = ask_requester },
	{ .name = "subject", .ask = ask_subject },
	{ .name = "is", .ask = ask_is, .words = fact_names },
	{ .name = "has", .ask = ask_has, .words = has_names },
};

static struct query_field field_of_row(const struct field *row)
{
	return (struct query_field){
		.name = row->query ? row->query : row->name,
		.row = row,
		.words = row->names,
		.number = row->type == FIELD_U64,
	};
}

bool query_field_at(size_t at, struct query_field *out)
{
	size_t own = G_N_ELEMENTS(own_fields);

	if (at < own) {
		*out = own_fields[at];
		return true;
	}
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].flags & FIELD_FILTER && at-- == own) {
			*out = field_of_row(&ticket_type.fields[i]);
			return true;
		}
	return false;
}

static bool is_none(const struct field *row, const struct ticket *t)
{
	g_autofree char *text = record_field_text(row, t);

	return !text || !*text;
}

static bool ask_number(const struct field *row, const struct ticket *t, const char *value)
{
	uint64_t wanted, number;
	g_autofree char *text = record_field_text(row, t);

	return text && text_parse_number(value, &wanted) == ST_OK &&
		text_parse_number(text, &number) == ST_OK && wanted == number;
}

static bool ask_row(const struct field *row, const struct ticket *t, const char *value)
{
	if (row->type == FIELD_U64)
		return ask_number(row, t, value);
	if (row->type == FIELD_ENUM)
		return strcmp(record_field_word(row, t), value) == 0;
	if (strcmp(value, "none") == 0)
		return is_none(row, t);
	return row->type == FIELD_LIST ? in_words(record_field_list(row, t), value)
				       : same_word(record_field_word(row, t), value);
}

bool query_field_asks(
	const struct query_field *field, const struct ticket *t, const char *value, const char *me)
{
	return field->ask ? field->ask(t, value, me) : ask_row(field->row, t, value);
}
