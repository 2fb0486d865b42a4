/* Rows in TABLE_META: "TOKEN UNTIL HOLDER". */
#include "tables/leases.h"

#include <inttypes.h>
#include <string.h>

#include "base/tongue.h"

void lease_release(struct lease *lease)
{
	g_free(lease->holder);
	*lease = (struct lease){ 0 };
}

static void lease_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "lease");
	key_text(key, name);
}

static enum status lease_failed(struct txn *txn, enum status st, struct error *err)
{
	return st == ST_OK
		? st
		: error_set(err, st, _("cannot note which host it is: %s"), txn_reason(txn));
}

static void lease_read(const char *text, struct lease *lease)
{
	char *rest;

	lease->token = g_ascii_strtoull(text, &rest, 10);
	lease->until = g_ascii_strtoll(rest, &rest, 10);
	lease->holder = g_strdup(*rest ? rest + 1 : rest);
}

enum status lease_load(
	struct txn *txn, const char *name, struct lease *lease_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	lease_key(&key, name);
	st = txn_get(txn, TABLE_META, key_bytes(&key), &value);
	lease_release(lease_out);
	if (st == ST_OK) {
		g_autofree char *text = g_strndup(value.data, value.len);

		lease_read(text, lease_out);
	}
	return lease_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, err);
}

static enum status lease_save(
	struct txn *txn, const char *name, const struct lease *lease, struct error *err)
{
	g_autofree char *text = g_strdup_printf(
		"%" PRIu64 " %" PRId64 " %s", lease->token, lease->until, lease->holder);
	struct key key;

	lease_key(&key, name);
	return lease_failed(txn,
		txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ text, strlen(text) }),
		err);
}

/* One who has just started has no token; what he had before he died is his. */
static bool lease_is_free(const struct lease *lease, const struct lease_wish *wish)
{
	if (wish->token)
		return lease->token == wish->token;
	return lease->until <= wish->now || g_strcmp0(lease->holder, wish->holder) == 0;
}

enum status lease_take(struct txn *txn, struct lease_wish *wish, struct error *err)
{
	struct lease lease = { 0 };
	enum status st = lease_load(txn, wish->name, &lease, err);
	const struct lease mine = { wish->token ? wish->token : lease.token + 1, wish->until,
		(char *)wish->holder };

	if (st == ST_OK && !lease_is_free(&lease, wish))
		st = error_set(err, ST_EXISTS, _("that is done by %s now"), lease.holder);
	if (st == ST_OK)
		st = lease_save(txn, wish->name, &mine, err);
	if (st == ST_OK)
		wish->token = mine.token;
	lease_release(&lease);
	return st;
}

enum status lease_give_back(struct txn *txn, const char *name, uint64_t token, struct error *err)
{
	struct lease lease = { 0 };
	enum status st = lease_load(txn, name, &lease, err);

	lease.until = 0;
	if (st == ST_OK && lease.token == token && lease.holder)
		st = lease_save(txn, name, &lease, err);
	lease_release(&lease);
	return st;
}
