/* Which of the mails that agents dropped into their mailboxes are recorded: written with the
 * ticket, and removed when the file is gone. */
#ifndef MILTICKET_CLAIM_ROWS_H
#define MILTICKET_CLAIM_ROWS_H

#include "store/store.h"

enum status claims_note(struct txn *txn, const char *name, struct error *err);
enum status claims_noted(struct txn *txn, const char *name, bool *noted_out, struct error *err);
/* Names of those that are noted are added, each a char *. */
enum status claims_list(struct txn *txn, GPtrArray *names, struct error *err);
enum status claims_forget(struct txn *txn, const char *name, struct error *err);

#endif
