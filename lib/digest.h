/* SHA-256; the only door to nettle, which uses what the processor has for it: every body passes through here. */
#ifndef MILTICKET_DIGEST_H
#define MILTICKET_DIGEST_H

#include <glib.h>
#include <nettle/sha2.h>

enum { DIGEST_BYTES = SHA256_DIGEST_SIZE, DIGEST_HEX = 2 * DIGEST_BYTES + 1 };

struct digest {
	struct sha256_ctx context;
};
void digest_init(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t len);
/* Of what was added so far; more may be added after it. */
void digest_get(const struct digest *digest, guint8 out[DIGEST_BYTES]);
void digest_get_hex(const struct digest *digest, char out[DIGEST_HEX]);
void digest_hex(const guint8 bytes[DIGEST_BYTES], char out[DIGEST_HEX]);

/* HMAC-SHA256. */
void digest_mac(const void *secret, size_t secret_len, const char *text, guint8 out[DIGEST_BYTES]);

#endif
