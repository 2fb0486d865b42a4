/* Rows stand in one stretch of memory, which is sorted when it is full: what is wanted of it stays,
 * if that is little, and else all goes to the file as one run. At the end the runs are read side by
 * side, the stretch being the last of them. */
#include "base/sorter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/nameless.h"

struct sorter_head {
	uint64_t number;
	uint32_t len; /* of the key, which comes after it */
};

enum { HEAD_BYTES = sizeof(uint64_t) + sizeof(uint32_t), READ_BYTES = 64 * 1024 };
G_STATIC_ASSERT(READ_BYTES >= HEAD_BYTES + SORTER_KEY_BYTES);

/* Where one run is read. */
struct run {
	off_t at, end; /* of the file: what is not read yet */
	char *data;    /* what is */
	size_t len, place;
};

struct sorter {
	struct sorter_options with;
	char *data;
	size_t len;
	GArray *rows; /* uint32_t: places in data, sorted at the end */
	int fd;       /* -1: there is no file yet */
	off_t written;
	GArray *runs; /* struct run */
	bool sorted;
	uint64_t given;
};

struct sorter *sorter_new(const struct sorter_options *options)
{
	struct sorter *s = g_new0(struct sorter, 1);

	s->with = *options;
	if (!s->with.bytes)
		s->with.bytes = SORTER_BYTES;
	s->data = g_malloc(s->with.bytes);
	s->rows = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	s->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	s->fd = -1;
	return s;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (guint i = 0; i < s->runs->len; i++)
		g_free(g_array_index(s->runs, struct run, i).data);
	if (s->fd >= 0)
		close(s->fd);
	g_array_unref(s->runs);
	g_array_unref(s->rows);
	g_free(s->data);
	g_free(s);
}

/* --- rows --- */

static struct sorter_head sorter_read(const char *row, struct bytes *key_out)
{
	struct sorter_head head;

	memcpy(&head.number, row, sizeof head.number);
	memcpy(&head.len, row + sizeof head.number, sizeof head.len);
	*key_out = (struct bytes){ row + HEAD_BYTES, head.len };
	return head;
}

static size_t sorter_row_bytes(const char *row)
{
	struct bytes key;

	return HEAD_BYTES + sorter_read(row, &key).len;
}

static int sorter_compare_rows(const struct sorter *s, const char *a, const char *b)
{
	struct bytes of_a, of_b;
	int order;

	sorter_read(a, &of_a);
	sorter_read(b, &of_b);
	order = bytes_compare(of_a, of_b);
	return s->with.reverse ? -order : order;
}

/* What came first lies first. */
static int sorter_compare(const void *a, const void *b, void *sorter)
{
	const struct sorter *s = sorter;
	uint32_t at_a = *(const uint32_t *)a, at_b = *(const uint32_t *)b;
	int order = sorter_compare_rows(s, s->data + at_a, s->data + at_b);

	return order ? order : (at_a > at_b) - (at_a < at_b);
}

static void sorter_sort(struct sorter *s)
{
	if (!s->rows->len)
		return;
	qsort_r(s->rows->data, s->rows->len, sizeof(uint32_t), sorter_compare, s);
	if (s->with.most && s->rows->len > s->with.most)
		g_array_set_size(s->rows, (guint)s->with.most);
}

static void sorter_put(struct sorter *s, const struct sorter_head *head, const void *key)
{
	uint32_t at = (uint32_t)s->len;

	memcpy(s->data + s->len, &head->number, sizeof head->number);
	memcpy(s->data + s->len + sizeof head->number, &head->len, sizeof head->len);
	memcpy(s->data + s->len + HEAD_BYTES, key, head->len);
	s->len += HEAD_BYTES + head->len;
	g_array_append_val(s->rows, at);
}

/* --- when memory is full --- */

/* Sorted rows, one after the other. Owned. */
static GByteArray *sorter_gather(const struct sorter *s)
{
	GByteArray *all = g_byte_array_new();

	for (guint i = 0; i < s->rows->len; i++) {
		const char *row = s->data + g_array_index(s->rows, uint32_t, i);

		g_byte_array_append(all, (const guint8 *)row, (guint)sorter_row_bytes(row));
	}
	return all;
}

static size_t sorter_sum(const struct sorter *s)
{
	size_t sum = 0;

	for (guint i = 0; i < s->rows->len; i++)
		sum += sorter_row_bytes(s->data + g_array_index(s->rows, uint32_t, i));
	return sum;
}

static void sorter_take_back(struct sorter *s, const GByteArray *all)
{
	memcpy(s->data, all->data, all->len);
	g_array_set_size(s->rows, 0);
	for (s->len = 0; s->len < all->len; s->len += sorter_row_bytes(s->data + s->len)) {
		uint32_t at = (uint32_t)s->len;

		g_array_append_val(s->rows, at);
	}
}

/* Through a buffer, so that it takes no second stretch of memory. */
static enum status sorter_write_run(struct sorter *s, struct error *err)
{
	g_autofree char *buffer = g_malloc(READ_BYTES);
	struct run run = { .at = s->written };
	size_t n = 0;
	enum status st = s->fd < 0 ? nameless_open(&s->fd, err) : ST_OK;

	for (guint i = 0; i < s->rows->len && st == ST_OK; i++) {
		const char *row = s->data + g_array_index(s->rows, uint32_t, i);
		size_t len = sorter_row_bytes(row);

		if (n + len > READ_BYTES) {
			st = nameless_write(s->fd, buffer, n, err);
			s->written += (off_t)n;
			n = 0;
		}
		memcpy(buffer + n, row, len);
		n += len;
	}
	if (st == ST_OK)
		st = nameless_write(s->fd, buffer, n, err);
	s->written += (off_t)n;
	run.end = s->written;
	g_array_append_val(s->runs, run);
	return st;
}

static enum status sorter_make_room(struct sorter *s, struct error *err)
{
	enum status st = ST_OK;

	sorter_sort(s);
	if (s->with.most && sorter_sum(s) <= s->with.bytes / 4) {
		GByteArray *all = sorter_gather(s);

		sorter_take_back(s, all);
		g_byte_array_unref(all);
		return ST_OK;
	}
	st = sorter_write_run(s, err);
	s->len = 0;
	g_array_set_size(s->rows, 0);
	return st;
}

enum status sorter_add(
	struct sorter *s, const void *key, size_t len, uint64_t number, struct error *err)
{
	const struct sorter_head head = { number, (uint32_t)MIN(len, SORTER_KEY_BYTES) };
	enum status st = ST_OK;

	if (s->len + HEAD_BYTES + head.len > s->with.bytes)
		st = sorter_make_room(s, err);
	if (st == ST_OK)
		sorter_put(s, &head, key);
	return st;
}

/* --- reading --- */

/* More of the run than its next row, if there is any. */
static enum status run_fill(const struct sorter *s, struct run *run, struct error *err)
{
	size_t left = run->len - run->place, room;
	ssize_t n = 1;

	if (run->at == run->end || left >= HEAD_BYTES + SORTER_KEY_BYTES)
		return ST_OK;
	if (!run->data)
		run->data = g_malloc(READ_BYTES);
	memmove(run->data, run->data + run->place, left);
	run->place = 0;
	run->len = left;
	for (; n > 0 && run->at < run->end && run->len < READ_BYTES;
		run->at += n, run->len += (size_t)n) {
		room = MIN(READ_BYTES - run->len, (size_t)(run->end - run->at));
		n = pread(s->fd, run->data + run->len, room, run->at);
		if (n < 0)
			return nameless_failed(err);
	}
	return ST_OK;
}

/* The row that is next; NULL: the run is at its end. */
static const char *run_row(const struct run *run)
{
	return run->place < run->len ? run->data + run->place : NULL;
}

/* Of like ones that of the older run. */
static struct run *sorter_least(const struct sorter *s)
{
	struct run *least = NULL;

	for (guint i = 0; i < s->runs->len; i++) {
		struct run *run = &g_array_index(s->runs, struct run, i);

		if (run_row(run) &&
			(!least || sorter_compare_rows(s, run_row(run), run_row(least)) < 0))
			least = run;
	}
	return least;
}

/* What is still in memory is a run, too, the last. */
static enum status sorter_finish(struct sorter *s, struct error *err)
{
	struct run rest = { 0 };
	GByteArray *all;
	enum status st = ST_OK;

	s->sorted = true;
	sorter_sort(s);
	if (s->runs->len) {
		st = sorter_write_run(s, err);
		g_clear_pointer(&s->data, g_free);
	} else {
		all = sorter_gather(s);
		rest.len = all->len;
		g_clear_pointer(&s->data, g_free);
		rest.data = (char *)g_byte_array_free(all, FALSE);
		g_array_append_val(s->runs, rest);
	}
	g_array_set_size(s->rows, 0);
	return st;
}

enum status sorter_next(struct sorter *s, unsigned most, GArray *numbers, struct error *err)
{
	enum status st = s->sorted ? ST_OK : sorter_finish(s, err);

	for (guint i = 0; i < s->runs->len && st == ST_OK; i++)
		st = run_fill(s, &g_array_index(s->runs, struct run, i), err);
	while (st == ST_OK && most-- && !(s->with.most && s->given == s->with.most)) {
		struct run *run = sorter_least(s);
		struct bytes key;
		uint64_t number;

		if (!run)
			break;
		number = sorter_read(run_row(run), &key).number;
		g_array_append_val(numbers, number);
		s->given++;
		run->place += HEAD_BYTES + key.len;
		st = run_fill(s, run, err);
	}
	return st;
}
