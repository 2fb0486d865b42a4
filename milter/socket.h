/* The listening socket: stale ones removed, mode and group set, no delay on TCP. */
#ifndef MILTICKET_SOCKET_H
#define MILTICKET_SOCKET_H

#include "settings/settings.h"

/* Opens it in libmilter, after filter_register(). As root the group is that of the settings. */
enum status socket_open(const struct settings *settings, struct error *err);

/* Connects to it and hangs up, so that libmilter sees that it is to stop; by itself it looks every
 * five seconds only. */
void socket_wake(void);

/* Removes a unix socket at a normal end. */
void socket_remove(const struct settings *settings);

#endif
