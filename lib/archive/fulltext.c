/* Both halves as one. Each is committed for itself, and who is killed between the two leaves them
 * at different places: the one that is less far tells how far the index is. */
#include "archive/fulltext.h"

#include <glib/gstdio.h>
#include <string.h>

#include "archive/fulltext-half.h"

static const char *const fulltext_files[FULLTEXT_HALVES] = { "search.sqlite", "search.sqlite-2" };

/* --- opening --- */

enum status fulltext_open(
	const struct fulltext_options *options, struct fulltext **fulltext_out, struct error *err)
{
	struct fulltext *f;
	enum status st = fulltext_library_load(err);

	if (st != ST_OK)
		return st;
	f = g_new0(struct fulltext, 1);
	for (unsigned i = 0; i < FULLTEXT_HALVES && st == ST_OK; i++) {
		f->halves[i].whole = f;
		st = half_open(&f->halves[i], options, fulltext_files[i], err);
	}
	if (st == ST_OK)
		*fulltext_out = f;
	else
		fulltext_close(f);
	return st;
}

void fulltext_close(struct fulltext *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < FULLTEXT_HALVES; i++)
		half_close(&f->halves[i]);
	g_free(f);
}

static unsigned fulltext_count(const char *directory)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FULLTEXT_HALVES; i++) {
		g_autofree char *path = g_build_filename(directory, fulltext_files[i], NULL);

		n += g_file_test(path, G_FILE_TEST_EXISTS);
	}
	return n;
}

bool fulltext_exists(const char *directory)
{
	return fulltext_count(directory) > 0;
}

bool fulltext_is_whole(const char *directory)
{
	return fulltext_count(directory) == FULLTEXT_HALVES;
}

enum status fulltext_destroy(const char *directory, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < FULLTEXT_HALVES && st == ST_OK; i++)
		st = half_destroy(directory, fulltext_files[i], err);
	return st;
}

enum status fulltext_empty(struct fulltext *f, struct error *err)
{
	enum status st = ST_OK;

	for (unsigned i = 0; i < FULLTEXT_HALVES && st == ST_OK; i++)
		st = half_empty(&f->halves[i], err);
	return st;
}

/* --- how far --- */

static bool place_is_new(const struct fulltext_place *p)
{
	return !p->built && p->number == 0 && p->serial == 0;
}

static struct fulltext_place place_least(
	const struct fulltext_place *a, const struct fulltext_place *b)
{
	struct fulltext_place least = { .serial = MIN(a->serial, b->serial) };

	least.built = a->built && b->built;
	if (a->built || b->built)
		least.number = a->built ? b->number : a->number;
	else
		least.number = MIN(a->number, b->number);
	return least;
}

enum status fulltext_places(
	struct fulltext *f, struct fulltext_place *place_out, bool *alike_out, struct error *err)
{
	struct fulltext_place a, b;
	enum status st = half_place(&f->halves[0], &a, err);

	if (st == ST_OK)
		st = half_place(&f->halves[1], &b, err);
	if (st != ST_OK)
		return st;
	*alike_out = place_is_new(&a) == place_is_new(&b);
	*place_out = *alike_out ? place_least(&a, &b) : (struct fulltext_place){ .serial = 0 };
	return ST_OK;
}

enum status fulltext_place(struct fulltext *f, struct fulltext_place *place_out, struct error *err)
{
	bool alike;

	return fulltext_places(f, place_out, &alike, err);
}

enum status fulltext_look(struct fulltext *f, struct fulltext_status *status_out, struct error *err)
{
	g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct fulltext_status all = { .dead = 0 };
	enum status st = fulltext_place(f, &all.place, err);

	for (unsigned i = 0; i < FULLTEXT_HALVES && st == ST_OK; i++) {
		struct fulltext_status one = { .dead = 0 };

		st = half_look(&f->halves[i], &one, words, err);
		all.tickets += one.tickets;
		all.dead += one.dead;
		all.bytes += one.bytes;
		if (one.owed_since && (!all.owed_since || one.owed_since < all.owed_since))
			all.owed_since = one.owed_since;
	}
	all.words = g_hash_table_size(words);
	if (st == ST_OK)
		*status_out = all;
	return st;
}
