/* The fields of the query language: some are asked in ways of their own, most as the row of the
 * record's field tells. */
#include <string.h>

#include "base/address.h"
#include "base/fold.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/query-parts.h"

static enum query_truth truth_of(bool holds)
{
	return holds ? QUERY_YES : QUERY_NO;
}

/* --- words of the record --- */

/* Names are what they are, as for the options of commands; a glob is for people. */
static bool field_same_word(const char *a, const struct query_operand *value)
{
	g_autofree char *form = NULL;

	if (!value->glob)
		return g_strcmp0(a, value->raw) == 0;
	form = text_searchable(text_or_none(a));
	return text_glob(value->text, form);
}

/* Of names that are in small letters, always. */
static bool field_same_name(const char *a, const struct query_operand *value)
{
	return value->glob ? field_same_word(a, value) : g_strcmp0(a, value->text) == 0;
}

static bool field_in_words(char *const *list, const struct query_operand *value)
{
	for (; list && *list; list++)
		if (field_same_word(*list, value))
			return true;
	return false;
}

static bool is_none(const struct query_operand *value)
{
	return strcmp(value->text, "none") == 0;
}

static enum query_truth ask_queue(const struct query_asking *a, const struct query_operand *value)
{
	bool is = field_same_name(a->ticket->queue, value);

	for (char **queue = a->ticket->watchers; queue && *queue && !is; queue++)
		is = field_same_name(*queue, value);
	return truth_of(is);
}

/* A login; who is no agent of that login may still have the name or address. */
static enum query_truth ask_agent(const struct query_asking *a, const struct query_operand *value)
{
	const char *agent = a->ticket->agent;

	if (is_none(value))
		return truth_of(!agent);
	if (!agent)
		return QUERY_NO;
	return field_same_name(agent, value) ? QUERY_YES : QUERY_MAYBE;
}

/* People write a domain beyond ASCII in its own letters. */
static bool person_glob(const char *glob, const char *name, const char *address)
{
	g_autofree char *shown = address_shown(address), *by_shown = text_searchable(shown);

	return text_glob(glob, address) || text_glob(glob, name) || text_glob(glob, by_shown);
}

bool query_is_person(const struct query_operand *value, const char *name, const char *address)
{
	g_autofree char *by_name = text_searchable(text_or_none(name)),
			*by_address = text_searchable(text_or_none(address));

	if (value->text[0] == '@' && !value->glob)
		return g_str_has_suffix(by_address, value->text);
	if (value->glob)
		return person_glob(value->text, by_name, by_address);
	if (value->address)
		return g_strcmp0(address, value->address) == 0;
	return strstr(by_name, value->text) || strstr(by_address, value->text);
}

static enum query_truth ask_requester(
	const struct query_asking *a, const struct query_operand *value)
{
	const char *name = a->ticket->requester_name, *address = a->ticket->requester_address;

	return truth_of((!value->sought || sought_in(value->sought, name) ||
				sought_in(value->sought, address)) &&
		query_is_person(value, name, address));
}

static enum query_truth ask_account(const struct query_asking *a, const struct query_operand *value)
{
	return truth_of(a->ticket->account && query_is_person(value, NULL, a->ticket->account));
}

static enum query_truth ask_link(const struct query_asking *a, const struct query_operand *value)
{
	return truth_of(numbers_has(&a->ticket->links, value->number));
}

/* --- texts --- */

static bool sought_in_list(const struct sought *sought, char *const *list)
{
	for (; list && *list; list++)
		if (sought_in(sought, *list))
			return true;
	return false;
}

static enum query_truth ask_subject(const struct query_asking *a, const struct query_operand *value)
{
	return truth_of(sought_in(value->sought, a->ticket->subject));
}

/* What the record has of it; messages may have the rest. */
static enum query_truth ask_any(const struct query_asking *a, const struct query_operand *value)
{
	const struct ticket *t = a->ticket;
	const struct sought *sought = value->sought;
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	bool in_record = sought_in(sought, number) || sought_in(sought, t->subject) ||
		sought_in(sought, t->requester_name) || sought_in(sought, t->requester_address);

	return in_record || sought_in_list(sought, t->participants) ||
			sought_in_list(sought, t->tags)
		? QUERY_YES
		: QUERY_MAYBE;
}

static enum query_truth ask_messages(
	const struct query_asking *a, const struct query_operand *value)
{
	(void)a;
	(void)value;
	return QUERY_MAYBE;
}

static enum query_truth ask_files(const struct query_asking *a, const struct query_operand *value)
{
	(void)value;
	return a->ticket->attachments_count ? QUERY_MAYBE : QUERY_NO;
}

/* --- times --- */

static int64_t time_opened(const struct ticket *t)
{
	return t->opened;
}
static int64_t time_updated(const struct ticket *t)
{
	return t->updated;
}
static int64_t time_due(const struct ticket *t)
{
	return ticket_due(t);
}
static int64_t time_closed(const struct ticket *t)
{
	return t->closed;
}

/* --- facts --- */

static enum query_truth fact_open(const struct ticket *t)
{
	return truth_of(ticket_status_active(t->status));
}
static enum query_truth fact_closed(const struct ticket *t)
{
	return truth_of(t->status == TICKET_CLOSED);
}
static enum query_truth fact_new(const struct ticket *t)
{
	return truth_of(t->status == TICKET_NEW);
}
static enum query_truth fact_waiting(const struct ticket *t)
{
	return truth_of(t->status == TICKET_WAITING);
}
static enum query_truth fact_unassigned(const struct ticket *t)
{
	return truth_of(!t->agent);
}
static enum query_truth fact_undelivered(const struct ticket *t)
{
	return truth_of(t->undelivered);
}
/* Automatic mail moves neither. */
static enum query_truth fact_unanswered(const struct ticket *t)
{
	return truth_of(t->last_in > t->last_out);
}

/* Two agents answered the same. */
static enum query_truth fact_crossed(const struct ticket *t)
{
	return truth_of(t->crossed);
}

/* A promise was not kept. */
static enum query_truth fact_overdue(const struct ticket *t)
{
	return truth_of(t->overdue != OVERDUE_NOT);
}

typedef enum query_truth query_fact(const struct ticket *ticket);

static const char *const is_names[] = { "open", "closed", "new", "waiting", "unassigned",
	"undelivered", "unanswered", "crossed", "overdue", NULL };
/* In the same order. */
static query_fact *const is_facts[] = { fact_open, fact_closed, fact_new, fact_waiting,
	fact_unassigned, fact_undelivered, fact_unanswered, fact_crossed, fact_overdue };
G_STATIC_ASSERT(G_N_ELEMENTS(is_facts) + 1 == G_N_ELEMENTS(is_names));

static enum query_truth ask_is(const struct query_asking *a, const struct query_operand *value)
{
	return is_facts[value->word](a->ticket);
}

static enum query_truth has_attachment(const struct ticket *t)
{
	return truth_of(t->attachments_count > 0);
}
/* A message tells whether it is one. */
static enum query_truth has_note(const struct ticket *t)
{
	return t->messages_count ? QUERY_MAYBE : QUERY_NO;
}
static enum query_truth has_link(const struct ticket *t)
{
	return truth_of(t->links.n > 0);
}

static const char *const has_names[] = { "attachment", "note", "link", NULL };
static query_fact *const has_facts[] = { has_attachment, has_note, has_link };
G_STATIC_ASSERT(G_N_ELEMENTS(has_facts) + 1 == G_N_ELEMENTS(has_names));

static enum query_truth ask_has(const struct query_asking *a, const struct query_operand *value)
{
	return has_facts[value->word](a->ticket);
}

/* --- all of them --- */

static const struct query_field word_field = {
	.sort = QUERY_TEXT, .ask = ask_any, .part = PART_ANY
};

#define PERSON "ADDRESS|@DOMAIN|NAME"

/* Those that are asked in a way of their own. */
static const struct query_field own_fields[] = {
	{ .name = "queue",
		.ask = ask_queue,
		.values = "QUEUE",
		.help = N_("of this queue, or watched by it") },
	{ .name = "agent",
		.sort = QUERY_PERSON,
		.ask = ask_agent,
		.part = PART_AGENT,
		.values = "AGENT|none|me",
		.help = N_(
			"whose ticket it is: a login, an address, a part of the name; none is nobody") },
	{ .name = "requester",
		.sort = QUERY_PERSON,
		.ask = ask_requester,
		.values = PERSON,
		.help = N_("who wants the answer") },
	{ .name = "from",
		.sort = QUERY_PERSON,
		.ask = ask_messages,
		.part = PART_FROM,
		.values = PERSON,
		.help = N_("the author of a message") },
	{ .name = "to",
		.sort = QUERY_PERSON,
		.ask = ask_messages,
		.part = PART_TO,
		.values = PERSON,
		.help = N_("in To or Cc of a message") },
	{ .name = "subject",
		.sort = QUERY_TEXT,
		.ask = ask_subject,
		.values = "WORD",
		.help = N_("words of the ticket's subject") },
	{ .name = "text",
		.sort = QUERY_TEXT,
		.ask = ask_messages,
		.part = PART_TEXT,
		.values = "WORD",
		.help = N_("words of a mail's text") },
	{ .name = "note",
		.sort = QUERY_TEXT,
		.ask = ask_messages,
		.part = PART_NOTE,
		.values = "WORD",
		.help = N_("words of a note") },
	{ .name = "attachment",
		.sort = QUERY_FILE,
		.ask = ask_files,
		.part = PART_FILE,
		.values = "WORD|GLOB",
		.help = N_("words of an attachment's name, or a glob of it") },
	{ .name = "id",
		.sort = QUERY_ID,
		.ask = ask_messages,
		.part = PART_ID,
		.values = "MESSAGE-ID",
		.help = N_("the Message-ID of a message") },
	{ .name = "account",
		.sort = QUERY_PERSON,
		.ask = ask_account,
		.values = "ACCOUNT",
		.help = N_("the account that it came in by") },
	{ .name = "link",
		.sort = QUERY_NUMBER,
		.ask = ask_link,
		.values = "NUMBER",
		.help = N_("linked with this ticket") },
	{ .name = "opened",
		.sort = QUERY_TIME,
		.time = time_opened,
		.values = "TIME",
		.help = N_("opened then") },
	{ .name = "updated",
		.sort = QUERY_TIME,
		.time = time_updated,
		.values = "TIME",
		.help = N_("last changed then") },
	{ .name = "closed",
		.sort = QUERY_TIME,
		.time = time_closed,
		.values = "TIME",
		.help = N_("closed then") },
	{ .name = "due",
		.sort = QUERY_TIME,
		.ahead = true,
		.time = time_due,
		.values = "TIME",
		.help = N_("whose answer or solution is promised by then") },
	{ .name = "idle",
		.sort = QUERY_AGE,
		.time = ticket_touched,
		.values = "DURATION",
		.help = N_("so long since the last mail of a person or act of an agent") },
	{ .name = "age",
		.sort = QUERY_AGE,
		.time = time_opened,
		.values = "DURATION",
		.help = N_("opened so long ago") },
	{ .name = "is", .ask = ask_is, .words = is_names, .help = N_("what it is") },
	{ .name = "has",
		.ask = ask_has,
		.part = PART_HAS_NOTE,
		.words = has_names,
		.help = N_("what it has") },
};

static struct query_field field_of_row(const struct field *row)
{
	struct query_field field = {
		.name = row->query,
		.row = row,
		.words = row->names,
		.values = "WORD|none",
		.help = row->help,
	};

	if (!field.name)
		field.name = row->name;
	if (!field.help)
		field.help = row->label;
	if (row->type == FIELD_U64) {
		field.sort = QUERY_NUMBER;
		field.values = "NUMBER";
	}
	return field;
}

bool query_field_at(size_t at, struct query_field *out)
{
	size_t own = G_N_ELEMENTS(own_fields);

	if (at == 0 || at <= own) {
		*out = at == 0 ? word_field : own_fields[at - 1];
		return true;
	}
	for (size_t i = 0; i < ticket_type.count; i++)
		if (ticket_type.fields[i].flags & FIELD_FILTER && --at == own) {
			*out = field_of_row(&ticket_type.fields[i]);
			return true;
		}
	return false;
}

bool query_row_at(size_t at, struct query_row *out)
{
	struct query_field field;

	if (!query_field_at(at + 1, &field))
		return false;
	*out = (struct query_row){ field.name, field.values, field.words, field.help };
	return true;
}

/* --- values --- */

char *query_hint(const char *word, const char *const *names)
{
	g_autofree char *all = g_strjoinv(" ", (char **)names);
	const char *nearest = nearest_begun(word, names);

	return nearest ? g_strdup_printf(_("did you mean '%s'?"), nearest)
		       : g_strdup_printf(_("expected one of: %s"), all);
}

static enum query_way field_way(const struct query_field *field)
{
	if (field->sort == QUERY_AGE)
		return WAY_LENGTH;
	return field->ahead ? WAY_AHEAD : WAY_BACK;
}

static enum status value_read_word(
	const struct query_field *field, struct query_operand *value, char **why_out)
{
	g_autofree char *hint = NULL;

	value->word = field->words ? names_find(field->words, value->text) : 0;
	if (value->word >= 0)
		return ST_OK;
	hint = query_hint(value->text, field->words);
	*why_out = g_strdup_printf(_("'%s' is no value of %s; %s"), value->text, field->name, hint);
	return ST_BAD_INPUT;
}

static enum status value_read_number(struct query_operand *value, char **why_out)
{
	if (text_parse_number(value->text, &value->number) == ST_OK)
		return ST_OK;
	*why_out = g_strdup_printf(
		_("'%s' is no ticket number; expected one such as 1042"), value->text);
	return ST_BAD_INPUT;
}

/* A * that does not end the word would be no more than a blank. */
static bool value_is_pattern(const char *raw)
{
	const char *star = strchr(raw, '*');

	return star && star[strspn(star, "*")];
}

static enum status value_read_text(
	const char *raw, bool quoted, struct query_operand *value, char **why_out)
{
	bool open = g_str_has_suffix(raw, "*");

	if (!quoted && value_is_pattern(raw)) {
		*why_out = g_strdup_printf(
			_("'%s': a * may only end a word; expected quotes where it is a text"),
			raw);
		return ST_BAD_INPUT;
	}
	value->sought = quoted && !open ? sought_new(raw, SOUGHT_EXACT) : sought_written(raw);
	if (value->sought)
		return ST_OK;
	*why_out = g_strdup_printf(_("'%s' has no letter or digit that could be looked for"), raw);
	return ST_BAD_INPUT;
}

static enum status value_read_me(const char *me, struct query_operand *value, char **why_out)
{
	if (strcmp(value->text, "me") != 0)
		return ST_OK;
	if (!me) {
		*why_out = g_strdup(_("there is nobody here whom 'me' could stand for"));
		return ST_BAD_INPUT;
	}
	g_free(value->text);
	value->text = text_searchable(me);
	return ST_OK;
}

static enum status value_read_address(struct query_operand *value, char **why_out)
{
	if (address_canonical(value->raw, &value->address) == ST_OK)
		return ST_OK;
	*why_out = g_strdup_printf(_("'%s' is no mail address"), value->raw);
	return ST_BAD_INPUT;
}

/* The longest, of letters or a code: a text that has the value in it has that word, too. */
static struct sought *person_word(const char *text)
{
	bool open;
	g_auto(GStrv) words = fold_asked(text, &open);
	const char *longest = "";
	struct sought *sought;

	for (char **word = words; *word; word++)
		if (strlen(*word) > strlen(longest))
			longest = *word;
	sought = sought_new(longest, SOUGHT_LOOSE);
	if (sought && (sought->part || sought->open))
		return sought;
	sought_free(sought);
	return NULL;
}

/* "@почта.example" as the addresses that end with it are stored. */
static void value_read_domain(struct query_operand *value)
{
	g_autofree char *with = g_strconcat("a", value->raw, NULL), *canonical = NULL;

	if (address_canonical(with, &canonical) != ST_OK)
		return;
	g_free(value->text);
	value->text = text_searchable(strrchr(canonical, '@'));
}

/* What an index may be asked for. A domain beyond ASCII is written in two ways. */
static void value_read_person(const char *raw, struct query_operand *value)
{
	if (value->glob || strstr(value->text, "xn--"))
		return;
	value->sought = *raw == '@' ? sought_new(raw, SOUGHT_EXACT) : person_word(raw);
}

/* Of agents and accounts there are few. */
static bool field_is_indexed(const struct query_field *field)
{
	return field->part == PART_FROM || field->part == PART_TO || field->ask == ask_requester;
}

/* With brackets, however it is written. */
static enum status value_read_id(const char *raw, struct query_operand *value)
{
	g_free(value->text);
	value->text = *raw == '<' ? g_strdup(raw) : g_strdup_printf("<%s>", raw);
	return ST_OK;
}

enum status query_value_read(const struct query_field *field, const char *raw, bool quoted,
	const char *me, struct query_operand *value, char **why_out)
{
	*value = (struct query_operand){ .text = text_searchable(raw), .raw = g_strdup(raw) };
	value->glob = !quoted && strpbrk(raw, "*?");
	switch (field->sort) {
	case QUERY_WORD:
		return value_read_word(field, value, why_out);
	case QUERY_NUMBER:
		return value_read_number(value, why_out);
	case QUERY_PERSON:
		if (!value->glob && *raw != '@' && strchr(raw, '@'))
			return value_read_address(value, why_out);
		if (!value->glob && *raw == '@')
			value_read_domain(value);
		if (field_is_indexed(field))
			value_read_person(raw, value);
		return field->part == PART_AGENT ? value_read_me(me, value, why_out) : ST_OK;
	case QUERY_FILE:
		if (value->glob)
			return ST_OK;
		return value_read_text(raw, quoted, value, why_out);
	case QUERY_TEXT:
		return value_read_text(raw, quoted, value, why_out);
	case QUERY_TIME:
	case QUERY_AGE:
		return query_span_read(raw, field_way(field), &value->span, why_out);
	case QUERY_ID:
		return value_read_id(raw, value);
	}
	return ST_BAD_INPUT;
}

void query_value_free(struct query_operand *value)
{
	g_free(value->text);
	g_free(value->raw);
	g_free(value->address);
	sought_free(value->sought);
	g_free(value);
}

/* --- asking --- */

static bool row_is_none(const struct field *row, const struct ticket *t)
{
	g_autofree char *text = record_field_text(row, t);

	return !text || !*text;
}

static bool ask_row(
	const struct field *row, const struct ticket *t, const struct query_operand *value)
{
	if (row->type == FIELD_U64)
		return *(const uint64_t *)((const char *)t + row->offset) == value->number;
	if (row->type == FIELD_ENUM)
		return *(const int *)((const char *)t + row->offset) == value->word;
	if (is_none(value))
		return row_is_none(row, t);
	return row->type == FIELD_LIST ? field_in_words(record_field_list(row, t), value)
				       : field_same_word(record_field_word(row, t), value);
}

struct query_bounds query_time_bounds(const struct query_field *field,
	const struct query_operand *value, int64_t now, GTimeZone *zone)
{
	struct query_bounds bounds = query_span_bounds(&value->span, field_way(field), now, zone),
			    length = bounds;

	if (field->sort != QUERY_AGE)
		return bounds;
	/* As long as that is as long ago. */
	bounds.from = length.to == G_MAXINT64 ? G_MININT64 : now - length.to + 1;
	bounds.to = length.from == G_MININT64 ? G_MAXINT64 : now - length.from + 1;
	return bounds;
}

static enum query_truth ask_span(const struct query_field *field, const struct query_asking *a,
	const struct query_operand *value)
{
	int64_t time = field->time(a->ticket);
	struct query_bounds bounds;

	if (value->span.none || !time)
		return truth_of(value->span.none && !time);
	if (a->timeless)
		return QUERY_MAYBE;
	bounds = query_time_bounds(field, value, a->now, a->zone);
	return truth_of(time >= bounds.from && time < bounds.to);
}

enum query_truth query_value_ask(const struct query_field *field, const struct query_asking *a,
	const struct query_operand *value)
{
	if (field->time)
		return ask_span(field, a, value);
	return field->ask ? field->ask(a, value) : truth_of(ask_row(field->row, a->ticket, value));
}

enum query_truth query_term_ask(const struct query_term *term, const struct query_asking *a)
{
	enum query_truth truth = QUERY_NO;

	for (guint i = 0; i < term->values->len && truth != QUERY_YES; i++)
		truth = MAX(truth,
			query_value_ask(&term->field, a, g_ptr_array_index(term->values, i)));
	return truth;
}

/* --- when they turn --- */

static int64_t turns_sooner(int64_t a, int64_t b)
{
	return a && (!b || a < b) ? a : b;
}

static int64_t term_turns(const struct query_term *term, const struct query_asking *a)
{
	int64_t time = term->field.time ? term->field.time(a->ticket) : 0, turns = 0;

	for (guint i = 0; time && i < term->values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);

		turns = turns_sooner(query_span_turns(&value->span, field_way(&term->field), time,
					     a->now, a->zone),
			turns);
	}
	return turns;
}

int64_t query_turns(const struct query_tree *q, const struct query_asking *a)
{
	int64_t turns = q->kind == QUERY_TERM ? term_turns(&q->term, a) : 0;

	for (guint i = 0; i < q->children->len; i++)
		turns = turns_sooner(query_turns(g_ptr_array_index(q->children, i), a), turns);
	return turns;
}
