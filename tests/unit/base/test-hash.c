/* SHA-256 and its HMAC against results of another implementation. */
#include "base/hash.h"

/* Bytes 0, 1, … 250, 0, 1 … of that length. */
static const struct {
	size_t len;
	const char *hex;
} cases[] = {
	{ 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ 1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ 55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59" },
	{ 56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562" },
	{ 63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488" },
	{ 64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108" },
	{ 65, "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781" },
	{ 127, "92ca0fa6651ee2f97b884b7246a562fa71250fedefe5ebf270d31c546bfea976" },
	{ 128, "471fb943aa23c511f6f72f8d1652d9c880cfa392ad80503120547703e56a2be5" },
	{ 4096, "d67c656e01756650d77717b0839985a056ec28ffe174601d690fc407a2ceffca" },
};

static void fill(guint8 *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (guint8)(i % 251);
}

static void add_in_pieces(struct hash *b, const guint8 *data, size_t len, size_t piece)
{
	char hex[HASH_HEX];

	for (size_t at = 0; at < len; at += piece) {
		hash_add(b, data + at, MIN(piece, len - at));
		hash_get_hex(b, hex);
	}
}

static void test_vectors(void)
{
	static const size_t pieces[] = { 1, 7, 63, 64, 65, 5000 };
	guint8 data[4096];
	char hex[HASH_HEX];

	fill(data, sizeof data);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		for (size_t p = 0; p < G_N_ELEMENTS(pieces); p++) {
			struct hash b;

			hash_init(&b);
			add_in_pieces(&b, data, cases[i].len, pieces[p]);
			hash_get_hex(&b, hex);
			g_assert_cmpstr(hex, ==, cases[i].hex);
		}
}

static void test_mac(void)
{
	static const guint8 wanted[] = { 0xa9, 0x55, 0x15, 0x47, 0xbe, 0x42, 0x00, 0x39, 0xc2, 0x3d,
		0x1f, 0x55, 0xba, 0x76, 0xf3, 0x0e, 0x29, 0xb5, 0xca, 0x41, 0x26, 0x8f, 0x9c, 0xd3,
		0x98, 0x7c, 0x40, 0x64, 0xf3, 0x39, 0xcf, 0xed };
	guint8 mac[HASH_BYTES];

	hash_mac("secret", 6, "1042 support@example.com", mac);
	g_assert_cmpmem(mac, sizeof mac, wanted, sizeof wanted);
}

static void test_secrets(void)
{
	g_assert_true(hash_same_secret("abc", "abc"));
	g_assert_true(hash_same_secret("", ""));
	g_assert_false(hash_same_secret("abc", "abd"));
	g_assert_false(hash_same_secret("xbc", "abc"));
	g_assert_false(hash_same_secret("abc", "abcd"));
	g_assert_false(hash_same_secret("abc", ""));
}

/* What its authors publish: rows of the store have it. */
static void test_quick(void)
{
	static const struct {
		const char *text;
		uint32_t hash;
	} known[] = { { "", 0x811c9dc5 }, { "a", 0xe40c292c }, { "foobar", 0xbf9cf968 } };

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		uint32_t hash = HASH_QUICK_START;

		for (const char *p = known[i].text; *p; p++)
			hash = hash_quick(hash, (uint8_t)*p);
		g_assert_cmphex(hash, ==, known[i].hash);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/hash/what another implementation finds, in pieces of any size and asked for in between",
		test_vectors);
	g_test_add_func("/hash/with a secret", test_mac);
	g_test_add_func("/hash/secrets", test_secrets);
	g_test_add_func("/hash/the quick one", test_quick);
	return g_test_run();
}
