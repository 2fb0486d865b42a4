/* Details of recipient addresses, and addresses themselves. */
#include "fuzz.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "mail/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct token_key key = { { 1, 2, 3 } };
	char *text = g_strndup((const char *)data, size), *canonical = NULL, *again = NULL;
	uint64_t number;

	FUZZ_ASSERT(!token_verify(&key, text, "support@example.com", &number) || strlen(text) < 64);
	if (address_canonical(text, &canonical) == ST_OK) {
		FUZZ_ASSERT(strlen(canonical) <= LIMIT_ADDRESS_BYTES * 4 &&
			!strpbrk(canonical, "\r\n"));
		FUZZ_ASSERT(address_canonical(canonical, &again) == ST_OK &&
			strcmp(canonical, again) == 0);
	}
	g_free(again);
	g_free(canonical);
	g_free(text);
	return 0;
}
