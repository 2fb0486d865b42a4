/* Says in words what libconfig calls a syntax error. For settings.c only. */
#ifndef MILTICKET_SETTINGS_SYNTAX_H
#define MILTICKET_SETTINGS_SYNTAX_H

#include <stdbool.h>

#include "base/status.h"

/* The first thing in the file that is no libconfig, as "FILE:LINE: KEY: expected …", or a name that
 * is there twice. taken: libconfig has taken the file, so that only what it reads otherwise than
 * people do is told: two strings without a comma are one to it. ST_OK: there is nothing to say. */
enum status syntax_explain(const char *path, bool taken, struct error *err);

#endif
