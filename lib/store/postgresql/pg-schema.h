/* Tables, constraints, indexes and views in the database, made of the shapes of rows. A program
 * adds what it has and the database lacks: new tables, columns, names (expand); nothing is taken
 * away but by a numbered step, once no program of before runs (contract). Programs of several
 * versions work on one database meanwhile.
 *
 * milticket          tables; nobody's but the program's
 * milticket.schema   which steps and which programs' columns there are
 * milticket_report   views for people with SQL, for the role of that name: no secrets, no texts */
#ifndef MILTICKET_PG_SCHEMA_H
#define MILTICKET_PG_SCHEMA_H

#include "store/postgresql/pg-link.h"

/* Of the numbered steps. A database with more of them is a newer program's. */
enum { PG_SCHEMA_VERSION = 1 };

/* Brings the database to this program's, in one transaction, one program at a time. ST_NOT_FOUND:
 * there is nothing, and make is false. ST_REFUSED: it is a newer program's, another's, or we have
 * no right to change it. */
enum status pg_schema_ensure(struct pg_link *link, bool make, struct error *err);

#endif
