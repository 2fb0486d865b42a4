/* Kinds of row whose value is a record. One description drives loading, saving, walking, checking
 * and exporting them, with the index rows that lead to them. A new kind is a description and a
 * row of store/tables.def. */
#ifndef MILTICKET_RECORD_TABLE_H
#define MILTICKET_RECORD_TABLE_H

#include "model/record.h"
#include "store/store.h"

/* Index rows of a record: made of it alone, and collected here. */
struct derived;
void derived_add(
	struct derived *rows, enum store_table table, const struct key *key, struct bytes value);

/* A table of index rows that are all of one type's records. */
struct index_table {
	enum store_table table;
	/* Whose row it is: sets the fields of a zeroed record that its key is made of. */
	void (*owner)(struct bytes key, struct bytes value, void *record);
};

struct table_type {
	const char *name; /* its "type" in an export; static */
	enum store_table table;
	const struct record_type *record;
	void (*key)(struct key *key, const void *record);
	/* Sets what the key tells and the value does not; NULL: the value tells all. */
	void (*read_key)(struct bytes key, void *record);
	/* How error texts call it: "queue 'support'". Owned. */
	char *(*subject)(const void *record);
	/* The rows that lead to it, made of the record alone; NULL: there are none. */
	void (*index)(struct derived *rows, const void *record);
	struct index_table indexes[2]; /* where these are; .owner NULL ends them */
	bool of_every_store;           /* the daemon makes some at its start */
	bool exported_alone;           /* each row is a line of an export that says all of it */
};

/* All of them: each by its name, and NULL-terminated. */
#define RECORDS(id, tree, mark, kind) extern const struct table_type kind##_table;
#include "store/tables.def"
extern const struct table_type *const table_types[];

/* `like` has the fields that the key is made of. ST_NOT_FOUND without a text. */
enum status table_load(struct txn *txn, const struct table_type *type, const void *like,
	void *record_out, struct error *err);
/* Writes a row that is known to be new, without a look, with its index rows. */
enum status table_insert(
	struct txn *txn, const struct table_type *type, const void *record, struct error *err);
/* Makes or replaces a row, and moves its index rows. */
enum status table_save(
	struct txn *txn, const struct table_type *type, const void *record, struct error *err);
/* Removes it with its index rows; ST_NOT_FOUND. */
enum status table_remove(
	struct txn *txn, const struct table_type *type, const void *like, struct error *err);
/* Is it there? Never answers for a store that cannot be read. */
enum status table_has(struct txn *txn, const struct table_type *type, const void *like,
	bool *there_out, struct error *err);

/* fn returns ST_OK to go on, ST_NOT_FOUND to stop; anything else stops and is returned. The record
 * is borrowed. */
typedef enum status record_visit(struct txn *txn, const void *record, void *arg, struct error *err);
struct table_walk {
	const struct table_type *type;
	struct bytes prefix, from; /* as of scan_first(); empty: all */
	record_visit *fn;
	void *arg;
};
/* Each row of it, in the order of the keys. */
enum status table_each(struct txn *txn, const struct table_walk *walk, struct error *err);

/* A stored row as a record, which must be zeroed; ST_BAD_INPUT when it is damaged. */
enum status table_decode(const struct table_type *type, struct bytes key, struct bytes value,
	void *record_out, struct error *err);

/* For repairs: *sound_out false when it is not there, or damaged. The record is the caller's to
 * release either way. */
enum status table_load_sound(struct txn *txn, const struct table_type *type, const void *like,
	void *record_out, bool *sound_out);

/* Is there a row of that key? */
enum status row_present(struct txn *txn, enum store_table table, struct bytes key, bool *there_out);

/* For the check: are all index rows of a record there, as they should be? */
enum status table_indexes_present(
	struct txn *txn, const struct table_type *type, const void *record, bool *all_out);
/* Writes those that are missing; takes none from another record. */
enum status table_indexes_write(struct txn *txn, const struct table_type *type, const void *record);
/* Is that row one of the record's? */
bool table_has_index(const struct table_type *type, const void *record, enum store_table table,
	struct bytes key, struct bytes value);

#endif
