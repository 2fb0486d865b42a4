/* Records as bytes, and the field tables. */
#include "model/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "model/ticket.h"

static struct bytes bytes_of(GByteArray *array)
{
	return (struct bytes){ array->data, array->len };
}

static GByteArray *encoded(const struct record_type *type, const void *record)
{
	GByteArray *out = g_byte_array_new();

	record_encode(type, record, out);
	return out;
}

static const struct record_type *const types[] = { &ticket_type, &entry_type, &event_type,
	&queue_type, &agent_type, &outgoing_type };

/* Something else in every field of a zeroed record; `big` picks the largest that fits. */
static void fill(const struct record_type *type, void *record, bool big)
{
	for (size_t i = 0; i < type->count; i++) {
		const struct field *f = &type->fields[i];
		void *at = (char *)record + f->offset;

		switch (f->type) {
		case FIELD_U64:
			*(uint64_t *)at = big ? UINT64_MAX : i + 1;
			break;
		case FIELD_TIME:
			*(int64_t *)at = big ? INT64_MIN : INT64_C(1790000000000000) + (int64_t)i;
			break;
		case FIELD_BOOL:
			*(bool *)at = true;
			break;
		case FIELD_ENUM:
		case FIELD_WORD:
			*(int *)at = (int)g_strv_length((char **)f->names) - 1;
			break;
		case FIELD_TEXT:
			*(char **)at = big ? g_strnfill(70000, 'x') : g_strdup(f->name);
			break;
		case FIELD_LIST:
			*(char ***)at = g_strsplit(big ? "a,,b" : "one", ",", -1);
			break;
		case FIELD_NUMBERS:
			numbers_add(at, big ? UINT64_MAX : 1);
			numbers_add(at, 0);
			break;
		}
	}
}

static void assert_same(const struct record_type *type, const void *a, const void *b)
{
	g_autoptr(GByteArray) of_a = encoded(type, a), of_b = encoded(type, b);

	g_assert_cmpmem(of_a->data, of_a->len, of_b->data, of_b->len);
}

static void test_round_trip(void)
{
	for (size_t t = 0; t < G_N_ELEMENTS(types); t++)
		for (int big = 0; big < 3; big++) {
			g_autofree void *a = g_malloc0(types[t]->size),
					*b = g_malloc0(types[t]->size),
					*c = g_malloc0(types[t]->size);
			g_autoptr(GByteArray) bytes = NULL;

			if (big < 2)
				fill(types[t], a, big);
			bytes = encoded(types[t], a);
			g_assert_cmpint(
				record_decode(types[t], bytes_of(bytes), b, NULL), ==, ST_OK);
			record_copy(types[t], c, b);
			assert_same(types[t], a, b);
			record_release(types[t], b);
			assert_same(types[t], a, c);
			record_release(types[t], a);
			record_release(types[t], c);
		}
}

static void test_zero_is_short(void)
{
	struct ticket ticket = { 0 };
	g_autoptr(GByteArray) bytes = encoded(&ticket_type, &ticket);

	g_assert_cmpuint(bytes->len, ==, 1);
}

static void test_empty_text_is_not_absent(void)
{
	char text[] = "";
	struct queue queue = { .title = text }, back;
	g_autoptr(GByteArray) bytes = encoded(&queue_type, &queue);

	g_assert_cmpint(record_decode(&queue_type, bytes_of(bytes), &back, NULL), ==, ST_OK);
	g_assert_cmpstr(back.title, ==, "");
	g_assert_null(back.name);
	record_release(&queue_type, &back);
}

static void test_unknown_field(void)
{
	static const guint8 value[] = { 1, 200, 3, 'x', 'y', 'z', 1, 2, 'o', 'k' };
	struct queue queue;

	g_assert_cmpint(
		record_decode(&queue_type, (struct bytes){ value, sizeof value }, &queue, NULL), ==,
		ST_OK);
	g_assert_cmpstr(queue.name, ==, "ok");
	record_release(&queue_type, &queue);
}

static void test_damage(void)
{
	static const struct {
		const char *what;
		guint8 value[16];
		size_t len;
	} cases[] = {
		{ "nothing", { 0 }, 0 },
		{ "another version", { 2, 1, 1, 'x' }, 4 },
		{ "no length", { 1, 1 }, 2 },
		{ "a length past the end", { 1, 1, 2, 'x' }, 4 },
		{ "an endless length",
			{ 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
			13 },
		{ "a length of 2^64-1",
			{ 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 'x' },
			13 },
		{ "a NUL in a text", { 1, 1, 2, 'x', 0 }, 5 },
		{ "bytes after a number", { 1, 4, 2, 1, 1 }, 5 },
		{ "an empty number", { 1, 4, 0 }, 3 },
		{ "a number of 65 bits",
			{ 1, 4, 10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 }, 13 },
		{ "a text, then damage", { 1, 1, 1, 'x', 2, 9 }, 6 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct queue queue;
		struct error err;

		g_test_message("%s", cases[i].what);
		g_assert_cmpint(
			record_decode(&queue_type, (struct bytes){ cases[i].value, cases[i].len },
				&queue, &err),
			==, ST_BAD_INPUT);
		g_assert_true(g_str_has_prefix(err.text, "damaged queue"));
		g_assert_null(queue.name);
	}
}

static void test_enum_bounds(void)
{
	guint8 value[] = { 1, 6, 1, TICKET_SPAM };
	struct ticket ticket;

	g_assert_cmpint(
		record_decode(&ticket_type, (struct bytes){ value, sizeof value }, &ticket, NULL),
		==, ST_OK);
	g_assert_cmpint(ticket.status, ==, TICKET_SPAM);
	value[3]++;
	g_assert_cmpint(
		record_decode(&ticket_type, (struct bytes){ value, sizeof value }, &ticket, NULL),
		==, ST_BAD_INPUT);
}

static void assert_list_damage(const guint8 *value, size_t len, enum status wanted)
{
	struct agent agent = { 0 };

	g_assert_cmpint(
		record_decode(&agent_type, (struct bytes){ value, len }, &agent, NULL), ==, wanted);
	record_release(&agent_type, &agent);
}

static void test_lists(void)
{
	static const guint8 right[] = { 1, 3, 4, 1, 'a', 1, 'b' },
			    past_its_field[] = { 1, 3, 4, 1, 'a', 2, 'b', 4, 1, 0 };

	assert_list_damage(right, sizeof right, ST_OK);
	assert_list_damage(past_its_field, sizeof past_its_field, ST_BAD_INPUT);
}

static void assert_hex(const char *digest, guint len)
{
	struct entry entry = { .digest = (char *)digest }, back = { 0 };
	g_autoptr(GByteArray) bytes = encoded(&entry_type, &entry);

	g_assert_cmpuint(bytes->len, ==, len);
	g_assert_cmpint(record_decode(&entry_type, bytes_of(bytes), &back, NULL), ==, ST_OK);
	g_assert_cmpstr(back.digest, ==, digest);
	record_release(&entry_type, &back);
}

static void test_hex(void)
{
	static const guint8 neither[] = { 1, 15, 2, 2, 0xff };
	struct entry entry;

	g_assert_cmpint(
		record_decode(&entry_type, (struct bytes){ neither, sizeof neither }, &entry, NULL),
		==, ST_BAD_INPUT);
	assert_hex("00ff7f", 4 + 3);
	assert_hex("00ff7", 4 + 5);
	assert_hex("00FF", 4 + 4);
	assert_hex("no digits at all", 4 + 16);
	assert_hex("", 4);
}

static void assert_word(const char *word, guint len)
{
	struct outgoing outgoing = { .event = (char *)word }, back = { 0 };
	g_autoptr(GByteArray) bytes = encoded(&outgoing_type, &outgoing);

	g_assert_cmpuint(bytes->len, ==, len);
	g_assert_cmpint(record_decode(&outgoing_type, bytes_of(bytes), &back, NULL), ==, ST_OK);
	g_assert_cmpstr(back.event, ==, word);
	record_release(&outgoing_type, &back);
}

static void test_words(void)
{
	static const guint8 unknown[] = { 1, 2, 1, 30 };
	struct outgoing outgoing;

	assert_word("followup", 3 + 1);
	assert_word("unheard-of", 3 + 10);
	assert_word("x", 3 + 1);
	assert_word("", 3);
	g_assert_cmpint(record_decode(&outgoing_type, (struct bytes){ unknown, sizeof unknown },
				&outgoing, NULL),
		==, ST_BAD_INPUT);
}

static int kind_in(const guint8 *value, size_t len)
{
	struct event event = { .kind = EVENT_OPENED };

	g_assert_cmpint(
		record_decode(&event_type, (struct bytes){ value, len }, &event, NULL), ==, ST_OK);
	return event.kind;
}

static void test_kinds(void)
{
	static const guint8 opened[] = { 1, 3, 1, 1 }, unverified[] = { 1, 3, 1, 29 },
			    copy[] = { 1, 3, 4, 'c', 'o', 'p', 'y' },
			    newer[] = { 1, 3, 3, 'n', 'e', 'w' }, none[] = { 1 };

	g_assert_cmpint(kind_in(opened, sizeof opened), ==, EVENT_OPENED);
	g_assert_cmpint(kind_in(unverified, sizeof unverified), ==, EVENT_UNVERIFIED);
	g_assert_cmpint(kind_in(copy, sizeof copy), ==, EVENT_COPY);
	g_assert_cmpint(kind_in(newer, sizeof newer), ==, EVENT_UNKNOWN);
	g_assert_cmpint(kind_in(none, sizeof none), ==, EVENT_UNKNOWN);
	for (int kind = EVENT_UNKNOWN; kind < EVENT_KINDS; kind++) {
		struct event event = { .kind = kind };
		g_autoptr(GByteArray) bytes = encoded(&event_type, &event);

		g_assert_cmpint(kind_in(bytes->data, bytes->len), ==, kind);
	}
}

/* Memory that ends where nothing may be read: a byte past it is the end of the program, in every
 * build. */
struct edge {
	guint8 *pages;
	size_t room, page;
};

static void edge_open(struct edge *edge, size_t room)
{
	edge->page = (size_t)sysconf(_SC_PAGESIZE);
	edge->room = (room / edge->page + 1) * edge->page;
	edge->pages = mmap(NULL, edge->room + edge->page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	g_assert_true(edge->pages != MAP_FAILED);
	g_assert_cmpint(mprotect(edge->pages + edge->room, edge->page, PROT_NONE), ==, 0);
}

static struct bytes edge_put(const struct edge *edge, const guint8 *data, size_t len)
{
	guint8 *at = edge->pages + edge->room - len;

	memcpy(at, data, len);
	return (struct bytes){ at, len };
}

static void edge_close(struct edge *edge)
{
	munmap(edge->pages, edge->room + edge->page);
}

/* A damaged value either is refused, with a reason and nothing left in the record, or it is one
 * that a record can have: then what it says is stored and comes back the same. */
static bool refused_or_sound(const struct record_type *type, struct bytes value)
{
	g_autofree void *record = g_malloc0(type->size), *back = g_malloc0(type->size),
			*nothing = g_malloc0(type->size);
	struct error err = { "" };
	g_autoptr(GByteArray) again = NULL;

	if (record_decode(type, value, record, &err) != ST_OK) {
		g_assert_true(g_str_has_prefix(err.text, "damaged "));
		g_assert_cmpmem(record, type->size, nothing, type->size);
		return true;
	}
	again = encoded(type, record);
	g_assert_cmpint(record_decode(type, bytes_of(again), back, NULL), ==, ST_OK);
	assert_same(type, record, back);
	record_release(type, record);
	record_release(type, back);
	return false;
}

/* Every value cut short, and every bit turned; how many of them were refused. */
static unsigned damage(const struct record_type *type, const GByteArray *bytes)
{
	struct edge edge;
	unsigned refused = 0;

	edge_open(&edge, bytes->len);
	for (guint i = 0; i < bytes->len; i++) {
		refused += refused_or_sound(type, edge_put(&edge, bytes->data, i));
		for (int flip = 1; flip < 256; flip *= 2) {
			struct bytes turned = edge_put(&edge, bytes->data, bytes->len);

			((guint8 *)turned.data)[i] ^= (guint8)flip;
			refused += refused_or_sound(type, turned);
		}
	}
	edge_close(&edge);
	return refused;
}

/* A value that is cut in a field, a version, a length: that much is refused at least. */
static void test_any_damage(void)
{
	for (size_t t = 0; t < G_N_ELEMENTS(types); t++) {
		g_autofree void *record = g_malloc0(types[t]->size);
		g_autoptr(GByteArray) bytes = NULL;
		unsigned refused;

		fill(types[t], record, false);
		bytes = encoded(types[t], record);
		record_release(types[t], record);
		refused = damage(types[t], bytes);
		g_assert_cmpuint(refused, >=, bytes->len - types[t]->count + 8);
		g_assert_cmpuint(refused, <, bytes->len * 9);
	}
}

static void test_ids_are_unique(void)
{
	for (size_t t = 0; t < G_N_ELEMENTS(types); t++)
		for (size_t i = 0; i < types[t]->count; i++)
			for (size_t j = 0; j < i; j++) {
				g_assert_cmpuint(
					types[t]->fields[i].id, !=, types[t]->fields[j].id);
				g_assert_cmpstr(
					types[t]->fields[i].name, !=, types[t]->fields[j].name);
			}
}

static void test_numbers(void)
{
	struct numbers n = { 0 };

	numbers_add(&n, 5);
	numbers_add(&n, 3);
	numbers_add(&n, 5);
	g_assert_cmpuint(n.n, ==, 2);
	g_assert_cmpuint(n.v[0], ==, 5);
	g_assert_true(numbers_has(&n, 3));
	g_assert_false(numbers_has(&n, 4));
	g_assert_cmpuint(n.v[1], ==, 3);
	g_free(n.v);
}

static void test_text(void)
{
	char *tags[] = { (char *)"red", (char *)"blue", NULL };
	uint64_t links[] = { 7, 9 };
	const struct ticket t = {
		.number = 1042,
		.status = TICKET_OPEN,
		.opened = INT64_C(1790000000) * TEXT_SECOND,
		.undelivered = true,
		.tags = tags,
		.links = { links, 2 },
		.queue = (char *)"support",
	};
	static const struct {
		const char *field, *wanted;
	} cases[] = {
		{ "number", "1042" },
		{ "status", "open" },
		{ "priority", "normal" },
		{ "opened", "2026-09-21T14:13:20Z" },
		{ "closed", NULL },
		{ "undelivered", "true" },
		{ "tags", "red, blue" },
		{ "participants", "" },
		{ "links", "7, 9" },
		{ "queue", "support" },
		{ "agent", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = record_field_text(
			record_field(&ticket_type, cases[i].field), &t);

		g_assert_cmpstr(text, ==, cases[i].wanted);
	}
	g_assert_null(record_field(&ticket_type, "no such field"));
}

static void test_names(void)
{
	g_assert_cmpint(names_find(ticket_status_names, "spam"), ==, TICKET_SPAM);
	g_assert_cmpint(names_find(priority_names, "normal"), ==, PRIORITY_NORMAL);
	g_assert_cmpint(names_find(direction_names, "bounce"), ==, DIRECTION_BOUNCE);
	g_assert_cmpint(names_find(match_names, "subject"), ==, MATCH_SUBJECT);
	g_assert_cmpint(names_find(outgoing_state_names, "suppressed"), ==, OUTGOING_SUPPRESSED);
	g_assert_cmpint(names_find(priority_names, "Normal"), ==, -1);
	g_assert_cmpint(names_find(priority_names, ""), ==, -1);
}

static void test_active(void)
{
	for (int status = TICKET_NEW; status <= TICKET_SPAM; status++)
		g_assert_cmpint(ticket_status_active(status), ==, status < TICKET_CLOSED);
}

static void test_set(void)
{
	static const struct {
		const char *field, *text;
		bool done;
		const char *shown;
	} cases[] = {
		{ "project", "lab", true, "lab" },
		{ "project", "", true, NULL },
		{ "priority", "high", true, "high" },
		{ "priority", "higher", false, "high" },
		{ "priority", NULL, true, "normal" },
		{ "tags", "red blue", true, "red, blue" },
		{ "tags", NULL, true, "" },
		{ "opened", "2026-09-21T14:13:20Z", false, NULL },
		{ "undelivered", "true", false, "false" },
	};
	struct ticket t = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct field *field = record_field(&ticket_type, cases[i].field);
		g_autofree char *text = NULL;

		g_assert_cmpint(record_field_set(field, &t, cases[i].text), ==, cases[i].done);
		text = record_field_text(field, &t);
		g_assert_cmpstr(text, ==, cases[i].shown);
	}
	record_release(&ticket_type, &t);
}

/* For tests/unit/test-fields.py: type, field, kind, flags, names by blanks, help. */
static int print_fields(void)
{
	static const char *const kinds[] = { [FIELD_U64] = "number",
		[FIELD_TIME] = "time",
		[FIELD_BOOL] = "bool",
		[FIELD_ENUM] = "enum",
		[FIELD_WORD] = "word",
		[FIELD_TEXT] = "text",
		[FIELD_LIST] = "list",
		[FIELD_NUMBERS] = "numbers" };

	for (size_t t = 0; t < G_N_ELEMENTS(types); t++)
		for (size_t i = 0; i < types[t]->count; i++) {
			const struct field *f = &types[t]->fields[i];
			g_autofree char *names = f->names ? g_strjoinv(",", (char **)f->names)
							  : g_strdup("");

			printf("%s\t%s\t%s\t%s%s%s\t%s\t%s\n", types[t]->name, f->name,
				kinds[f->type], f->flags & FIELD_HIDDEN ? "hidden " : "",
				f->flags & FIELD_ALWAYS ? "always " : "",
				f->flags & FIELD_ZERO_UNKNOWN ? "zero-unknown " : "", names,
				f->help ? f->help : "");
		}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--fields") == 0)
		return print_fields();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/comes back as it was", test_round_trip);
	g_test_add_func("/record/fields that are zero take no space", test_zero_is_short);
	g_test_add_func(
		"/record/an empty text is not an absent one", test_empty_text_is_not_absent);
	g_test_add_func("/record/fields of a newer program are skipped", test_unknown_field);
	g_test_add_func("/record/damage is an error", test_damage);
	g_test_add_func("/record/an enum past its names is an error", test_enum_bounds);
	g_test_add_func("/record/a list keeps to its field", test_lists);
	g_test_add_func(
		"/record/hex digits take half the space, anything else comes back too", test_hex);
	g_test_add_func("/record/frequent words take one byte, others come back too", test_words);
	g_test_add_func("/record/kinds of events are stored as they always were", test_kinds);
	g_test_add_func("/record/no damage reads outside the value", test_any_damage);
	g_test_add_func("/record/no field has another's id or name", test_ids_are_unique);
	g_test_add_func("/record/numbers come once and in order", test_numbers);
	g_test_add_func("/record/fields as people read them", test_text);
	g_test_add_func("/record/fields are set as people write them", test_set);
	g_test_add_func("/record/names are found exactly", test_names);
	g_test_add_func("/record/closed and spam are not active", test_active);
	return g_test_run();
}
