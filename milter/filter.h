/* The milter: libmilter's callbacks, a few lines each. What a message means is decided in lib/. */
#ifndef MILTICKET_FILTER_H
#define MILTICKET_FILTER_H

#include "daemon.h"

/* Registers the callbacks; daemon stays the caller's and must outlive smfi_main(). False when
 * libmilter refuses. */
bool filter_register(struct daemon *daemon);

#endif
