/* Rows in TABLE_META, by the file's name. */
#include "tables/claim-rows.h"

#include "base/tongue.h"
#include "tables/record-table.h"

static void claim_key(struct key *key, const char *name)
{
	key_init(key);
	key_text(key, "claim");
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
	return claim_failed(
		txn, txn_put(txn, TABLE_META, key_bytes(&key), (struct bytes){ "", 0 }), err);
}

enum status claims_noted(struct txn *txn, const char *name, bool *noted_out, struct error *err)
{
	struct key key;

	claim_key(&key, name);
	return claim_failed(txn, row_present(txn, TABLE_META, key_bytes(&key), noted_out), err);
}

enum status claims_forget(struct txn *txn, const char *name, struct error *err)
{
	struct key key;
	enum status st;

	claim_key(&key, name);
	st = txn_delete(txn, TABLE_META, key_bytes(&key));
	return claim_failed(txn, st == ST_NOT_FOUND ? ST_OK : st, err);
}
