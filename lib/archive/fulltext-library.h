/* SQLite, which only who has or searches an index needs: sqlite.step() is sqlite3_step(). */
#ifndef MILTICKET_FULLTEXT_LIBRARY_H
#define MILTICKET_FULLTEXT_LIBRARY_H

#include <sqlite3.h>

#include "base/library.h"

/* clang-format off */
#define SQLITE_FUNCTIONS(F) \
	F(sqlite3_, bind_blob) F(sqlite3_, bind_int64) F(sqlite3_, bind_text) \
	F(sqlite3_, busy_timeout) F(sqlite3_, clear_bindings) F(sqlite3_, close) \
	F(sqlite3_, column_blob) F(sqlite3_, column_bytes) F(sqlite3_, column_int64) \
	F(sqlite3_, column_text) F(sqlite3_, config) F(sqlite3_, errcode) \
	F(sqlite3_, errmsg) F(sqlite3_, exec) F(sqlite3_, extended_result_codes) \
	F(sqlite3_, finalize) F(sqlite3_, last_insert_rowid) F(sqlite3_, open_v2) \
	F(sqlite3_, prepare_v2) F(sqlite3_, prepare_v3) F(sqlite3_, reset) \
	F(sqlite3_, step) F(sqlite3_, total_changes)
/* clang-format on */

struct sqlite {
	SQLITE_FUNCTIONS(LIBRARY_POINTER)
};
extern struct sqlite sqlite;

/* Before the first call. ST_IO: there is none. */
enum status fulltext_library_load(struct error *err);

#endif
