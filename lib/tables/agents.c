/* Agents on disk, with the index of their addresses. */
#include "tables/agents.h"

#include <string.h>

#include "base/address.h"
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

static void text_key(struct key *key, const char *text)
{
	key_init(key);
	key_text(key, text);
}

static enum status agents_failed(
	struct txn *txn, enum status st, const char *what, const char *login, struct error *err)
{
	if (st == ST_OK || st == ST_NOT_FOUND)
		return st;
	return error_set(err, st, _("cannot %s agent '%s': %s"), what, login, txn_reason(txn));
}

enum status agents_load(
	struct txn *txn, const char *login, struct agent *agent_out, struct error *err)
{
	struct bytes value;
	struct key key;
	enum status st;

	text_key(&key, login);
	st = txn_get(txn, TABLE_AGENTS, key_bytes(&key), &value);
	if (st != ST_OK)
		return agents_failed(txn, st, _("read"), login, err);
	return record_decode(&agent_type, value, agent_out, err) == ST_OK ? ST_OK : ST_IO;
}

/* --- addresses --- */

/* The login that has this address; ST_NOT_FOUND. */
static enum status owner_of(struct txn *txn, const char *address, char **login_out)
{
	struct bytes value;
	struct key key;
	enum status st;

	text_key(&key, address);
	st = txn_get(txn, TABLE_AGENT_ADDRESSES, key_bytes(&key), &value);
	if (st == ST_OK)
		*login_out = g_strndup(value.data, value.len);
	return st;
}

static enum status agents_claim(
	struct txn *txn, const struct agent *agent, const char *address, struct error *err)
{
	g_autofree char *owner = NULL;
	struct key key;
	enum status st = owner_of(txn, address, &owner);

	if (st == ST_OK && strcmp(owner, agent->login) != 0)
		return error_set(
			err, ST_EXISTS, _("address '%s' is agent %s's already"), address, owner);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	text_key(&key, address);
	return txn_put(txn, TABLE_AGENT_ADDRESSES, key_bytes(&key),
		(struct bytes){ agent->login, strlen(agent->login) });
}

static enum status release_addresses(struct txn *txn, const char *login, struct error *err)
{
	struct agent agent = { 0 };
	enum status st = agents_load(txn, login, &agent, err);

	for (char **a = agent.addresses; a && *a && st == ST_OK; a++) {
		struct key key;

		text_key(&key, *a);
		st = txn_delete(txn, TABLE_AGENT_ADDRESSES, key_bytes(&key));
		if (st == ST_NOT_FOUND)
			st = ST_OK;
	}
	record_release(&agent_type, &agent);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* --- saving --- */

static enum status agents_put_agent(struct txn *txn, const struct agent *agent)
{
	g_autoptr(GByteArray) value = g_byte_array_new();
	struct key key;

	text_key(&key, agent->login);
	record_encode(&agent_type, agent, value);
	return txn_put(
		txn, TABLE_AGENTS, key_bytes(&key), (struct bytes){ value->data, value->len });
}

enum status agents_save(struct txn *txn, const struct agent *agent, struct error *err)
{
	enum status st;

	if (!agent_login_valid(agent->login))
		return error_set(err, ST_BAD_INPUT,
			_("'%s' is no login: expected 1 to %d of a-z 0-9 . _ - @ +"), agent->login,
			LOGIN_MAX_BYTES);
	st = release_addresses(txn, agent->login, err);
	for (char **a = agent->addresses; a && *a && st == ST_OK; a++)
		st = agents_claim(txn, agent, *a, err);
	if (st == ST_EXISTS)
		return st;
	if (st == ST_OK)
		st = agents_put_agent(txn, agent);
	return agents_failed(txn, st, _("write"), agent->login, err);
}

enum status agents_remove(struct txn *txn, const char *login, struct error *err)
{
	struct key key;
	enum status st = release_addresses(txn, login, err);

	text_key(&key, login);
	if (st == ST_OK)
		st = txn_delete(txn, TABLE_AGENTS, key_bytes(&key));
	return agents_failed(txn, st, _("remove"), login, err);
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
	st = owner_of(txn, canonical, &login);
	if (st != ST_OK)
		return agents_failed(txn, st, _("look up"), canonical, err);
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

enum status agents_each(struct txn *txn, agent_visit *fn, void *arg, struct error *err)
{
	const struct bytes all = { NULL, 0 };
	struct scan scan;
	enum status st;

	for (st = scan_first(&scan, txn, TABLE_AGENTS, all, all, false); st == ST_OK;
		st = scan_next(&scan)) {
		struct agent agent = { 0 };

		st = record_decode(&agent_type, scan.value, &agent, err) == ST_OK
			? fn(txn, &agent, arg, err)
			: ST_IO;
		record_release(&agent_type, &agent);
		if (st != ST_OK)
			break;
	}
	scan_release(&scan);
	return st == ST_NOT_FOUND ? ST_OK : st;
}
