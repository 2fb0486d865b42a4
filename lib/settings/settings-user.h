/* A person's own ticket.conf: how their lists look, and queries by name. */
#ifndef MILTICKET_SETTINGS_USER_H
#define MILTICKET_SETTINGS_USER_H

#include <glib.h>
#include <stdbool.h>

#include "base/status.h"

struct user_query {
	char *name, *text;
};

struct user_settings {
	char **columns;     /* list.columns; NULL: not given */
	char *sort;         /* list.sort; NULL */
	bool reverse;       /* list.reverse */
	GPtrArray *queries; /* struct user_query *, of names that are valid, each once */
};

/* $XDG_CONFIG_HOME/milticket/ticket.conf. Owned. */
char *user_settings_path(void);

/* A file that is not there says nothing. ST_BAD_INPUT: "FILE:LINE: KEY: …"; ST_IO. Owned. */
enum status user_settings_load(
	const char *path, struct user_settings **settings_out, struct error *err);
void user_settings_free(struct user_settings *settings);

/* Puts the query into the file, which is made if need be, or takes it out (text NULL; ST_NOT_FOUND
 * when it is not there). All else in the file stays as it is written: these stand at its end,
 * between marks. ST_REFUSED: queries were written by hand, and are for their writer to change. */
enum status user_query_save(
	const char *path, const char *name, const char *text, struct error *err);

#endif
