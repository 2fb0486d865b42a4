/* A thin layer: names, and results that do not end what they are results of. */
#include "base/hash.h"

#include <string.h>

#include <nettle/base16.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

void hash_init(struct hash *hash)
{
	sha256_init(&hash->context);
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
	sha256_update(&hash->context, len, data);
}

void hash_get(const struct hash *hash, guint8 out[HASH_BYTES])
{
	struct sha256_ctx copy = hash->context;

	sha256_digest(&copy, HASH_BYTES, out);
}

void hash_get_hex(const struct hash *hash, char out[HASH_HEX])
{
	guint8 bytes[HASH_BYTES];

	hash_get(hash, bytes);
	hash_hex(bytes, out);
}

void hash_hex(const guint8 bytes[HASH_BYTES], char out[HASH_HEX])
{
	base16_encode_update(out, HASH_BYTES, bytes);
	out[HASH_HEX - 1] = '\0';
}

void hash_mac(const void *secret, size_t secret_len, const char *text, guint8 out[HASH_BYTES])
{
	struct hmac_sha256_ctx context;

	hmac_sha256_set_key(&context, secret_len, secret);
	hmac_sha256_update(&context, strlen(text), (const guint8 *)text);
	hmac_sha256_digest(&context, HASH_BYTES, out);
}

bool hash_same_secret(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && memeql_sec(a, b, len);
}
