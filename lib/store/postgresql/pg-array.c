/* See pg-array.h. */
#include "store/postgresql/pg-array.h"

#include <string.h>

enum {
	ARRAY_HEAD_WORDS = 5
}; /* dimensions, nulls, type of elements; elements, number of the first */

static const struct array_kind {
	uint32_t element, array;
} array_kinds[] = {
	[COLUMN_NUMBER] = { .element = 20, .array = 1016 },
	[COLUMN_TIME] = { .element = 1184, .array = 1185 },
	[COLUMN_BOOL] = { .element = 16, .array = 1000 },
	[COLUMN_TEXT] = { .element = 25, .array = 1009 },
	[COLUMN_LIST] = { .element = 25, .array = 1009 },
	[COLUMN_NUMBERS] = { .element = 25, .array = 1009 },
	[COLUMN_BYTES] = { .element = 17, .array = 1001 },
};

uint32_t pg_array_element_oid(const struct column *column)
{
	return array_kinds[column->type].element;
}

uint32_t pg_array_oid(const struct column *column)
{
	return array_kinds[column->type].array;
}

bool pg_array_is_cast(const struct column *column)
{
	return column->type == COLUMN_LIST || column->type == COLUMN_NUMBERS;
}

static void array_word(GByteArray *out, uint32_t word)
{
	word = GUINT32_TO_BE(word);
	g_byte_array_append(out, (const guint8 *)&word, sizeof word);
}

static void array_set_word(GByteArray *out, guint at, uint32_t word)
{
	word = GUINT32_TO_BE(word);
	memcpy(out->data + at, &word, sizeof word);
}

/* --- lists as texts --- */

static void array_quote(GByteArray *out, struct bytes text)
{
	const guint8 *p = text.data;

	g_byte_array_append(out, (const guint8 *)"\"", 1);
	for (size_t i = 0; i < text.len; i++) {
		if (p[i] == '"' || p[i] == '\\')
			g_byte_array_append(out, (const guint8 *)"\\", 1);
		g_byte_array_append(out, p + i, 1);
	}
	g_byte_array_append(out, (const guint8 *)"\"", 1);
}

static void array_digits(GByteArray *out, struct bytes number)
{
	g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, key_read_u64(number, 0));

	g_byte_array_append(out, (const guint8 *)digits, (guint)strlen(digits));
}

/* The elements of a list's cell, one after the other. */
static void array_words(GByteArray *out, const struct column *column, struct bytes rest)
{
	for (bool first = true; rest.len > sizeof(uint32_t); first = false) {
		struct bytes element = { (const guint8 *)rest.data + sizeof(uint32_t),
			key_read_u32(rest, 0) };

		if (!first)
			g_byte_array_append(out, (const guint8 *)",", 1);
		if (column->type == COLUMN_NUMBERS)
			array_digits(out, element);
		else
			array_quote(out, element);
		rest.data = (const guint8 *)element.data + element.len;
		rest.len -= sizeof(uint32_t) + element.len;
	}
}

static void array_add_list(GByteArray *out, const struct column *column, struct bytes cell)
{
	const size_t head = ARRAY_HEAD_WORDS * sizeof(uint32_t);
	guint at = out->len;

	array_word(out, 0);
	g_byte_array_append(out, (const guint8 *)"{", 1);
	if (cell.len > head)
		array_words(out, column,
			(struct bytes){ (const guint8 *)cell.data + head, cell.len - head });
	g_byte_array_append(out, (const guint8 *)"}", 1);
	array_set_word(out, at, out->len - at - (guint)sizeof(uint32_t));
}

/* --- all of it --- */

void pg_array_add(struct pg_array *array, const struct column *column, const char *data, int len)
{
	if (!array->elements)
		array->elements = g_byte_array_new();
	array->n++;
	if (len >= 0 && pg_array_is_cast(column)) {
		array_add_list(array->elements, column, (struct bytes){ data, (size_t)len });
		return;
	}
	array_word(array->elements, (uint32_t)len);
	if (len > 0)
		g_byte_array_append(array->elements, (const guint8 *)data, (guint)len);
}

void pg_array_cell(struct cells *cells, const struct column *column, const struct pg_array *array)
{
	const uint32_t head[ARRAY_HEAD_WORDS] = { array->n ? 1 : 0, 0, pg_array_element_oid(column),
		array->n, 1 };

	g_assert(cells->n < SHAPE_COLUMNS_MAX);
	cells->at[cells->n] = cells->bytes->len;
	for (size_t i = 0; i < (array->n ? ARRAY_HEAD_WORDS : ARRAY_HEAD_WORDS - 2); i++)
		array_word(cells->bytes, head[i]);
	if (array->n)
		g_byte_array_append(cells->bytes, array->elements->data, array->elements->len);
	cells->len[cells->n] = (int)(cells->bytes->len - cells->at[cells->n]);
	cells->n++;
}

void pg_array_release(struct pg_array *array)
{
	if (array->elements)
		g_byte_array_unref(array->elements);
	*array = (struct pg_array){ NULL, 0 };
}
