/* Which tables there are, and the columns of each. Cells are in store-cells.c. */
#include "store/store-shape.h"

#include <pthread.h>
#include <string.h>

#include "model/ticket.h"

struct shape_part {
	const char *name;
	enum column_part part;
};

/* One that is not here has the key in one column, and is called as its id. Names are for ever, as
 * ids of fields are. A kind of record has the columns of its fields. */
/* clang-format off */
static const struct shape_row {
	const char *name;
	struct shape_part keys[SHAPE_PARTS_MAX], values[SHAPE_PARTS_MAX];
} shape_rows[TABLE_COUNT] = {
	[TABLE_META] = { "meta", { { "name", PART_REST } }, { { "value", PART_REST } } },
	[TABLE_TICKETS] = { "tickets", { { "number", PART_NUMBER } }, {} },
	[TABLE_ENTRIES] = { "messages", { { "ticket", PART_NUMBER }, { "seq", PART_NUMBER } }, {} },
	[TABLE_TEXTS] = { "texts", { { "ticket", PART_NUMBER }, { "seq", PART_NUMBER } },
		{ { "text", PART_WORDS } } },
	[TABLE_EVENTS] = { "events", { { "ticket", PART_NUMBER }, { "serial", PART_NUMBER } }, {} },
	[TABLE_LOG] = { "log", { { "serial", PART_NUMBER } },
		{ { "ticket", PART_NUMBER }, { "seq", PART_NUMBER } } },
	[TABLE_IDS] = { "ids", { { "hash", PART_HASH }, { "ticket", PART_NUMBER } },
		{ { "kind", PART_U8 }, { "seq", PART_NUMBER } } },
	[TABLE_DIGESTS] = { "digests", { { "hash", PART_HASH } },
		{ { "ticket", PART_NUMBER }, { "seq", PART_NUMBER } } },
	[TABLE_INDEX] = { "listing", { { "key", PART_REST } }, { { "value", PART_REST } } },
	[TABLE_DUE] = { "due",
		{ { "time", PART_TIME }, { "ticket", PART_NUMBER }, { "kind", PART_REST } }, {} },
	[TABLE_QUEUES] = { "queues", { { "name", PART_TEXT } }, {} },
	[TABLE_AGENTS] = { "agents", { { "login", PART_TEXT } }, {} },
	[TABLE_AGENT_ADDRESSES] = { "agent_addresses", { { "address", PART_TEXT } },
		{ { "login", PART_WORDS } } },
	[TABLE_OUTBOX] = { "outbox", { { "id", PART_U64 } }, {} },
	[TABLE_OUTBOX_MAIL] = { "outbox_mail", { { "id", PART_U64 } }, { { "mail", PART_REST } } },
	[TABLE_OUTBOX_DUE] = { "outbox_due", { { "time", PART_TIME }, { "id", PART_U64 } }, {} },
	[TABLE_ANSWERED] = { "answered", { { "day", PART_U32 }, { "address", PART_REST } },
		{ { "count", PART_U64 } } },
	[TABLE_QUERIES] = { "queries", { { "name", PART_TEXT } }, {} },
};

static const struct shape_id {
	const char *id;
	const struct record_type *record;
} shape_ids[TABLE_COUNT] = {
#define TABLE(id, ...) [TABLE_##id] = { #id, NULL },
#define RECORDS(id, tree, mark, kind) [TABLE_##id] = { #id, &kind##_type },
#include "store/tables.def"
};
/* clang-format on */

static const struct shape_row shape_plain = { .keys = { { "key", PART_REST } },
	.values = { { "value", PART_REST } } };
static const struct shape_row shape_plain_record = { .keys = { { "key", PART_REST } } };

static enum column_type shape_part_type(enum column_part part)
{
	switch (part) {
	case PART_U8:
	case PART_U32:
	case PART_U64:
	case PART_NUMBER:
		return COLUMN_NUMBER;
	case PART_TIME:
		return COLUMN_TIME;
	case PART_TEXT:
	case PART_WORDS:
		return COLUMN_TEXT;
	case PART_NONE:
	case PART_HASH:
	case PART_REST:
		break;
	}
	return COLUMN_BYTES;
}

static enum column_type shape_field_type(const struct field *field)
{
	switch (field->type) {
	case FIELD_U64:
		return COLUMN_NUMBER;
	case FIELD_TIME:
		return COLUMN_TIME;
	case FIELD_BOOL:
		return COLUMN_BOOL;
	case FIELD_ENUM:
	case FIELD_WORD:
	case FIELD_TEXT:
		return COLUMN_TEXT;
	case FIELD_LIST:
		return COLUMN_LIST;
	case FIELD_NUMBERS:
		break;
	}
	return COLUMN_NUMBERS;
}

/* A word or text is null when it is none, and a time that may be unknown. A text that always is
 * there may all the same be damaged, and null then. */
static bool shape_field_always(const struct field *field)
{
	if (field->type == FIELD_TIME)
		return field->flags & FIELD_ALWAYS;
	return field->type != FIELD_TEXT && field->type != FIELD_WORD;
}

static void shape_add(struct shape *shape, const struct column *column)
{
	g_assert(shape->n < SHAPE_COLUMNS_MAX);
	shape->columns[shape->n++] = *column;
}

static const struct field *shape_field(const struct shape *shape, const char *name)
{
	return shape->record ? record_field(shape->record, name) : NULL;
}

static void shape_add_parts(struct shape *shape, const struct shape_part *parts, bool always)
{
	for (size_t i = 0; i < SHAPE_PARTS_MAX && parts[i].name; i++)
		shape_add(shape,
			&(struct column){
				.name = parts[i].name,
				.type = shape_part_type(parts[i].part),
				.part = parts[i].part,
				.field = shape_field(shape, parts[i].name),
				.always = always,
			});
}

static bool shape_is_key(const struct shape *shape, const struct field *field)
{
	for (size_t i = 0; i < shape->n_keys; i++)
		if (shape->columns[i].field == field)
			return true;
	return false;
}

static void shape_add_fields(struct shape *shape)
{
	for (size_t i = 0; shape->record && i < shape->record->count; i++) {
		const struct field *field = &shape->record->fields[i];

		if (!shape_is_key(shape, field))
			shape_add(shape,
				&(struct column){
					.name = field->name,
					.type = shape_field_type(field),
					.field = field,
					.always = shape_field_always(field),
				});
	}
}

static struct shape shapes[TABLE_COUNT];

static const struct shape_row *shape_row_of(size_t table)
{
	if (shape_rows[table].name)
		return &shape_rows[table];
	return shape_ids[table].record ? &shape_plain_record : &shape_plain;
}

static void shape_make(size_t table)
{
	const struct shape_row *row = shape_row_of(table);
	struct shape *shape = &shapes[table];

	shape->name = row->name ? row->name : g_ascii_strdown(shape_ids[table].id, -1);
	shape->record = shape_ids[table].record;
	shape_add_parts(shape, row->keys, true);
	shape->n_keys = shape->n;
	shape_add_parts(shape, row->values, false);
	shape_add_fields(shape);
	shape_add(shape, &(struct column){ .name = "raw", .type = COLUMN_BYTES });
}

static void shapes_make(void)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		shape_make(i);
}

const struct shape *store_shape(enum store_table table)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, shapes_make);
	return &shapes[table];
}

static const struct column_kind {
	const char *name;
	uint32_t oid;
	const char *empty;
} column_kinds[] = {
	[COLUMN_NUMBER] = { .name = "bigint", .oid = 20, .empty = "0" },
	[COLUMN_TIME] = { .name = "timestamp with time zone", .oid = 1184, .empty = "'epoch'" },
	[COLUMN_BOOL] = { .name = "boolean", .oid = 16, .empty = "false" },
	[COLUMN_TEXT] = { .name = "text", .oid = 25, .empty = "''" },
	[COLUMN_LIST] = { .name = "text[]", .oid = 1009, .empty = "'{}'" },
	[COLUMN_NUMBERS] = { .name = "bigint[]", .oid = 1016, .empty = "'{}'" },
	[COLUMN_BYTES] = { .name = "bytea", .oid = 17, .empty = "''" },
};

const char *column_sql_type(const struct column *column)
{
	return column_kinds[column->type].name;
}

uint32_t column_oid(const struct column *column)
{
	return column_kinds[column->type].oid;
}

const char *column_sql_default(const struct column *column)
{
	return column_kinds[column->type].empty;
}
