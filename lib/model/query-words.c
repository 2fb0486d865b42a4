/* The tree, without what stands below a "not". */
#include "model/query-words.h"

#include "model/query-parts.h"

static bool words_is_text(enum query_part part)
{
	switch (part) {
	case PART_TEXT:
	case PART_NOTE:
	case PART_FILE:
	case PART_ANY:
		return true;
	case PART_NONE:
	case PART_AGENT:
	case PART_FROM:
	case PART_TO:
	case PART_ID:
	case PART_HAS_NOTE:
		break;
	}
	return false;
}

static void words_of_term(const struct query_term *term, GPtrArray *out)
{
	if (!words_is_text(term->field.part))
		return;
	for (guint i = 0; i < term->values->len; i++) {
		const struct query_operand *value = g_ptr_array_index(term->values, i);

		if (value->sought)
			g_ptr_array_add(out, value->sought);
	}
}

void query_words(const struct query_tree *q, GPtrArray *out)
{
	if (q->kind == QUERY_TERM)
		words_of_term(&q->term, out);
	for (guint i = 0; q->kind != QUERY_NOT && i < q->children->len; i++)
		query_words(g_ptr_array_index(q->children, i), out);
}
