/* Counts for programs: JSON, and Prometheus' text format. */
#include "base/text.h"
#include "stats.h"

#include <stdio.h>

#include "json.h"

/* --- JSON --- */

static json_t *json_seconds(int64_t seconds)
{
	return seconds < 0 ? json_null() : json_integer((json_int_t)seconds);
}

static json_t *json_spans(const struct spans *s)
{
	return json_pack("{s:i, s:o, s:o}", "count", (int)s->seconds->len, "median_s",
		json_seconds(spans_percentile(s, 50)), "p90_s",
		json_seconds(spans_percentile(s, 90)));
}

static json_t *json_status(const struct stats_part *part)
{
	json_t *object = json_object();

	for (int i = 0; ticket_status_names[i]; i++)
		json_object_set_new(object, ticket_status_names[i],
			json_integer((json_int_t)part->by_status[i]));
	return object;
}

static void set_counts(json_t *object, const struct stats_part *part)
{
	json_object_set_new(object, "total", json_integer((json_int_t)part->total));
	json_object_set_new(object, "open", json_integer((json_int_t)part->open));
	json_object_set_new(object, "status", json_status(part));
	json_object_set_new(object, "first_response", json_spans(&part->response));
	json_object_set_new(object, "resolution", json_spans(&part->resolution));
}

/* Frees the list. */
static json_t *json_each(GList *sorted, json_t *(*one)(const void *row))
{
	json_t *array = json_array();

	for (GList *l = sorted; l; l = l->next)
		json_array_append_new(array, one(l->data));
	g_list_free(sorted);
	return array;
}

static json_t *json_part(const void *row)
{
	const struct stats_part *part = row;
	json_t *object = json_pack("{s:o}", "name", json_text(*part->name ? part->name : NULL));

	set_counts(object, part);
	return object;
}

static json_t *json_kept(
	const struct stats_promise *p, enum kept_place kept, enum kept_place missed)
{
	return json_pack("{s:I, s:I}", "kept", (json_int_t)p->kept[kept], "missed",
		(json_int_t)p->kept[missed]);
}

static json_t *json_promise(const void *row)
{
	const struct stats_promise *p = row;

	return json_pack("{s:o, s:o, s:o, s:I}", "name", json_text(p->name), "respond",
		json_kept(p, KEPT_RESPOND, KEPT_RESPOND_MISSED), "resolve",
		json_kept(p, KEPT_RESOLVE, KEPT_RESOLVE_MISSED), "overdue", (json_int_t)p->overdue);
}

static json_t *json_automation(const void *row)
{
	const struct stats_automation *a = row;

	return json_pack("{s:o, s:I, s:I}", "name", json_text(a->name), "runs", (json_int_t)a->runs,
		"stopped", (json_int_t)a->stopped);
}

void stats_print_json(const struct stats *s)
{
	json_t *object = json_pack("{s:o}", "since", json_time(s->since)), *outbox = json_object();

	set_counts(object, s->all);
	json_object_set_new(object, "undelivered", json_integer((json_int_t)s->undelivered));
	json_object_set_new(object, "queues", json_each(stats_sorted(s->queues), json_part));
	json_object_set_new(object, "agents", json_each(stats_sorted(s->agents), json_part));
	json_object_set_new(
		object, "slas", json_each(stats_sorted_by_name(s->promises), json_promise));
	json_object_set_new(object, "automations",
		json_each(stats_sorted_by_name(s->automations), json_automation));
	for (int i = 0; outgoing_state_names[i]; i++)
		json_object_set_new(
			outbox, outgoing_state_names[i], json_integer((json_int_t)s->outbox[i]));
	json_object_set_new(object, "outbox", outbox);
	json_print(object);
}

/* --- Prometheus --- */

static void json_metric(const char *name, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value, with the three characters escaped that must be. */
static void print_label(const char *name, const char *value)
{
	printf("%s=\"", name);
	for (; *value; value++)
		if (*value == '\n')
			fputs("\\n", stdout);
		else
			printf("%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	putchar('"');
}

static void json_sample(
	const char *metric_name, const char *label, const char *value, uint64_t number)
{
	printf("%s{", metric_name);
	print_label(label, value);
	printf("} %" G_GUINT64_FORMAT "\n", number);
}

static void print_quantile(const char *name, const char *label, const struct stats_part *part,
	const struct spans *s, unsigned percent)
{
	printf("%s{", name);
	print_label(label, part->name);
	printf(",quantile=\"0.%u\"} ", percent / 10);
	if (s->seconds->len)
		printf("%" G_GINT64_FORMAT "\n", spans_percentile(s, percent));
	else
		puts("NaN");
}

static void print_summary(
	const char *name, const char *help, const char *label, GList *parts, size_t offset)
{
	g_autofree char *sum = g_strconcat(name, "_sum", NULL),
			*count = g_strconcat(name, "_count", NULL);

	json_metric(name, "summary", help);
	for (GList *l = parts; l; l = l->next) {
		const struct stats_part *part = l->data;
		const struct spans *s =
			(const struct spans *)(const void *)((const char *)part + offset);

		print_quantile(name, label, part, s, 50);
		print_quantile(name, label, part, s, 90);
		json_sample(sum, label, part->name, (uint64_t)s->sum);
		json_sample(count, label, part->name, s->seconds->len);
	}
}

static void print_parts(const char *label, const char *of, GHashTable *table)
{
	GList *parts = stats_sorted(table);
	g_autofree char *open = g_strdup_printf("milticket_%s_open_tickets", label);
	g_autofree char *response = g_strdup_printf("milticket_%s_first_response_seconds", label);
	g_autofree char *resolution = g_strdup_printf("milticket_%s_resolution_seconds", label);

	json_metric(open, "gauge", of);
	for (GList *l = parts; l; l = l->next)
		json_sample(open, label, ((const struct stats_part *)l->data)->name,
			((const struct stats_part *)l->data)->open);
	print_summary(response, "Time until the first answer.", label, parts,
		offsetof(struct stats_part, response));
	print_summary(resolution, "Time until the ticket was closed.", label, parts,
		offsetof(struct stats_part, resolution));
	g_list_free(parts);
}

static void print_attained(const struct stats_promise *p, enum kept_place place)
{
	static const char *const what[] = { [KEPT_RESPOND] = "respond\",result=\"kept",
		[KEPT_RESPOND_MISSED] = "respond\",result=\"missed",
		[KEPT_RESOLVE] = "resolve\",result=\"kept",
		[KEPT_RESOLVE_MISSED] = "resolve\",result=\"missed" };

	fputs("milticket_promises_total{", stdout);
	print_label("sla", p->name);
	printf(",promise=\"%s\"} %" G_GUINT64_FORMAT "\n", what[place], p->kept[place]);
}

static void print_promises(GHashTable *promises)
{
	GList *sorted = stats_sorted_by_name(promises);

	json_metric("milticket_promises_total", "counter",
		"Answers and solutions promised, those in time and those not.");
	for (GList *l = sorted; l; l = l->next)
		for (int place = 0; place < KEPT_PLACES; place++)
			print_attained(l->data, (enum kept_place)place);
	json_metric("milticket_overdue_tickets", "gauge", "Tickets that are late, by promise.");
	for (GList *l = sorted; l; l = l->next)
		json_sample("milticket_overdue_tickets", "sla",
			((const struct stats_promise *)l->data)->name,
			((const struct stats_promise *)l->data)->overdue);
	g_list_free(sorted);
}

static void print_automations(GHashTable *automations)
{
	GList *sorted = stats_sorted_by_name(automations);

	json_metric("milticket_automation_runs_total", "counter", "What automations did, by name.");
	for (GList *l = sorted; l; l = l->next)
		json_sample("milticket_automation_runs_total", "automation",
			((const struct stats_automation *)l->data)->name,
			((const struct stats_automation *)l->data)->runs);
	json_metric("milticket_automation_stopped_total", "counter",
		"Times that automations were stopped for a ticket, by the last.");
	for (GList *l = sorted; l; l = l->next)
		json_sample("milticket_automation_stopped_total", "automation",
			((const struct stats_automation *)l->data)->name,
			((const struct stats_automation *)l->data)->stopped);
	g_list_free(sorted);
}

static void print_answers(const struct answers_totals *a)
{
	json_metric(
		"milticket_answers_total", "counter", "Automatic answers to mail that came in.");
	printf("milticket_answers_total %" G_GUINT64_FORMAT "\n", a->by_kind[ANSWERS_SENT]);
	json_metric("milticket_answers_last_hour", "gauge", "Those of the last hour.");
	printf("milticket_answers_last_hour %" G_GUINT64_FORMAT "\n", a->last_hour);
	json_metric("milticket_answers_suppressed_total", "counter",
		"Answers not given, by the cap: a mailbox's day or the hour.");
	for (int kind = ANSWERS_SENT + 1; kind < ANSWERS_KINDS; kind++)
		json_sample("milticket_answers_suppressed_total", "cap", answers_kind_names[kind],
			a->by_kind[kind]);
}

static void json_gauge(const char *name, const char *help, uint64_t value)
{
	json_metric(name, "gauge", help);
	printf("%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void print_index(const struct stats *s)
{
	const struct index_state *index = &s->index;
	int64_t since = index->progress.since, now = s->cli->actor.now;
	uint64_t lag = since && now > since ? (uint64_t)(now - since) / TEXT_SECOND : 0;

	json_metric(
		"milticket_search_index_state", "gauge", "How the search index is: 1 for that.");
	for (int i = 0; index_state_names[i]; i++)
		json_sample("milticket_search_index_state", "state", index_state_names[i],
			(int)index->is == i);
	json_gauge("milticket_search_index_behind_events",
		"Events of the log that it has not seen.", index->progress.behind);
	json_gauge(
		"milticket_search_index_lag_seconds", "How long ago the first of these was.", lag);
	json_gauge("milticket_search_index_bytes", "Its size.", index->status.bytes);
	json_gauge("milticket_search_index_tickets", "Tickets that it has.", index->status.tickets);
}

static void print_mailboxes(const struct mailboxes_status *m)
{
	json_gauge("milticket_mailboxes_building", "1: the agents' mailboxes are being made.",
		m->building);
	json_gauge("milticket_mailboxes_behind_events", "Events of the log that are not in them.",
		m->behind);
	json_gauge("milticket_mailboxes_tickets", "Tickets that they have.", m->tickets);
	json_gauge("milticket_mailboxes_messages", "Their messages, each counted once.", m->files);
	json_gauge("milticket_mailboxes_agents", "Agents who have one.", m->agents);
}

/* What is not known is left out. */
static void print_store(const struct stats *s)
{
	json_metric("milticket_store_info", "gauge", "The engine of the store.");
	json_sample("milticket_store_info", "engine", store_engine(s->cli->store), 1);
	if (!s->has_health)
		return;
	json_gauge(
		"milticket_store_quorum", "1: a commit waits for other servers.", s->health.quorum);
	if (s->health.standbys >= 0)
		json_gauge("milticket_store_standbys", "Servers that it waits for and are there.",
			(uint64_t)s->health.standbys);
	json_gauge("milticket_store_bytes", "Size of the database.", s->health.bytes);
}

void stats_print_prometheus(const struct stats *s)
{
	json_metric("milticket_tickets", "gauge", "Tickets by status.");
	for (int i = 0; ticket_status_names[i]; i++)
		json_sample("milticket_tickets", "status", ticket_status_names[i],
			s->all->by_status[i]);
	json_metric("milticket_undelivered_tickets", "gauge", "Tickets whose mail came back.");
	printf("milticket_undelivered_tickets %" G_GUINT64_FORMAT "\n", s->undelivered);
	json_metric("milticket_outbox", "gauge", "Outgoing mail by state.");
	for (int i = 0; outgoing_state_names[i]; i++)
		json_sample("milticket_outbox", "state", outgoing_state_names[i], s->outbox[i]);
	print_answers(&s->answers);
	print_index(s);
	if (s->has_mailboxes)
		print_mailboxes(&s->mailboxes);
	print_promises(s->promises);
	print_automations(s->automations);
	print_store(s);
	print_parts("queue", "Open tickets by queue.", s->queues);
	print_parts("agent", "Open tickets by agent; an empty name is nobody.", s->agents);
}
