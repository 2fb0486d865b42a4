/* Seals. */
#include "act/copy-seal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define COPY_FIELD "X-Ticket-Copy: "

enum { MAC_HEX = 40, CHUNK_BYTES = 64 * 1024, SEAL_BYTES = 256 /* at most */ };

/* --- sums --- */

void copy_sum_init(struct copy_sum *sum)
{
	*sum = (struct copy_sum){ 0 };
	hash_init(&sum->hash);
}

static uint64_t copy_count_feeds(const char *data, size_t len)
{
	const char *p = data, *end = data + len;
	uint64_t n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

/* A CR waits for what comes after it. */
static void copy_sum_settle_cr(struct copy_sum *sum, char next)
{
	if (sum->cr && next == '\n')
		sum->lines--;
	else if (sum->cr)
		hash_add(&sum->hash, "\r", 1);
	sum->cr = false;
}

void copy_sum_add(struct copy_sum *sum, const char *data, size_t len)
{
	const char *p = data, *end = data + len;

	sum->size += len;
	sum->lines += copy_count_feeds(data, len);
	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p)), *stop = cr ? cr : end;

		copy_sum_settle_cr(sum, *p);
		hash_add(&sum->hash, p, (size_t)(stop - p));
		sum->cr = cr != NULL;
		p = cr ? cr + 1 : end;
	}
}

static void copy_mac(const struct token_key *key, const struct copy_id *id,
	const struct copy_sum *sum, char hex_out[HASH_HEX])
{
	g_autofree char *text = NULL;
	struct copy_sum whole = *sum;
	guint8 mac[HASH_BYTES];

	copy_sum_settle_cr(&whole, '\0');
	hash_get_hex(&whole.hash, hex_out);
	text = g_strdup_printf("mailbox copy %" PRIu64 " %" PRIu64 " %" PRIu64 " %s", id->ticket,
		id->seq, id->generation, hex_out);
	hash_mac(key->secret, sizeof key->secret, text, mac);
	hash_hex(mac, hex_out);
	hex_out[MAC_HEX] = '\0';
}

/* --- seals --- */

char *copy_seal(const struct token_key *key, const struct copy_id *id, const struct copy_sum *sum)
{
	char mac[HASH_HEX];

	copy_mac(key, id, sum, mac);
	return g_strdup_printf(COPY_FIELD "%" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", id->ticket,
		id->seq, id->generation, mac);
}

static bool copy_read_line(char *line, struct copy_id *id, char **mac_out)
{
	uint64_t *const numbers[] = { &id->ticket, &id->seq, &id->generation };
	char *p = line;

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		*numbers[i] = g_ascii_strtoull(p, &p, 10);
	*mac_out = g_strstrip(p);
	return id->ticket && id->seq && id->generation && strlen(*mac_out) == MAC_HEX;
}

/* What follows the field's name, up to its line's end. NULL: it is no line of ours. Owned. */
static char *copy_first_line(const char *data, size_t len)
{
	const char *end = memchr(data, '\n', MIN(len, SEAL_BYTES));
	size_t name = strlen(COPY_FIELD);

	if (!end || (size_t)(end - data) < name || strncmp(data, COPY_FIELD, name) != 0)
		return NULL;
	return g_strndup(data + name, (gsize)(end - data) - name);
}

bool copy_read(const struct token_key *key, int fd, uint64_t size, struct copy_id *id_out)
{
	char chunk[CHUNK_BYTES], wanted[HASH_HEX], *found = NULL;
	ssize_t n = read(fd, chunk, sizeof chunk);
	g_autofree char *line = n > 0 ? copy_first_line(chunk, (size_t)n) : NULL;
	size_t from = line ? strlen(COPY_FIELD) + strlen(line) + 1 : 0;
	uint64_t done = 0;
	struct copy_sum sum;

	if (!line || from > (size_t)n || !copy_read_line(line, id_out, &found))
		return false;
	copy_sum_init(&sum);
	for (; n > 0 && done <= size; n = read(fd, chunk, sizeof chunk)) {
		done += (uint64_t)n;
		copy_sum_add(&sum, chunk + from, (size_t)n - from);
		from = 0;
	}
	if (n < 0 || done > size)
		return false;
	copy_mac(key, id_out, &sum, wanted);
	return hash_same_secret(found, wanted);
}
