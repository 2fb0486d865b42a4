/* The whole store as JSON, one object a line, and back. ticket(1) describes the objects. */
#ifndef MILTICKET_STORE_JSON_H
#define MILTICKET_STORE_JSON_H

#include "cli.h"

/* A number by name, for a summary; ends with a NULL name. */
struct json_count {
	const char *name;
	uint64_t value;
};
void json_print_counts(const struct json_count *counts);

/* A line of text, as an object with that member under --json. */
void store_json_or_text(const struct cli *cli, const char *member, const char *line);

/* Prints the tickets of `numbers`, or with none given everything, the secret of token addresses if
 * it is wanted. An exit code. */
int store_json_export(struct cli *cli, const struct numbers *numbers, bool with_secret);
/* Reads what an export printed from a file, or standard input for "-", into a store in which
 * nothing was recorded yet, in one transaction. */
int store_json_import(struct cli *cli, const char *path);

#endif
