/* Rows as cells of relational tables, and back. */
#include "store/store-shape.h"

#include <string.h>

#include "model/ticket.h"

static struct cell cell_at(const struct cells *cells, size_t i)
{
	return (struct cell){ cells_data(cells, i), cells->len[i] };
}

/* To cells and back: the same key, the same value. */
static void assert_same(enum store_table table, const struct key *key, struct bytes value)
{
	const struct shape *shape = store_shape(table);
	g_autoptr(GByteArray) back = g_byte_array_new();
	struct cell row[SHAPE_COLUMNS_MAX];
	struct cells cells;
	struct key key_back;

	cells_init(&cells);
	g_assert_true(shape_key_cells(shape, key_bytes(key), &cells));
	g_assert_cmpuint(cells.n, ==, shape->n_keys);
	shape_value_cells(shape, value, &cells);
	g_assert_cmpuint(cells.n, ==, shape->n);
	for (size_t i = 0; i < shape->n; i++)
		row[i] = cell_at(&cells, i);
	shape_row_key(shape, row, &key_back);
	g_assert_cmpmem(key_back.data, key_back.len, key->data, key->len);
	shape_row_value(shape, row, back);
	g_assert_cmpmem(back->data, back->len, value.data, value.len);
	cells_release(&cells);
}

static void assert_same_record(enum store_table table, const struct key *key, const void *record)
{
	g_autoptr(GByteArray) value = g_byte_array_new();

	record_encode(store_shape(table)->record, record, value);
	assert_same(table, key, (struct bytes){ value->data, value->len });
}

static void test_ticket(void)
{
	char *tags[] = { "", "a b", "{,\"}", "z\303\244", "\377\376", NULL };
	uint64_t links[] = { 1, 2, INT64_MAX };
	struct ticket t = { .number = 1042,
		.subject = "caf\303\251 \303 \364\217\274\200 \364\217\277\277 \355\240\200",
		.queue = "",
		.status = TICKET_SPAM,
		.priority = PRIORITY_URGENT,
		.tags = tags,
		.opened = -1,
		.updated = INT64_C(1795490100123456),
		.undelivered = true,
		.links = { links, G_N_ELEMENTS(links) },
		.messages_count = INT64_MAX };
	struct key key;

	key_init(&key);
	key_number(&key, 1042);
	assert_same_record(TABLE_TICKETS, &key, &t);
	t = (struct ticket){ .number = 1042 };
	assert_same_record(TABLE_TICKETS, &key, &t);
}

/* What the value leaves out is in the columns. */
static void test_message(void)
{
	const struct shape *shape = store_shape(TABLE_ENTRIES);
	struct entry e = { .from = "Carla <carla@customer.example>",
		.sender = "carla@customer.example",
		.reply_to = "Carla <carla@customer.example>",
		.match = MATCH_NONE,
		.event = EVENT_FOLLOWUP,
		.digest = "00ff" };
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct cells cells;
	struct key key;

	key_init(&key);
	key_number(&key, 1);
	key_number(&key, 70000);
	assert_same_record(TABLE_ENTRIES, &key, &e);
	record_encode(&entry_type, &e, value);
	cells_init(&cells);
	g_assert_true(shape_key_cells(shape, key_bytes(&key), &cells));
	shape_value_cells(shape, (struct bytes){ value->data, value->len }, &cells);
	for (size_t i = 0; i < shape->n; i++)
		if (strcmp(shape->columns[i].name, "sender") == 0)
			g_assert_cmpmem(
				cells_data(&cells, i), cells.len[i], e.sender, strlen(e.sender));
	cells_release(&cells);
}

static void test_others(void)
{
	static const guint8 mail[] = { 0, 255, 10, 0 };
	struct key key, value;

	for (enum store_table table = 0; table < TABLE_COUNT; table++) {
		const struct shape *shape = store_shape(table);

		g_assert_nonnull(shape->name);
		g_assert_cmpuint(shape->n_keys, >, 0);
		g_assert_cmpstr(shape->columns[shape->n - 1].name, ==, "raw");
		for (size_t i = 0; i < shape->n; i++)
			for (size_t j = 0; j < i; j++)
				g_assert_cmpstr(shape->columns[i].name, !=, shape->columns[j].name);
	}
	key_init(&key);
	key_text(&key, "next");
	key_text(&key, "ticket");
	assert_same(TABLE_META, &key, (struct bytes){ mail, sizeof mail });
	key_init(&key);
	key_number(&key, 7);
	key_init(&value);
	key_number(&value, 1042);
	assert_same(TABLE_LOG, &key, key_bytes(&value));
	key_number(&value, 2);
	assert_same(TABLE_LOG, &key, key_bytes(&value));
	assert_same(TABLE_LOG, &key, (struct bytes){ "", 0 });
	key_init(&key);
	key_text(&key, "carla@customer.example");
	assert_same(TABLE_AGENT_ADDRESSES, &key, (struct bytes){ "anna", 4 });
	key_init(&key);
	key_u64(&key, 0);
	key_u64(&key, 12);
	assert_same(TABLE_OUTBOX_DUE, &key, (struct bytes){ "", 0 });
	key_init(&key);
	key_u32(&key, 20000);
	key_text(&key, "carla@customer.example");
	key_number(&key, 3);
	key_init(&value);
	key_u64(&value, 2);
	assert_same(TABLE_ANSWERED, &key, key_bytes(&value));
}

/* A text of more than 200 bytes is a hash in the key, with NULs perhaps. */
static void test_long_text(void)
{
	g_autofree char *address = g_strnfill(300, 'x');

	for (int i = 0; i < 1000; i++) {
		struct key key;

		memcpy(address, &i, sizeof i - 1);
		if (!address[0])
			continue;
		key_init(&key);
		key_text(&key, address);
		assert_same(TABLE_AGENT_ADDRESSES, &key, (struct bytes){ "anna", 4 });
	}
}

/* A value that is none comes back as it went. */
static void test_damage(void)
{
	struct key key;

	key_init(&key);
	key_number(&key, 1);
	assert_same(TABLE_TICKETS, &key, (struct bytes){ "nonsense", 8 });
	assert_same(TABLE_TICKETS, &key, (struct bytes){ "", 0 });
	assert_same(TABLE_LOG, &key, (struct bytes){ "\011", 1 });
}

static void test_keys_that_are_none(void)
{
	struct cells cells;

	cells_init(&cells);
	g_assert_false(shape_key_cells(
		store_shape(TABLE_TICKETS), (struct bytes){ "\002\001", 2 }, &cells));
	g_assert_false(shape_key_cells(
		store_shape(TABLE_TICKETS), (struct bytes){ "\001\001x", 3 }, &cells));
	g_assert_false(shape_key_cells(
		store_shape(TABLE_TICKETS), (struct bytes){ "\002\000\001", 3 }, &cells));
	g_assert_false(
		shape_key_cells(store_shape(TABLE_QUEUES), (struct bytes){ "abc", 3 }, &cells));
	g_assert_false(
		shape_key_cells(store_shape(TABLE_OUTBOX), (struct bytes){ "abc", 3 }, &cells));
	g_assert_cmpuint(cells.n, ==, 0);
	g_assert_cmpuint(cells.bytes->len, ==, 0);
	cells_release(&cells);
}

static void test_prefixes(void)
{
	struct cells cells;
	struct key key;
	bool open;

	cells_init(&cells);
	key_init(&key);
	key_number(&key, 5);
	g_assert_true(
		shape_prefix_cells(store_shape(TABLE_ENTRIES), key_bytes(&key), &cells, &open));
	g_assert_false(open);
	g_assert_cmpuint(cells.n, ==, 1);
	g_assert_true(shape_prefix_cells(
		store_shape(TABLE_META), (struct bytes){ "a\377\377", 3 }, &cells, &open));
	g_assert_true(open);
	cells_after(&cells, 1);
	g_assert_cmpmem(cells_data(&cells, 2), cells.len[2], "b", 1);
	g_assert_true(shape_prefix_cells(
		store_shape(TABLE_META), (struct bytes){ "\377", 1 }, &cells, &open));
	cells_after(&cells, 3);
	g_assert_cmpint(cells.len[4], ==, -1);
	g_assert_true(shape_prefix_cells(
		store_shape(TABLE_META), (struct bytes){ "", 0 }, &cells, &open));
	g_assert_false(open);
	g_assert_cmpuint(cells.n, ==, 5);
	cells_release(&cells);
}

/* No byte of a text is lost, whatever it is, and what goes to the server is UTF-8. */
static void test_texts(void)
{
	g_autoptr(GByteArray) text = g_byte_array_new(), back = g_byte_array_new();
	guint8 bytes[4096];
	guint32 seed = 1;

	for (int round = 0; round < 200; round++) {
		size_t len = (size_t)round * 20;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (guint8)(seed >> 24);
			if (round % 2 == 0)
				bytes[i] = (guint8) "\364\217\274\200"[bytes[i] & 3];
		}
		g_byte_array_set_size(text, 0);
		g_byte_array_set_size(back, 0);
		shape_put_text(text, bytes, len);
		g_assert_true(len == 0 || g_utf8_validate((char *)text->data, text->len, NULL));
		shape_get_text(back, text->data, text->len);
		g_assert_cmpmem(back->data, back->len, bytes, len);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shape/a ticket comes back from its cells", test_ticket);
	g_test_add_func("/shape/a message has all its columns", test_message);
	g_test_add_func("/shape/each table has its columns", test_others);
	g_test_add_func("/shape/a key that is a hash comes back", test_long_text);
	g_test_add_func("/shape/a value that is none comes back", test_damage);
	g_test_add_func("/shape/a key that is none is told", test_keys_that_are_none);
	g_test_add_func("/shape/prefixes", test_prefixes);
	g_test_add_func("/shape/texts of any bytes", test_texts);
	return g_test_run();
}
