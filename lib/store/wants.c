/* What a function is going to read. */
#include "store/wants.h"

void wants_init(struct wants *wants)
{
	wants->rows = g_array_new(FALSE, FALSE, sizeof(struct want_row));
	wants->names = g_ptr_array_new_with_free_func(g_free);
	wants->since = 0;
}

void wants_release(struct wants *wants)
{
	g_array_unref(wants->rows);
	g_ptr_array_unref(wants->names);
}

void want_row(
	struct wants *wants, enum want_kind kind, enum store_table table, const struct key *key)
{
	const struct want_row row = { kind, table, *key };

	g_array_append_val(wants->rows, row);
}

void want_number(struct wants *wants, const char *name)
{
	g_ptr_array_add(wants->names, g_strdup(name));
}
