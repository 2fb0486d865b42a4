/* What time brings to a ticket, brought up to date after a change of it. */
#ifndef MILTICKET_TIMES_H
#define MILTICKET_TIMES_H

#include "model/ticket.h"
#include "settings/settings.h"
#include "store/store.h"

/* To be called by whoever changes a ticket, before it is saved. */
enum status times_keep(struct txn *txn, const struct settings *settings, struct ticket *ticket,
	int64_t now, struct error *err);

#endif
