/* Is the database as this program needs it? If not, it is made so. */
#include "store/postgresql/pg-schema.h"

#include <string.h>

#include "base/hash.h"
#include "base/tongue.h"
#include "build-config.h"
#include "store/postgresql/pg-schema-parts.h"

/* Steps that a look at the columns cannot find out: what is taken away, or meant otherwise from
 * then on. Each is run once. Never change one that was released. */
static const struct pg_step {
	const char *what, *sql;
} pg_steps[PG_SCHEMA_VERSION] = {
	{ "the first tables", NULL },
};

/* Whoever may connect can hold an advisory lock: that only as long as there is no table of ours. */
static const char schema_lock[] = "begin read write; lock table milticket.schema in exclusive mode";
static const char schema_first_lock[] =
	"begin read write; select pg_advisory_xact_lock(1836348259)";

/* --- what is there --- */

struct schema_state {
	bool there;  /* milticket.schema is */
	bool known;  /* and this program's columns, tables and views */
	int version; /* of the last step; 0: none */
	char shape[HASH_HEX];
};

/* All that this program would make. */
static void schema_hash(char out[HASH_HEX])
{
	g_autoptr(GString) sql = g_string_new(NULL);
	struct pg_there nothing;
	struct hash hash;

	pg_there_init(&nothing);
	pg_schema_add_tables(sql, &nothing);
	pg_schema_add_views(sql, &nothing);
	pg_there_release(&nothing);
	hash_init(&hash);
	hash_add(&hash, sql->str, sql->len);
	hash_get_hex(&hash, out);
}

static enum status schema_look(struct pg_link *link, struct schema_state *state)
{
	const char *const values[] = { state->shape };
	PGresult *found = NULL;
	enum status st = pg_link_run(
		link, "select to_regclass('milticket.schema') is not null", &found);

	state->there = st == ST_OK && pq.getvalue(found, 0, 0)[0] == 't';
	pq.clear(found);
	found = NULL;
	if (st != ST_OK || !state->there)
		return st;
	st = pg_link_ask(link,
		"select coalesce(max(version), 0), coalesce(bool_or(shape = $1), false)"
		" from milticket.schema",
		values, 1, &found);
	if (st == ST_OK) {
		state->version = (int)strtol(pq.getvalue(found, 0, 0), NULL, 10);
		state->known = pq.getvalue(found, 0, 1)[0] == 't';
	}
	pq.clear(found);
	return st;
}

static enum status schema_columns(struct pg_link *link, struct pg_there *there)
{
	PGresult *found = NULL;
	enum status st = pg_link_run(link,
		"select c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod)"
		" from pg_class c join pg_attribute a on a.attrelid = c.oid"
		" where c.relnamespace = 'milticket'::regnamespace and c.relkind in ('r', 'p')"
		" and a.attnum > 0 and not a.attisdropped",
		&found);

	for (int i = 0; st == ST_OK && i < pq.ntuples(found); i++)
		g_hash_table_insert(there->columns, g_strdup(pq.getvalue(found, i, 0)),
			g_strdup(pq.getvalue(found, i, 1)));
	pq.clear(found);
	return st;
}

static enum status schema_constraints(struct pg_link *link, struct pg_there *there)
{
	PGresult *found = NULL;
	enum status st = pg_link_run(link,
		"select conname, pg_get_constraintdef(oid) from pg_constraint"
		" where connamespace = 'milticket'::regnamespace",
		&found);

	for (int i = 0; st == ST_OK && i < pq.ntuples(found); i++)
		g_hash_table_insert(there->constraints, g_strdup(pq.getvalue(found, i, 0)),
			g_strdup(pq.getvalue(found, i, 1)));
	pq.clear(found);
	return st;
}

static void schema_add_view_column(struct pg_there *there, const char *view, const char *column)
{
	GPtrArray *columns = g_hash_table_lookup(there->views, view);

	if (!columns) {
		columns = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(there->views, g_strdup(view), columns);
	}
	g_ptr_array_add(columns, g_strdup(column));
}

static enum status schema_views(struct pg_link *link, struct pg_there *there)
{
	PGresult *found = NULL;
	enum status st = pg_link_run(link,
		"select c.relname, a.attname"
		" from pg_class c join pg_attribute a on a.attrelid = c.oid"
		" where c.relnamespace = 'milticket_report'::regnamespace and c.relkind = 'v'"
		" and a.attnum > 0 order by c.relname, a.attnum",
		&found);

	for (int i = 0; st == ST_OK && i < pq.ntuples(found); i++)
		schema_add_view_column(there, pq.getvalue(found, i, 0), pq.getvalue(found, i, 1));
	pq.clear(found);
	return st;
}

/* --- making it --- */

static enum status schema_run_steps(struct pg_link *link, const struct schema_state *state)
{
	enum status st = ST_OK;

	for (int i = state->version; i < PG_SCHEMA_VERSION && st == ST_OK; i++)
		if (pg_steps[i].sql)
			st = pg_link_run(link, pg_steps[i].sql, NULL);
	return st;
}

static enum status schema_is_odd(struct pg_link *link, const struct pg_there *there)
{
	g_autofree char *odd = pg_schema_odd_column(there);

	if (!odd)
		return ST_OK;
	g_snprintf(link->reason, sizeof link->reason,
		_("column %s is not of the type that it should be: is it another program's?"), odd);
	return ST_REFUSED;
}

static enum status schema_expand(struct pg_link *link)
{
	g_autoptr(GString) sql = g_string_new(NULL);
	struct pg_there there;
	enum status st;

	pg_there_init(&there);
	st = schema_columns(link, &there);
	if (st == ST_OK)
		st = schema_constraints(link, &there);
	if (st == ST_OK)
		st = schema_views(link, &there);
	if (st == ST_OK)
		st = schema_is_odd(link, &there);
	if (st == ST_OK) {
		pg_schema_add_tables(sql, &there);
		pg_schema_add_views(sql, &there);
		st = pg_link_run(link, sql->str, NULL);
	}
	pg_there_release(&there);
	return st;
}

static enum status schema_record(struct pg_link *link, const struct schema_state *state)
{
	g_autofree char *version = g_strdup_printf("%d", PG_SCHEMA_VERSION);
	const char *const values[] = { version, state->shape, PACKAGE_STRING };

	return pg_link_ask(link,
		"insert into milticket.schema (version, shape, program) values ($1, $2, $3)",
		values, G_N_ELEMENTS(values), NULL);
}

static const char schema_first[] =
	"create schema if not exists milticket;"
	"create schema if not exists milticket_report;"
	"create table if not exists milticket.schema (serial bigint generated always as identity"
	" primary key, version integer not null, shape text not null, program text not null,"
	" applied timestamptz not null default now())";

static enum status schema_newer(struct pg_link *link, const struct schema_state *state)
{
	if (state->version <= PG_SCHEMA_VERSION)
		return ST_OK;
	g_snprintf(link->reason, sizeof link->reason,
		_("schema %d is of a newer milticket, this one knows up to %d"), state->version,
		PG_SCHEMA_VERSION);
	return ST_REFUSED;
}

/* Another program may have been first. */
static enum status schema_make_in(struct pg_link *link, struct schema_state *state)
{
	enum status st = pg_link_run(link, state->there ? schema_lock : schema_first_lock, NULL);

	if (st == ST_OK)
		st = schema_look(link, state);
	if (st == ST_OK)
		st = schema_newer(link, state);
	if (st != ST_OK || state->known)
		return st;
	if (!state->there)
		st = pg_link_run(link, schema_first, NULL);
	if (st == ST_OK)
		st = schema_run_steps(link, state);
	if (st == ST_OK)
		st = schema_expand(link);
	return st == ST_OK ? schema_record(link, state) : st;
}

/* What failed is said, not what undid it. */
static enum status schema_make(struct pg_link *link, struct schema_state *state)
{
	struct error why;
	enum status st = schema_make_in(link, state);

	if (st == ST_OK)
		return pg_link_run(link, "commit", NULL);
	g_strlcpy(why.text, link->reason, sizeof why.text);
	if (!link->broken)
		pg_link_run(link, "rollback", NULL);
	g_strlcpy(link->reason, why.text, sizeof link->reason);
	return st;
}

enum status pg_schema_ensure(struct pg_link *link, bool make, struct error *err)
{
	struct schema_state state = { .there = false };
	enum status st;

	schema_hash(state.shape);
	st = schema_look(link, &state);
	if (st == ST_OK && !state.there && !make)
		return ST_NOT_FOUND;
	if (st == ST_OK)
		st = schema_newer(link, &state);
	if (st == ST_OK && !state.known)
		st = schema_make(link, &state);
	return st == ST_OK ? st : pg_link_error(link, _("open"), st, err);
}
