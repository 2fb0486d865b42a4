/* Rows as a group writes them: what is known of a row decides which statement it goes into, and
 * which of its columns; what comes back is what was put. Only with PostgreSQL. */
#include <string.h>
#include <sys/socket.h>

#include "../store-fixture.h"
#include "base/text.h"
#include "model/ticket.h"

/* Words that arrays of PostgreSQL write otherwise than they are, one that is no UTF-8, and one that
 * stands for a byte. */
static const char *const hard_words[] = { "", " ", "a,b", "{a}", "\"", "\\", "\\\"", "NULL", "null",
	"ä€😀", "\xff", "\xf4\x8f\xbc\x80", "line\nend", "'" };

enum { WORDS = G_N_ELEMENTS(hard_words), ROWS = 300 };

/* A row, and how it is come to. */
struct one {
	uint64_t number;
	struct ticket *ticket; /* NULL: it is deleted, or not there */
	bool looked;           /* first, as who changes a row does */
};

/* Who changes a row looks at it first; who does not, puts blindly. */
#define ROW(n, ticket) \
	{ \
		n, ticket, true \
	}
#define BLIND(n, ticket) \
	{ \
		n, ticket, false \
	}
#define END \
	{ \
		0, NULL, false \
	}

static struct key one_key(uint64_t number)
{
	struct key key;

	key_init(&key);
	key_number(&key, number);
	return key;
}

static void one_encode(const struct one *one, GByteArray *out)
{
	struct ticket ticket = *one->ticket;

	ticket.number = one->number;
	record_encode(&ticket_type, &ticket, out);
}

static enum status one_look(struct txn *txn, const struct one *one)
{
	struct key key = one_key(one->number);
	struct bytes value;
	enum status st = one->looked ? txn_get(txn, TABLE_TICKETS, key_bytes(&key), &value) : ST_OK;

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status one_write(struct txn *txn, const struct one *one)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key = one_key(one->number);
	enum status st = one_look(txn, one);

	if (st != ST_OK)
		return st;
	if (!one->ticket)
		return txn_delete(txn, TABLE_TICKETS, key_bytes(&key));
	one_encode(one, value);
	return txn_put(
		txn, TABLE_TICKETS, key_bytes(&key), (struct bytes){ value->data, value->len });
}

/* Until one without a number. */
static enum status write_all(struct txn *txn, void *arg, struct error *err)
{
	enum status st = ST_OK;

	(void)err;
	for (const struct one *one = arg; one->number && st == ST_OK; one++)
		st = one_write(txn, one);
	return st;
}

static enum status write_and_fail(struct txn *txn, void *arg, struct error *err)
{
	g_assert_cmpint(write_all(txn, arg, err), ==, ST_OK);
	return error_set(err, ST_REFUSED, "as it was told to");
}

static enum status expect_all(struct txn *txn, void *arg, struct error *err)
{
	(void)err;
	for (const struct one *one = arg; one->number; one++) {
		g_autoptr(GByteArray) wanted = g_byte_array_new();
		struct key key = one_key(one->number);
		struct bytes value = { NULL, 0 };
		enum status st = txn_get(txn, TABLE_TICKETS, key_bytes(&key), &value);

		g_assert_cmpint(st, ==, one->ticket ? ST_OK : ST_NOT_FOUND);
		if (!one->ticket)
			continue;
		one_encode(one, wanted);
		g_assert_cmpmem(value.data, value.len, wanted->data, wanted->len);
	}
	return ST_OK;
}

static void write_and_expect(struct place *place, struct one *all)
{
	place_write(place, write_all, all, ST_OK);
	place_read(place, expect_all, all, ST_OK);
}

/* --- */

static void add_hard(char ***list)
{
	for (size_t i = 0; i < WORDS; i++)
		text_list_add(list, hard_words[i]);
}

static void number_add(struct numbers *numbers, uint64_t number)
{
	numbers->v = g_renew(uint64_t, numbers->v, numbers->n + 1);
	numbers->v[numbers->n++] = number;
}

static void test_words(void)
{
	struct ticket plain = { .queue = (char *)"support" }, hard = { .queue = (char *)"support" };
	struct place place;

	place_open(&place, 0);
	add_hard(&hard.tags);
	add_hard(&hard.participants);
	number_add(&hard.links, 1);
	number_add(&hard.links, INT64_MAX);
	/* One that nothing is known of, one known not to be there, and one that is there. */
	write_and_expect(&place, (struct one[]){ BLIND(1, &hard), END });
	write_and_expect(&place, (struct one[]){ ROW(2, &hard), ROW(3, &plain), END });
	write_and_expect(&place, (struct one[]){ ROW(3, &hard), ROW(2, &plain), END });
	write_and_expect(&place, (struct one[]){ BLIND(1, &plain), END });
	place_close(&place);
	hard.queue = NULL;
	record_release(&ticket_type, &hard);
}

static void test_columns(void)
{
	struct ticket bare = { .queue = (char *)"support" },
		      full = {
			      .queue = (char *)"support",
			      .subject = (char *)"An offer",
			      .agent = (char *)"alice",
			      .status = TICKET_CLOSED,
			      .priority = PRIORITY_HIGH,
			      .opened = 1,
			      .updated = 2,
			      .closed = 3,
			      .undelivered = true,
			      .messages_count = 4,
		      };
	struct place place;

	place_open(&place, 0);
	/* Together, and each after the other: a column that only one sets is empty in the next. */
	write_and_expect(&place, (struct one[]){ ROW(1, &bare), ROW(2, &full), END });
	write_and_expect(&place, (struct one[]){ ROW(3, &bare), END });
	write_and_expect(&place, (struct one[]){ ROW(2, &bare), ROW(1, &full), END });
	write_and_expect(&place, (struct one[]){ ROW(1, &bare), ROW(3, &bare), END });
	place_close(&place);
}

static void test_undone(void)
{
	struct ticket first = { .queue = (char *)"support" }, second = { .queue = (char *)"sales" };
	struct one there[] = { ROW(1, &first), END };
	struct place place;

	place_open(&place, 0);
	write_and_expect(&place, there);
	place_write(&place, write_and_fail, (struct one[]){ ROW(1, &second), ROW(2, &second), END },
		ST_REFUSED);
	place_read(&place, expect_all, there, ST_OK);
	/* Deleted and put again; put and deleted; changed and changed back. */
	place_write(&place, write_all,
		(struct one[]){ ROW(1, NULL), BLIND(1, &second), ROW(2, &first), ROW(2, NULL),
			BLIND(3, &first), ROW(3, &second), END },
		ST_OK);
	place_read(&place, expect_all,
		(struct one[]){ ROW(1, &second), ROW(2, NULL), ROW(3, &second), END }, ST_OK);
	place_write(&place, write_all,
		(struct one[]){ ROW(1, &first), ROW(1, &second), BLIND(3, NULL), END }, ST_OK);
	place_read(&place, expect_all, (struct one[]){ ROW(1, &second), ROW(3, NULL), END }, ST_OK);
	place_close(&place);
}

/* More than a statement takes. */
static void test_many(void)
{
	struct ticket ticket = { .queue = (char *)"support" }, other = { .queue = (char *)"sales" };
	struct one *all = g_new0(struct one, ROWS + 1);
	struct place place;

	place_open(&place, 0);
	for (uint64_t i = 0; i < ROWS; i++)
		all[i] = (struct one){ i + 1, &ticket, true };
	write_and_expect(&place, all);
	for (size_t i = 0; i < ROWS; i++)
		all[i].ticket = i % 2 ? &other : NULL;
	write_and_expect(&place, all);
	place_close(&place);
	g_free(all);
}

/* --- a connection that ends while something is put into it --- */

struct cut {
	unsigned runs;
	size_t len; /* more than libpq keeps until it is asked to send */
};

static void cut_connections(void)
{
	for (int fd = 3; fd < 64; fd++)
		shutdown(fd, SHUT_RDWR);
}

/* The first time. */
static enum status cut_write(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *value = NULL;
	struct cut *cut = arg;
	enum status st = ST_OK;

	(void)err;
	value = g_strnfill(cut->len, 'x');
	if (cut->runs++ == 0)
		cut_connections();
	for (uint64_t i = 1; i <= 4 && st == ST_OK; i++) {
		struct key key;

		key_init(&key);
		key_u64(&key, i);
		st = txn_put(
			txn, TABLE_ANSWERED, key_bytes(&key), (struct bytes){ value, cut->len });
	}
	return st;
}

static void test_cut(void)
{
	static const size_t lengths[] = { 1, 3000, 5000, 100 * 1000, 9 << 20 };
	struct place place;

	place_open(&place, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		struct cut cut = { .len = lengths[i] };

		place_write(&place, cut_write, &cut, ST_OK);
		g_assert_cmpuint(cut.runs, >, 1);
	}
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/writes/words that arrays write otherwise", test_words);
	g_test_add_func("/writes/columns that a row does not need", test_columns);
	g_test_add_func("/writes/what was undone, or done twice", test_undone);
	g_test_add_func("/writes/more rows than a statement takes", test_many);
	g_test_add_func("/writes/a connection that ends while it is written to", test_cut);
	return g_test_run();
}
