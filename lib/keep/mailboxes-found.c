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

void findings_forget(struct trees *m, const struct tree *tree)
{
	for (guint i = m->moves->len; i-- > 0;)
		if (((struct moved *)m->moves->pdata[i])->tree == tree)
			g_ptr_array_remove_index(m->moves, i);
	for (guint i = m->drops->len; i-- > 0;)
		if (((struct dropped *)m->drops->pdata[i])->tree == tree)
			g_ptr_array_remove_index(m->drops, i);
	for (guint i = m->doubts->len; i-- > 0;)
		if (g_array_index(m->doubts, struct doubt, i).tree == tree)
			g_array_remove_index(m->doubts, i);
}

void doubt_add(struct trees *m, struct tree *tree, uint64_t ticket)
{
	const struct doubt doubt = { tree, ticket };

	g_array_append_val(m->doubts, doubt);
}
