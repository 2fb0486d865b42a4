/* SHA-256, and a quick hash for tables. The only home of nettle, which uses what the processor has
 * for SHA-256: every body passes through here. */
#ifndef MILTICKET_HASH_H
#define MILTICKET_HASH_H

#include <glib.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdint.h>

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

/* Equal in constant time for equal lengths. */
bool hash_same_secret(const char *a, const char *b);

/* FNV-1a, 32 bits, a byte at a time. Who can choose the bytes can choose the hash, unless it starts
 * with a number of our own. */
enum { HASH_QUICK_START = 0x811c9dc5 };
static inline uint32_t hash_quick(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x01000193u;
}

#endif
