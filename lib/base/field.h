/* Header fields in memory (RFC 5322 section 2.2): a name, a colon, and a value that goes on in the
 * lines after it that begin with a blank. */
#ifndef MILTICKET_FIELD_H
#define MILTICKET_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* The length of a field's name at p: visible ASCII with a colon after it, or blanks and a colon as
 * old mail has them (section 4.5). 0: no field begins there. */
size_t field_name_length(const char *p, const char *end);
/* The same without the blanks: what no two readers take for different names. */
size_t field_name_strict(const char *p, const char *end);

/* The end of the field that begins at p: past the first line end that no blank or tab follows, or
 * `end`. */
const char *field_end(const char *p, const char *end);

/* Its value as one line: NULs, leading white space and line breaks before a blank, which are folds,
 * go; other line breaks are blanks. `fold`, if it is not NUL, stands for each fold. out has room
 * for len + 1 bytes. Gives the length. */
size_t field_unfold(const char *value, size_t len, char fold, char *out);
/* The same without folds. Owned. */
char *field_unfolded(const char *value, size_t len);

#endif
