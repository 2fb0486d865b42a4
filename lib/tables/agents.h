/* Agents on disk, and who is one. */
#ifndef MILTICKET_AGENTS_H
#define MILTICKET_AGENTS_H

#include "model/ticket.h"
#include "tables/record-table.h"

enum status agents_load(
	struct txn *txn, const char *login, struct agent *agent_out, struct error *err);
/* Makes or replaces. ST_EXISTS when one of the addresses is another agent's. */
enum status agents_save(struct txn *txn, const struct agent *agent, struct error *err);
enum status agents_remove(struct txn *txn, const char *login, struct error *err);

/* By one of the addresses alone. Inactive agents are ST_NOT_FOUND. */
enum status agents_find_by_address(
	struct txn *txn, const char *address, struct agent *agent_out, struct error *err);
/* By login, or by one of the addresses (canonical, or any spelling of it). Inactive agents are
 * ST_NOT_FOUND. */
enum status agents_find(
	struct txn *txn, const char *login_or_address, struct agent *agent_out, struct error *err);
/* Is it an agent's login or address? */
enum status agents_have(
	struct txn *txn, const char *login_or_address, bool *have_out, struct error *err);

bool agent_in_queue(const struct agent *agent, const char *queue);
/* Is it their login, or one of their addresses? */
bool agent_is(const struct agent *agent, const char *address);
/* Where they are written to: their first address. NULL: nowhere, or no agent. Borrowed. */
const char *agent_address(const struct agent *agent);

/* Says that there is no such agent, and which login is nearest, or that they are inactive.
 * ST_NOT_FOUND. */
enum status agents_missing(struct txn *txn, const char *login, struct error *err);

typedef enum status agent_visit(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err);
enum status agents_each(struct txn *txn, agent_visit *fn, void *arg, struct error *err);

#endif
