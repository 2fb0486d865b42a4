/* Keys whose byte order is their order. */
#include "store/store.h"

#include <string.h>

#include "base/hash.h"

void key_init(struct key *key)
{
	key->len = 0;
}

static void key_append(struct key *key, const void *data, size_t len)
{
	g_assert(key->len + len <= sizeof key->data);
	memcpy(key->data + key->len, data, len);
	key->len += len;
}

void key_u8(struct key *key, uint8_t v)
{
	key_append(key, &v, 1);
}

void key_u32(struct key *key, uint32_t v)
{
	v = GUINT32_TO_BE(v);
	key_append(key, &v, sizeof v);
}

void key_u64(struct key *key, uint64_t v)
{
	v = GUINT64_TO_BE(v);
	key_append(key, &v, sizeof v);
}

void key_number(struct key *key, uint64_t v)
{
	uint8_t n = 0;

	for (uint64_t rest = v; rest; rest >>= 8)
		n++;
	key_u8(key, n);
	v = GUINT64_TO_BE(v);
	key_append(key, (const guint8 *)&v + sizeof v - n, n);
}

void key_text(struct key *key, const char *s)
{
	size_t len = strlen(s);

	if (len <= 200) {
		key_append(key, s, len + 1);
		return;
	}
	key_hash(key, s, len);
	key_u8(key, 0);
}

void key_hash(struct key *key, const void *data, size_t len)
{
	guint8 digest[HASH_BYTES];
	struct hash sum;

	hash_init(&sum);
	hash_add(&sum, data, len);
	hash_get(&sum, digest);
	key_append(key, digest, KEY_HASH_BYTES);
}

struct bytes key_bytes(const struct key *key)
{
	return (struct bytes){ key->data, key->len };
}

uint32_t key_read_u32(struct bytes key, size_t offset)
{
	uint32_t v = 0;

	if (offset + sizeof v <= key.len)
		memcpy(&v, (const guint8 *)key.data + offset, sizeof v);
	return GUINT32_FROM_BE(v);
}

uint64_t key_read_u64(struct bytes key, size_t offset)
{
	uint64_t v = 0;

	if (offset + sizeof v <= key.len)
		memcpy(&v, (const guint8 *)key.data + offset, sizeof v);
	return GUINT64_FROM_BE(v);
}

uint64_t key_read_number(struct bytes key, size_t *offset)
{
	const guint8 *p = key.data;
	size_t n = *offset < key.len ? p[*offset] : 0;
	uint64_t v = 0;

	++*offset;
	for (size_t i = 0; i < n && *offset < key.len; i++)
		v = v << 8 | p[(*offset)++];
	return v;
}
