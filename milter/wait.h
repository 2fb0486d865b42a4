/* Waiting with a time limit. Locks are pthread's, not GLib's, as thread sanitizers see through
 * those only. */
#ifndef MILTICKET_WAIT_H
#define MILTICKET_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* For wait_until(): its clock never goes back. */
void wait_init(pthread_cond_t *cond);

/* The lock is held. False when the time, of g_get_monotonic_time(), has come. */
bool wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

#endif
