/* Numbers given after the backup was made. */
#include "keep/restored.h"

#include <string.h>

#include "archive/archive.h"
#include "base/text.h"
#include "tables/history.h"
#include "tables/tickets.h"

struct skipping {
	const struct restored *restored;
	struct given given; /* by the store that was there before */
	int64_t last_event; /* when the last thing was recorded that the store knows of */
	uint64_t unknown;   /* mails of the archive that came later */
};

static enum status restored_read_given(struct txn *txn, void *arg, struct error *err)
{
	struct skipping *s = arg;

	return tickets_last_given(txn, s->restored->now, &s->given, err);
}

/* What was replaced may be what was damaged: then it tells nothing. */
static bool ask_store_before(struct skipping *s)
{
	const struct store_options options = { .path = s->restored->kept,
		.map_size = 64 << 20,
		.read_only = true,
		.as_it_is = true,
		.look = LOOK_AT_ROOTS,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1 };
	struct store *before = NULL;
	bool told = s->restored->kept && store_open(&options, &before, NULL) == ST_OK &&
		store_read(before, restored_read_given, s, NULL) == ST_OK;

	store_close(before);
	return told;
}

static enum status restored_see_event(
	struct txn *txn, const struct event *event, void *arg, struct error *err)
{
	struct skipping *s = arg;

	(void)txn;
	(void)err;
	s->last_event = event->time;
	return ST_OK;
}

static enum status restored_find_end(struct txn *txn, void *arg, struct error *err)
{
	return history_tail(txn, 1, restored_see_event, arg, err);
}

static bool restored_count(const char *name, int64_t modified, void *arg)
{
	struct skipping *s = arg;

	(void)name;
	s->unknown += modified + TEXT_SECOND > s->last_event;
	return true;
}

/* A mail is in the archive before it is recorded. */
static bool ask_archive(struct store *store, struct skipping *s)
{
	const char *archive = s->restored->archive;

	return archive && store_read(store, restored_find_end, s, NULL) == ST_OK &&
		archive_walk(archive, restored_count, s, NULL) == ST_OK;
}

static enum status restored_write(struct txn *txn, void *arg, struct error *err)
{
	struct skipping *s = arg;
	const struct restored *r = s->restored;
	enum status st = tickets_skip_given(txn, r->now, &s->given, s->unknown, r->above, err);

	return st == ST_OK ? tickets_last_given(txn, r->now, &s->given, err) : st;
}

enum status restored_skip(struct store *store, const struct restored *restored, bool *sure_out,
	uint64_t *last_out, struct error *err)
{
	struct skipping s = { .restored = restored };
	bool sure = ask_store_before(&s) || ask_archive(store, &s) || restored->above;
	enum status st = store_write(store, restored_write, &s, err);

	if (st != ST_OK)
		return st;
	*sure_out = sure;
	*last_out = s.given.sequential;
	return ST_OK;
}
