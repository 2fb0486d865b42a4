/* The engine in its parts. */
#include "store/lmdb/store-engine.h"

const struct engine lmdb_engine = {
	.name = "lmdb",
	.derives = true,
	.open = lmdb_open,
	.close = lmdb_close,
	.read = lmdb_read,
	.write = lmdb_write,
	.get = lmdb_get,
	.put = lmdb_put,
	.delete = lmdb_delete,
	.scan_first = lmdb_scan_first,
	.scan_next = lmdb_scan_next,
	.scan_release = lmdb_scan_release,
	.reason = lmdb_reason,
	.say = lmdb_say,
	.stat = lmdb_stat,
	.check_pages = lmdb_check_pages,
	.clear_readers = lmdb_clear_readers,
	.copy = lmdb_copy,
	.rewrite = lmdb_rewrite,
	.restore = lmdb_restore,
};
