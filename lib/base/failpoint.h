/* Named steps at which the crash tests stop the daemon: MILTICKET_DIE_AT=NAME or NAME:N for the Nth
 * time. Nothing in ordinary builds. */
#ifndef MILTICKET_FAILPOINT_H
#define MILTICKET_FAILPOINT_H

#include "build-config.h"

#ifdef ENABLE_FAILPOINTS
void failpoint(const char *name);
#else
#define failpoint(name) ((void)0)
#endif

#endif
