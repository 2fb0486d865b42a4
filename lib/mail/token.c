/* Token addresses. */
#include "mail/token.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

enum { MAC_BYTES = 5, DETAIL_MAX = 40 };

static char *token_mac(const struct token_key *key, uint64_t number, const char *account)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " %s", number, account);
	guint8 code[HASH_BYTES];

	hash_mac(key->secret, sizeof key->secret, text, code);
	return text_base32(code, MAC_BYTES);
}

static char *token_detail(const struct token_key *key, uint64_t number, const char *account)
{
	g_autofree char *code = token_mac(key, number, account);

	return g_strdup_printf("%" G_GUINT64_FORMAT "-%s", number, code);
}

char *token_address(
	const struct token_key *key, uint64_t number, const char *account, const char *delimiter)
{
	g_autofree char *detail = token_detail(key, number, account);
	const char *at = strrchr(account, '@');

	if (!*delimiter)
		return g_strdup(account);
	return g_strdup_printf("%.*s%s%s%s", (int)(at - account), account, delimiter, detail, at);
}

bool token_verify(
	const struct token_key *key, const char *detail, const char *account, uint64_t *number_out)
{
	const char *dash = strchr(detail, '-');
	g_autofree char *digits = NULL, *given = NULL, *right = NULL;
	uint64_t number;

	if (!dash || strlen(detail) > DETAIL_MAX || !g_ascii_isdigit(*detail))
		return false;
	digits = g_strndup(detail, (gsize)(dash - detail));
	if (text_parse_number(digits, &number) != ST_OK)
		return false;
	given = g_ascii_strdown(dash + 1, -1);
	right = token_mac(key, number, account);
	if (!hash_same_secret(given, right))
		return false;
	*number_out = number;
	return true;
}
