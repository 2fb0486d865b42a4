/* See wanted.h. */
#include "tables/wanted.h"

#include <string.h>

#include "base/address.h"
#include "tables/agents.h"
#include "tables/answers.h"
#include "tables/outbox.h"
#include "tables/queues.h"
#include "tables/tickets-index.h"

static void wanted_row(struct wants *wants, const struct table_type *type, const void *like)
{
	struct key key;

	type->key(&key, like);
	want_row(wants, WANT_ROW, type->table, &key);
}

static void wanted_hash(
	struct wants *wants, enum want_kind kind, enum store_table table, const char *text)
{
	struct key key;

	key_init(&key);
	key_hash(&key, text, strlen(text));
	want_row(wants, kind, table, &key);
}

void wanted_ticket(struct wants *wants, uint64_t number)
{
	struct key key;

	ticket_key(&key, number);
	want_row(wants, WANT_TICKET, TABLE_TICKETS, &key);
}

void wanted_id(struct wants *wants, const char *message_id)
{
	wanted_hash(wants, WANT_ID, TABLE_IDS, message_id);
}

void wanted_digest(struct wants *wants, const char *digest)
{
	wanted_hash(wants, WANT_ROW, TABLE_DIGESTS, digest);
}

void wanted_queue(struct wants *wants, const char *name)
{
	const struct queue like = { .name = (char *)name };

	wanted_row(wants, &queue_table, &like);
}

static void wanted_address(struct wants *wants, const char *address)
{
	struct key key;

	key_init(&key);
	key_text(&key, address);
	want_row(wants, WANT_ADDRESS, TABLE_AGENT_ADDRESSES, &key);
}

void wanted_agent(struct wants *wants, const char *login_or_address)
{
	g_autofree char *login = g_ascii_strdown(login_or_address, -1), *canonical = NULL;
	const struct agent like = { .login = login };

	wanted_row(wants, &agent_table, &like);
	if (address_canonical(login_or_address, &canonical) == ST_OK)
		wanted_address(wants, canonical);
}

void wanted_answer(struct wants *wants, const char *address, int64_t now)
{
	struct key key;

	outbox_count_key(&key, address, now);
	want_row(wants, WANT_ROW, TABLE_ANSWERED, &key);
	answers_key(&key);
	want_row(wants, WANT_ROW, TABLE_META, &key);
	want_number(wants, "outgoing");
}

void wanted_number(struct wants *wants, const struct numbering *numbering)
{
	g_autofree char *name = tickets_number_name(numbering);

	want_number(wants, name);
}
