/* Rows of the mailboxes: a ticket's, an agent's, and the place in the log. */
#include "tables/placements.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/tongue.h"

void placements_box(const char *path, char box_out[BOX_BYTES])
{
	struct hash hash;
	char hex[HASH_HEX];

	hash_init(&hash);
	hash_add(&hash, path, strlen(path));
	hash_get_hex(&hash, hex);
	memcpy(box_out, hex, BOX_BYTES - 1);
	box_out[BOX_BYTES - 1] = '\0';
}

/* --- tickets --- */

static struct placement placement_like(const char *box, uint64_t ticket)
{
	struct placement like = { .ticket = ticket };

	g_strlcpy(like.box, box, sizeof like.box);
	return like;
}

static void placement_key(struct key *key, const void *record)
{
	const struct placement *p = record;

	key_init(key);
	key_text(key, p->box);
	key_u64(key, p->ticket);
}

static void placement_read_key(struct bytes key, void *record)
{
	struct placement *p = record;

	if (key.len < BOX_BYTES + sizeof p->ticket)
		return;
	memcpy(p->box, key.data, BOX_BYTES);
	p->ticket = key_read_u64(key, BOX_BYTES);
}

static char *placement_subject(const void *record)
{
	return g_strdup_printf(_("mailbox messages of ticket %" PRIu64),
		((const struct placement *)record)->ticket);
}

const struct table_type placement_table = {
	.name = "placement",
	.table = TABLE_PLACEMENTS,
	.record = &placement_type,
	.key = placement_key,
	.read_key = placement_read_key,
	.subject = placement_subject,
};

enum status placements_load(struct txn *txn, const char *box, uint64_t ticket,
	struct placement *placement_out, struct error *err)
{
	const struct placement like = placement_like(box, ticket);

	return table_load(txn, &placement_table, &like, placement_out, err);
}

enum status placements_save(struct txn *txn, const struct placement *placement, struct error *err)
{
	return table_save(txn, &placement_table, placement, err);
}

enum status placements_remove(struct txn *txn, const char *box, uint64_t ticket, struct error *err)
{
	const struct placement like = placement_like(box, ticket);
	enum status st = table_remove(txn, &placement_table, &like, err);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status placements_each(struct txn *txn, const char *box, uint64_t from_number,
	record_visit *fn, void *arg, struct error *err)
{
	const struct placement like = placement_like(box, from_number);
	struct key prefix, from;
	struct table_walk walk = { .type = &placement_table, .fn = fn, .arg = arg };

	key_init(&prefix);
	key_text(&prefix, box);
	placement_key(&from, &like);
	walk.prefix = key_bytes(&prefix);
	walk.from = key_bytes(&from);
	return table_each(txn, &walk, err);
}

/* --- agents --- */

static void tree_key(struct key *key, const void *record)
{
	const struct tree_row *tree = record;

	key_init(key);
	key_text(key, tree->box);
	key_text(key, tree->login);
}

static void tree_read_key(struct bytes key, void *record)
{
	struct tree_row *tree = record;

	if (key.len <= BOX_BYTES)
		return;
	memcpy(tree->box, key.data, BOX_BYTES);
	memcpy(tree->login, (const char *)key.data + BOX_BYTES,
		MIN(key.len - BOX_BYTES, sizeof tree->login));
	tree->login[sizeof tree->login - 1] = '\0';
}

static char *tree_subject(const void *record)
{
	return g_strdup_printf(
		_("mailbox of agent '%s'"), ((const struct tree_row *)record)->login);
}

const struct table_type tree_table = {
	.name = "mailbox",
	.table = TABLE_TREES,
	.record = &tree_type,
	.key = tree_key,
	.read_key = tree_read_key,
	.subject = tree_subject,
};

enum status trees_each(
	struct txn *txn, const char *box, record_visit *fn, void *arg, struct error *err)
{
	struct key prefix;
	struct table_walk walk = { .type = &tree_table, .fn = fn, .arg = arg };

	key_init(&prefix);
	key_text(&prefix, box);
	walk.prefix = key_bytes(&prefix);
	return table_each(txn, &walk, err);
}

/* --- the place: numbers, by their order --- */

static void place_key(struct key *key, const char *box)
{
	key_init(key);
	key_text(key, "mailboxes");
	key_text(key, box);
}

static void place_read(const char *text, struct placements_place *place)
{
	uint64_t built = 0,
		 *const numbers[] = { &place->serial, &place->done, &place->number, &built,
			 &place->asked, &place->begun };
	char *end = (char *)text;

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		*numbers[i] = g_ascii_strtoull(end, &end, 10);
	place->built = built != 0;
}

enum status placements_place(
	struct txn *txn, const char *box, struct placements_place *place_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	place_key(&key, box);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	*place_out = (struct placements_place){ 0 };
	if (st == ST_OK) {
		g_autofree char *text = g_strndup(value.data, value.len);

		place_read(text, place_out);
	}
	return st == ST_OK || st == ST_NOT_FOUND
		? ST_OK
		: error_set(
			  err, st, _("cannot read how far the mailboxes are: %s"), txn_reason(txn));
}

enum status placements_place_save(
	struct txn *txn, const char *box, const struct placements_place *place, struct error *err)
{
	g_autofree char *text = g_strdup_printf(
		"%" PRIu64 " %" PRIu64 " %" PRIu64 " %d %" PRIu64 " %" PRIu64, place->serial,
		place->done, place->number, place->built, place->asked, place->begun);
	struct key key;
	enum status st;

	place_key(&key, box);
	st = txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ text, strlen(text) });
	return st == ST_OK ? ST_OK
			   : error_set(err, st, _("cannot note how far the mailboxes are: %s"),
				     txn_reason(txn));
}

/* --- people to be forgotten --- */

static void placements_redact_key(struct key *key, const char *box)
{
	key_init(key);
	key_text(key, "mailboxes-redact");
	key_text(key, box);
}

static enum status placements_redact_failed(struct txn *txn, enum status st, struct error *err)
{
	return error_set(err, st, _("cannot note who is to be in no mailbox: %s"), txn_reason(txn));
}

enum status placements_redact_wanted(
	struct txn *txn, const char *box, char **addresses_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	placements_redact_key(&key, box);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return placements_redact_failed(txn, st, err);
	*addresses_out = st == ST_OK ? g_strndup(value.data, value.len) : g_strdup("");
	return ST_OK;
}

enum status placements_redact_ask(
	struct txn *txn, const char *box, const char *address, struct error *err)
{
	g_autofree char *before = NULL, *all = NULL;
	struct key key;
	enum status st = placements_redact_wanted(txn, box, &before, err);

	if (st != ST_OK)
		return st;
	all = g_strconcat(before, address, "\n", NULL);
	placements_redact_key(&key, box);
	st = txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ all, strlen(all) });
	return st == ST_OK ? ST_OK : placements_redact_failed(txn, st, err);
}

enum status placements_redact_done(struct txn *txn, const char *box, struct error *err)
{
	struct key key;
	enum status st;

	placements_redact_key(&key, box);
	st = txn_delete(txn, TABLE_META, key_bytes(&key));
	return st == ST_OK || st == ST_NOT_FOUND ? ST_OK : placements_redact_failed(txn, st, err);
}
