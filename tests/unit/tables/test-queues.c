/* Queues: names, making, removing. */
#include "model/names.h"
#include "tables/queues.h"

#include <string.h>

#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static void test_names(void)
{
	g_autofree char *longest = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a');
	const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{ "support", true },
		{ "a", true },
		{ "0", true },
		{ "2nd-level_x.y", true },
		{ longest, true },
		{ longer, false },
		{ "", false },
		{ "Support", false },
		{ "-x", false },
		{ ".x", false },
		{ "_x", false },
		{ "a b", false },
		{ "a/b", false },
		{ "a\nb", false },
		{ "b\xc3\xbc"
		  "ro",
			false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(queue_name_valid(cases[i].name), ==, cases[i].valid);
}

static enum status names_of(
	struct txn *txn, const struct queue *queue, void *arg, struct error *err)
{
	GString *out = arg;

	(void)txn;
	(void)err;
	g_string_append_printf(out, "%s ", queue->name);
	return strcmp(queue->name, "stop-here") == 0 ? ST_NOT_FOUND : ST_OK;
}

static void assert_names(struct txn *txn, const char *wanted)
{
	g_autoptr(GString) out = g_string_new(NULL);

	OK(queues_each(txn, names_of, out, NULL));
	g_assert_cmpstr(out->str, ==, wanted);
}

static enum status life(struct txn *txn, void *arg, struct error *err)
{
	struct queue q = { .name = (char *)"support",
		.title = (char *)"Support",
		.responsible = (char *)"anna",
		.created = 5 },
		     got = { 0 };

	(void)arg;
	g_assert_cmpint(queues_load(txn, "support", &got, err), ==, ST_NOT_FOUND);
	OK(queues_save(txn, &q, err));
	OK(queues_ensure(txn, "support", 9, err));
	OK(queues_load(txn, "support", &got, err));
	g_assert_cmpstr(got.title, ==, "Support");
	g_assert_cmpstr(got.responsible, ==, "anna");
	g_assert_cmpint(got.created, ==, 5);
	record_release(&queue_type, &got);
	OK(queues_ensure(txn, "sales", 9, err));
	OK(queues_load(txn, "sales", &got, err));
	g_assert_cmpint(got.created, ==, 9);
	g_assert_null(got.responsible);
	record_release(&queue_type, &got);
	assert_names(txn, "sales support ");
	OK(queues_ensure(txn, "stop-here", 9, err));
	assert_names(txn, "sales stop-here ");
	OK(queues_remove(txn, "sales", err));
	g_assert_cmpint(queues_remove(txn, "sales", err), ==, ST_NOT_FOUND);
	assert_names(txn, "stop-here ");
	q.name = (char *)"No Queue";
	g_assert_cmpint(queues_save(txn, &q, err), ==, ST_BAD_INPUT);
	g_assert_nonnull(strstr(err->text, "'No Queue' is no queue name"));
	g_assert_cmpint(queues_ensure(txn, "", 9, err), ==, ST_BAD_INPUT);
	return ST_OK;
}

static void test_life(void)
{
	struct place place;

	place_open(&place, 0);
	place_write(&place, life, NULL, ST_OK);
	place_close(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queues/a name is 1 to 64 plain characters", test_names);
	g_test_add_func("/queues/are made once, kept, listed by name and removed", test_life);
	return g_test_run();
}
