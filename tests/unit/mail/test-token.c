/* Token addresses: only those that we gave out are believed. */
#include "mail/token.h"

#include <string.h>

static const struct token_key ours = { "0123456789abcdef0123456789abcdef" },
			      others = { "0123456789abcdef0123456789abcdeg" };
static const char account[] = "support@example.com";

/* "1042-abcdefgh"; owned. */
static char *detail_of(uint64_t number)
{
	g_autofree char *address = token_address(&ours, number, account, "+");
	const char *plus = strchr(address, '+');

	g_assert_true(
		g_str_has_prefix(address, "support+") && g_str_has_suffix(address, "@example.com"));
	return g_strndup(plus + 1, strcspn(plus + 1, "@"));
}

static void test_own_tokens(void)
{
	static const uint64_t numbers[] = { 1, 42, 1042, 202611240001, G_MAXUINT64 };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *detail = detail_of(numbers[i]), *upper = g_ascii_strup(detail, -1);
		uint64_t number = 0;

		g_assert_cmpuint(strlen(strchr(detail, '-') + 1), ==, 8);
		g_assert_true(token_verify(&ours, detail, account, &number));
		g_assert_cmpuint(number, ==, numbers[i]);
		g_assert_true(token_verify(&ours, upper, account, &number));
	}
}

static void test_others_are_refused(void)
{
	g_autofree char *detail = detail_of(1042), *mac = g_strdup(strchr(detail, '-') + 1);
	g_autofree char *other_number = g_strdup_printf("1043-%s", mac),
			*zero = g_strdup_printf("01042-%s", mac),
			*longer = g_strdup_printf("1042-%sa", mac);
	g_autofree char *shorter = g_strndup(detail, strlen(detail) - 1),
			*hash = g_strdup_printf("#1042-%s", mac);
	const char *const refused[] = { other_number, zero, longer, shorter, hash, mac, "", "-",
		"1042", "1042-", "-abcdefgh", "1042-aaaaaaaa", "x-y",
		"99999999999999999999999999-abcdefgh",
		"1042-abcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh" };
	uint64_t number = 7;

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
		g_assert_false(token_verify(&ours, refused[i], account, &number));
	g_assert_false(token_verify(&ours, detail, "sales@example.com", &number));
	g_assert_false(token_verify(&others, detail, account, &number));
	g_assert_cmpuint(number, ==, 7);
}

/* Each single character of the mac matters. */
static void test_every_character_counts(void)
{
	g_autofree char *detail = detail_of(1042);
	uint64_t number;

	for (char *p = strchr(detail, '-') + 1; *p; p++) {
		char right = *p;

		*p = right == 'a' ? 'b' : 'a';
		g_assert_false(token_verify(&ours, detail, account, &number));
		*p = right;
	}
	g_assert_true(token_verify(&ours, detail, account, &number));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/token/our own", test_own_tokens);
	g_test_add_func("/token/others are refused", test_others_are_refused);
	g_test_add_func("/token/every character counts", test_every_character_counts);
	return g_test_run();
}
