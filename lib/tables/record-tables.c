/* All kinds of row that are records, in the order of store/tables.def. */
#include "tables/record-table.h"

const struct table_type *const table_types[] = {
#define RECORDS(id, tree, mark, kind) &kind##_table,
#include "store/tables.def"
	NULL,
};
