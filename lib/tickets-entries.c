/* The entries of a conversation: their records, texts, Message-IDs and identities. */
#include "tickets-index.h"

#include <string.h>

#include "limits.h"

void entry_key(struct key *key, uint64_t number, uint64_t seq)
{
	ticket_key(key, number);
	key_u32(key, (uint32_t)seq);
}

/* --- Message-IDs --- */

/* The hash finds them, the ticket's number tells tickets apart; the whole id is in the value and is compared. */
void id_key(struct key *key, const char *message_id, uint64_t number)
{
	key_init(key);
	key_hash(key, message_id, strlen(message_id));
	key_u64(key, number);
}

/* A value: kind, seq, the id. */
static GByteArray *id_value(const char *message_id, uint64_t seq, enum id_kind kind)
{
	GByteArray *value = g_byte_array_new();
	guint8 head[5] = { (guint8)kind, (guint8)(seq >> 24), (guint8)(seq >> 16), (guint8)(seq >> 8), (guint8)seq };

	g_byte_array_append(value, head, sizeof head);
	g_byte_array_append(value, (const guint8 *)message_id, (guint)strlen(message_id));
	return value;
}

bool id_read(struct bytes key, struct bytes value, const char *message_id, struct id_hit *hit)
{
	if (value.len != 5 + strlen(message_id) || memcmp((const guint8 *)value.data + 5, message_id, value.len - 5) != 0)
		return false;
	hit->kind = *(const guint8 *)value.data;
	hit->seq = key_read_u32(value, 1);
	hit->ticket = key_read_u64(key, 16);
	return true;
}

enum status tickets_index_id(struct txn *txn, const char *message_id, uint64_t ticket, uint64_t seq, enum id_kind kind, struct error *err)
{
	g_autoptr(GByteArray) value = NULL;
	struct id_hit hit;
	struct bytes there;
	struct key key;
	enum status st;

	if (strlen(message_id) > LIMIT_MESSAGE_ID_BYTES)
		return ST_OK;
	id_key(&key, message_id, ticket);
	st = txn_get(txn, TABLE_IDS, key_bytes(&key), &there);
	if (st == ST_OK && id_read(key_bytes(&key), there, message_id, &hit) && hit.kind >= (int)kind)
		return ST_OK;
	value = id_value(message_id, seq, kind);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = txn_put(txn, TABLE_IDS, key_bytes(&key), (struct bytes){ value->data, value->len });
	return record_error(txn, st, "index a message of", ticket, err);
}

enum status tickets_find_id(struct txn *txn, const char *message_id, struct id_hit *hits, size_t max, size_t *n_out, struct error *err)
{
	struct key key;
	struct scan scan;
	enum status st;

	*n_out = 0;
	key_init(&key);
	key_hash(&key, message_id, strlen(message_id));
	for (st = scan_first(&scan, txn, TABLE_IDS, key_bytes(&key), (struct bytes){ NULL, 0 }, true); st == ST_OK && *n_out < max; st = scan_next(&scan))
		if (id_read(scan.key, scan.value, message_id, &hits[*n_out]))
			++*n_out;
	scan_release(&scan);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return error_set(err, st, "cannot look a message up: %s", txn_reason(txn));
	return ST_OK;
}

/* Only a row that says what the caller knows of it: seq 0 is a mere reference, which must not take an entry's own row along. */
static enum status forget_id(struct txn *txn, const char *message_id, uint64_t ticket, uint64_t seq)
{
	struct id_hit hit;
	struct bytes there;
	struct key key;
	enum status st;

	id_key(&key, message_id, ticket);
	st = txn_get(txn, TABLE_IDS, key_bytes(&key), &there);
	if (st == ST_OK && id_read(key_bytes(&key), there, message_id, &hit) && hit.seq == seq && (seq || hit.kind == ID_REFERENCED))
		st = txn_delete(txn, TABLE_IDS, key_bytes(&key));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- identities --- */

static void digest_key(struct key *key, const char *digest)
{
	key_init(key);
	key_hash(key, digest, strlen(digest));
}

enum status tickets_index_digest(struct txn *txn, const char *digest, uint64_t number, uint64_t seq, struct error *err)
{
	struct key key, value;
	enum status st;

	digest_key(&key, digest);
	entry_key(&value, number, seq);
	st = txn_put(txn, TABLE_DIGESTS, key_bytes(&key), key_bytes(&value));
	return record_error(txn, st, "index a message of", number, err);
}

enum status tickets_find_digest(struct txn *txn, const char *digest, uint64_t *ticket_out, uint64_t *seq_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	digest_key(&key, digest);
	st = txn_get(txn, TABLE_DIGESTS, key_bytes(&key), &value);
	if (st == ST_OK) {
		*ticket_out = key_read_u64(value, 0);
		*seq_out = key_read_u32(value, 8);
	}
	return st == ST_OK || st == ST_NOT_FOUND ? st : error_set(err, st, "cannot look a message up: %s", txn_reason(txn));
}

static enum status forget_digest(struct txn *txn, const char *digest)
{
	struct key key;
	enum status st;

	digest_key(&key, digest);
	st = txn_delete(txn, TABLE_DIGESTS, key_bytes(&key));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- entries --- */

static enum status index_entry(struct txn *txn, const struct entry *e, struct error *err)
{
	enum id_kind kind = e->direction == DIRECTION_OUT && !e->digest ? ID_SENT : ID_SEEN;
	enum status st = e->message_id ? tickets_index_id(txn, e->message_id, e->ticket, e->seq, kind, err) : ST_OK;

	if (st == ST_OK && e->in_reply_to)
		st = tickets_index_id(txn, e->in_reply_to, e->ticket, 0, ID_REFERENCED, err);
	for (char **r = e->references; r && *r && st == ST_OK; r++)
		st = tickets_index_id(txn, *r, e->ticket, 0, ID_REFERENCED, err);
	if (st == ST_OK && e->digest)
		st = tickets_index_digest(txn, e->digest, e->ticket, e->seq, err);
	return st;
}

static enum status put_entry(struct txn *txn, const struct entry *entry)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key;

	entry_key(&key, entry->ticket, entry->seq);
	record_encode(&entry_type, entry, value);
	return txn_put(txn, TABLE_ENTRIES, key_bytes(&key), (struct bytes){ value->data, value->len });
}

/* Entries may have been moved away, so the count is not the last seq. */
static enum status next_seq(struct txn *txn, uint64_t number, uint64_t *seq_out)
{
	struct scan scan;
	struct key key;
	enum status st;

	ticket_key(&key, number);
	st = scan_first(&scan, txn, TABLE_ENTRIES, key_bytes(&key), (struct bytes){ NULL, 0 }, true);
	if (st == ST_OK)
		*seq_out = (uint64_t)key_read_u32(scan.key, 8) + 1;
	if (st == ST_NOT_FOUND)
		*seq_out = 1;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_append(struct txn *txn, struct ticket *ticket, struct entry *entry, const char *text, struct error *err)
{
	enum status st = next_seq(txn, ticket->number, &entry->seq);

	entry->ticket = ticket->number;
	if (st == ST_OK)
		st = put_entry(txn, entry);
	if (st != ST_OK)
		return record_error(txn, st, "append to", ticket->number, err);
	st = text && *text ? tickets_text_save(txn, ticket->number, entry->seq, text, err) : ST_OK;
	if (st == ST_OK)
		st = index_entry(txn, entry, err);
	if (st == ST_OK)
		ticket->messages_count++;
	return st;
}

enum status tickets_entry(struct txn *txn, uint64_t number, uint64_t seq, struct entry *entry_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	entry_key(&key, number, seq);
	st = txn_get(txn, TABLE_ENTRIES, key_bytes(&key), &value);
	if (st != ST_OK)
		return record_error(txn, st, "read a message of", number, err);
	if (record_decode(&entry_type, value, entry_out, err) != ST_OK)
		return ST_IO;
	entry_out->ticket = number;
	entry_out->seq = seq;
	return ST_OK;
}

enum status tickets_each_entry(struct txn *txn, uint64_t number, entry_visit *fn, void *arg, struct error *err)
{
	struct scan scan;
	struct key key;
	enum status st;

	ticket_key(&key, number);
	for (st = scan_first(&scan, txn, TABLE_ENTRIES, key_bytes(&key), (struct bytes){ NULL, 0 }, false); st == ST_OK; st = scan_next(&scan)) {
		struct entry entry = { 0 };

		st = record_decode(&entry_type, scan.value, &entry, err) == ST_OK ? ST_OK : ST_IO;
		entry.ticket = number;
		entry.seq = key_read_u32(scan.key, 8);
		if (st == ST_OK)
			st = fn(txn, &entry, arg, err);
		record_release(&entry_type, &entry);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- texts --- */

enum status tickets_text(struct txn *txn, uint64_t number, uint64_t seq, char **text_out, struct error *err)
{
	struct bytes value = { "", 0 };
	struct key key;
	enum status st;

	entry_key(&key, number, seq);
	st = txn_get(txn, TABLE_TEXTS, key_bytes(&key), &value);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return record_error(txn, st, "read a text of", number, err);
	*text_out = g_strndup(value.data, value.len);
	return ST_OK;
}

enum status tickets_text_save(struct txn *txn, uint64_t number, uint64_t seq, const char *text, struct error *err)
{
	struct key key;

	entry_key(&key, number, seq);
	return record_error(txn, txn_put(txn, TABLE_TEXTS, key_bytes(&key), (struct bytes){ text, strlen(text) }), "write a text of", number, err);
}

/* --- leaving --- */

static enum status forget_entry(struct txn *txn, const struct entry *entry, struct error *err)
{
	enum status st = entry->message_id ? forget_id(txn, entry->message_id, entry->ticket, entry->seq) : ST_OK;

	if (st == ST_OK && entry->digest)
		st = forget_digest(txn, entry->digest);
	return record_error(txn, st, "remove a message of", entry->ticket, err);
}

static enum status forget_entry_and_references(struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	enum status st = forget_entry(txn, entry, err);

	(void)arg;
	if (st == ST_OK && entry->in_reply_to)
		st = forget_id(txn, entry->in_reply_to, entry->ticket, 0);
	for (char **r = entry->references; r && *r && st == ST_OK; r++)
		st = forget_id(txn, *r, entry->ticket, 0);
	return record_error(txn, st, "remove a message of", entry->ticket, err);
}

enum status tickets_forget_entries(struct txn *txn, uint64_t number, struct error *err)
{
	return tickets_each_entry(txn, number, forget_entry_and_references, NULL, err);
}

/* What the entry no longer says must not find it either. */
static enum status forget_changed(struct txn *txn, const struct entry *is, struct error *err)
{
	struct entry was = { 0 };
	enum status st = tickets_entry(txn, is->ticket, is->seq, &was, err);

	if (st == ST_OK && was.message_id && g_strcmp0(was.message_id, is->message_id) != 0)
		st = forget_id(txn, was.message_id, was.ticket, was.seq);
	if (st == ST_OK && was.digest && g_strcmp0(was.digest, is->digest) != 0)
		st = forget_digest(txn, was.digest);
	record_release(&entry_type, &was);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_entry_save(struct txn *txn, const struct entry *entry, struct error *err)
{
	enum status st = forget_changed(txn, entry, err);

	if (st == ST_OK)
		st = put_entry(txn, entry);
	return st == ST_OK ? index_entry(txn, entry, err) : record_error(txn, st, "write a message of", entry->ticket, err);
}

static enum status delete_entry(struct txn *txn, uint64_t number, uint64_t seq)
{
	struct key key;
	enum status st;

	entry_key(&key, number, seq);
	st = txn_delete(txn, TABLE_TEXTS, key_bytes(&key));
	return st == ST_OK || st == ST_NOT_FOUND ? txn_delete(txn, TABLE_ENTRIES, key_bytes(&key)) : st;
}

enum status tickets_entry_move(struct txn *txn, struct ticket *from, uint64_t seq, struct ticket *to, struct error *err)
{
	struct entry entry = { 0 };
	g_autofree char *text = NULL;
	enum status st = tickets_entry(txn, from->number, seq, &entry, err);

	if (st != ST_OK)
		return st;
	st = tickets_text(txn, from->number, seq, &text, err);
	if (st == ST_OK)
		st = forget_entry(txn, &entry, err);
	if (st == ST_OK)
		st = record_error(txn, delete_entry(txn, from->number, seq), "move a message of", from->number, err);
	if (st == ST_OK)
		st = tickets_append(txn, to, &entry, text, err);
	if (st == ST_OK)
		from->messages_count--;
	record_release(&entry_type, &entry);
	return st;
}
