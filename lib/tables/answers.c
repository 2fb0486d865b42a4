/* The hour's count as a ring of minutes. */
#include "tables/answers.h"

#include <string.h>

#include "base/text.h"
#include "base/tongue.h"

enum { MINUTE = 60, BUCKETS = 61 };

const char *const answers_kind_names[] = { "sent", "mailbox", "hour", NULL };

struct ring {
	uint64_t minute;        /* of newest[0], since 1970 */
	uint32_t sent[BUCKETS]; /* newest first */
	uint64_t by_kind[ANSWERS_KINDS];
};

void answers_key(struct key *key)
{
	key_init(key);
	memcpy(key->data, "answers", key->len = strlen("answers"));
}

static struct bytes ring_key(void)
{
	static const char name[] = "answers";

	return (struct bytes){ name, sizeof name - 1 };
}

/* --- the row: the minute, the totals, the minutes' counts --- */

enum { RING_BYTES = 8 * (1 + ANSWERS_KINDS) + 4 * BUCKETS };

static void ring_decode(struct bytes value, struct ring *ring)
{
	size_t at = 8;

	if (value.len != RING_BYTES)
		return;
	ring->minute = key_read_u64(value, 0);
	for (int i = 0; i < ANSWERS_KINDS; i++, at += 8)
		ring->by_kind[i] = key_read_u64(value, at);
	for (int i = 0; i < BUCKETS; i++, at += 4)
		ring->sent[i] = key_read_u32(value, at);
}

static void ring_encode(const struct ring *ring, struct key *value)
{
	key_init(value);
	key_u64(value, ring->minute);
	for (int i = 0; i < ANSWERS_KINDS; i++)
		key_u64(value, ring->by_kind[i]);
	for (int i = 0; i < BUCKETS; i++)
		key_u32(value, ring->sent[i]);
}

static uint64_t ring_sum(const struct ring *ring)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++)
		sum += ring->sent[i];
	return sum;
}

/* Mail is not counted in the order of its times, and a clock may be set back: a little, and it
 * counts as of now; by more than an hour, and what was counted is of this minute, or it would never
 * go by. */
static void ring_advance(struct ring *ring, int64_t now)
{
	uint64_t minute = (uint64_t)(now / TEXT_SECOND / MINUTE), passed = minute - ring->minute;
	uint32_t sum = (uint32_t)ring_sum(ring);
	bool set_back = minute < ring->minute;

	if (set_back && ring->minute - minute < BUCKETS)
		return;
	passed = set_back || passed > BUCKETS ? BUCKETS : passed;
	memmove(ring->sent + passed, ring->sent, (BUCKETS - passed) * sizeof *ring->sent);
	memset(ring->sent, 0, passed * sizeof *ring->sent);
	if (set_back)
		ring->sent[0] = sum;
	ring->minute = minute;
}

static enum status ring_load(struct txn *txn, int64_t now, struct ring *ring, struct error *err)
{
	struct bytes value;
	enum status st = txn_get(txn, TABLE_META, ring_key(), &value);

	memset(ring, 0, sizeof *ring);
	if (st == ST_OK)
		ring_decode(value, ring);
	else if (st != ST_NOT_FOUND)
		return error_set(
			err, st, _("cannot read the count of answers: %s"), txn_reason(txn));
	ring_advance(ring, now);
	return ST_OK;
}

/* --- asking and counting --- */

enum status answers_left(
	struct txn *txn, int64_t now, uint64_t max, enum answers_left *left_out, struct error *err)
{
	struct ring ring;
	enum status st = ring_load(txn, now, &ring, err);
	uint64_t sent = st == ST_OK ? ring_sum(&ring) : 0;

	if (max == 0 || sent < max - max / 4)
		*left_out = LEFT_FOR_ALL;
	else
		*left_out = sent < max ? LEFT_FOR_KNOWN : LEFT_FOR_NOBODY;
	return st;
}

enum status answers_count(struct txn *txn, int64_t now, enum answers_kind kind, struct error *err)
{
	struct ring ring;
	struct key value;
	enum status st = ring_load(txn, now, &ring, err);

	if (st != ST_OK)
		return st;
	ring.by_kind[kind]++;
	if (kind == ANSWERS_SENT)
		ring.sent[0]++;
	ring_encode(&ring, &value);
	st = txn_put(txn, TABLE_META, ring_key(), key_bytes(&value));
	if (st != ST_OK)
		return error_set(
			err, st, _("cannot write the count of answers: %s"), txn_reason(txn));
	return ST_OK;
}

enum status answers_totals(
	struct txn *txn, int64_t now, struct answers_totals *totals_out, struct error *err)
{
	struct ring ring;
	enum status st = ring_load(txn, now, &ring, err);

	if (st != ST_OK)
		return st;
	memcpy(totals_out->by_kind, ring.by_kind, sizeof ring.by_kind);
	totals_out->last_hour = ring_sum(&ring);
	return ST_OK;
}
