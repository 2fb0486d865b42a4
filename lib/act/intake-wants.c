/* See intake-wants.h. What an ordinary message reads is told: who it is, what it answers, the queue
 * it is for, and its answer. The rest is read when it is asked for. */
#include "act/intake-wants.h"

#include "base/address.h"
#include "mail/message.h"
#include "settings/settings.h"
#include "tables/wanted.h"

enum { WANTED_IDS = 20 };

static void want_people(struct wants *wants, const struct arrival *a)
{
	if (a->authenticated)
		wanted_agent(wants, a->authenticated);
	if (a->sender)
		wanted_agent(wants, a->sender);
	for (size_t i = 0; i < a->from.n; i++)
		wanted_agent(wants, a->from.v[i].address);
	for (size_t i = 0; i < a->from.n; i++)
		wanted_answer(wants, a->from.v[i].address, a->now);
	for (size_t i = 0; i < a->reply_to.n; i++)
		wanted_answer(wants, a->reply_to.v[i].address, a->now);
}

static void want_ids(struct wants *wants, const char *const *ids)
{
	for (int i = 0; ids && ids[i] && i < WANTED_IDS; i++)
		wanted_id(wants, ids[i]);
}

static void want_threads(struct wants *wants, const struct arrival *a)
{
	const char *id = arrival_id(a);

	if (id)
		wanted_id(wants, id);
	if (a->digest)
		wanted_digest(wants, a->digest);
	want_ids(wants, a->answered);
	want_ids(wants, message_references(a->message));
	for (size_t i = 0; i < a->subject.tags.n; i++)
		wanted_ticket(wants, a->subject.tags.v[i]);
}

static void want_queue(struct wants *wants, const struct arrival *a, const char *recipient)
{
	g_autofree char *canonical = NULL;
	const struct account *account = NULL;

	if (address_canonical(recipient, &canonical) == ST_OK)
		account = settings_account(a->settings, canonical, NULL);
	if (account)
		wanted_queue(wants, account->queue);
}

static void want_arrival(struct wants *wants, const struct arrival *a)
{
	const struct numbering numbering = { (int)a->settings->numbers.scheme,
		(uint64_t)a->settings->numbers.first, a->now };

	want_people(wants, a);
	want_threads(wants, a);
	for (const char *const *r = a->envelope->recipients; *r; r++)
		want_queue(wants, a, *r);
	wanted_number(wants, &numbering);
}

enum status intake_write(struct store *store, const struct arrival *arrivals, size_t n,
	store_fn *fn, void *arg, struct error *err)
{
	struct wants wants;
	enum status st;

	if (!store_reads_ahead(store))
		return store_write(store, fn, arg, err);
	wants_init(&wants);
	wants.since = n ? arrivals[0].since : 0;
	for (size_t i = 0; i < n; i++)
		want_arrival(&wants, &arrivals[i]);
	st = store_write_wanting(store, &wants, fn, arg, err);
	wants_release(&wants);
	return st;
}
