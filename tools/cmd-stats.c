/* ticket stats. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "terminal.h"
#include "text.h"
#include "tickets.h"

static const struct cli_option options[] = {
	{ 0, "since", "DATE|DURATION", "tickets opened since then" },
	{ 0, "prometheus", NULL, "print in Prometheus' text format" },
	{ 0, NULL, NULL, NULL },
};

struct stats {
	struct cli *cli;
	int64_t since;
	uint64_t total, by_status[TICKET_SPAM + 1];
	GHashTable *queues, *agents;	/* name → open tickets, as pointers to uint64_t */
	GArray *responses, *resolutions;	/* int64_t, seconds */
};

static void bump(GHashTable *table, const char *name)
{
	uint64_t *count = g_hash_table_lookup(table, name);

	if (!count) {
		count = g_new0(uint64_t, 1);
		g_hash_table_insert(table, g_strdup(name), count);
	}
	++*count;
}

static void add_span(GArray *spans, int64_t from, int64_t to)
{
	int64_t seconds = (to - from) / TEXT_SECOND;

	if (to && seconds >= 0)
		g_array_append_val(spans, seconds);
}

static enum status count(struct txn *txn, const struct ticket *t, void *arg, struct error *err)
{
	struct stats *s = arg;

	(void)txn;
	(void)err;
	if (t->opened < s->since)
		return ST_OK;
	s->total++;
	s->by_status[t->status]++;
	if (ticket_status_active(t->status)) {
		bump(s->queues, t->queue);
		bump(s->agents, t->agent ? t->agent : "none");
	}
	add_span(s->responses, t->opened, t->first_response);
	add_span(s->resolutions, t->opened, t->status == TICKET_CLOSED ? t->closed : 0);
	return ST_OK;
}

static enum status walk(struct txn *txn, void *arg, struct error *err)
{
	const struct ticket_filter filter = { .statuses = ~0U, .priority = -1 };

	return tickets_list(txn, &filter, count, arg, err);
}

static gint by_size(gconstpointer a, gconstpointer b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* -1 when there is none. */
static int64_t percentile(GArray *spans, unsigned percent)
{
	g_array_sort(spans, by_size);
	return spans->len ? g_array_index(spans, int64_t, (spans->len - 1) * percent / 100) : -1;
}

/* --- forms --- */

static json_t *json_counts(GHashTable *table)
{
	json_t *object = json_object();
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, &name, &value))
		json_object_set_new(object, name, json_integer((json_int_t)*(uint64_t *)value));
	return object;
}

static json_t *json_spans(GArray *spans)
{
	return json_pack("{s:i, s:I, s:I}", "count", (int)spans->len, "median_s", (json_int_t)percentile(spans, 50), "p90_s", (json_int_t)percentile(spans, 90));
}

static void print_json(struct stats *s)
{
	json_t *status = json_object();

	for (int i = 0; ticket_status_names[i]; i++)
		json_object_set_new(status, ticket_status_names[i], json_integer((json_int_t)s->by_status[i]));
	json_print(json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "total", (json_int_t)s->total, "status", status, "queues", json_counts(s->queues),
		"agents", json_counts(s->agents), "first_response", json_spans(s->responses), "resolution", json_spans(s->resolutions)));
}

static void print_metric(const char *label, GHashTable *table)
{
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, &name, &value))
		printf("milticket_open_tickets{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", label, (const char *)name, *(uint64_t *)value);
}

static void print_prometheus(struct stats *s)
{
	puts("# HELP milticket_tickets Tickets by status.\n# TYPE milticket_tickets gauge");
	for (int i = 0; ticket_status_names[i]; i++)
		printf("milticket_tickets{status=\"%s\"} %" G_GUINT64_FORMAT "\n", ticket_status_names[i], s->by_status[i]);
	puts("# HELP milticket_open_tickets Open tickets by queue and by agent.\n# TYPE milticket_open_tickets gauge");
	print_metric("queue", s->queues);
	print_metric("agent", s->agents);
}

static void print_bar(const char *label, uint64_t value, uint64_t most)
{
	int width = MAX(terminal_width() - 34, 10), bar = most ? (int)(value * (uint64_t)width / most) : 0;

	printf("  %-16s %8" G_GUINT64_FORMAT "  ", label, value);
	for (int i = 0; terminal_is() && i < bar; i++)
		fputs("█", stdout);
	puts("");
}

static void print_table(const char *title, GHashTable *table, uint64_t most)
{
	GList *names = g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)strcmp);

	printf("%s%s%s\n", terminal_on(COLOUR_BOLD), title, terminal_off());
	for (GList *n = names; n; n = n->next)
		print_bar(n->data, *(uint64_t *)g_hash_table_lookup(table, n->data), most);
	g_list_free(names);
}

static void print_span(const char *title, GArray *spans)
{
	if (spans->len)
		printf("%-16s median %.1f h, 90 %% within %.1f h (%u tickets)\n", title, (double)percentile(spans, 50) / 3600.0, (double)percentile(spans, 90) / 3600.0, spans->len);
}

static void print_text(struct stats *s)
{
	printf("%sby status%s\n", terminal_on(COLOUR_BOLD), terminal_off());
	for (int i = 0; ticket_status_names[i]; i++)
		print_bar(ticket_status_names[i], s->by_status[i], s->total);
	print_table("open by queue", s->queues, s->total);
	print_table("open by agent", s->agents, s->total);
	print_span("first response", s->responses);
	print_span("resolution", s->resolutions);
}

static int run(struct cli *cli)
{
	struct stats s = {
		.cli = cli, .queues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), .agents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.responses = g_array_new(FALSE, FALSE, sizeof(int64_t)), .resolutions = g_array_new(FALSE, FALSE, sizeof(int64_t)) };
	enum status st = ST_OK;
	bool usable = cli_when(cli, "since", &s.since);

	if (usable)
		st = store_read(cli->store, walk, &s, &cli->err);
	if (usable && st == ST_OK)
		(cli->json ? print_json : cli_has(cli, "prometheus") ? print_prometheus : print_text)(&s);
	g_hash_table_unref(s.queues);
	g_hash_table_unref(s.agents);
	g_array_unref(s.responses);
	g_array_unref(s.resolutions);
	return usable ? cli_status(cli, st) : EXIT_BAD_USAGE;
}

const struct cli_command cmd_stats = { "stats", "", "count tickets, and tell how fast they are answered", options, NEED_STORE_READ, 0, 0, run };
