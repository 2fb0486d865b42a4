/* --format: a line of text per ticket, with its fields in braces. */
#ifndef MILTICKET_FORMAT_H
#define MILTICKET_FORMAT_H

#include "cli.h"

/* False: said which {name} there is not. */
bool format_check(struct cli *cli, const char *format);
/* Prints it; a field that is unknown is empty. */
void format_print(const struct cli *cli, const char *format, const struct ticket *ticket);

#endif
