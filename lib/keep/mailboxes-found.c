/* What was met in the folders and is to be acted on. */
#include "keep/mailboxes-parts.h"

static void moved_free(gpointer data)
{
	struct moved *moved = data;

	g_free(moved->folder);
	g_free(moved->file);
	g_free(moved);
}

static void dropped_free(gpointer data)
{
	struct dropped *dropped = data;

	g_free(dropped->folder);
	g_free(dropped->file);
	g_free(dropped);
}

GPtrArray *moves_new(void)
{
	return g_ptr_array_new_with_free_func(moved_free);
}

GPtrArray *drops_new(void)
{
	return g_ptr_array_new_with_free_func(dropped_free);
}

void doubt_add(struct trees *m, struct tree *tree, uint64_t ticket)
{
	const struct doubt doubt = { tree, ticket };

	g_array_append_val(m->doubts, doubt);
}
