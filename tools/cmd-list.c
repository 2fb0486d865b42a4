/* ticket list, ticket search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "commands.h"
#include "print.h"
#include "terminal.h"
#include "text.h"
#include "tickets.h"

enum { SEARCH_LIMIT = 50 };

static const struct cli_option options[] = {
	{ 'q', "queue", "QUEUE", "tickets of this queue, also as a watcher" },
	{ 's', "status", "STATUS[,STATUS]", "with one of these statuses" },
	{ 'a', "agent", "AGENT|none|me", "of this agent, of nobody, of yourself" },
	{ 'p', "project", "PROJECT", "of this project" },
	{ 'r', "requester", "ADDRESS", "opened by this address" },
	{ 't', "tag", "TAG", "with this tag" },
	{ 0, "priority", "low|normal|high|urgent", "with this priority" },
	{ 0, "since", "DATE|DURATION", "active since then" },
	{ 0, "until", "DATE|DURATION", "not active since then" },
	{ 0, "undelivered", NULL, "whose mail came back" },
	{ 0, "all", NULL, "closed, spam and merged ones too" },
	{ 0, "sort", "activity|oldest|number|opened|priority|queue", "order; default: newest activity first" },
	{ 'n', "limit", "NUMBER", "at most so many" },
	{ 'f', "format", "TEXT", "print TEXT for each, with {number}, {subject} and the other fields" },
	{ 0, NULL, NULL, NULL },
};

struct listing {
	struct cli *cli;
	struct ticket_filter filter;
	char *agent, *requester;	/* owned; the filter borrows them */
	uint64_t limit;
	const char *format;
	GPtrArray *sorted;		/* struct ticket *, when the order is not that of the index */
	GPtrArray *words;		/* of a search; NULL */
	struct printer printer;
	uint64_t count;
};

/* --- filters --- */

static bool read_statuses(struct listing *l)
{
	g_auto(GStrv) names = cli_values(l->cli, "status");

	for (char **p = names; p && *p; p++) {
		int status = names_find(ticket_status_names, *p);

		if (status < 0) {
			cli_usage(l->cli, "'%s' is no status; expected new, open, waiting, internal, clarify, closed or spam", *p);
			return false;
		}
		l->filter.statuses |= 1U << status;
	}
	if (cli_has(l->cli, "all")) {
		l->filter.statuses = ~0U;
		l->filter.merged = true;
	}
	return true;
}

static bool read_agent(struct listing *l)
{
	const char *agent = cli_value(l->cli, "agent");

	if (agent)
		l->agent = strcmp(agent, "none") == 0 ? g_strdup("") : strcmp(agent, "me") == 0 ? cli_agent_login(l->cli) : g_strdup(agent);
	l->filter.agent = l->agent;
	return true;
}

static bool read_requester(struct listing *l)
{
	const char *address = cli_value(l->cli, "requester");

	if (address && address_canonical(address, &l->requester) != ST_OK) {
		cli_usage(l->cli, "'%s' is no mail address", address);
		return false;
	}
	l->filter.requester = l->requester;
	return true;
}

static bool read_priority(struct listing *l)
{
	const char *priority = cli_value(l->cli, "priority");

	l->filter.priority = priority ? names_find(priority_names, priority) : -1;
	if (!priority || l->filter.priority >= 0)
		return true;
	cli_usage(l->cli, "'%s' is no priority; expected low, normal, high or urgent", priority);
	return false;
}

static bool read_limit(struct listing *l, uint64_t otherwise)
{
	const char *limit = cli_value(l->cli, "limit");

	l->limit = otherwise;
	if (!limit || text_parse_number(limit, &l->limit) == ST_OK)
		return true;
	cli_usage(l->cli, "--limit: '%s' is no number above 0", limit);
	return false;
}

static bool read_filter(struct listing *l)
{
	l->filter.queue = cli_value(l->cli, "queue");
	l->filter.project = cli_value(l->cli, "project");
	l->filter.tag = cli_value(l->cli, "tag");
	l->filter.undelivered = cli_has(l->cli, "undelivered");
	return read_statuses(l) && read_agent(l) && read_requester(l) && read_priority(l) &&
		cli_when(l->cli, "since", &l->filter.since) && cli_when(l->cli, "until", &l->filter.until);
}

/* --- orders that no index has --- */

typedef int compare_fn(const struct ticket *a, const struct ticket *b);

static int by_number(const struct ticket *a, const struct ticket *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

static int by_opened(const struct ticket *a, const struct ticket *b)
{
	return a->opened > b->opened ? -1 : a->opened < b->opened;
}

static int by_priority(const struct ticket *a, const struct ticket *b)
{
	static const int urgency[] = { [PRIORITY_NORMAL] = 2, [PRIORITY_LOW] = 3, [PRIORITY_HIGH] = 1, [PRIORITY_URGENT] = 0 };

	return urgency[a->priority] - urgency[b->priority];
}

static int by_queue(const struct ticket *a, const struct ticket *b)
{
	return g_strcmp0(a->queue, b->queue);
}

static const struct {
	const char *name;
	compare_fn *compare;
} orders[] = { { "activity", NULL }, { "oldest", NULL }, { "number", by_number }, { "opened", by_opened }, { "priority", by_priority }, { "queue", by_queue } };

static gint compare(gconstpointer a, gconstpointer b, gpointer fn)
{
	return (*(compare_fn *const *)fn)(*(const struct ticket *const *)a, *(const struct ticket *const *)b);
}

/* --- printing --- */

static char *member_text(const struct cli *cli, const struct ticket *t, const char *name)
{
	const struct field *field = record_field(&ticket_type, name);

	if (strcmp(name, "tag") == 0)
		return tag_text(&cli->settings->tag_format, t->number);
	if (strcmp(name, "requester") == 0)
		return g_strdup(t->requester_address);
	return field ? record_field_text(field, t) : NULL;
}

static void print_formatted(const struct cli *cli, const char *format, const struct ticket *t)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *p = format; *p; p++) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		g_autofree char *name = end ? g_strndup(p + 1, (gsize)(end - p - 1)) : NULL;
		g_autofree char *value = name ? member_text(cli, t, name) : NULL;
		g_autofree char *clean = value ? text_line(value, 4000) : NULL;

		if (*p == '\\' && (p[1] == 't' || p[1] == 'n'))
			g_string_append_c(out, *++p == 't' ? '\t' : '\n');
		else if (end) {
			g_string_append(out, clean ? clean : "");
			p = end;
		} else {
			g_string_append_c(out, *p);
		}
	}
	puts(out->str);
}

/* {names} that are none are a mistake, not an empty text. */
static bool format_valid(struct cli *cli, const char *format)
{
	for (const char *p = format; p && (p = strchr(p, '{')); p++) {
		g_autofree char *name = g_strndup(p + 1, strcspn(p + 1, "}"));

		if (strcmp(name, "tag") != 0 && strcmp(name, "requester") != 0 && !record_field(&ticket_type, name)) {
			cli_usage(cli, "--format: there is no field '{%s}'", name);
			return false;
		}
	}
	return true;
}

static void show(struct listing *l, const struct ticket *t)
{
	if (l->format)
		print_formatted(l->cli, l->format, t);
	else
		print_ticket(&l->printer, t);
	l->count++;
}

/* --- searching --- */

static bool contains(const char *haystack, const char *folded)
{
	g_autofree char *text = haystack ? g_utf8_casefold(haystack, -1) : NULL;

	return text && strstr(text, folded);
}

struct hunt {
	const char *word;
	bool found;
};

static enum status hunt_entry(struct txn *txn, const struct entry *e, void *arg, struct error *err)
{
	struct hunt *h = arg;
	g_autofree char *text = NULL;
	enum status st;

	h->found = contains(e->from, h->word) || contains(e->subject, h->word);
	if (h->found)
		return ST_NOT_FOUND;
	st = tickets_text(txn, e->ticket, e->seq, &text, err);
	h->found = st == ST_OK && contains(text, h->word);
	return st == ST_OK && h->found ? ST_NOT_FOUND : st;
}

static bool in_list(char *const *list, const char *word)
{
	for (; list && *list; list++)
		if (contains(*list, word))
			return true;
	return false;
}

static enum status has_word(struct txn *txn, const struct ticket *t, const char *word, bool *found_out, struct error *err)
{
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, t->number);
	struct hunt hunt = { word, false };
	enum status st;

	*found_out = strcmp(number, *word == '#' ? word + 1 : word) == 0 || contains(t->subject, word) || contains(t->requester_name, word) ||
		contains(t->requester_address, word) || in_list(t->participants, word) || in_list(t->tags, word);
	if (*found_out)
		return ST_OK;
	st = tickets_each_entry(txn, t->number, hunt_entry, &hunt, err);
	*found_out = hunt.found;
	return st;
}

/* Every word must be somewhere in the ticket. */
static enum status matches(struct txn *txn, const struct listing *l, const struct ticket *t, bool *matches_out, struct error *err)
{
	*matches_out = true;
	for (unsigned i = 0; l->words && i < l->words->len; i++) {
		enum status st = has_word(txn, t, g_ptr_array_index(l->words, i), matches_out, err);

		if (st != ST_OK || !*matches_out)
			return st;
	}
	return ST_OK;
}

/* --- walking --- */

static enum status visit(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct listing *l = arg;
	bool wanted;
	enum status st = matches(txn, l, t, &wanted, err);

	if (st != ST_OK || !wanted)
		return st;
	if (l->sorted) {
		struct ticket *copy = g_new0(struct ticket, 1);

		record_copy(&ticket_type, copy, t);
		g_ptr_array_add(l->sorted, copy);
		return ST_OK;
	}
	show(l, t);
	return l->limit && l->count >= l->limit ? ST_NOT_FOUND : ST_OK;
}

static enum status walk(struct txn *txn, void *arg, struct error *err)
{
	struct listing *l = arg;

	return tickets_list(txn, &l->filter, visit, l, err);
}

static void show_sorted(struct listing *l, compare_fn *fn)
{
	g_ptr_array_sort_with_data(l->sorted, compare, &fn);
	for (unsigned i = 0; i < l->sorted->len && (!l->limit || i < l->limit); i++)
		show(l, g_ptr_array_index(l->sorted, i));
}

static void ticket_free(void *data)
{
	record_release(&ticket_type, data);
	g_free(data);
}

static int order_of(struct cli *cli)
{
	const char *name = cli_value(cli, "sort");

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
		if (!name || strcmp(orders[i].name, name) == 0)
			return (int)i;
	cli_usage(cli, "--sort: '%s' is none of activity, oldest, number, opened, priority, queue", name);
	return -1;
}

static int print_all(struct listing *l, int order)
{
	enum status st;
	int code;

	l->filter.oldest_first = strcmp(orders[order].name, "oldest") == 0;
	if (orders[order].compare)
		l->sorted = g_ptr_array_new_with_free_func(ticket_free);
	/* A page that a person leaves early should not hold a transaction open: what fits the screen is little. */
	if (!l->limit && terminal_is())
		l->limit = 1000;
	print_begin(&l->printer, l->cli, PRINT_TICKETS);
	st = store_read(l->cli->store, walk, l, &l->cli->err);
	if (st == ST_OK && l->sorted)
		show_sorted(l, orders[order].compare);
	terminal_page();
	code = print_end(&l->printer);
	if (l->sorted)
		g_ptr_array_free(l->sorted, TRUE);
	return st == ST_OK ? (l->count ? EXIT_DONE : code) : cli_status(l->cli, st);
}

static int run(struct cli *cli, GPtrArray *words, uint64_t limit)
{
	struct listing l = { .cli = cli, .words = words, .format = cli_value(cli, "format") };
	int order = order_of(cli), code = EXIT_BAD_USAGE;

	if (order >= 0 && read_filter(&l) && read_limit(&l, limit) && format_valid(cli, l.format))
		code = print_all(&l, order);
	g_free(l.agent);
	g_free(l.requester);
	return code;
}

static int run_list(struct cli *cli)
{
	return run(cli, NULL, 0);
}

static int run_search(struct cli *cli)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < cli->n_args; i++)
		g_ptr_array_add(words, g_utf8_casefold(cli->args[i], -1));
	/* What is looked for may well be closed. */
	if (!cli_has(cli, "status"))
		g_hash_table_insert(cli->values, (char *)"all", g_ptr_array_new());
	return run(cli, words, SEARCH_LIMIT);
}

const struct cli_command cmd_list = { "list", "", "list tickets, newest activity first", options, NEED_STORE_READ, 0, 0, run_list };
const struct cli_command cmd_search = { "search", "WORD…", "find tickets that have every word in number, subject, people or text", options, NEED_STORE_READ, 1, 0, run_search };
