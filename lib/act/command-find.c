/* Answers by mail. All of it is read in the transaction that other mail waits for, so there is an
 * end to everything. */
#include "act/command-find.h"

#include <string.h>

#include "base/limits.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/query-words.h"
#include "tables/indexing.h"
#include "tables/queries.h"
#include "tables/query-best.h"
#include "tables/query-list.h"
#include "tables/queues.h"
#include "tables/snippets.h"

enum {
	FOUND_SHOWN = 20,   /* of a search */
	FOUND_READ = 300,   /* tickets, where there is no index of words */
	SHOWN_MESSAGES = 5, /* with their texts */
	SHOWN_EVENTS = 10,
	SHOWN_TEXT_BYTES = 4000
};

/* --- a ticket in few words --- */

/* "#1042 Printer on fire", and below it how it stands. */
static void find_describe(GString *out, const struct commander *by, const struct ticket *t)
{
	g_autofree char *updated = commander_time(by, t->updated),
			*subject = text_line_shown(text_or_none(t->subject), LIMIT_TITLE_BYTES);

	g_string_append_printf(
		out, "#%" PRIu64 " %s\n  %s", t->number, subject, ticket_status_names[t->status]);
	if (t->priority != PRIORITY_NORMAL)
		g_string_append_printf(out, ", %s", priority_names[t->priority]);
	g_string_append_printf(
		out, ", %s, %s, %s\n", t->queue, t->agent ? t->agent : _("nobody's"), updated);
}

/* --- which tickets --- */

struct finding {
	struct txn *txn;
	const struct commander *by;
	struct query_walk walk;
	GPtrArray *words;    /* const struct sought *: that are marked */
	GPtrArray *tickets;  /* struct ticket *: found so far */
	bool ranked;         /* the best first */
	unsigned most, read; /* wanted, looked at */
	char *remark;        /* NULL, or what the answer is preceded by */
};

static enum status find_take(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct finding *f = arg;

	(void)txn;
	(void)err;
	if (commander_may(f->by, ticket))
		g_ptr_array_add(f->tickets, record_dup(&ticket_type, ticket));
	return f->tickets->len < f->most ? ST_OK : ST_NOT_FOUND;
}

/* Without an index: those that were changed last. */
struct find_reading {
	struct finding *finding;
	struct query_look look;
};

static enum status find_read_one(
	struct txn *txn, const struct ticket *ticket, void *arg, struct error *err)
{
	struct find_reading *r = arg;
	bool holds = false;
	enum status st;

	if (++r->finding->read > FOUND_READ)
		return ST_NOT_FOUND;
	st = query_matches(r->finding->walk.query, &r->look, ticket, &holds, err);
	return st == ST_OK && holds ? find_take(txn, ticket, r->finding, err) : st;
}

static enum status find_read(struct finding *f, struct error *err)
{
	struct find_reading r = { .finding = f };
	struct ticket_filter filter = f->walk.filter;
	enum status st;

	filter.statuses = filter.statuses ? filter.statuses : ~0U;
	query_look_init(&r.look, f->txn, f->walk.now);
	st = tickets_list(f->txn, &filter, find_read_one, &r, err);
	query_look_release(&r.look);
	return st;
}

static enum status find_take_number(struct finding *f, uint64_t number, struct error *err)
{
	struct ticket t = { 0 };
	enum status st = tickets_load(f->txn, number, &t, err);

	if (st == ST_OK)
		st = find_take(f->txn, &t, f, err);
	record_release(&ticket_type, &t);
	return st;
}

/* The best first. */
static enum status find_best(struct finding *f, struct error *err)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	const struct query_best_options with = { .most = f->most };
	struct query_best *best = NULL;
	enum status st = query_best_new(&f->walk, &with, &best, err);

	do {
		g_array_set_size(numbers, 0);
		if (st == ST_OK)
			st = query_best_next(f->txn, best, numbers, err);
		for (guint i = 0; i < numbers->len && st == ST_OK; i++)
			st = find_take_number(f, g_array_index(numbers, uint64_t, i), err);
	} while (st == ST_OK && numbers->len);
	query_best_free(best);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status find_by_index(struct finding *f, struct error *err)
{
	struct error why = { "" };
	enum status st = indexing_open_whole(
		f->by->key.secret, settings_state(f->by->settings), &f->walk.index, &why);

	if (st == ST_OK)
		st = f->ranked ? find_best(f, err)
			       : query_list(f->txn, &f->walk, find_take, f, err);
	else {
		f->remark = g_strdup_printf(
			_("%s; only the %d tickets that were changed last were read"), why.text,
			FOUND_READ);
		st = find_read(f, err);
	}
	g_clear_pointer(&f->walk.index, fulltext_close);
	return st;
}

static enum status find_tickets(struct finding *f, struct error *err)
{
	query_words(f->walk.query, f->words);
	f->walk.filter.priority = -1;
	f->walk.now = f->by->actor.now;
	return f->words->len ? find_by_index(f, err)
			     : query_list(f->txn, &f->walk, find_take, f, err);
}

static void finding_init(struct finding *f, struct txn *txn, const struct commander *by)
{
	*f = (struct finding){ .txn = txn, .by = by };
	f->words = g_ptr_array_new();
	f->tickets = g_ptr_array_new_with_free_func(record_free);
}

static void finding_release(struct finding *f)
{
	query_free((struct query_tree *)f->walk.query);
	g_ptr_array_unref(f->words);
	g_ptr_array_unref(f->tickets);
	g_free(f->remark);
}

static enum status find_parse(struct finding *f, const char *text, struct error *err)
{
	struct saved_queries saved = { 0 };
	struct query_asker asker = { .me = f->by->self ? f->by->self->login : NULL };
	enum status st = queries_load(f->txn, &saved, err);

	if (st == ST_OK) {
		asker.saved = (const struct saved_query *)saved.list->data;
		st = query_parse(text, &asker, (struct query_tree **)&f->walk.query, err);
	}
	queries_release(&saved);
	return st;
}

static enum status find_say_snippet(
	const struct finding *f, const struct ticket *t, GString *out, struct error *err)
{
	struct found_snippet found = { .seq = 0 };
	enum status st = snippets_find(f->txn, t, (const struct sought *const *)f->words->pdata,
		f->words->len, &found, err);

	if (st == ST_OK && found.seq) {
		g_autofree char *marked = snippet_marked(&found.snippet, "*", "*");

		g_string_append_printf(out, "| %s: %s\n", found.where, marked);
	}
	snippets_release(&found);
	return st;
}

/* --- the answers --- */

/* Nothing is found for a reason where a queue is asked for that is none. */
static enum status find_say_none(struct finding *f, GString *out, struct error *err)
{
	g_autoptr(GPtrArray) queues = g_ptr_array_new();
	enum status st = ST_OK;

	query_names(f->walk.query, "queue", queues);
	for (guint i = 0; i < queues->len && st == ST_OK; i++)
		st = queues_need(f->txn, queues->pdata[i], err);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	g_string_append(out, st == ST_NOT_FOUND ? err->text : _("no tickets"));
	return ST_OK;
}

static enum status find_say(struct finding *f, GString *out, struct error *err)
{
	guint shown = MIN(f->tickets->len, FOUND_SHOWN);
	enum status st = ST_OK;

	if (f->remark)
		g_string_append_printf(out, "(%s)\n", f->remark);
	for (guint i = 0; i < shown && st == ST_OK; i++) {
		const struct ticket *t = f->tickets->pdata[i];

		find_describe(out, f->by, t);
		if (f->words->len)
			st = find_say_snippet(f, t, out, err);
	}
	if (f->tickets->len > shown)
		g_string_append_printf(out, _("(%u are shown; there are more)"), shown);
	return st == ST_OK && f->tickets->len == 0 ? find_say_none(f, out, err) : st;
}

enum status find_search(struct txn *txn, const struct commander *by, const char *query,
	char **answer_out, struct error *err)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct finding f;
	enum status st;

	finding_init(&f, txn, by);
	f.most = FOUND_SHOWN + 1;
	f.ranked = true;
	st = find_parse(&f, query, err);
	if (st == ST_OK)
		st = find_tickets(&f, err);
	if (st == ST_OK)
		st = find_say(&f, out, err);
	if (st == ST_OK)
		*answer_out = g_string_free(g_steal_pointer(&out), FALSE);
	finding_release(&f);
	return st;
}

static enum status find_check_queue(
	struct txn *txn, const struct commander *by, const char *name, struct error *err)
{
	const char *status = nearest_name(name, ticket_status_names);
	struct queue queue = { 0 };
	enum status st = queues_load(txn, name, &queue, err);

	record_release(&queue_type, &queue);
	if (st == ST_NOT_FOUND && status)
		return error_set(err, st, _("there is no queue or status '%s'; did you mean '%s'?"),
			name, status);
	if (st == ST_NOT_FOUND)
		return queues_missing(txn, name, err);
	if (st == ST_OK && !agent_in_queue(by->agent, name))
		return error_set(err, ST_REFUSED, _("queue '%s' is not yours"), name);
	return st;
}

/* A word that is no term is short for one. Owned. */
static enum status find_filter(struct txn *txn, const struct commander *by, const char *filter,
	char **query_out, struct error *err)
{
	enum status st = ST_OK;

	if (!filter)
		*query_out = g_strdup("is:open");
	else if (strpbrk(filter, ": ()@\""))
		*query_out = g_strdup(filter);
	else if (g_ascii_strcasecmp(filter, "me") == 0)
		*query_out = g_strdup("agent:me is:open");
	else if (names_find(ticket_status_names, filter) >= 0)
		*query_out = g_strdup_printf("status:%s", filter);
	else
		st = find_check_queue(txn, by, filter, err);
	if (st == ST_OK && !*query_out)
		*query_out = g_strdup_printf("queue:%s is:open", filter);
	return st;
}

static enum status find_list_all(struct finding *f, const char *filter, struct error *err)
{
	static const char *const own[] = { "status", "is", "closed", "number", "id", NULL };
	g_autofree char *query = NULL;
	enum status st = find_filter(f->txn, f->by, filter, &query, err);

	if (st == ST_OK)
		st = find_parse(f, query, err);
	if (st != ST_OK)
		return st;
	if (!query_names_field(f->walk.query, own))
		for (int status = 0; status <= TICKET_SPAM; status++)
			if (ticket_status_active(status))
				f->walk.filter.statuses |= 1U << status;
	return find_tickets(f, err);
}

enum status find_list(struct txn *txn, const struct commander *by, const char *filter,
	char **answer_out, struct error *err)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct finding f;
	enum status st;

	finding_init(&f, txn, by);
	f.most = LIMIT_COMMANDS;
	st = find_list_all(&f, filter, err);
	for (guint i = 0; i < f.tickets->len && st == ST_OK; i++)
		find_describe(out, by, f.tickets->pdata[i]);
	if (f.tickets->len == f.most)
		g_string_append_printf(out, _("(%u are shown; there may be more)"), f.most);
	if (st == ST_OK && f.tickets->len == 0)
		st = find_say_none(&f, out, err);
	if (st == ST_OK)
		*answer_out = g_string_free(g_steal_pointer(&out), FALSE);
	finding_release(&f);
	return st;
}

/* --- one ticket --- */

struct showing {
	const struct commander *by;
	GString *out;
};

static void show_behind_bar(GString *out, const char *text)
{
	g_autofree char *clean = text_block_shown(text, -1, SHOWN_TEXT_BYTES);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(clean), "\n", -1);

	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "| %s\n", *line);
	if (strlen(text) > SHOWN_TEXT_BYTES)
		g_string_append(out, "| …\n");
}

static enum status show_message(
	struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	const struct showing *s = arg;
	g_autofree char *when = commander_time(s->by, e->received),
			*from = text_line_shown(text_or_none(e->from), LIMIT_NAME_BYTES),
			*text = NULL;
	enum status st = tickets_text(txn, e->ticket, e->seq, &text, err);

	if (st != ST_OK)
		return st;
	g_string_append_printf(
		s->out, "\n%s, %s, %s:\n", when, direction_names[e->direction], from);
	show_behind_bar(s->out, text);
	return ST_OK;
}

static enum status show_keep_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, record_dup(&event_type, event));
	return ST_OK;
}

static void show_event(const struct showing *s, const struct event *e)
{
	g_autofree char *when = commander_time(s->by, e->time),
			*line = g_strdup_printf("%s %s %s %s %s", when, text_or_none(e->actor),
				event_kind_names[e->kind], text_or_none(e->from),
				text_or_none(e->to)),
			*shown = text_line_shown(line, LIMIT_TITLE_BYTES);

	g_string_append_printf(s->out, "  %s\n", shown);
}

static enum status show_events(
	struct txn *txn, const struct showing *s, uint64_t number, struct error *err)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(record_free);
	enum status st = history_each(txn, number, 0, show_keep_event, all, err);

	g_string_append_c(s->out, '\n');
	for (guint i = all->len > SHOWN_EVENTS ? all->len - SHOWN_EVENTS : 0; i < all->len; i++)
		show_event(s, all->pdata[i]);
	return st;
}

static enum status show_ticket(
	struct txn *txn, const struct showing *s, const struct ticket *t, struct error *err)
{
	g_autofree char *name = text_line_shown(text_or_none(t->requester_name), LIMIT_NAME_BYTES);
	uint64_t from = t->messages_count > SHOWN_MESSAGES ? t->messages_count - SHOWN_MESSAGES + 1
							   : 1;
	enum status st;

	find_describe(s->out, s->by, t);
	g_string_append_printf(
		s->out, _("  requester: %s %s"), name, text_or_none(t->requester_address));
	g_string_append_c(s->out, '\n');
	st = tickets_each_entry_from(txn, t->number, from, show_message, (void *)s, err);
	return st == ST_OK ? show_events(txn, s, t->number, err) : st;
}

enum status find_show(struct txn *txn, const struct commander *by, uint64_t number,
	char **answer_out, struct error *err)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const struct showing s = { by, out };
	struct ticket t = { 0 };
	enum status st = commander_load(txn, by, number, &t, err);

	if (st == ST_OK)
		st = show_ticket(txn, &s, &t, err);
	record_release(&ticket_type, &t);
	if (st == ST_OK)
		*answer_out = g_string_free(g_steal_pointer(&out), FALSE);
	return st;
}
