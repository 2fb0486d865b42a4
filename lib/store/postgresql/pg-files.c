/* Archived mails as rows, in pieces: of one that goes in or comes out, a piece is in memory, and
 * one in libpq. */
#include "store/postgresql/pg-store.h"

#include "base/tongue.h"

/* Half a megabyte waits at most for the server while the next is made. */
enum { PIECE_BYTES = 256 * 1024, NAMES_AT_ONCE = 1000 };

static enum status files_failed(
	const struct pg_link *link, const char *name, enum status st, struct error *err)
{
	return error_set(err, st, _("cannot keep or find mail '%s' in store '%s': %s"), name,
		link->server->shown, link->reason);
}

static enum status files_link(struct store *store, struct pg_link **link_out, struct error *err)
{
	struct pg_store *pg = pg_of(store);

	return pg_pool_take(pg->pool, pg_server_deadline(&pg->server), link_out, err);
}

/* --- in --- */

struct files_put {
	struct pg_link *link;
	const char *name;
	uint64_t size;
	unsigned pieces;
	bool there; /* one of that name is; it is the same */
};

static enum status files_begin(struct files_put *put)
{
	const char *const values[] = { put->name };
	PGresult *made = NULL;
	enum status st = pg_link_run(put->link, "begin", NULL);

	/* Another host that has the same mail now is waited for. */
	if (st == ST_OK)
		st = pg_link_ask(put->link,
			"insert into milticket.archive (name, size) values ($1, 0)"
			" on conflict do nothing returning 1",
			values, 1, &made);
	put->there = st == ST_OK && pq.ntuples(made) == 0;
	pq.clear(made);
	return st;
}

static enum status files_send(struct files_put *put, const void *data, size_t len)
{
	uint32_t number = GUINT32_TO_BE(put->pieces);
	const char *const values[] = { put->name, (const char *)&number, data };
	const int lengths[] = { 0, sizeof number, (int)len }, formats[] = { 0, 1, 1 };

	put->pieces++;
	put->size += len;
	return pg_link_fetch(put->link,
		"insert into milticket.archive_chunks (name, seq, data) values ($1, $2::int4, $3)",
		&(const struct pg_values){ values, lengths, formats, G_N_ELEMENTS(values) }, NULL);
}

static enum status files_send_all(
	struct files_put *put, store_pieces_fn *next, void *arg, struct error *err)
{
	struct bytes piece = { NULL, 0 };
	enum status st;

	while ((st = next(arg, &piece, err)) == ST_OK && piece.len)
		for (size_t at = 0; st == ST_OK && at < piece.len; at += PIECE_BYTES) {
			st = files_send(put, (const char *)piece.data + at,
				MIN(piece.len - at, (size_t)PIECE_BYTES));
			if (st != ST_OK)
				return files_failed(put->link, put->name, st, err);
		}
	return st;
}

static enum status files_commit(struct files_put *put, struct error *err)
{
	g_autofree char *size = g_strdup_printf("%" PRIu64, put->size);
	const char *const values[] = { put->name, size };
	enum status st = pg_link_ask(put->link,
		"update milticket.archive set size = $2::bigint where name = $1", values,
		G_N_ELEMENTS(values), NULL);

	put->link->unknown = false;
	if (st == ST_OK)
		st = pg_link_run(put->link, "commit", NULL);
	/* Not on a quorum, as far as is known: it is put again, or was there. */
	if (st == ST_OK && put->link->unknown) {
		g_strlcpy(put->link->reason, _("the other servers did not answer in time"),
			sizeof put->link->reason);
		st = ST_BUSY;
	}
	return st == ST_OK ? st : files_failed(put->link, put->name, st, err);
}

static enum status files_put(
	struct store *store, const char *name, store_pieces_fn *next, void *arg, struct error *err)
{
	struct files_put put = { .name = name };
	enum status st = files_link(store, &put.link, err);

	if (st != ST_OK)
		return st;
	st = files_begin(&put);
	if (st != ST_OK)
		files_failed(put.link, name, st, err);
	else if (!put.there)
		st = files_send_all(&put, next, arg, err);
	/* What is there already may be so on this server alone: our own commit waits for it. */
	if (st == ST_OK && put.there)
		st = pg_link_run(
			put.link, "select pg_logical_emit_message(true, 'milticket', '')", NULL);
	if (st == ST_OK && put.there)
		st = pg_link_run(put.link, "commit", NULL);
	else if (st == ST_OK)
		st = files_commit(&put, err);
	if (st != ST_OK && !put.link->broken)
		pg_link_run(put.link, "rollback", NULL);
	pg_pool_give(pg_of(store)->pool, put.link);
	return st;
}

/* --- out --- */

/* A piece at a time; NULL: there are no more. */
static enum status files_piece(
	struct pg_link *link, const char *name, uint32_t number, PGresult **piece_out)
{
	uint32_t order = GUINT32_TO_BE(number);
	const char *const values[] = { name, (const char *)&order };
	const int lengths[] = { 0, sizeof order }, formats[] = { 0, 1 };

	return pg_link_fetch(link,
		"select data from milticket.archive_chunks where name = $1 and seq = $2::int4",
		&(const struct pg_values){ values, lengths, formats, G_N_ELEMENTS(values) },
		piece_out);
}

static enum status files_get_pieces(
	struct pg_link *link, const char *name, store_piece_fn *fn, void *arg, struct error *err)
{
	enum status st = ST_OK;
	bool more = true;

	for (uint32_t i = 0; st == ST_OK && more; i++) {
		PGresult *piece = NULL;

		st = files_piece(link, name, i, &piece);
		if (st != ST_OK)
			files_failed(link, name, st, err);
		more = st == ST_OK && pq.ntuples(piece) == 1;
		if (more)
			st = fn((struct bytes){ pq.getvalue(piece, 0, 0),
					(size_t)pq.getlength(piece, 0, 0) },
				arg, err);
		pq.clear(piece);
	}
	return st;
}

static enum status files_is_there(
	struct pg_link *link, const char *name, bool *there_out, struct error *err)
{
	const char *const values[] = { name };
	PGresult *found = NULL;
	enum status st = pg_link_ask(
		link, "select from milticket.archive where name = $1", values, 1, &found);

	*there_out = st == ST_OK && pq.ntuples(found) == 1;
	pq.clear(found);
	return st == ST_OK ? st : files_failed(link, name, st, err);
}

static enum status files_get(
	struct store *store, const char *name, store_piece_fn *fn, void *arg, struct error *err)
{
	struct pg_link *link;
	bool there = false;
	enum status st = files_link(store, &link, err);

	if (st != ST_OK)
		return st;
	st = files_is_there(link, name, &there, err);
	if (st == ST_OK && !there)
		st = error_set(err, ST_NOT_FOUND, _("there is no mail '%s' in store '%s'"), name,
			link->server->shown);
	if (st == ST_OK)
		st = files_get_pieces(link, name, fn, arg, err);
	pg_pool_give(pg_of(store)->pool, link);
	return st;
}

/* --- the rest --- */

/* ST_NOT_FOUND when it was about nothing. *count_out may be NULL. */
static enum status files_change(struct store *store, const char *sql, const char *const *values,
	int n, uint64_t *count_out, struct error *err)
{
	struct pg_link *link;
	PGresult *done = NULL;
	uint64_t count = 0;
	enum status st = files_link(store, &link, err);

	if (st != ST_OK)
		return st;
	st = pg_link_ask(link, sql, values, n, &done);
	if (st == ST_OK)
		count = g_ascii_strtoull(pq.cmdTuples(done), NULL, 10);
	else
		files_failed(link, values[0], st, err);
	if (st == ST_OK && count == 0)
		st = error_set(err, ST_NOT_FOUND, _("there is no mail '%s' in store '%s'"),
			values[0], link->server->shown);
	pq.clear(done);
	pg_pool_give(pg_of(store)->pool, link);
	if (count_out)
		*count_out = count;
	return st;
}

static enum status files_remove(struct store *store, const char *name, struct error *err)
{
	const char *const values[] = { name };

	return files_change(
		store, "delete from milticket.archive where name = $1", values, 1, NULL, err);
}

/* Of two of one name the newer stays. */
static enum status files_rename(
	struct store *store, const char *from, const char *to, struct error *err)
{
	const char *const values[] = { from, to };

	files_remove(store, to, NULL);
	return files_change(store, "update milticket.archive set name = $2 where name = $1", values,
		G_N_ELEMENTS(values), NULL, err);
}

static enum status files_remove_before(
	struct store *store, const char *name, uint64_t max, uint64_t *count_out, struct error *err)
{
	g_autofree char *most = g_strdup_printf("%" PRIu64, max);
	const char *const values[] = { name, most };
	enum status st = files_change(store,
		"delete from milticket.archive where name in (select name from milticket.archive"
		" where name >= '0' and name < ':' and name < $1 order by name limit $2::bigint)",
		values, G_N_ELEMENTS(values), count_out, err);

	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status files_page(
	struct pg_link *link, const char *after, PGresult **page_out, struct error *err)
{
	g_autofree char *limit = g_strdup_printf("%d", NAMES_AT_ONCE);
	const char *const values[] = { after, limit };
	enum status st = pg_link_ask(link,
		"select name, (extract(epoch from stored) * 1000000)::bigint"
		" from milticket.archive where name > $1 and name like '%.eml'"
		" order by name limit $2::bigint",
		values, G_N_ELEMENTS(values), page_out);

	return st == ST_OK ? st : files_failed(link, after, st, err);
}

/* False: it is stopped. */
static bool files_show(const PGresult *page, store_file_visit *fn, void *arg)
{
	for (int i = 0; i < pq.ntuples(page); i++)
		if (!fn(pq.getvalue(page, i, 0), g_ascii_strtoll(pq.getvalue(page, i, 1), NULL, 10),
			    arg))
			return false;
	return true;
}

static enum status files_each(
	struct store *store, store_file_visit *fn, void *arg, struct error *err)
{
	g_autofree char *after = g_strdup("");
	struct pg_link *link;
	bool more = true;
	enum status st = files_link(store, &link, err);

	if (st != ST_OK)
		return st;
	while (st == ST_OK && more) {
		PGresult *page = NULL;

		st = files_page(link, after, &page, err);
		more = st == ST_OK && files_show(page, fn, arg) &&
			pq.ntuples(page) == NAMES_AT_ONCE;
		if (more) {
			g_free(after);
			after = g_strdup(pq.getvalue(page, NAMES_AT_ONCE - 1, 0));
		}
		pq.clear(page);
	}
	pg_pool_give(pg_of(store)->pool, link);
	return st;
}

const struct engine_files pg_files = {
	.put = files_put,
	.get = files_get,
	.remove = files_remove,
	.rename = files_rename,
	.each = files_each,
	.remove_before = files_remove_before,
};
