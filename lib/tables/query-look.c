/* Of a ticket whose record does not tell, the messages are read once, and each term that is open
 * is looked for in each. */
#include "tables/query-look.h"

#include <string.h>

#include "base/mailbox.h"
#include "base/text.h"
#include "mail/attachment.h"
#include "model/query-parts.h"
#include "tables/agents.h"

void query_look_init(struct query_look *look, struct txn *txn, int64_t now)
{
	*look = (struct query_look){ .txn = txn, .now = now };
	look->terms = g_ptr_array_new();
	look->found = g_array_new(FALSE, TRUE, sizeof(bool));
	look->searches = g_hash_table_new_full(
		NULL, NULL, NULL, (GDestroyNotify)fulltext_search_free);
}

void query_look_release(struct query_look *look)
{
	g_clear_pointer(&look->agents, g_ptr_array_unref);
	g_clear_pointer(&look->searches, g_hash_table_unref);
	g_clear_pointer(&look->terms, g_ptr_array_unref);
	g_clear_pointer(&look->found, g_array_unref);
}

/* --- agents --- */

static enum status look_keep_agent(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, record_dup(&agent_type, agent));
	return ST_OK;
}

static void look_agents(struct query_look *look)
{
	if (look->agents)
		return;
	look->agents = g_ptr_array_new_with_free_func(record_free);
	look->st = agents_each(look->txn, look_keep_agent, look->agents, look->err);
}

static const struct agent *look_agent(const struct query_look *look, const char *login)
{
	for (guint i = 0; i < look->agents->len; i++) {
		const struct agent *agent = g_ptr_array_index(look->agents, i);

		if (g_ascii_strcasecmp(agent->login, login) == 0)
			return agent;
	}
	return NULL;
}

static bool agent_is_person(const struct agent *agent, const struct query_operand *value)
{
	bool is = query_is_person(value, agent->name, NULL);

	for (char **address = agent->addresses; address && *address && !is; address++)
		is = query_is_person(value, NULL, *address);
	return is;
}

enum status query_logins(struct query_look *look, const struct query_operand *value,
	GPtrArray **logins_out, struct error *err)
{
	GPtrArray *logins = g_ptr_array_new_with_free_func(g_free);
	bool is_login;

	look->st = ST_OK;
	look->err = err;
	look_agents(look);
	is_login = look_agent(look, value->text) != NULL;
	g_ptr_array_add(logins, g_strdup(value->text));
	for (guint i = 0; i < look->agents->len && !is_login; i++) {
		const struct agent *agent = g_ptr_array_index(look->agents, i);

		if (agent_is_person(agent, value))
			g_ptr_array_add(logins, g_strdup(agent->login));
	}
	*logins_out = logins;
	return look->st;
}

/* A login is only a login: "ann" is not every Joanna, if there is an agent ann. */
static bool look_is_agent(struct query_look *look, const struct query_operand *value)
{
	const struct agent *agent;

	look_agents(look);
	agent = look_agent(look, look->asking->ticket->agent);
	return agent && !look_agent(look, value->text) && agent_is_person(agent, value);
}

/* --- the index --- */

static const struct {
	unsigned columns;
	bool surely;
} look_columns[] = {
	[PART_FROM] = { 1U << FULLTEXT_FROM, false },
	[PART_TO] = { 1U << FULLTEXT_TO, false },
	[PART_TEXT] = { 1U << FULLTEXT_TEXT, true },
	[PART_NOTE] = { 1U << FULLTEXT_NOTE, true },
	[PART_FILE] = { 1U << FULLTEXT_FILES, true },
	[PART_ANY] = { (1U << FULLTEXT_COLUMNS) - 1, true },
	[PART_HAS_NOTE] = { 1U << FULLTEXT_NOTE, true },
};

struct query_columns query_columns_of(const struct query_term *term)
{
	const struct query_field *field = &term->field;

	if (field->sort == QUERY_TEXT && field->part == PART_NONE)
		return (struct query_columns){ 1U << FULLTEXT_SUBJECT, false };
	if (strcmp(text_or_none(field->name), "requester") == 0)
		return (struct query_columns){ 1U << FULLTEXT_PEOPLE, false };
	return (struct query_columns){ look_columns[field->part].columns,
		look_columns[field->part].surely };
}

static const struct sought *look_sought(
	const struct query_term *term, const struct query_operand *value)
{
	static char is_note[] = FULLTEXT_IS_NOTE;
	static char *words[] = { is_note, NULL };
	static const struct sought any_note = { .words = words, .n = 1 };

	if (term->field.part == PART_HAS_NOTE && strcmp(value->text, "note") == 0)
		return &any_note;
	return value->sought;
}

/* A domain beyond ASCII is written in two ways. */
const struct sought *query_sought_of(
	const struct query_term *term, const struct query_operand *value, struct sought **made_out)
{
	const struct sought *sought = look_sought(term, value);

	*made_out = NULL;
	if (sought || !value->address || strstr(value->address, "xn--"))
		return sought;
	return *made_out = sought_new(value->address, SOUGHT_EXACT);
}

bool query_asks_index(const struct query_tree *q)
{
	if (q->kind == QUERY_TERM && query_columns_of(&q->term).columns)
		for (guint i = 0; i < q->term.values->len; i++) {
			const struct query_operand *value = g_ptr_array_index(q->term.values, i);

			if (look_sought(&q->term, value) ||
				(value->address && q->term.field.part != PART_NONE))
				return true;
		}
	for (guint i = 0; i < q->children->len; i++)
		if (query_asks_index(g_ptr_array_index(q->children, i)))
			return true;
	return false;
}

bool query_is_soon_asked(const struct sought *sought)
{
	return !sought->part && !sought->open;
}

static struct fulltext_search *look_search(
	struct query_look *look, const struct query_term *term, const struct query_operand *value)
{
	struct fulltext_search *search = g_hash_table_lookup(look->searches, value);
	struct fulltext_term asked = { look_sought(term, value), query_columns_of(term).columns };

	if (search || fulltext_search_new(look->index, &asked, 1, &search, look->err) != ST_OK)
		return search;
	g_hash_table_insert(look->searches, (void *)value, search);
	return search;
}

/* Has any of the values told? False: the index cannot tell, and messages are to be read. */
static bool look_ask_index(struct query_look *look, const struct query_term *term, bool *holds_out)
{
	const struct query_columns columns = query_columns_of(term);
	unsigned score = 0;

	*holds_out = false;
	if (!look->index || !columns.columns)
		return false;
	for (guint i = 0; i < term->values->len && !*holds_out; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);
		const struct sought *sought = look_sought(term, value);
		struct fulltext_search *search;

		/* Of other facts the record has told. */
		if (!sought && term->field.part == PART_HAS_NOTE)
			continue;
		/* A part or a beginning may be of a thousand words: to read is sooner done. */
		search = NULL;
		if (sought && query_is_soon_asked(sought))
			search = look_search(look, term, value);
		if (!search || fulltext_search_cut(search) ||
			fulltext_search_score(
				search, look->asking->ticket->number, &score, look->err) != ST_OK)
			return false;
		*holds_out = score > 0;
	}
	return columns.surely || !*holds_out;
}

/* --- one message --- */

struct look_message {
	const struct entry *entry;
	char *text; /* NULL: not read yet */
};

/* Does fn hold for the name of one of its attachments? */
static bool message_has_file(const struct entry *e, const struct query_operand *value,
	bool (*fn)(const char *name, const struct query_operand *value))
{
	bool found = false;

	for (char **p = e->attached; p && *p && !found; p++) {
		struct attachment a = { 0 };

		found = attachment_read(*p, &a) && a.name && fn(a.name, value);
		attachment_release(&a);
	}
	return found;
}

static bool look_has_words(const char *name, const struct query_operand *value)
{
	return sought_in(value->sought, name);
}

static bool look_is_file(const char *name, const struct query_operand *value)
{
	g_autofree char *form = value->glob ? text_searchable(name) : NULL;

	return value->glob ? text_glob(value->text, form) : look_has_words(name, value);
}

static bool message_has_text(
	struct query_look *look, struct look_message *m, const struct query_operand *value)
{
	const struct entry *e = m->entry;

	if (!m->text)
		look->st = tickets_text(look->txn, e->ticket, e->seq, &m->text, look->err);
	return sought_in(value->sought, m->text);
}

static bool message_has_people(const struct entry *e, const struct query_operand *value)
{
	bool has = sought_in(value->sought, e->from);

	for (char **p = e->to; p && *p && !has; p++)
		has = sought_in(value->sought, *p);
	for (char **p = e->cc; p && *p && !has; p++)
		has = sought_in(value->sought, *p);
	return has;
}

static bool look_is_mailbox(const char *text, const struct query_operand *value)
{
	struct mailbox box = { 0 };
	bool is;

	if (!text || (value->sought && !sought_in(value->sought, text)))
		return false;
	is = mailbox_read(text, &box) ? query_is_person(value, box.name, box.address)
				      : query_is_person(value, text, NULL);
	mailbox_release(&box);
	return is;
}

static bool look_in_mailboxes(char *const *list, const struct query_operand *value)
{
	for (; list && *list; list++)
		if (look_is_mailbox(*list, value))
			return true;
	return false;
}

/* Does the message have it? */
static bool message_has(struct query_look *look, struct look_message *m, enum query_part part,
	const struct query_operand *value)
{
	const struct entry *e = m->entry;

	switch (part) {
	case PART_FROM:
		return look_is_mailbox(e->from, value);
	case PART_TO:
		return look_in_mailboxes(e->to, value) || look_in_mailboxes(e->cc, value);
	case PART_TEXT:
	case PART_NOTE:
		return (e->direction == DIRECTION_NOTE) == (part == PART_NOTE) &&
			message_has_text(look, m, value);
	case PART_FILE:
		return message_has_file(e, value, look_is_file);
	case PART_ANY:
		return sought_in(value->sought, e->subject) || message_has_people(e, value) ||
			message_has_file(e, value, look_has_words) ||
			message_has_text(look, m, value);
	case PART_HAS_NOTE:
		return e->direction == DIRECTION_NOTE;
	case PART_NONE:
	case PART_AGENT:
	case PART_ID:
		break; /* are no matter of a message */
	}
	return false;
}

static bool message_has_term(
	struct query_look *look, struct look_message *m, const struct query_term *term)
{
	for (guint i = 0; i < term->values->len; i++)
		if (message_has(look, m, term->field.part, g_ptr_array_index(term->values, i)))
			return true;
	return false;
}

static enum status look_at_message(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	struct query_look *look = arg;
	struct look_message m = { .entry = entry };

	(void)txn;
	(void)err;
	for (guint i = 0; i < look->terms->len && look->st == ST_OK; i++) {
		bool *found = &g_array_index(look->found, bool, i);

		if (*found || !message_has_term(look, &m, g_ptr_array_index(look->terms, i)))
			continue;
		*found = true;
		look->missing--;
	}
	g_free(m.text);
	if (look->st != ST_OK)
		return look->st;
	return look->missing ? ST_OK : ST_NOT_FOUND;
}

/* --- a ticket --- */

static void look_collect(struct query_look *look, const struct query_tree *q)
{
	enum query_part part = q->kind == QUERY_TERM ? q->term.field.part : PART_NONE;

	if (part != PART_NONE && part != PART_AGENT && part != PART_ID)
		g_ptr_array_add(look->terms, (void *)&q->term);
	for (guint i = 0; i < q->children->len; i++)
		look_collect(look, g_ptr_array_index(q->children, i));
}

static void look_read_messages(struct query_look *look)
{
	enum status st;

	look->read = true;
	look->missing = look->terms->len;
	g_array_set_size(look->found, 0);
	g_array_set_size(look->found, look->terms->len);
	st = tickets_each_entry(
		look->txn, look->asking->ticket->number, look_at_message, look, look->err);
	look->st = look->st == ST_OK ? st : look->st;
}

static bool look_in_messages(struct query_look *look, const struct query_term *term)
{
	guint at;

	if (!look->read)
		look_read_messages(look);
	return g_ptr_array_find(look->terms, term, &at) && g_array_index(look->found, bool, at);
}

/* One that was only referenced is no message of it. */
static bool look_has_id(struct query_look *look, const struct query_operand *value)
{
	struct id_hit hit = { 0 };
	enum status st = tickets_find_id_in(
		look->txn, value->text, look->asking->ticket->number, &hit, look->err);

	look->st = st == ST_NOT_FOUND ? ST_OK : st;
	return st == ST_OK && hit.kind != ID_REFERENCED;
}

static bool look_any_value(struct query_look *look, const struct query_term *term,
	bool (*fn)(struct query_look *look, const struct query_operand *value))
{
	for (guint i = 0; i < term->values->len && look->st == ST_OK; i++)
		if (fn(look, g_ptr_array_index(term->values, i)))
			return true;
	return false;
}

static enum query_truth look_more(const struct query_term *term, void *arg)
{
	struct query_look *look = arg;
	enum query_known known = look->known ? look->known[term->place] : KNOWN_NOTHING;
	bool holds;

	if (look->st != ST_OK)
		return QUERY_NO;
	if (known == KNOWN_HOLDS)
		return QUERY_YES;
	if (term->field.part == PART_AGENT)
		holds = look_any_value(look, term, look_is_agent);
	else if (term->field.part == PART_ID)
		holds = look_any_value(look, term, look_has_id);
	else if (known == KNOWN_MAYBE || !look_ask_index(look, term, &holds))
		holds = look_in_messages(look, term);
	return holds ? QUERY_YES : QUERY_NO;
}

enum status query_matches(const struct query_tree *q, struct query_look *look,
	const struct ticket *t, bool *holds_out, struct error *err)
{
	struct query_asking asking = { .ticket = t,
		.now = look->now,
		.zone = look->zone,
		.timeless = look->timeless,
		.arg = look };
	enum query_truth truth = query_ask(q, &asking);

	look->st = ST_OK;
	if (truth == QUERY_MAYBE) {
		g_ptr_array_set_size(look->terms, 0);
		look_collect(look, q);
		look->read = false;
		look->asking = &asking;
		look->err = err;
		asking.more = look_more;
		truth = query_ask(q, &asking);
	}
	*holds_out = truth == QUERY_YES || (look->timeless && truth == QUERY_MAYBE);
	return look->st;
}
