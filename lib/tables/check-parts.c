/* See check-parts.h. */
#include "tables/check-parts.h"

#include "base/tongue.h"

void check_find(struct check *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_ptr_array_add(check->findings, g_strdup_vprintf(fmt, ap));
	va_end(ap);
}

enum status check_need(
	struct check *check, enum store_table table, struct bytes key, const char *finding)
{
	bool there = false;
	enum status st = row_present(check->txn, table, key, &there);

	if (st == ST_OK && !there)
		check_find(check, "%s", _(finding));
	return st;
}

uint64_t check_ticket_of(struct bytes key)
{
	size_t offset = 0;

	return key_read_number(key, &offset);
}
