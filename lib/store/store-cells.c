/* Cells of rows: from bytes of the store, and back. */
#include "store/store-shape.h"

#include <string.h>

enum {
	ESCAPE = 0x10ff00, /* and the byte */
	UTF8_MAX = 6,
	ARRAY_HEAD = 5, /* dimensions, nulls, type of elements; elements, number of the first */
};

/* 2000-01-01, from which PostgreSQL counts; and the earliest time that it has, of ours. */
#define EPOCH INT64_C(946684800000000)
#define EARLIEST (INT64_C(-211813488000000000) + EPOCH)

#define FIELD_IN(type, record, field) ((type *)(void *)((char *)(record) + (field)->offset))
#define FIELD_OF(type, record, field) \
	((const type *)(const void *)((const char *)(record) + (field)->offset))

void cells_init(struct cells *cells)
{
	cells->n = 0;
	cells->bytes = g_byte_array_new();
}

void cells_release(struct cells *cells)
{
	g_byte_array_unref(cells->bytes);
}

const char *cells_data(const struct cells *cells, size_t i)
{
	return cells->len[i] < 0 ? NULL : (const char *)cells->bytes->data + cells->at[i];
}

/* --- texts --- */

/* Bytes of the character there; 0 when there is none, or it is one of those that stand for bytes.
 */
static size_t cell_character(const guint8 *p, size_t len)
{
	gunichar c;

	/* Plain ones are most. */
	if (*p && *p < 0x80)
		return 1;
	c = g_utf8_get_char_validated((const char *)p, (gssize)len);
	if (c == 0 || c > 0x10ffff || (c & ~0xffU) == ESCAPE)
		return 0;
	return (size_t)g_utf8_skip[*p];
}

/* How many bytes from there on are characters that stand for themselves. */
static size_t cell_plain(const guint8 *p, const guint8 *end)
{
	const guint8 *begin = p;

	while (p < end) {
		size_t n = cell_character(p, (size_t)(end - p));

		if (!n)
			break;
		p += n;
	}
	return (size_t)(p - begin);
}

void shape_put_text(GByteArray *out, const void *data, size_t len)
{
	const guint8 *p = data, *end = len ? p + len : p;
	char escaped[UTF8_MAX];

	while (p < end) {
		size_t n = cell_plain(p, end);

		if (n)
			g_byte_array_append(out, p, (guint)n);
		p += n;
		if (p == end)
			break;
		n = (size_t)g_unichar_to_utf8(ESCAPE | *p++, escaped);
		g_byte_array_append(out, (const guint8 *)escaped, (guint)n);
	}
}

/* Of the first byte that is escaped; `end` when none is. F4 8F BC..BF, the last two with the byte
 * in their low 8 bits. */
static const guint8 *cell_escaped(const guint8 *p, const guint8 *end)
{
	while ((p = memchr(p, 0xf4, (size_t)(end - p)))) {
		if (end - p >= 4 && p[1] == 0x8f && p[2] >= 0xbc)
			return p;
		p++;
	}
	return end;
}

void shape_get_text(GByteArray *out, const void *text, size_t len)
{
	const guint8 *p = text, *end = len ? p + len : p;

	while (p < end) {
		const guint8 *escaped = cell_escaped(p, end);
		guint8 byte;

		if (escaped > p)
			g_byte_array_append(out, p, (guint)(escaped - p));
		if (escaped == end)
			break;
		byte = (guint8)(escaped[2] << 6 | (escaped[3] & 0x3f));
		g_byte_array_append(out, &byte, 1);
		p = escaped + 4;
	}
}

/* --- one cell --- */

static void cells_begin(struct cells *cells)
{
	g_assert(cells->n < SHAPE_COLUMNS_MAX);
	cells->at[cells->n] = cells->bytes->len;
}

static void cells_end(struct cells *cells)
{
	cells->len[cells->n] = (int)(cells->bytes->len - cells->at[cells->n]);
	cells->n++;
}

static void cells_null(struct cells *cells)
{
	cells_begin(cells);
	cells->len[cells->n++] = -1;
}

static void cell_append(struct cells *cells, const void *data, size_t len)
{
	if (len)
		g_byte_array_append(cells->bytes, data, (guint)len);
}

static void cell_u32(GByteArray *out, uint32_t v)
{
	v = GUINT32_TO_BE(v);
	g_byte_array_append(out, (const guint8 *)&v, sizeof v);
}

static void cell_u64(GByteArray *out, uint64_t v)
{
	v = GUINT64_TO_BE(v);
	g_byte_array_append(out, (const guint8 *)&v, sizeof v);
}

static uint64_t cell_clamp(uint64_t v)
{
	return MIN(v, (uint64_t)INT64_MAX);
}

static void cells_number(struct cells *cells, uint64_t v)
{
	cells_begin(cells);
	cell_u64(cells->bytes, cell_clamp(v));
	cells_end(cells);
}

static void cells_time(struct cells *cells, int64_t time)
{
	cells_begin(cells);
	cell_u64(cells->bytes, (uint64_t)(MAX(time, EARLIEST) - EPOCH));
	cells_end(cells);
}

static void cells_text(struct cells *cells, const void *data, size_t len)
{
	cells_begin(cells);
	shape_put_text(cells->bytes, data, len);
	cells_end(cells);
}

static void cells_bytes(struct cells *cells, const void *data, size_t len)
{
	cells_begin(cells);
	cell_append(cells, data, len);
	cells_end(cells);
}

static void cell_array_head(GByteArray *out, uint32_t oid, uint32_t n)
{
	const uint32_t head[ARRAY_HEAD] = { n ? 1 : 0, 0, oid, n, 1 };

	for (size_t i = 0; i < (n ? ARRAY_HEAD : ARRAY_HEAD - 2); i++)
		cell_u32(out, head[i]);
}

static const struct column list_element = { .type = COLUMN_TEXT },
			   numbers_element = { .type = COLUMN_NUMBER };

static void cell_put_element(GByteArray *out, const char *text)
{
	guint before = out->len, len;

	cell_u32(out, 0);
	shape_put_text(out, text, strlen(text));
	len = GUINT32_TO_BE(out->len - before - (guint)sizeof len);
	memcpy(out->data + before, &len, sizeof len);
}

static void cells_list(struct cells *cells, char *const *list)
{
	cells_begin(cells);
	cell_array_head(
		cells->bytes, column_oid(&list_element), list ? g_strv_length((char **)list) : 0);
	for (; list && *list; list++)
		cell_put_element(cells->bytes, *list);
	cells_end(cells);
}

static void cells_numbers(struct cells *cells, const struct numbers *numbers)
{
	cells_begin(cells);
	cell_array_head(cells->bytes, column_oid(&numbers_element), (uint32_t)numbers->n);
	for (size_t i = 0; i < numbers->n; i++) {
		cell_u32(cells->bytes, sizeof numbers->v[i]);
		cell_u64(cells->bytes, cell_clamp(numbers->v[i]));
	}
	cells_end(cells);
}

/* --- keys, and values of parts --- */

static size_t part_size(enum column_part part, struct bytes rest)
{
	switch (part) {
	case PART_U8:
		return 1;
	case PART_U32:
		return sizeof(uint32_t);
	case PART_U64:
	case PART_TIME:
		return sizeof(uint64_t);
	case PART_NUMBER:
		return rest.len ? 1 + (size_t) * (const guint8 *)rest.data : 1;
	case PART_HASH:
		return KEY_HASH_BYTES;
	case PART_NONE:
	case PART_TEXT:
	case PART_REST:
	case PART_WORDS:
		break;
	}
	return rest.len;
}

/* False when what is left is too short, or of another form than we write. */
static bool part_fits(enum column_part part, struct bytes rest, size_t size)
{
	const guint8 *data = rest.data;

	if (rest.len < size || (part == PART_NUMBER && size > 1 + sizeof(uint64_t)))
		return false;
	if (part == PART_NUMBER && size > 1 && data[1] == 0)
		return false;
	return part != PART_TEXT || (size && data[size - 1] == 0);
}

static void cells_part(struct cells *cells, enum column_part part, struct bytes bytes)
{
	size_t offset = 0;

	switch (part) {
	case PART_U8:
		cells_number(cells, *(const guint8 *)bytes.data);
		break;
	case PART_U32:
		cells_number(cells, key_read_u32(bytes, 0));
		break;
	case PART_U64:
		cells_number(cells, key_read_u64(bytes, 0));
		break;
	case PART_TIME:
		cells_time(cells, (int64_t)cell_clamp(key_read_u64(bytes, 0)));
		break;
	case PART_NUMBER:
		cells_number(cells, key_read_number(bytes, &offset));
		break;
	case PART_TEXT:
		cells_text(cells, bytes.data, bytes.len - 1);
		break;
	case PART_WORDS:
		cells_text(cells, bytes.data, bytes.len);
		break;
	case PART_NONE:
	case PART_HASH:
	case PART_REST:
		cells_bytes(cells, bytes.data, bytes.len);
		break;
	}
}

static bool take_part(struct cells *cells, enum column_part part, struct bytes *rest)
{
	size_t size = part_size(part, *rest);

	if (!part_fits(part, *rest, size))
		return false;
	cells_part(cells, part, (struct bytes){ rest->data, size });
	rest->data = (const guint8 *)rest->data + size;
	rest->len -= size;
	return true;
}

static void cells_cut(struct cells *cells, size_t n, guint len)
{
	cells->n = n;
	g_byte_array_set_size(cells->bytes, len);
}

bool shape_prefix_cells(
	const struct shape *shape, struct bytes prefix, struct cells *cells, bool *open_out)
{
	size_t n = cells->n;
	guint len = cells->bytes->len;
	size_t i;

	*open_out = false;
	for (i = 0; i < shape->n_keys && prefix.len; i++) {
		enum column_part part = shape->columns[i].part;

		if (!take_part(cells, part, &prefix)) {
			cells_cut(cells, n, len);
			return false;
		}
		*open_out = part == PART_REST;
	}
	return prefix.len == 0;
}

bool shape_key_cells(const struct shape *shape, struct bytes key, struct cells *cells)
{
	size_t n = cells->n;
	guint len = cells->bytes->len;

	for (size_t i = 0; i < shape->n_keys; i++)
		if (!take_part(cells, shape->columns[i].part, &key)) {
			cells_cut(cells, n, len);
			return false;
		}
	if (key.len)
		cells_cut(cells, n, len);
	return key.len == 0;
}

void cells_after(struct cells *cells, size_t i)
{
	g_autofree guint8 *copy = g_memdup2(
		cells->bytes->data + cells->at[i], (gsize)cells->len[i]);
	size_t len = (size_t)cells->len[i];

	while (len && copy[len - 1] == 0xff)
		len--;
	if (!len) {
		cells_null(cells);
		return;
	}
	copy[len - 1]++;
	cells_bytes(cells, copy, len);
}

/* A value may end before its last parts. */
static bool cells_parts(const struct shape *shape, struct bytes value, struct cells *cells)
{
	bool all = false;

	for (size_t i = shape->n_keys; i + 1 < shape->n; i++) {
		enum column_part part = shape->columns[i].part;

		all = part == PART_REST || part == PART_WORDS;
		if (!value.len && !all)
			cells_null(cells);
		else if (!take_part(cells, part, &value))
			return false;
	}
	return !value.len;
}

/* --- records --- */

static void cells_name(struct cells *cells, const struct field *f, int value)
{
	const char *name = f->names[value];

	/* A word that is not known. */
	if (f->type == FIELD_WORD && value == 0)
		cells_null(cells);
	else
		cells_text(cells, name, strlen(name));
}

static void cells_field(struct cells *cells, const struct field *f, const void *record)
{
	const char *text;
	int64_t time;

	switch (f->type) {
	case FIELD_U64:
		cells_number(cells, *FIELD_OF(uint64_t, record, f));
		break;
	case FIELD_TIME:
		time = *FIELD_OF(int64_t, record, f);
		if (time || f->flags & FIELD_ALWAYS)
			cells_time(cells, time);
		else
			cells_null(cells);
		break;
	case FIELD_BOOL:
		cells_bytes(cells, *FIELD_OF(bool, record, f) ? "\001" : "", 1);
		break;
	case FIELD_ENUM:
	case FIELD_WORD:
		cells_name(cells, f, *FIELD_OF(int, record, f));
		break;
	case FIELD_TEXT:
		text = record_field_word(f, record);
		if (text)
			cells_text(cells, text, strlen(text));
		else
			cells_null(cells);
		break;
	case FIELD_LIST:
		cells_list(cells, record_field_list(f, record));
		break;
	case FIELD_NUMBERS:
		cells_numbers(cells, FIELD_OF(struct numbers, record, f));
		break;
	}
}

/* Fields of another program's newer version are not in the record, and must not be lost. */
static bool cells_record(const struct shape *shape, struct bytes value, struct cells *cells)
{
	g_autofree void *record = g_malloc0(shape->record->size);

	if (record_decode(shape->record, value, record, NULL) != ST_OK)
		return false;
	for (size_t i = shape->n_keys; i + 1 < shape->n; i++)
		cells_field(cells, shape->columns[i].field, record);
	record_release(shape->record, record);
	return true;
}

/* Where the value is none: as little as a row may have. */
static void cells_nothing(const struct shape *shape, struct cells *cells)
{
	g_autofree void *record = shape->record ? g_malloc0(shape->record->size) : NULL;

	for (size_t i = shape->n_keys; i + 1 < shape->n; i++)
		if (record)
			cells_field(cells, shape->columns[i].field, record);
		else
			cells_null(cells);
}

void shape_value_cells(const struct shape *shape, struct bytes value, struct cells *cells)
{
	size_t n = cells->n;
	guint len = cells->bytes->len;
	bool whole = shape->record ? cells_record(shape, value, cells)
				   : cells_parts(shape, value, cells);

	if (whole) {
		cells_null(cells);
		return;
	}
	cells_cut(cells, n, len);
	cells_nothing(shape, cells);
	cells_bytes(cells, value.data, value.len);
}

/* --- back --- */

static struct bytes cell_as_bytes(const struct cell *cell)
{
	return (struct bytes){ cell->data, cell->len > 0 ? (size_t)cell->len : 0 };
}

static uint64_t cell_number(const struct cell *cell)
{
	return key_read_u64(cell_as_bytes(cell), 0);
}

static int64_t cell_time(const struct cell *cell)
{
	return (int64_t)cell_number(cell) + EPOCH;
}

static void part_append(enum column_part part, const struct cell *cell, GByteArray *out)
{
	struct key key;

	key_init(&key);
	switch (part) {
	case PART_U8:
		key_u8(&key, (uint8_t)cell_number(cell));
		break;
	case PART_U32:
		key_u32(&key, (uint32_t)cell_number(cell));
		break;
	case PART_U64:
		key_u64(&key, cell_number(cell));
		break;
	case PART_TIME:
		key_u64(&key, (uint64_t)cell_time(cell));
		break;
	case PART_NUMBER:
		key_number(&key, cell_number(cell));
		break;
	case PART_TEXT:
		shape_get_text(out, cell->data, cell_as_bytes(cell).len);
		key_u8(&key, 0);
		break;
	case PART_WORDS:
		shape_get_text(out, cell->data, cell_as_bytes(cell).len);
		break;
	case PART_NONE:
	case PART_HASH:
	case PART_REST:
		if (cell->len > 0)
			g_byte_array_append(out, cell->data, (guint)cell->len);
		break;
	}
	g_byte_array_append(out, key.data, (guint)key.len);
}

void shape_row_key(const struct shape *shape, const struct cell *row, struct key *key_out)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (size_t i = 0; i < shape->n_keys; i++)
		part_append(shape->columns[i].part, &row[i], bytes);
	key_init(key_out);
	g_assert(bytes->len <= sizeof key_out->data);
	memcpy(key_out->data, bytes->data, bytes->len);
	key_out->len = bytes->len;
}

static char *cell_text(const void *data, size_t len)
{
	GByteArray *bytes = g_byte_array_new();

	shape_get_text(bytes, data, len);
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(bytes, FALSE);
}

/* The elements of an array one after the other. */
struct elements {
	struct bytes rest;
	uint32_t left;
};

static struct elements cell_elements(const struct cell *cell)
{
	struct bytes all = cell_as_bytes(cell);
	size_t head = ARRAY_HEAD * sizeof(uint32_t);
	struct elements elements = { .left = 0 };

	if (all.len < head)
		return elements;
	elements.left = key_read_u32(all, head - 2 * sizeof(uint32_t));
	elements.rest = (struct bytes){ (const guint8 *)all.data + head, all.len - head };
	return elements;
}

static bool elements_next(struct elements *elements, struct cell *cell_out)
{
	struct bytes *rest = &elements->rest;
	uint32_t len = key_read_u32(*rest, 0);

	if (!elements->left || rest->len < sizeof len || len > rest->len - sizeof len)
		return false;
	cell_out->data = (const guint8 *)rest->data + sizeof len;
	cell_out->len = (int)len;
	rest->data = (const guint8 *)cell_out->data + len;
	rest->len -= sizeof len + len;
	elements->left--;
	return true;
}

static char **cell_list(const struct cell *cell)
{
	struct elements elements = cell_elements(cell);
	GPtrArray *list = g_ptr_array_new();
	struct cell element;

	while (elements_next(&elements, &element))
		g_ptr_array_add(list, cell_text(element.data, (size_t)element.len));
	g_ptr_array_add(list, NULL);
	return (char **)g_ptr_array_free(list, FALSE);
}

static struct numbers cell_numbers(const struct cell *cell)
{
	struct elements elements = cell_elements(cell);
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct cell element;
	struct numbers all;

	while (elements_next(&elements, &element)) {
		uint64_t v = cell_number(&element);

		g_array_append_val(numbers, v);
	}
	all.n = numbers->len;
	all.v = (uint64_t *)(void *)g_array_free(numbers, FALSE);
	return all;
}

/* False: a name of a newer program. */
static bool row_name(const struct field *f, const struct cell *cell, void *record)
{
	g_autofree char *name = cell_text(cell->data, cell_as_bytes(cell).len);
	int value = cell->len < 0 ? 0 : names_find(f->names, name);

	*FIELD_IN(int, record, f) = MAX(value, 0);
	return value >= 0 || f->type == FIELD_WORD;
}

static bool row_field(const struct field *f, const struct cell *cell, void *record)
{
	switch (f->type) {
	case FIELD_U64:
		*FIELD_IN(uint64_t, record, f) = cell_number(cell);
		break;
	case FIELD_TIME:
		*FIELD_IN(int64_t, record, f) = cell->len < 0 ? 0 : cell_time(cell);
		break;
	case FIELD_BOOL:
		*FIELD_IN(bool, record, f) = cell->len > 0 && *(const char *)cell->data;
		break;
	case FIELD_ENUM:
	case FIELD_WORD:
		return row_name(f, cell, record);
	case FIELD_TEXT:
		if (cell->len >= 0)
			*FIELD_IN(char *, record, f) = cell_text(cell->data, (size_t)cell->len);
		break;
	case FIELD_LIST:
		*FIELD_IN(char **, record, f) = cell_list(cell);
		break;
	case FIELD_NUMBERS:
		*FIELD_IN(struct numbers, record, f) = cell_numbers(cell);
		break;
	}
	return true;
}

static void row_record(const struct shape *shape, const struct cell *row, GByteArray *value_out)
{
	g_autofree void *record = g_malloc0(shape->record->size);
	bool known = true;

	for (size_t i = 0; i + 1 < shape->n; i++)
		if (shape->columns[i].field)
			known = row_field(shape->columns[i].field, &row[i], record) && known;
	if (known)
		record_encode(shape->record, record, value_out);
	record_release(shape->record, record);
}

static void row_parts(const struct shape *shape, const struct cell *row, GByteArray *value_out)
{
	for (size_t i = shape->n_keys; i + 1 < shape->n && row[i].len >= 0; i++)
		part_append(shape->columns[i].part, &row[i], value_out);
}

void shape_row_value(const struct shape *shape, const struct cell *row, GByteArray *value_out)
{
	const struct cell *raw = &row[shape->n - 1];

	g_byte_array_set_size(value_out, 0);
	if (raw->len > 0)
		g_byte_array_append(value_out, raw->data, (guint)raw->len);
	else if (raw->len < 0 && shape->record)
		row_record(shape, row, value_out);
	else if (raw->len < 0)
		row_parts(shape, row, value_out);
}
