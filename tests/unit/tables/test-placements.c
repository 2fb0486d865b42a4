/* Rows of the agents' mailboxes, and of the mails that were dropped into them: each directory has
 * its own, in order, and nothing of another's is met. */
#include "tables/placements.h"

#include <string.h>

#include "tables/claim-rows.h"
#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static char here[BOX_BYTES], there[BOX_BYTES];

static void save(struct txn *txn, const char *box, uint64_t ticket, uint64_t generation)
{
	uint64_t seqs[] = { 1, ticket };
	struct placement p = { .ticket = ticket,
		.generation = generation,
		.queue = (char *)"support",
		.seqs = { .v = seqs, .n = G_N_ELEMENTS(seqs) } };

	g_strlcpy(p.box, box, sizeof p.box);
	OK(placements_save(txn, &p, NULL));
}

static enum status note_placement(struct txn *txn, const void *record, void *arg, struct error *err)
{
	const struct placement *p = record;

	(void)txn;
	(void)err;
	g_assert_cmpstr(p->box, ==, here);
	g_string_append_printf(arg, "%u:%u ", (unsigned)p->ticket, (unsigned)p->generation);
	return p->ticket == 99 ? ST_NOT_FOUND : ST_OK;
}

static void assert_placements(struct txn *txn, uint64_t from, const char *wanted)
{
	g_autoptr(GString) out = g_string_new(NULL);

	OK(placements_each(txn, here, from, note_placement, out, NULL));
	g_assert_cmpstr(out->str, ==, wanted);
}

static enum status tickets(struct txn *txn, void *arg, struct error *err)
{
	struct placement p = { 0 };

	(void)arg;
	(void)err;
	assert_placements(txn, 0, "");
	g_assert_cmpint(placements_load(txn, here, 7, &p, NULL), ==, ST_NOT_FOUND);
	save(txn, here, 7, 1);
	save(txn, here, 300, 2);
	save(txn, here, 2, 3);
	save(txn, there, 7, 4);
	save(txn, there, 8, 5);
	assert_placements(txn, 0, "2:3 7:1 300:2 ");
	assert_placements(txn, 7, "7:1 300:2 ");
	assert_placements(txn, 8, "300:2 ");
	OK(placements_load(txn, here, 7, &p, NULL));
	g_assert_cmpstr(p.box, ==, here);
	g_assert_cmpuint(p.ticket, ==, 7);
	g_assert_cmpuint(p.generation, ==, 1);
	g_assert_cmpstr(p.queue, ==, "support");
	g_assert_cmpuint(p.seqs.n, ==, 2);
	record_release(&placement_type, &p);
	save(txn, here, 7, 6);
	save(txn, here, 99, 8);
	/* Whoever walks may stop. */
	assert_placements(txn, 0, "2:3 7:6 99:8 ");
	OK(placements_remove(txn, here, 7, NULL));
	OK(placements_remove(txn, here, 7, NULL));
	g_assert_cmpint(placements_load(txn, here, 7, &p, NULL), ==, ST_NOT_FOUND);
	OK(placements_load(txn, there, 7, &p, NULL));
	record_release(&placement_type, &p);
	return ST_OK;
}

static enum status note_tree(struct txn *txn, const void *record, void *arg, struct error *err)
{
	const struct tree_row *tree = record;

	(void)txn;
	(void)err;
	g_string_append_printf(
		arg, "%s/%s ", strcmp(tree->box, here) == 0 ? "here" : "there", tree->login);
	return ST_OK;
}

static enum status trees(struct txn *txn, void *arg, struct error *err)
{
	static const struct {
		const char *box, *login;
	} rows[] = { { here, "ben" }, { here, "anna" }, { there, "zoe" }, { here, "b" } };
	g_autoptr(GString) out = g_string_new(NULL), others = g_string_new(NULL);

	(void)arg;
	(void)err;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct tree_row tree = { .moving = false };

		g_strlcpy(tree.box, rows[i].box, sizeof tree.box);
		g_strlcpy(tree.login, rows[i].login, sizeof tree.login);
		OK(table_save(txn, &tree_table, &tree, NULL));
	}
	OK(trees_each(txn, here, note_tree, out, NULL));
	g_assert_cmpstr(out->str, ==, "here/anna here/b here/ben ");
	OK(trees_each(txn, there, note_tree, others, NULL));
	g_assert_cmpstr(others->str, ==, "there/zoe ");
	return ST_OK;
}

static enum status places(struct txn *txn, void *arg, struct error *err)
{
	static const struct placements_place all = { 11, 12, 13, true, 14, 15 };
	struct placements_place place = all;

	(void)arg;
	(void)err;
	OK(placements_place(txn, here, &place, NULL));
	g_assert_cmpuint(
		place.serial + place.done + place.number + place.asked + place.begun + place.built,
		==, 0);
	OK(placements_place_save(txn, here, &all, NULL));
	OK(placements_place(txn, here, &place, NULL));
	g_assert_cmpuint(place.serial, ==, 11);
	g_assert_cmpuint(place.done, ==, 12);
	g_assert_cmpuint(place.number, ==, 13);
	g_assert_true(place.built);
	g_assert_cmpuint(place.asked, ==, 14);
	g_assert_cmpuint(place.begun, ==, 15);
	OK(placements_place(txn, there, &place, NULL));
	g_assert_cmpuint(place.serial, ==, 0);
	g_assert_false(place.built);
	return ST_OK;
}

static void assert_redacted(struct txn *txn, const char *box, const char *wanted)
{
	g_autofree char *addresses = NULL;

	OK(placements_redact_wanted(txn, box, &addresses, NULL));
	g_assert_cmpstr(addresses, ==, wanted);
}

static enum status redacting(struct txn *txn, void *arg, struct error *err)
{
	(void)arg;
	(void)err;
	assert_redacted(txn, here, "");
	OK(placements_redact_ask(txn, here, "a@x.example", NULL));
	OK(placements_redact_ask(txn, here, "b@x.example", NULL));
	assert_redacted(txn, here, "a@x.example\nb@x.example\n");
	assert_redacted(txn, there, "");
	OK(placements_redact_done(txn, here, NULL));
	OK(placements_redact_done(txn, here, NULL));
	assert_redacted(txn, here, "");
	return ST_OK;
}

static void assert_claims(struct txn *txn, const char *const *wanted)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	OK(claims_list(txn, names, NULL));
	g_assert_cmpuint(names->len, ==, g_strv_length((char **)wanted));
	for (guint i = 0; i < names->len; i++)
		g_assert_true(g_strv_contains(wanted, names->pdata[i]));
}

static void assert_claim(struct txn *txn, const char *name, bool wanted)
{
	bool noted = !wanted;

	OK(claims_noted(txn, name, &noted, NULL));
	g_assert_cmpint(noted, ==, wanted);
}

static enum status claims(struct txn *txn, void *arg, struct error *err)
{
	g_autofree char *long_one = g_strnfill(2000, 'n');
	const char *const all[] = { "one", "two", long_one, NULL }, *const rest[] = { "two", NULL };

	(void)arg;
	(void)err;
	assert_claim(txn, "one", false);
	for (size_t i = 0; all[i]; i++)
		OK(claims_note(txn, all[i], NULL));
	OK(claims_note(txn, "two", NULL));
	OK(placements_redact_ask(txn, here, "a@x.example", NULL));
	assert_claims(txn, all);
	assert_claim(txn, long_one, true);
	assert_claim(txn, "on", false);
	OK(claims_forget(txn, "one", NULL));
	OK(claims_forget(txn, "one", NULL));
	OK(claims_forget(txn, long_one, NULL));
	assert_claims(txn, rest);
	assert_claim(txn, "one", false);
	return ST_OK;
}

static void test_boxes(void)
{
	char again[BOX_BYTES];

	placements_box("/var/lib/a", again);
	g_assert_cmpstr(again, ==, here);
	g_assert_cmpstr(here, !=, there);
	g_assert_cmpuint(strlen(here), ==, BOX_BYTES - 1);
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/placements/tickets of a directory", tickets },
		{ "/placements/agents of a directory", trees },
		{ "/placements/how far", places },
		{ "/placements/who is to be forgotten", redacting },
		{ "/placements/mails that were dropped in", claims },
	};

	g_test_init(&argc, &argv, NULL);
	placements_box("/var/lib/a", here);
	placements_box("/var/lib/b", there);
	g_test_add_func("/placements/a directory has one name", test_boxes);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}
