/* --format: a line of text per ticket, with its fields in braces. */
#ifndef MILTICKET_FORMAT_H
#define MILTICKET_FORMAT_H

#include "cli.h"

/* False: said which {name} there is not. */
bool format_check(struct cli *cli, const char *format);
/* Is it a field that a format may have in braces? */
bool format_known(const char *name);
/* All of them: const char *, static, and a NULL. */
void format_names(GPtrArray *names_out);
/* Its text for a ticket; NULL: unknown. Owned. */
char *format_value(const struct cli *cli, const struct ticket *ticket, const char *name);
/* The same for a person, if one is looking: times are theirs. */
char *format_shown(const struct cli *cli, const struct ticket *ticket, const char *name);
/* Prints it; a field that is unknown is empty. */
void format_print(const struct cli *cli, const char *format, const struct ticket *ticket);

#endif
