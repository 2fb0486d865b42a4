/* Reasons, noted by the steps of a decision as they are taken, for who asks why. */
#ifndef MILTICKET_WHY_H
#define MILTICKET_WHY_H

#include <glib.h>

/* Adds a line; nothing where nobody asks (NULL). why: char *, owned by the array. */
void why_add(GPtrArray *why, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

#endif
