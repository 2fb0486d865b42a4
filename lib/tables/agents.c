/* Agents on disk, with the index of their addresses. */
#include "tables/agents.h"

#include <string.h>

#include "base/address.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/tongue.h"
#include "model/names.h"

bool agent_in_queue(const struct agent *agent, const char *queue)
{
	return queue && text_list_has(agent->queues, queue);
}

bool agent_is(const struct agent *agent, const char *address)
{
	return g_strcmp0(agent->login, address) == 0 || text_list_has(agent->addresses, address);
}

const char *agent_address(const struct agent *agent)
{
	return agent && agent->addresses ? agent->addresses[0] : NULL;
}

static void agent_key(struct key *key, const void *agent)
{
	key_init(key);
	key_text(key, ((const struct agent *)agent)->login);
}

/* For one that is damaged. */
static void agent_read_key(struct bytes key, void *record)
{
	struct agent *agent = record;

	if (!agent->login)
		agent->login = g_strndup(key.data, key.len);
}

static char *agent_subject(const void *agent)
{
	return g_strdup_printf(_("agent '%s'"), ((const struct agent *)agent)->login);
}

/* --- their addresses: each leads to the login --- */

static void address_key(struct key *key, const char *address)
{
	key_init(key);
	key_text(key, address);
}

static void agent_index(struct derived *rows, const void *record)
{
	const struct agent *agent = record;
	const struct bytes login = { agent->login, strlen(agent->login) };

	for (char **a = agent->addresses; a && *a; a++) {
		struct key key;

		address_key(&key, *a);
		derived_add(rows, TABLE_AGENT_ADDRESSES, &key, login);
	}
}

static void address_owner(struct bytes key, struct bytes value, void *agent)
{
	(void)key;
	((struct agent *)agent)->login = g_strndup(value.data, value.len);
}

const struct table_type agent_table = {
	.name = "agent",
	.table = TABLE_AGENTS,
	.record = &agent_type,
	.key = agent_key,
	.read_key = agent_read_key,
	.subject = agent_subject,
	.index = agent_index,
	.indexes = { { TABLE_AGENT_ADDRESSES, address_owner } },
	.exported_alone = true,
};

/* The login that has this address; ST_NOT_FOUND. */
static enum status owner_of(
	struct txn *txn, const char *address, char **login_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	address_key(&key, address);
	st = txn_get(txn, TABLE_AGENT_ADDRESSES, key_bytes(&key), &value);
	if (st == ST_OK)
		*login_out = g_strndup(value.data, value.len);
	if (st == ST_OK || st == ST_NOT_FOUND)
		return st;
	return error_set(err, st, _("cannot look up address '%s': %s"), address, txn_reason(txn));
}

static enum status check_free(
	struct txn *txn, const struct agent *agent, const char *address, struct error *err)
{
	g_autofree char *owner = NULL;
	enum status st = owner_of(txn, address, &owner, err);

	if (st == ST_OK && strcmp(owner, agent->login) != 0)
		return error_set(
			err, ST_EXISTS, _("address '%s' is agent %s's already"), address, owner);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- loading and saving --- */

static struct agent agent_of(const char *login)
{
	return (struct agent){ .login = (char *)login };
}

enum status agents_load(
	struct txn *txn, const char *login, struct agent *agent_out, struct error *err)
{
	const struct agent like = agent_of(login);

	return table_load(txn, &agent_table, &like, agent_out, err);
}

enum status agents_save(struct txn *txn, const struct agent *agent, struct error *err)
{
	enum status st = ST_OK;

	if (!agent_login_valid(agent->login))
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is no login: expected 1 to %d of a-z 0-9 . _ - @ +"), agent->login,
			LOGIN_MAX_BYTES);
	for (char **a = agent->addresses; a && *a && st == ST_OK; a++)
		st = check_free(txn, agent, *a, err);
	return st == ST_OK ? table_save(txn, &agent_table, agent, err) : st;
}

enum status agents_remove(struct txn *txn, const char *login, struct error *err)
{
	const struct agent like = agent_of(login);

	return table_remove(txn, &agent_table, &like, err);
}

/* --- finding --- */

static enum status active_only(enum status st, struct agent *agent)
{
	if (st != ST_OK || !agent->inactive)
		return st;
	record_release(&agent_type, agent);
	return ST_NOT_FOUND;
}

enum status agents_find_by_address(
	struct txn *txn, const char *address, struct agent *agent_out, struct error *err)
{
	g_autofree char *canonical = NULL, *login = NULL;
	enum status st;

	if (address_canonical(address, &canonical) != ST_OK)
		return ST_NOT_FOUND;
	st = owner_of(txn, canonical, &login, err);
	if (st != ST_OK)
		return st;
	return active_only(agents_load(txn, login, agent_out, err), agent_out);
}

enum status agents_find(
	struct txn *txn, const char *login_or_address, struct agent *agent_out, struct error *err)
{
	g_autofree char *login = g_ascii_strdown(login_or_address, -1);
	enum status st = agent_login_valid(login) ? agents_load(txn, login, agent_out, err)
						  : ST_NOT_FOUND;

	if (st == ST_NOT_FOUND)
		return agents_find_by_address(txn, login_or_address, agent_out, err);
	return active_only(st, agent_out);
}

enum status agents_have(
	struct txn *txn, const char *login_or_address, bool *have_out, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agents_find(txn, login_or_address, &agent, err);

	record_release(&agent_type, &agent);
	if (st == ST_OK || st == ST_NOT_FOUND)
		*have_out = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

struct agent_visitor {
	agent_visit *fn;
	void *arg;
};

static enum status agent_visit_record(
	struct txn *txn, const void *agent, void *arg, struct error *err)
{
	const struct agent_visitor *visitor = arg;

	return visitor->fn(txn, agent, visitor->arg, err);
}

enum status agents_each(struct txn *txn, agent_visit *fn, void *arg, struct error *err)
{
	struct agent_visitor visitor = { fn, arg };
	const struct table_walk walk = {
		.type = &agent_table,
		.fn = agent_visit_record,
		.arg = &visitor,
	};

	return table_each(txn, &walk, err);
}

/* --- what is not there --- */

static enum status agent_keep_name(
	struct txn *txn, const struct agent *agent, void *arg, struct error *err)
{
	(void)txn;
	(void)err;
	g_ptr_array_add(arg, g_strdup(agent->login));
	return ST_OK;
}

static enum status agents_is_inactive(
	struct txn *txn, const char *login, bool *inactive_out, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agent_login_valid(login) ? agents_load(txn, login, &agent, err)
						  : ST_NOT_FOUND;

	*inactive_out = st == ST_OK && agent.inactive;
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status agents_name_nearest(struct txn *txn, const char *login, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	enum status st = agents_each(txn, agent_keep_name, names, err);
	const char *nearest;

	if (st != ST_OK)
		return st;
	g_ptr_array_add(names, NULL);
	nearest = nearest_begun(login, (const char *const *)names->pdata);
	if (!nearest)
		return error_set(err, ST_NOT_FOUND, _("there is no agent '%s'"), login);
	return error_set(
		err, ST_NOT_FOUND, _("there is no agent '%s'; did you mean '%s'?"), login, nearest);
}

enum status agents_missing(struct txn *txn, const char *login, struct error *err)
{
	bool inactive = false;
	enum status st = agents_is_inactive(txn, login, &inactive, err);

	if (st == ST_OK && inactive)
		return error_set(err, ST_NOT_FOUND, _("agent '%s' is inactive"), login);
	return st == ST_OK ? agents_name_nearest(txn, login, err) : st;
}
