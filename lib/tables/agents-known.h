/* Logins and addresses of agents, as they were when the store was last there: whose mail may wait
 * while it is not. */
#ifndef MILTICKET_AGENTS_KNOWN_H
#define MILTICKET_AGENTS_KNOWN_H

#include <stdbool.h>

#include "store/store.h"

struct agents_known;
struct agents_known *agents_known_new(void);
void agents_known_free(struct agents_known *known);

/* Takes them from the store anew; what was known stays when it cannot be read. */
enum status agents_known_refresh(
	struct agents_known *known, struct store *store, struct error *err);

/* False only when they are known and this is none of them, by login or address in any spelling;
 * NULL or "" is none. From any thread. */
bool agents_known_may_be(struct agents_known *known, const char *login_or_address);

#endif
