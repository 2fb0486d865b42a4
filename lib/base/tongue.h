/* What a person reads is marked for translation: _("…") where it is used, N_("…") in a table whose
 * reader calls _() on it, ngettext("one", "many", n) where there is a number. What a machine reads
 * stays as it is: event lines of the log, JSON names, headers, SMTP replies, words of commands and
 * of the configuration.
 *
 * A marked text is one literal, and a 64-bit number in it is PRIu64 or PRId64: xgettext understands
 * no other macro. `make pot` collects the texts. */
#ifndef MILTICKET_TONGUE_H
#define MILTICKET_TONGUE_H

#include <inttypes.h>
#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text

/* For the programs alone, at their beginning: says where the translations are. The language is
 * that of LC_MESSAGES, which the program sets; one that does not speaks English. LC_NUMERIC and
 * LC_TIME are never set: numbers and dates that machines read would change with them. */
void tongue_begin(void);

#endif
