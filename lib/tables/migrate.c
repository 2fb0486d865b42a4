/* From format 2, which had a list of its own, in the order of activity, for each value of a field,
 * and kept counts of queues' open tickets. */
#include "tables/migrate.h"

#include "base/failpoint.h"
#include "base/tongue.h"
#include "tables/tickets-index.h"

static const struct bytes migrate_all = { NULL, 0 };

/* Of those whose keys begin with prefix. */
static enum status migrate_delete(struct txn *txn, enum store_table table, struct bytes prefix)
{
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, table, prefix, migrate_all, false); st == ST_OK;
		st = scan_next(&scan)) {
		st = txn_delete(txn, table, scan.key);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status migrate_list(struct txn *txn)
{
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_TICKETS, migrate_all, migrate_all, false);
		st == ST_OK; st = scan_next(&scan)) {
		struct ticket t = { 0 };

		if (record_decode(&ticket_type, scan.value, &t, NULL) == ST_OK)
			st = index_move(txn, NULL, &t);
		record_release(&ticket_type, &t);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status tables_migrate(struct txn *txn, void *arg, struct error *err)
{
	struct key counts;
	enum status st;

	(void)arg;
	key_init(&counts);
	key_text(&counts, "queue-count");
	st = migrate_delete(txn, TABLE_META, key_bytes(&counts));
	if (st == ST_OK)
		st = migrate_delete(txn, TABLE_INDEX, migrate_all);
	failpoint("lists-deleted");
	if (st == ST_OK)
		st = migrate_list(txn);
	if (st != ST_OK)
		return error_set(
			err, st, _("cannot write the lists of tickets anew: %s"), txn_reason(txn));
	return ST_OK;
}
