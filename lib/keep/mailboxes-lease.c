/* One owner a path, where hosts share a store. */
#include "keep/mailboxes-parts.h"

#include <unistd.h>

#include "base/text.h"
#include "base/tongue.h"
#include "tables/leases.h"

/* It is asked for long before it is over: a server may be away for a while. */
enum { LEASE_SECONDS = 30, LEASE_AGAIN_SECONDS = 5, HOST_BYTES = 256 };

/* The same after a restart: of a host's daemons one has the store's directory (store-lock.h). */
static char *lease_holder(const struct trees *m)
{
	char host[HOST_BYTES] = "";

	gethostname(host, sizeof host - 1);
	return g_strconcat(host, ":", m->settings->store.path, NULL);
}

char *lease_name(const char *box)
{
	return g_strconcat("mailboxes ", box, NULL);
}

static enum status lease_take_txn(struct txn *txn, void *arg, struct error *err)
{
	struct lease_wish *wish = arg, tried = *wish;
	enum status st = lease_take(txn, &tried, err);

	if (st == ST_OK)
		wish->token = tried.token;
	return st;
}

/* Another's, as it was last seen, and since when, by the monotonic clock. Of the process: who does
 * not get it begins anew. */
static struct {
	int64_t until, since;
} lease_seen;

/* Who has it takes it anew all the time. When nobody has for as long as it lasts, nobody has it,
 * whatever clock it was taken by. */
static bool lease_is_left(const struct lease *lease)
{
	int64_t now = g_get_monotonic_time();

	if (lease_seen.until != lease->until) {
		lease_seen.until = lease->until;
		lease_seen.since = now;
	}
	return now - lease_seen.since > LEASE_SECONDS * G_TIME_SPAN_SECOND;
}

/* Who waits for it does not write. */
static enum status lease_look_txn(struct txn *txn, void *arg, struct error *err)
{
	struct lease_wish *wish = arg;
	struct lease lease = { 0 };
	enum status st = lease_load(txn, wish->name, &lease, err);

	if (st == ST_OK && lease.until > wish->now && lease_is_left(&lease))
		wish->now = lease.until;
	if (st == ST_OK && lease.until > wish->now && g_strcmp0(lease.holder, wish->holder) != 0)
		st = error_set(err, ST_EXISTS, _("they are kept by %s"), lease.holder);
	lease_release(&lease);
	return st;
}

static enum status lease_ask(struct trees *m, struct lease_wish *wish, struct error *err)
{
	enum status st = m->lease ? ST_OK : store_read(m->store, lease_look_txn, wish, err);

	wish->token = m->lease;
	if (st == ST_OK)
		st = store_write(m->store, lease_take_txn, wish, err);
	if (st == ST_OK)
		m->lease = wish->token;
	return st;
}

static bool lease_lasts(const struct trees *m, int64_t seconds)
{
	return m->lease && g_get_monotonic_time() < m->leased + seconds * G_TIME_SPAN_SECOND;
}

enum status lease_keep(struct trees *m, struct error *err)
{
	g_autofree char *name = NULL, *holder = NULL;
	int64_t asked = g_get_monotonic_time(), now;
	struct lease_wish wish;
	enum status st;

	if (!store_shared(m->store) || lease_lasts(m, LEASE_AGAIN_SECONDS))
		return ST_OK;
	name = lease_name(m->box);
	holder = lease_holder(m);
	now = g_get_real_time();
	wish = (struct lease_wish){ name, holder, now, now + (int64_t)LEASE_SECONDS * TEXT_SECOND,
		0 };
	st = lease_ask(m, &wish, err);
	if (st == ST_OK)
		m->leased = asked;
	return st;
}

struct lease_end {
	const char *name;
	uint64_t token;
};

static enum status lease_end_txn(struct txn *txn, void *arg, struct error *err)
{
	const struct lease_end *end = arg;

	return lease_give_back(txn, end->name, end->token, err);
}

void lease_end(struct trees *m)
{
	g_autofree char *name = lease_name(m->box);
	struct lease_end end = { name, m->lease };
	struct error err;

	/* It runs out all the same, if the server is away. */
	if (m->lease && !store_is_away(m->store))
		store_write(m->store, lease_end_txn, &end, &err);
	m->lease = 0;
}
