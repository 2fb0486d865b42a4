/* Token addresses support+1042-<mac>@…: HMAC-SHA256 over ticket number and account with the store's
 * own secret, its first 40 bits as 8 base32 characters. Proves that we once gave the address
 * out. */
#ifndef MILTICKET_TOKEN_H
#define MILTICKET_TOKEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct token_key {
	guint8 secret[32];
};

/* "support+1042-abcdefgh@example.com" for a canonical account and the delimiter; the account's own
 * where that is "", as any other would be nobody's. Owned. */
char *token_address(
	const struct token_key *key, uint64_t number, const char *account, const char *delimiter);

/* Is this detail a token of ours for that account? Constant time in the mac; case-insensitive. */
bool token_verify(
	const struct token_key *key, const char *detail, const char *account, uint64_t *number_out);

#endif
