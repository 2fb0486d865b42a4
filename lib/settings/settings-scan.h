/* Looks a configuration over before libconfig reads it. libconfig 1.5 ends the process when a file
 * or an included one is a directory, and cuts an integer above 32 bits without the suffix L to a
 * wrong one; a daemon that reloads can afford neither. */
#ifndef MILTICKET_SETTINGS_SCAN_H
#define MILTICKET_SETTINGS_SCAN_H

#include "base/status.h"

/* Included names are relative to dir. ST_IO: a file cannot be read; ST_BAD_INPUT: not a text, too
 * large, or a number without its L. */
enum status settings_scan(const char *path, const char *dir, struct error *err);

#endif
