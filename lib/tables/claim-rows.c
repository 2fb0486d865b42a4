/* Rows in TABLE_META, by the file's name, which is the value, too: long ones are hashed in keys. */
#include "tables/claim-rows.h"

#include <string.h>

#include "base/tongue.h"
#include "tables/record-table.h"

static void claim_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "claim");
	if (name)
		key_text(key, name);
}

static enum status claim_failed(struct txn *txn, enum status st, struct error *err)
{
	return st == ST_OK ? ST_OK
			   : error_set(err, st, _("cannot note a mail that was dropped in: %s"),
				     txn_reason(txn));
}

enum status claims_note(struct txn *txn, const char *name, struct error *err)
{
	struct key key;

	claim_key(&key, name);
	return claim_failed(txn,
		txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ name, strlen(name) }),
		err);
}

enum status claims_noted(struct txn *txn, const char *name, bool *noted_out, struct error *err)
{
	struct key key;

	claim_key(&key, name);
	return claim_failed(txn, row_present(txn, TABLE_META, key_bytes(&key), noted_out), err);
}

enum status claims_list(struct txn *txn, GPtrArray *names, struct error *err)
{
	const struct bytes begin = { NULL, 0 };
	struct key prefix;
	struct scan scan;
	enum status st;

	claim_key(&prefix, NULL);
	for (st = scan_first(&scan, txn, TABLE_META, key_bytes(&prefix), begin, false); st == ST_OK;
		st = scan_next(&scan))
		g_ptr_array_add(names, g_strndup((const char *)scan.value.data, scan.value.len));
	scan_release(&scan);
	return claim_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, err);
}

enum status claims_forget(struct txn *txn, const char *name, struct error *err)
{
	struct key key;
	enum status st;

	claim_key(&key, name);
	st = txn_delete(txn, TABLE_META, key_bytes(&key));
	return claim_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, err);
}
