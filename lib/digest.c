/* A thin layer: names, and results that do not end what they are results of. */
#include "digest.h"

#include <string.h>

#include <nettle/base16.h>
#include <nettle/hmac.h>

void digest_init(struct digest *digest)
{
	sha256_init(&digest->context);
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	sha256_update(&digest->context, len, data);
}

void digest_get(const struct digest *digest, guint8 out[DIGEST_BYTES])
{
	struct sha256_ctx copy = digest->context;

	sha256_digest(&copy, DIGEST_BYTES, out);
}

void digest_get_hex(const struct digest *digest, char out[DIGEST_HEX])
{
	guint8 bytes[DIGEST_BYTES];

	digest_get(digest, bytes);
	digest_hex(bytes, out);
}

void digest_hex(const guint8 bytes[DIGEST_BYTES], char out[DIGEST_HEX])
{
	base16_encode_update(out, DIGEST_BYTES, bytes);
	out[DIGEST_HEX - 1] = '\0';
}

void digest_mac(const void *secret, size_t secret_len, const char *text, guint8 out[DIGEST_BYTES])
{
	struct hmac_sha256_ctx context;

	hmac_sha256_set_key(&context, secret_len, secret);
	hmac_sha256_update(&context, strlen(text), (const guint8 *)text);
	hmac_sha256_digest(&context, DIGEST_BYTES, out);
}
