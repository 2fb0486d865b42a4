/* The entries of a conversation: their records, texts, Message-IDs and identities. */
#include "tables/tickets-index.h"

#include <string.h>

#include "base/limits.h"
#include "base/tongue.h"
#include "tables/history-log.h"

static uint64_t seq_in(struct bytes key)
{
	uint64_t number, seq;

	entry_key_read(key, &number, &seq);
	return seq;
}

/* --- identities --- */

/* A message that one ticket knows by its Message-ID is found by that, and its entry tells the
 * identity: a row of its own would touch one more page of the store, somewhere in it, for every
 * message. Rows are for what is not found so: our answers, whose id may be another one than the
 * identity was made of; an id that has come before; messages of no ticket. */
static void digest_key(struct key *key, const char *digest)
{
	key_init(key);
	key_hash(key, digest, strlen(digest));
}

static enum status put_digest(struct txn *txn, const char *digest, uint64_t number, uint64_t seq)
{
	struct key key, value;

	digest_key(&key, digest);
	entry_key(&value, number, seq);
	return txn_put(txn, TABLE_DIGESTS, key_bytes(&key), key_bytes(&value));
}

enum status tickets_index_digest(
	struct txn *txn, const char *digest, uint64_t number, uint64_t seq, struct error *err)
{
	return record_error(
		txn, put_digest(txn, digest, number, seq), _("index a message of"), number, err);
}

/* --- Message-IDs --- */

/* 96 bits of SHA-256 stand for the id: none is met by chance, and to make one on purpose only
 * brings its sender to a ticket that a copied id brings him to as well. */
void id_key(struct key *key, const char *message_id, uint64_t number)
{
	key_init(key);
	key_hash(key, message_id, strlen(message_id));
	key_number(key, number);
}

/* A value: kind, seq. */
struct id_hit id_read(struct bytes key, struct bytes value)
{
	size_t ticket = KEY_HASH_BYTES, seq = 1;
	struct id_hit hit = { .kind = value.len ? *(const guint8 *)value.data : ID_REFERENCED };

	hit.ticket = key_read_number(key, &ticket);
	hit.seq = key_read_number(value, &seq);
	return hit;
}

static enum status entries_find_ids(
	struct txn *txn, const char *message_id, struct id_hit *hits, size_t max, size_t *n_out)
{
	struct key key;
	struct scan scan;
	enum status st;

	*n_out = 0;
	key_init(&key);
	key_hash(&key, message_id, strlen(message_id));
	for (st = scan_first(
		     &scan, txn, TABLE_IDS, key_bytes(&key), (struct bytes){ NULL, 0 }, true);
		st == ST_OK && *n_out < max; st = scan_next(&scan))
		hits[(*n_out)++] = id_read(scan.key, scan.value);
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Another ticket comes to know the id: what it alone told until now, the identity of its message,
 * gets a row. */
static enum status settle_identity(struct txn *txn, const char *message_id)
{
	struct id_hit hits[2];
	struct entry e = { 0 };
	size_t n;
	enum status st = entries_find_ids(txn, message_id, hits, 2, &n);

	if (st != ST_OK || n != 1 || !hits[0].seq)
		return st;
	st = tickets_entry(txn, hits[0].ticket, hits[0].seq, &e, NULL);
	if (st == ST_OK && e.digest)
		st = put_digest(txn, e.digest, e.ticket, e.seq);
	record_release(&entry_type, &e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status put_id(struct txn *txn, const struct key *key, uint64_t seq, enum id_kind kind)
{
	struct key value;

	key_init(&value);
	key_u8(&value, (uint8_t)kind);
	key_number(&value, seq);
	return txn_put(txn, TABLE_IDS, key_bytes(key), key_bytes(&value));
}

enum status tickets_index_new_id(
	struct txn *txn, const char *message_id, uint64_t ticket, struct error *err)
{
	struct key key;

	id_key(&key, message_id, ticket);
	return record_error(
		txn, put_id(txn, &key, 0, ID_SENT), _("index a message of"), ticket, err);
}

enum status tickets_index_id(struct txn *txn, const char *message_id, uint64_t ticket, uint64_t seq,
	enum id_kind kind, struct error *err)
{
	struct bytes there;
	struct key key;
	enum status st;

	if (strlen(message_id) > LIMIT_MESSAGE_ID_BYTES)
		return ST_OK;
	id_key(&key, message_id, ticket);
	st = txn_get(txn, TABLE_IDS, key_bytes(&key), &there);
	if (st == ST_OK && id_read(key_bytes(&key), there).kind >= (int)kind)
		return ST_OK;
	if (st == ST_NOT_FOUND)
		st = settle_identity(txn, message_id);
	if (st == ST_OK)
		st = put_id(txn, &key, seq, kind);
	return record_error(txn, st, _("index a message of"), ticket, err);
}

enum status tickets_find_id(struct txn *txn, const char *message_id, struct id_hit *hits,
	size_t max, size_t *n_out, struct error *err)
{
	enum status st = entries_find_ids(txn, message_id, hits, max, n_out);

	return st == ST_OK ? st
			   : error_set(err, st, _("cannot look a message up: %s"), txn_reason(txn));
}

enum status tickets_find_id_in(struct txn *txn, const char *message_id, uint64_t ticket,
	struct id_hit *hit_out, struct error *err)
{
	struct bytes there;
	struct key key;
	enum status st = ST_NOT_FOUND;

	if (strlen(message_id) <= LIMIT_MESSAGE_ID_BYTES) {
		id_key(&key, message_id, ticket);
		st = txn_get(txn, TABLE_IDS, key_bytes(&key), &there);
	}
	if (st == ST_OK)
		*hit_out = id_read(key_bytes(&key), there);
	return st == ST_OK || st == ST_NOT_FOUND
		? st
		: error_set(err, st, _("cannot look a message up: %s"), txn_reason(txn));
}

/* Only a row that says what the caller knows of it: seq 0 is a mere reference, which must not take
 * an entry's own row along. */
static enum status forget_id(struct txn *txn, const char *message_id, uint64_t ticket, uint64_t seq)
{
	struct id_hit hit;
	struct bytes there;
	struct key key;
	enum status st;

	id_key(&key, message_id, ticket);
	st = txn_get(txn, TABLE_IDS, key_bytes(&key), &there);
	hit = st == ST_OK ? id_read(key_bytes(&key), there) : (struct id_hit){ 0 };
	if (st == ST_OK && hit.seq == seq && (seq || hit.kind == ID_REFERENCED))
		st = txn_delete(txn, TABLE_IDS, key_bytes(&key));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Does its Message-ID lead to this entry, and to no other? */
static enum status is_known_by_id(
	struct txn *txn, const char *message_id, struct id_hit *hit_out, bool *known_out)
{
	struct id_hit hits[2];
	size_t n;
	enum status st = entries_find_ids(txn, message_id, hits, 2, &n);

	*known_out = st == ST_OK && n == 1 && hits[0].seq;
	*hit_out = *known_out ? hits[0] : (struct id_hit){ 0 };
	return st;
}

static enum status find_by_id(
	struct txn *txn, const char *message_id, const char *digest, struct id_hit *hit_out)
{
	struct entry e = { 0 };
	bool known = false;
	enum status st = message_id ? is_known_by_id(txn, message_id, hit_out, &known) : ST_OK;

	if (st != ST_OK || !known)
		return st == ST_OK ? ST_NOT_FOUND : st;
	st = tickets_entry(txn, hit_out->ticket, hit_out->seq, &e, NULL);
	if (st == ST_OK && g_strcmp0(e.digest, digest) != 0)
		st = ST_NOT_FOUND;
	record_release(&entry_type, &e);
	return st;
}

enum status tickets_find_digest(struct txn *txn, const char *message_id, const char *digest,
	uint64_t *ticket_out, uint64_t *seq_out, struct error *err)
{
	struct id_hit hit;
	struct bytes value;
	struct key key;
	enum status st = find_by_id(txn, message_id, digest, &hit);

	if (st == ST_OK) {
		*ticket_out = hit.ticket;
		*seq_out = hit.seq;
	}
	if (st != ST_NOT_FOUND)
		return st == ST_OK
			? st
			: error_set(err, st, _("cannot look a message up: %s"), txn_reason(txn));
	digest_key(&key, digest);
	st = txn_get(txn, TABLE_DIGESTS, key_bytes(&key), &value);
	if (st == ST_OK)
		entry_key_read(value, ticket_out, seq_out);
	return st == ST_OK || st == ST_NOT_FOUND
		? st
		: error_set(err, st, _("cannot look a message up: %s"), txn_reason(txn));
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

static enum status index_identity(struct txn *txn, const struct entry *e, struct error *err)
{
	struct id_hit hit = { 0 };
	bool known = false;
	enum status st = ST_OK;

	if (e->message_id && e->direction != DIRECTION_OUT)
		st = is_known_by_id(txn, e->message_id, &hit, &known);
	if (st == ST_OK && known && hit.ticket == e->ticket && hit.seq == e->seq)
		return st;
	if (st == ST_OK)
		st = put_digest(txn, e->digest, e->ticket, e->seq);
	return record_error(txn, st, _("index a message of"), e->ticket, err);
}

static enum status index_entry(struct txn *txn, const struct entry *e, struct error *err)
{
	enum id_kind kind = e->direction == DIRECTION_OUT && !e->digest ? ID_SENT : ID_SEEN;
	enum status st = e->message_id
		? tickets_index_id(txn, e->message_id, e->ticket, e->seq, kind, err)
		: ST_OK;

	if (st == ST_OK && e->in_reply_to)
		st = tickets_index_id(txn, e->in_reply_to, e->ticket, 0, ID_REFERENCED, err);
	for (char **r = e->references; r && *r && st == ST_OK; r++)
		st = tickets_index_id(txn, *r, e->ticket, 0, ID_REFERENCED, err);
	return st == ST_OK && e->digest ? index_identity(txn, e, err) : st;
}

/* Entries may have been moved away, so the count is not the last seq. */
static enum status next_seq(struct txn *txn, uint64_t number, uint64_t *seq_out)
{
	struct scan scan;
	struct key key;
	enum status st;

	ticket_key(&key, number);
	st = scan_first(
		&scan, txn, TABLE_ENTRIES, key_bytes(&key), (struct bytes){ NULL, 0 }, true);
	if (st == ST_OK)
		*seq_out = seq_in(scan.key) + 1;
	if (st == ST_NOT_FOUND)
		*seq_out = 1;
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_entry_put(
	struct txn *txn, const struct entry *entry, const char *text, struct error *err)
{
	enum status st = table_insert(txn, &entry_table, entry, err);

	return st == ST_OK && text && *text
		? tickets_text_save(txn, entry->ticket, entry->seq, text, err)
		: st;
}

enum status tickets_entry_insert(
	struct txn *txn, const struct entry *entry, const char *text, struct error *err)
{
	enum status st = tickets_entry_put(txn, entry, text, err);

	return st == ST_OK ? index_entry(txn, entry, err) : st;
}

static enum status log_entry(struct txn *txn, struct entry *entry)
{
	const struct log_place place = { entry->ticket, entry->seq };
	enum status st = log_next(txn, &entry->told_serial);

	return st == ST_OK ? log_put(txn, entry->told_serial, &place) : st;
}

enum status tickets_admit(
	struct txn *txn, struct ticket *ticket, struct entry *entry, struct error *err)
{
	enum status st = next_seq(txn, ticket->number, &entry->seq);

	entry->ticket = ticket->number;
	if (st == ST_OK && entry->told_actor)
		st = log_entry(txn, entry);
	if (st != ST_OK)
		return record_error(txn, st, _("append to"), ticket->number, err);
	st = index_entry(txn, entry, err);
	if (st == ST_OK) {
		ticket->messages_count++;
		ticket->attachments_count += entry_attachments(entry);
	}
	return st;
}

enum status tickets_append(struct txn *txn, struct ticket *ticket, struct entry *entry,
	const char *text, struct error *err)
{
	enum status st = tickets_admit(txn, ticket, entry, err);

	return st == ST_OK ? tickets_entry_put(txn, entry, text, err) : st;
}

enum status tickets_entry(
	struct txn *txn, uint64_t number, uint64_t seq, struct entry *entry_out, struct error *err)
{
	const struct entry like = { .ticket = number, .seq = seq };

	return table_load(txn, &entry_table, &like, entry_out, err);
}

struct entry_visitor {
	entry_visit *fn;
	void *arg;
};

static enum status entry_visit_record(
	struct txn *txn, const void *entry, void *arg, struct error *err)
{
	const struct entry_visitor *visitor = arg;

	return visitor->fn(txn, entry, visitor->arg, err);
}

enum status tickets_each_entry(
	struct txn *txn, uint64_t number, entry_visit *fn, void *arg, struct error *err)
{
	return tickets_each_entry_from(txn, number, 0, fn, arg, err);
}

enum status tickets_each_entry_from(struct txn *txn, uint64_t number, uint64_t seq, entry_visit *fn,
	void *arg, struct error *err)
{
	struct entry_visitor visitor = { fn, arg };
	struct key key, from;
	struct table_walk walk = {
		.type = &entry_table,
		.fn = entry_visit_record,
		.arg = &visitor,
	};

	ticket_key(&key, number);
	entry_key(&from, number, seq);
	walk.prefix = key_bytes(&key);
	walk.from = key_bytes(&from);
	return table_each(txn, &walk, err);
}

/* --- texts --- */

enum status tickets_text(
	struct txn *txn, uint64_t number, uint64_t seq, char **text_out, struct error *err)
{
	struct bytes value = { "", 0 };
	struct key key;
	enum status st;

	entry_key(&key, number, seq);
	st = txn_get(txn, TABLE_TEXTS, key_bytes(&key), &value);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return record_error(txn, st, _("read a text of"), number, err);
	*text_out = g_strndup(value.data, value.len);
	return ST_OK;
}

enum status tickets_text_save(
	struct txn *txn, uint64_t number, uint64_t seq, const char *text, struct error *err)
{
	struct key key;

	entry_key(&key, number, seq);
	return record_error(txn,
		txn_put(txn, TABLE_TEXTS, key_bytes(&key), (struct bytes){ text, strlen(text) }),
		_("write a text of"), number, err);
}

/* --- leaving --- */

static enum status forget_entry(struct txn *txn, const struct entry *entry, struct error *err)
{
	enum status st = entry->message_id
		? forget_id(txn, entry->message_id, entry->ticket, entry->seq)
		: ST_OK;

	if (st == ST_OK && entry->digest)
		st = forget_digest(txn, entry->digest);
	return record_error(txn, st, _("remove a message of"), entry->ticket, err);
}

static enum status forget_entry_and_references(
	struct txn *txn, const struct entry *entry, void *arg, struct error *err)
{
	enum status st = forget_entry(txn, entry, err);

	(void)arg;
	if (st == ST_OK && entry->in_reply_to)
		st = forget_id(txn, entry->in_reply_to, entry->ticket, 0);
	for (char **r = entry->references; r && *r && st == ST_OK; r++)
		st = forget_id(txn, *r, entry->ticket, 0);
	if (st == ST_OK && entry->told_serial)
		st = log_delete(txn, entry->told_serial);
	if (st == ST_NOT_FOUND)
		st = ST_OK;
	return record_error(txn, st, _("remove a message of"), entry->ticket, err);
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
	/* Another id than the identity was made of does not lead to it. */
	else if (st == ST_OK && was.digest && g_strcmp0(was.message_id, is->message_id) != 0)
		st = put_digest(txn, was.digest, was.ticket, was.seq);
	record_release(&entry_type, &was);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tickets_entry_save(struct txn *txn, const struct entry *entry, struct error *err)
{
	enum status st = forget_changed(txn, entry, err);

	if (st == ST_OK)
		st = table_insert(txn, &entry_table, entry, err);
	return st == ST_OK ? index_entry(txn, entry, err)
			   : record_error(txn, st, _("write a message of"), entry->ticket, err);
}

static enum status delete_entry(struct txn *txn, uint64_t number, uint64_t seq)
{
	struct key key;
	enum status st;

	entry_key(&key, number, seq);
	st = txn_delete(txn, TABLE_TEXTS, key_bytes(&key));
	return st == ST_OK || st == ST_NOT_FOUND ? txn_delete(txn, TABLE_ENTRIES, key_bytes(&key))
						 : st;
}

/* What happened to a ticket stays its own: the event of a message that leaves gets a row. */
static enum status entries_keep_event(struct txn *txn, struct entry *entry, struct error *err)
{
	struct event event;
	enum status st = log_told(entry, &event) ? table_insert(txn, &event_table, &event, err)
						 : ST_OK;

	entry->told_serial = 0;
	entry->told_time = 0;
	g_clear_pointer(&entry->told_actor, g_free);
	g_clear_pointer(&entry->told_from, g_free);
	g_clear_pointer(&entry->told_to, g_free);
	g_clear_pointer(&entry->told_text, g_free);
	return st;
}

enum status tickets_entry_move(
	struct txn *txn, struct ticket *from, uint64_t seq, struct ticket *to, struct error *err)
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
		st = entries_keep_event(txn, &entry, err);
	if (st == ST_OK)
		st = record_error(txn, delete_entry(txn, from->number, seq), _("move a message of"),
			from->number, err);
	if (st == ST_OK)
		st = tickets_append(txn, to, &entry, text, err);
	if (st == ST_OK) {
		from->messages_count--;
		from->attachments_count -= MIN(from->attachments_count, entry_attachments(&entry));
	}
	record_release(&entry_type, &entry);
	return st;
}
