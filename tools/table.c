/* Tables. */
#include "table.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/tongue.h"

enum { GAP = 2, BELOW = 4, LEAST_STRETCH = 8, CELL_MAX = 64 * 1024 };

struct row {
	char **cells;
	struct {
		unsigned cell;
		enum colour colour;
	} marks[2]; /* the second: COLOUR_NONE without one */
	char *below;
};

struct table {
	const struct table_column *columns;
	unsigned count;
	GArray *rows;
	int *widths; /* 0: not shown */
};

static void row_clear(void *data)
{
	g_strfreev(((struct row *)data)->cells);
	g_free(((struct row *)data)->below);
}

struct table *table_new(const struct table_column *columns, unsigned count)
{
	struct table *table = g_new0(struct table, 1);

	table->columns = columns;
	table->count = count;
	table->widths = g_new0(int, count);
	table->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	g_array_set_clear_func(table->rows, row_clear);
	for (unsigned i = 0; i < count; i++)
		table->widths[i] = text_width(_(columns[i].title));
	return table;
}

/* Programs get each row at once, whole: there may be a million, and they may want only the
 * first. */
static void print_plain(struct row *row)
{
	g_autofree char *line = g_strjoinv("\t", row->cells);

	puts(line);
	row_clear(row);
}

void table_add(struct table *table, const char *const *cells, unsigned coloured, enum colour colour)
{
	struct row row = { g_new0(char *, table->count + 1),
		{ { coloured, colour }, { 0, COLOUR_NONE } }, NULL };

	for (unsigned i = 0; i < table->count; i++)
		/* Nothing of a mail reaches the terminal but text. */
		row.cells[i] = terminal_line(cells[i] && *cells[i] ? cells[i] : "-", CELL_MAX);
	if (!terminal_is()) {
		print_plain(&row);
		return;
	}
	for (unsigned i = 0; i < table->count; i++)
		table->widths[i] = MAX(table->widths[i], text_width(row.cells[i]));
	g_array_append_val(table->rows, row);
}

void table_mark(struct table *table, unsigned cell, enum colour colour)
{
	struct row *row;

	if (table->rows->len == 0)
		return;
	row = &g_array_index(table->rows, struct row, table->rows->len - 1);
	row->marks[1].cell = cell;
	row->marks[1].colour = colour;
}

void table_below(struct table *table, const char *label, const char *text)
{
	struct row *row;

	if (table->rows->len == 0)
		return;
	row = &g_array_index(table->rows, struct row, table->rows->len - 1);
	g_free(row->below);
	row->below = g_strdup_printf(
		"%*s%s%s:%s %s", BELOW, "", terminal_on(COLOUR_DIM), label, terminal_off(), text);
}

int table_room_below(const char *label)
{
	return terminal_width() - BELOW - text_width(label) - (int)strlen(": ");
}

static enum colour row_colour(const struct row *row, unsigned cell)
{
	for (size_t i = 0; i < G_N_ELEMENTS(row->marks); i++)
		if (row->marks[i].cell == cell && row->marks[i].colour != COLOUR_NONE)
			return row->marks[i].colour;
	return COLOUR_NONE;
}

static unsigned last_shown(const struct table *table)
{
	unsigned last = table->count - 1;

	while (last > 0 && !table->widths[last])
		last--;
	return last;
}

static bool is_usual(const struct table *table, unsigned i)
{
	const char *usual = table->columns[i].usual;

	for (unsigned r = 0; usual && r < table->rows->len; r++)
		if (strcmp(g_array_index(table->rows, struct row, r).cells[i], usual) != 0)
			return false;
	return usual != NULL;
}

/* The last column, a subject or a title, says most: it counts half when the widest is to give
 * way. */
static int table_weight(const struct table *table, unsigned i)
{
	return i + 1 == table->count ? table->widths[i] / 2 : table->widths[i];
}

/* By how much the table is too wide, if no column that stretches has more than `stretch`. */
static int table_excess(const struct table *table, int stretch)
{
	int width = -GAP - terminal_width();

	for (unsigned i = 0; i < table->count; i++) {
		int column = table->widths[i];

		if (table->columns[i].stretches)
			column = MIN(column, stretch);
		width += column ? column + GAP : 0;
	}
	return width;
}

/* Some say less than others, and not to be broken is worth more. */
static void table_leave_out(struct table *table)
{
	for (unsigned i = table->count; i-- > 0;)
		if (table->columns[i].gives_way && table_excess(table, LEAST_STRETCH) > 0)
			table->widths[i] = 0;
}

/* What is too much is taken from the columns that stretch, from the widest first. */
static void table_fit(struct table *table)
{
	for (unsigned i = 0; i < table->count; i++)
		table->widths[i] = is_usual(table, i) ? 0 : table->widths[i];
	table_leave_out(table);
	for (int over = table_excess(table, G_MAXINT); over > 0; over--) {
		unsigned widest = table->count;

		for (unsigned i = 0; i < table->count; i++)
			if (table->columns[i].stretches && table->widths[i] > LEAST_STRETCH &&
				(widest == table->count ||
					table_weight(table, i) >= table_weight(table, widest)))
				widest = i;
		if (widest == table->count)
			return;
		table->widths[widest]--;
	}
}

static void print_cell(const struct table *table, unsigned i, const char *text, enum colour colour)
{
	g_autofree char *fitted = table->columns[i].stretches ? text_fit(text, table->widths[i])
							      : g_strdup(text);
	int pad = MAX(table->widths[i] - text_width(fitted), 0);
	bool last = i == last_shown(table);

	if (table->columns[i].right)
		printf("%*s", pad, "");
	fputs(colour ? terminal_on(colour) : "", stdout);
	fputs(fitted, stdout);
	fputs(colour ? terminal_off() : "", stdout);
	if (!table->columns[i].right && !last)
		printf("%*s", pad, "");
	if (!last)
		printf("%*s", GAP, "");
}

static void print_line(const struct table *table, const struct row *row)
{
	for (unsigned i = 0; i < table->count; i++)
		if (!table->widths[i])
			continue;
		else if (!row)
			print_cell(table, i, _(table->columns[i].title), COLOUR_BOLD);
		else
			print_cell(table, i, row->cells[i], row_colour(row, i));
	puts("");
	if (row && row->below)
		puts(row->below);
}

void table_print(struct table *table)
{
	if (table->rows->len) {
		table_fit(table);
		print_line(table, NULL);
	}
	for (unsigned r = 0; r < table->rows->len; r++)
		print_line(table, &g_array_index(table->rows, struct row, r));
	g_array_unref(table->rows);
	g_free(table->widths);
	g_free(table);
}
