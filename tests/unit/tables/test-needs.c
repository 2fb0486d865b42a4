/* What the settings name and the store has, or not. */
#include "tables/needs.h"

#include <string.h>

#include "../desk.h"

#define RULES \
	"rules = ( { set: { assign = \"anna\"; queue = \"sales\"; }; }, " \
	"{ set: { assign = \"zoe\"; queue = \"nowhere\"; }; } );"

/* The unmet agents and queues among them, "zoe nowhere". */
static char *unmet(struct desk *d, struct store *store, bool unseen)
{
	g_autoptr(GPtrArray) list = NULL;
	GString *out = g_string_new(NULL);

	g_assert_cmpint(needs_unmet(d->settings, store, unseen, &list, &d->err), ==, ST_OK);
	for (guint i = 0; i < list->len; i++) {
		const struct setting_need *need = g_ptr_array_index(list, i);

		if (need->kind == NEEDS_AGENT || need->kind == NEEDS_QUEUE)
			g_string_append_printf(out, "%s%s", out->len ? " " : "", need->value);
	}
	return g_string_free(out, FALSE);
}

static void test_needs(void)
{
	struct desk d;
	g_autofree char *of_store = NULL, *of_none = NULL, *unseen = NULL;

	desk_open(&d, RULES);
	of_store = unmet(&d, d.store, false);
	of_none = unmet(&d, NULL, false);
	unseen = unmet(&d, NULL, true);
	g_assert_nonnull(strstr(of_store, "zoe"));
	g_assert_nonnull(strstr(of_store, "nowhere"));
	g_assert_null(strstr(of_store, "anna"));
	g_assert_null(strstr(of_store, "sales"));
	g_assert_nonnull(strstr(of_none, "anna"));
	g_assert_nonnull(strstr(of_none, "sales"));
	g_assert_cmpstr(unseen, ==, "");
	desk_close(&d);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/needs/agents and queues are looked for in the store", test_needs);
	return g_test_run();
}
