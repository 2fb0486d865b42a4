/* SHA-256; the only door to nettle, which uses what the processor has for it: every body passes
 * through here. */
#ifndef MILTICKET_HASH_H
#define MILTICKET_HASH_H

#include <glib.h>
#include <nettle/sha2.h>

enum { HASH_BYTES = SHA256_DIGEST_SIZE, HASH_HEX = 2 * HASH_BYTES + 1 };

struct hash {
	struct sha256_ctx context;
};
void hash_init(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
/* Of what was added so far; more may be added after it. */
void hash_get(const struct hash *hash, guint8 out[HASH_BYTES]);
void hash_get_hex(const struct hash *hash, char out[HASH_HEX]);
void hash_hex(const guint8 bytes[HASH_BYTES], char out[HASH_HEX]);

/* HMAC-SHA256. */
void hash_mac(const void *secret, size_t secret_len, const char *text, guint8 out[HASH_BYTES]);

#endif
