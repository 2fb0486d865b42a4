/* Promises and automations follow each change. */
#include "decide/times.h"

#include "decide/automating.h"
#include "decide/promise.h"

enum status times_keep(struct txn *txn, const struct settings *settings, struct ticket *ticket,
	int64_t now, struct error *err)
{
	enum status st = promise_keep(txn, settings, ticket, now, err);

	if (st == ST_OK)
		automating_plan(settings, ticket, now, false);
	return st;
}
