/* The index rows of a ticket: which there are, and keeping them. */
#include "tables/tickets-index.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/tongue.h"
#include "tables/due-index.h"

void ticket_key(struct key *key, uint64_t number)
{
	key_init(key);
	key_number(key, number);
}

enum status record_error(
	struct txn *txn, enum status st, const char *what, uint64_t number, struct error *err)
{
	if (st == ST_OK || st == ST_NOT_FOUND)
		return st;
	return error_set(
		err, st, _("cannot %s ticket %" PRIu64 ": %s"), what, number, txn_reason(txn));
}

enum { AT_ACTIVITY = 1 + 1, AT_NUMBER = AT_ACTIVITY + 8 };
enum { AT_STATUS, AT_FLAGS, AT_TRAITS };

static uint32_t index_hash(uint32_t hash, const char *s)
{
	for (; *s; s++)
		hash = hash_quick(hash, (uint8_t)*s);
	return hash;
}

/* 40 bits of hash: enough for queues to be counted without a look at their tickets. */
struct trait trait_of(enum index_kind kind, const char *value)
{
	struct trait trait = { { (guint8)kind } };
	uint32_t hash = index_hash(HASH_QUICK_START, value ? value : "");

	memcpy(trait.data + 1, &hash, sizeof hash);
	trait.data[1 + sizeof hash] = (guint8)index_hash(~hash, value ? value : "");
	return trait;
}

/* --- keys --- */

void list_key(struct key *key, bool active)
{
	key_init(key);
	key_u8(key, INDEX_LIST);
	key_u8(key, active);
}

int64_t list_activity(struct bytes key)
{
	return (int64_t)key_read_u64(key, AT_ACTIVITY);
}

uint64_t list_number(struct bytes key)
{
	size_t offset = AT_NUMBER;

	return key_read_number(key, &offset);
}

bool is_list_key(struct bytes key)
{
	return key.len && *(const guint8 *)key.data == INDEX_LIST;
}

void list_row_key(struct key *key, const struct ticket *t)
{
	list_key(key, ticket_status_active(t->status));
	key_u64(key, (uint64_t)t->updated);
	key_number(key, t->number);
}

/* --- what a row of the list tells --- */

bool listed_read(struct bytes value, struct listed *out)
{
	const guint8 *data = value.data;

	if (value.len < AT_TRAITS || (value.len - AT_TRAITS) % TRAIT_BYTES)
		return false;
	*out = (struct listed){ .status = data[AT_STATUS],
		.flags = data[AT_FLAGS],
		.traits = (const struct trait *)(data + AT_TRAITS),
		.n = (value.len - AT_TRAITS) / TRAIT_BYTES };
	return true;
}

bool listed_has(const struct listed *listed, struct trait trait)
{
	for (size_t i = 0; i < listed->n; i++)
		if (memcmp(listed->traits[i].data, trait.data, TRAIT_BYTES) == 0)
			return true;
	return false;
}

/* Once: a queue may watch its own tickets. */
static void add_trait(GByteArray *value, enum index_kind kind, const char *of)
{
	const struct trait trait = trait_of(kind, of);
	struct listed listed;

	if (!listed_read((struct bytes){ value->data, value->len }, &listed) ||
		!listed_has(&listed, trait))
		g_byte_array_append(value, trait.data, TRAIT_BYTES);
}

static void add_traits(GByteArray *value, enum index_kind kind, char **of)
{
	for (; of && *of; of++)
		add_trait(value, kind, *of);
}

static void index_add_field(GByteArray *value, const struct field *f, const struct ticket *t)
{
	const void *at = (const char *)t + f->offset;
	char *text = f->type == FIELD_TEXT ? *(char *const *)at : NULL;

	if (f->index && text)
		add_trait(value, (enum index_kind)f->index, text);
	if (f->index && f->type == FIELD_LIST)
		add_traits(value, (enum index_kind)f->index, *(char **const *)at);
}

enum { TIME_BYTES = TRAIT_BYTES - 1 };

static void add_time(GByteArray *value, enum index_kind kind, int64_t time)
{
	const guint64 seconds = (guint64)(time / TEXT_SECOND), whole = GUINT64_TO_BE(seconds);
	struct trait trait = { { (guint8)kind } };

	memcpy(trait.data + 1, (const guint8 *)&whole + sizeof whole - TIME_BYTES, TIME_BYTES);
	if (time > 0 && seconds >> (8 * TIME_BYTES) == 0)
		g_byte_array_append(value, trait.data, TRAIT_BYTES);
}

int64_t listed_time(const struct listed *listed, enum index_kind kind)
{
	guint64 whole = 0;

	for (size_t i = listed->n; i-- > 0;) {
		const struct trait *trait = &listed->traits[i];

		if (trait->data[0] != (guint8)kind)
			continue;
		memcpy((guint8 *)&whole + sizeof whole - TIME_BYTES, trait->data + 1, TIME_BYTES);
		return (int64_t)GUINT64_FROM_BE(whole) * TEXT_SECOND;
	}
	return 0;
}

static unsigned index_flags(const struct ticket *t)
{
	unsigned flags = 0;

	flags |= t->undelivered ? LISTED_UNDELIVERED : 0;
	flags |= t->merged_into ? LISTED_MERGED : 0;
	return flags;
}

static unsigned index_facts(const struct ticket *t)
{
	unsigned facts = LISTED_TELLS;

	facts |= t->overdue != OVERDUE_NOT ? LISTED_OVERDUE : 0;
	facts |= t->links.n ? LISTED_LINKED : 0;
	facts |= t->attachments_count ? LISTED_ATTACHED : 0;
	facts |= t->last_in > t->last_out ? LISTED_UNANSWERED : 0;
	facts |= t->crossed ? LISTED_CROSSED : 0;
	return facts;
}

/* What rows have had since they were first made: later versions wrote more. */
enum row_age { ROW_OLDEST, ROW_TIMES, ROW_FACTS };

static GByteArray *listed_as_of(const struct ticket *t, enum row_age age)
{
	GByteArray *value = g_byte_array_new();
	guint8 head[AT_TRAITS] = { [AT_STATUS] = (guint8)t->status };

	head[AT_FLAGS] |= (guint8)(index_flags(t) | (age >= ROW_FACTS ? index_facts(t) : 0));
	g_byte_array_append(value, head, sizeof head);
	for (size_t i = 0; i < ticket_type.count; i++)
		index_add_field(value, &ticket_type.fields[i], t);
	if (age >= ROW_TIMES) {
		add_time(value, INDEX_OPENED, t->opened);
		add_time(value, INDEX_CLOSED, t->closed);
	}
	if (age >= ROW_FACTS && t->priority != PRIORITY_NORMAL)
		add_trait(value, INDEX_PRIORITY, priority_names[t->priority]);
	if (age >= ROW_FACTS && ticket_touched(t) / TEXT_SECOND != t->updated / TEXT_SECOND)
		add_time(value, INDEX_TOUCHED, ticket_touched(t));
	return value;
}

GByteArray *listed_value(const struct ticket *t)
{
	return listed_as_of(t, ROW_FACTS);
}

/* Older rows are as good. */
bool listed_right(struct bytes value, const struct ticket *t)
{
	bool right = false;

	for (int age = ROW_OLDEST; age <= ROW_FACTS && !right; age++) {
		g_autoptr(GByteArray) wanted = listed_as_of(t, age);

		right = bytes_same(value, index_bytes(wanted));
	}
	return right;
}

struct bytes index_bytes(const GByteArray *value)
{
	return (struct bytes){ value->len ? value->data : (const guint8 *)"", value->len };
}

static enum status list_right(struct txn *txn, const struct ticket *t, bool *right_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	list_row_key(&key, t);
	st = txn_get(txn, TABLE_INDEX, key_bytes(&key), &value);
	*right_out = st == ST_OK && listed_right(value, t);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status list_move(
	struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	g_autoptr(GByteArray) old = before ? listed_value(before) : NULL;
	g_autoptr(GByteArray) new = after ? listed_value(after) : NULL;
	struct key from, to;
	enum status st = ST_OK;

	if (before)
		list_row_key(&from, before);
	if (after)
		list_row_key(&to, after);
	if (before && after && bytes_same(key_bytes(&from), key_bytes(&to))) {
		if (bytes_same(index_bytes(old), index_bytes(new)))
			return ST_OK;
	} else if (before) {
		st = txn_delete(txn, TABLE_INDEX, key_bytes(&from));
	}
	if (st == ST_NOT_FOUND)
		st = ST_OK;
	return st == ST_OK && after ? txn_put(txn, TABLE_INDEX, key_bytes(&to), index_bytes(new))
				    : st;
}

/* --- blocks: of each ticket its place in the block, and a trait, as often as it has any --- */

static void block_key(struct key *key, uint64_t number)
{
	key_init(key);
	key_u8(key, INDEX_BLOCK);
	key_number(key, number / BLOCK_TICKETS);
}

static void add_part(
	GByteArray *parts, const struct ticket *t, enum index_kind kind, const char *of)
{
	const struct trait trait = trait_of(kind, of);
	const guint8 place = (guint8)(t->number % BLOCK_TICKETS);

	g_byte_array_append(parts, &place, 1);
	g_byte_array_append(parts, trait.data, TRAIT_BYTES);
}

void block_add(GByteArray *parts, const struct ticket *t)
{
	if (t->requester_address)
		add_part(parts, t, INDEX_REQUESTER, t->requester_address);
	for (char **tag = t->tags; tag && *tag; tag++)
		add_part(parts, t, INDEX_TAG, *tag);
}

static const guint8 *part_at(struct bytes block, size_t i)
{
	return (const guint8 *)block.data + i * PART_BYTES;
}

/* Parts of a block that are of that place, or of any other. */
static void copy_parts(GByteArray *out, struct bytes block, guint8 place, bool others)
{
	for (size_t i = 0; i < block.len / PART_BYTES; i++)
		if ((*part_at(block, i) != place) == others)
			g_byte_array_append(out, part_at(block, i), PART_BYTES);
}

static enum status block_load(struct txn *txn, uint64_t number, struct bytes *block_out)
{
	struct key key;
	enum status st;

	block_key(&key, number);
	*block_out = (struct bytes){ "", 0 };
	st = txn_get(txn, TABLE_INDEX, key_bytes(&key), block_out);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status block_save(struct txn *txn, uint64_t number, const GByteArray *parts)
{
	struct key key;
	enum status st;

	block_key(&key, number);
	if (parts->len)
		return txn_put(txn, TABLE_INDEX, key_bytes(&key), index_bytes(parts));
	st = txn_delete(txn, TABLE_INDEX, key_bytes(&key));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status block_right(struct txn *txn, const struct ticket *t, bool *right_out)
{
	g_autoptr(GByteArray) wanted = g_byte_array_new(), found = g_byte_array_new();
	struct bytes block;
	enum status st = block_load(txn, t->number, &block);

	if (st != ST_OK)
		return st;
	block_add(wanted, t);
	copy_parts(found, block, (guint8)(t->number % BLOCK_TICKETS), false);
	*right_out = bytes_same(index_bytes(wanted), index_bytes(found));
	return ST_OK;
}

enum status index_right(struct txn *txn, const struct ticket *ticket, bool *right_out)
{
	enum status st;

	*right_out = true;
	if (!txn_derives(txn))
		return ST_OK;
	st = list_right(txn, ticket, right_out);
	return st == ST_OK && *right_out ? block_right(txn, ticket, right_out) : st;
}

bool block_read_key(struct bytes key, uint64_t *block_out)
{
	size_t offset = 1;

	if (!key.len || *(const guint8 *)key.data != INDEX_BLOCK)
		return false;
	*block_out = key_read_number(key, &offset);
	return true;
}

static enum status block_move(
	struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	g_autoptr(GByteArray) old = g_byte_array_new(), new = g_byte_array_new(),
			      parts = g_byte_array_new();
	uint64_t number = before ? before->number : after->number;
	struct bytes block;
	enum status st;

	if (before)
		block_add(old, before);
	if (after)
		block_add(new, after);
	if (before && bytes_same(index_bytes(old), index_bytes(new)))
		return ST_OK;
	st = block_load(txn, number, &block);
	if (st != ST_OK)
		return st;
	copy_parts(parts, block, (guint8)(number % BLOCK_TICKETS), true);
	if (new->len)
		g_byte_array_append(parts, new->data, new->len);
	return block_save(txn, number, parts);
}

/* Of a block, the largest first; how many. All blocks are looked through for a requester: most
 * parts are told by a word of their hash. */
static size_t block_find(
	struct bytes block, uint64_t first, struct trait trait, uint64_t *numbers, size_t max)
{
	const guint8 *begin = block.data, *part = part_at(block, block.len / PART_BYTES);
	guint32 wanted, word;
	size_t n = 0;

	memcpy(&wanted, trait.data + 1, sizeof wanted);
	while (part > begin && n < max) {
		part -= PART_BYTES;
		memcpy(&word, part + 2, sizeof word);
		if (word == wanted && memcmp(part + 1, trait.data, TRAIT_BYTES) == 0)
			numbers[n++] = first + *part;
	}
	return n;
}

enum status blocks_find(
	struct txn *txn, struct trait trait, uint64_t *numbers, size_t max, size_t *n_out)
{
	struct scan scan;
	struct key prefix;
	enum status st;

	key_init(&prefix);
	key_u8(&prefix, INDEX_BLOCK);
	*n_out = 0;
	for (st = scan_first(
		     &scan, txn, TABLE_INDEX, key_bytes(&prefix), (struct bytes){ NULL, 0 }, true);
		st == ST_OK && *n_out < max; st = scan_next(&scan)) {
		size_t offset = 1;
		uint64_t first = key_read_number(scan.key, &offset) * BLOCK_TICKETS;

		*n_out += block_find(scan.value, first, trait, numbers + *n_out, max - *n_out);
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status index_move(struct txn *txn, const struct ticket *before, const struct ticket *after)
{
	bool derives = txn_derives(txn);
	enum status st = derives ? list_move(txn, before, after) : ST_OK;

	if (st == ST_OK && derives)
		st = block_move(txn, before, after);
	return st == ST_OK ? due_index_move(txn, before, after) : st;
}
