/* Agents: who is one, and whose an address is. */
#include "model/names.h"
#include "tables/agents-known.h"
#include "tables/agents.h"

#include <string.h>

#include "../store-fixture.h"

#define OK(call) g_assert_cmpint((call), ==, ST_OK)

static void test_logins(void)
{
	g_autofree char *longest = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a');
	const struct {
		const char *login;
		bool valid;
	} cases[] = {
		{ "anna", true },
		{ "anna@example.com", true },
		{ "a+b_c.d-e", true },
		{ longest, true },
		{ longer, false },
		{ "", false },
		{ "Anna", false },
		{ "@x", false },
		{ "an na", false },
		{ "anna\n", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(agent_login_valid(cases[i].login), ==, cases[i].valid);
}

static char *two_addresses[] = { (char *)"anna@example.com", (char *)"a.adler@example.com", NULL };
static char *one_address[] = { (char *)"anna@example.com", NULL };
static char *two_queues[] = { (char *)"support", (char *)"sales", NULL };

/* The login found, or NULL. */
static void assert_found(struct txn *txn, const char *what, const char *wanted)
{
	struct agent got = { 0 };

	g_assert_cmpint(agents_find(txn, what, &got, NULL), ==, wanted ? ST_OK : ST_NOT_FOUND);
	g_assert_cmpstr(got.login, ==, wanted);
	record_release(&agent_type, &got);
}

static enum status find(struct txn *txn, void *arg, struct error *err)
{
	struct agent anna = { .login = (char *)"anna",
		.name = (char *)"Anna Adler",
		.addresses = two_addresses,
		.queues = two_queues };
	struct agent ben = { .login = (char *)"ben", .addresses = one_address }, got = { 0 };

	(void)arg;
	OK(agents_save(txn, &anna, err));
	assert_found(txn, "anna", "anna");
	assert_found(txn, "ANNA", "anna");
	assert_found(txn, "a.adler@example.com", "anna");
	assert_found(txn, "A.Adler@EXAMPLE.com", "anna");
	assert_found(txn, "<anna@example.com>", "anna");
	assert_found(txn, "anna@example.org", NULL);
	assert_found(txn, "ben", NULL);
	assert_found(txn, "", NULL);
	g_assert_cmpint(agents_save(txn, &ben, err), ==, ST_EXISTS);
	g_assert_nonnull(strstr(err->text, "'anna@example.com' is agent anna's"));
	OK(agents_load(txn, "anna", &got, err));
	g_assert_true(agent_in_queue(&got, "sales"));
	g_assert_false(agent_in_queue(&got, "sale"));
	g_assert_false(agent_in_queue(&got, NULL));
	g_assert_false(agent_in_queue(&ben, "sales"));
	record_release(&agent_type, &got);
	return ST_OK;
}

static enum status change(struct txn *txn, void *arg, struct error *err)
{
	struct agent anna = { .login = (char *)"anna", .addresses = two_addresses },
		     ben = { .login = (char *)"ben", .addresses = two_addresses + 1 };

	(void)arg;
	OK(agents_save(txn, &anna, err));
	OK(agents_save(txn, &anna, err));
	anna.addresses = one_address;
	OK(agents_save(txn, &anna, err));
	assert_found(txn, "a.adler@example.com", NULL);
	OK(agents_save(txn, &ben, err));
	assert_found(txn, "a.adler@example.com", "ben");
	anna.inactive = true;
	OK(agents_save(txn, &anna, err));
	assert_found(txn, "anna", NULL);
	assert_found(txn, "anna@example.com", NULL);
	OK(agents_remove(txn, "ben", err));
	g_assert_cmpint(agents_remove(txn, "ben", err), ==, ST_NOT_FOUND);
	assert_found(txn, "a.adler@example.com", NULL);
	anna.login = (char *)"Not A Login";
	g_assert_cmpint(agents_save(txn, &anna, err), ==, ST_BAD_INPUT);
	return ST_OK;
}

static enum status logins_of(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_string_append_printf(arg, "%s ", agent->login);
	return ST_OK;
}

static enum status each(struct txn *txn, void *arg, struct error *err)
{
	static const char *const logins[] = { "cleo", "anna", "ben" };
	g_autoptr(GString) out = g_string_new(NULL);

	(void)arg;
	for (size_t i = 0; i < G_N_ELEMENTS(logins); i++)
		OK(agents_save(txn,
			&(struct agent){ .login = (char *)logins[i], .inactive = i == 2 }, err));
	OK(agents_each(txn, logins_of, out, err));
	g_assert_cmpstr(out->str, ==, "anna ben cleo ");
	return ST_OK;
}

static enum status find_by_address(struct txn *txn, void *arg, struct error *err)
{
	const struct agent agent = { .login = (char *)"anna@mail.example",
		.addresses = (char *[]){ (char *)"anna@example.com", NULL } };
	struct agent found = { 0 };

	(void)arg;
	g_assert_cmpint(agents_save(txn, &agent, err), ==, ST_OK);
	g_assert_cmpint(agents_find(txn, "Anna@Mail.example", &found, err), ==, ST_OK);
	record_release(&agent_type, &found);
	g_assert_cmpint(agents_find_by_address(txn, "Anna@Example.com", &found, err), ==, ST_OK);
	g_assert_cmpstr(found.login, ==, "anna@mail.example");
	record_release(&agent_type, &found);
	g_assert_cmpint(
		agents_find_by_address(txn, "anna@mail.example", &found, err), ==, ST_NOT_FOUND);
	return ST_OK;
}

static enum status save_anna(struct txn *txn, void *arg, struct error *err)
{
	const struct agent anna = { .login = (char *)"anna", .addresses = one_address };

	(void)arg;
	return agents_save(txn, &anna, err);
}

/* Before they were ever read, everybody may be one. */
static void test_known(void)
{
	struct agents_known *known = agents_known_new();
	struct place place;

	place_open(&place, 0);
	g_assert_true(agents_known_may_be(known, "carla@customer.example"));
	g_assert_false(agents_known_may_be(known, ""));
	g_assert_false(agents_known_may_be(known, NULL));
	place_write(&place, save_anna, NULL, ST_OK);
	OK(agents_known_refresh(known, place.store, NULL));
	g_assert_true(agents_known_may_be(known, "Anna"));
	g_assert_true(agents_known_may_be(known, "Anna@EXAMPLE.com"));
	g_assert_false(agents_known_may_be(known, "carla@customer.example"));
	agents_known_free(known);
	place_close(&place);
}

int main(int argc, char **argv)
{
	static const struct store_test in_store[] = {
		{ "/agents/are found by login and by any spelling of an address", find },
		{ "/agents/an address is one agent's, and free when given up", change },
		{ "/agents/a login that looks like an address is none", find_by_address },
		{ "/agents/are listed by login", each },
	};

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/agents/a login is 1 to 64 plain characters", test_logins);
	g_test_add_func("/agents/are known while the store is away", test_known);
	add_store_tests(in_store, G_N_ELEMENTS(in_store));
	return g_test_run();
}
