/* Counts for people: bars, and times in the unit that fits. */
#include "stats.h"

#include <stdio.h>

#include "base/tongue.h"
#include "terminal.h"

enum {
	NAME_COLUMNS = 18,
	NUMBER_COLUMNS = 8,
	LEAST_BAR = 10,
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR
};

static void text_print_bar(const char *label, uint64_t value, uint64_t most, enum colour colour)
{
	int room = MAX(terminal_width() - NAME_COLUMNS - NUMBER_COLUMNS - 6, LEAST_BAR);
	/* In eighths of a column; what there is any of can be seen. */
	int eighths = most && terminal_is() ? (int)((double)value / (double)most * room * 8) : 0;
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };

	printf("  %-*s %*" G_GUINT64_FORMAT "%s%s", NAME_COLUMNS, label, NUMBER_COLUMNS, value,
		eighths || (value && terminal_is()) ? "  " : "", terminal_on(colour));
	for (int i = 0; i < eighths / 8; i++)
		fputs("█", stdout);
	printf("%s%s\n", value && terminal_is() && !eighths ? parts[1] : parts[eighths % 8],
		terminal_off());
}

static void text_title(const char *text)
{
	printf("%s%s%s\n", terminal_on(COLOUR_BOLD), text, terminal_off());
}

static uint64_t most_open(GList *parts)
{
	uint64_t most = 0;

	for (GList *l = parts; l; l = l->next)
		most = MAX(most, ((const struct stats_part *)l->data)->open);
	return most;
}

static const char *text_name_of(const struct stats_part *part)
{
	return *part->name ? part->name : _("nobody");
}

static void print_open(const char *heading, GList *parts)
{
	uint64_t most = most_open(parts);

	printf("\n");
	text_title(heading);
	for (GList *l = parts; l; l = l->next) {
		const struct stats_part *part = l->data;

		text_print_bar(text_name_of(part), part->open, most, COLOUR_CYAN);
	}
}

/* "45 min", "3.2 h", "2.5 d" */
static char *span_text(int64_t seconds)
{
	if (seconds < 0)
		return g_strdup("-");
	if (seconds < MINUTE)
		return g_strdup_printf(_("%d s"), (int)seconds);
	if (seconds < HOUR)
		return g_strdup_printf(_("%d min"), (int)(seconds / MINUTE));
	if (seconds < 2 * DAY)
		return g_strdup_printf(_("%.1f h"), (double)seconds / HOUR);
	return g_strdup_printf(_("%.1f d"), (double)seconds / DAY);
}

static void print_times(const char *label, const struct stats_part *part)
{
	g_autofree char *a = span_text(spans_percentile(&part->response, 50)),
			*b = span_text(spans_percentile(&part->response, 90));
	g_autofree char *c = span_text(spans_percentile(&part->resolution, 50)),
			*d = span_text(spans_percentile(&part->resolution, 90));

	printf("  %-*s %10s %10s %10s %10s\n", NAME_COLUMNS, label, a, b, c, d);
}

static void print_times_of(GList *parts)
{
	for (GList *l = parts; l; l = l->next)
		print_times(text_name_of(l->data), l->data);
}

/* "97 % of 120"; "-" when none was due. */
static char *kept_text(const struct stats_promise *p, enum kept_place kept, enum kept_place missed)
{
	uint64_t all = p->kept[kept] + p->kept[missed];

	/* Rounded down: what was missed shows. */
	return all
		? g_strdup_printf(_("%" PRIu64 " %% of %" PRIu64), p->kept[kept] * 100 / all, all)
		: g_strdup("-");
}

static void text_print_promises(GHashTable *promises)
{
	GList *sorted = stats_sorted_by_name(promises);

	if (!sorted)
		return;
	printf("\n%s  %-*s %21s %21s %10s%s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS,
		_("promises kept"), _("answers"), _("solutions"), _("overdue"), terminal_off());
	for (GList *l = sorted; l; l = l->next) {
		const struct stats_promise *p = l->data;
		g_autofree char *respond = kept_text(p, KEPT_RESPOND, KEPT_RESPOND_MISSED);
		g_autofree char *resolve = kept_text(p, KEPT_RESOLVE, KEPT_RESOLVE_MISSED);

		printf("  %-*s %21s %21s %10" G_GUINT64_FORMAT "\n", NAME_COLUMNS, p->name, respond,
			resolve, p->overdue);
	}
	g_list_free(sorted);
}

static void text_print_automations(GHashTable *automations)
{
	GList *sorted = stats_sorted_by_name(automations);

	if (!sorted)
		return;
	printf("\n%s  %-*s %21s %21s%s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS, _("automations"),
		_("have run"), _("stopped after it"), terminal_off());
	for (GList *l = sorted; l; l = l->next) {
		const struct stats_automation *a = l->data;

		printf("  %-*s %21" G_GUINT64_FORMAT " %21" G_GUINT64_FORMAT "\n", NAME_COLUMNS,
			a->name, a->runs, a->stopped);
	}
	g_list_free(sorted);
}

void stats_print_text(const struct stats *s)
{
	GList *queues = stats_sorted(s->queues), *agents = stats_sorted(s->agents);
	uint64_t most = 0;

	for (int i = 0; ticket_status_names[i]; i++)
		most = MAX(most, s->all->by_status[i]);
	text_title(_("tickets by status"));
	for (int i = 0; ticket_status_names[i]; i++)
		text_print_bar(ticket_status_names[i], s->all->by_status[i], most,
			terminal_status_colour(i));
	print_open(_("open by queue"), queues);
	print_open(_("open by agent"), agents);
	printf("\n%s  %-*s %21s %21s%s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS, "",
		_("first answer"), _("closed after"), terminal_off());
	printf("%s  %-*s %10s %10s %10s %10s%s\n", terminal_on(COLOUR_BOLD), NAME_COLUMNS, "",
		_("median"), _("90 %"), _("median"), _("90 %"), terminal_off());
	print_times(_("all"), s->all);
	print_times_of(queues);
	print_times_of(agents);
	text_print_promises(s->promises);
	text_print_automations(s->automations);
	g_list_free(queues);
	g_list_free(agents);
}
