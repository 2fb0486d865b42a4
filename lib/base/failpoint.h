/* Named steps at which the crash tests end the daemon: MILTICKET_DIE_AT=NAME or NAME:N for the Nth
 * time. MILTICKET_STOP_AT is alike, and has it wait for SIGCONT. Nothing in ordinary builds. */
#ifndef MILTICKET_FAILPOINT_H
#define MILTICKET_FAILPOINT_H

#include "build-config.h"

#ifdef ENABLE_FAILPOINTS
void failpoint(const char *name);
#else
#define failpoint(name) ((void)0)
#endif

#endif
