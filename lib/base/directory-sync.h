/* Making the names in a directory durable, once for all threads that wait for it. */
#ifndef MILTICKET_DIRECTORY_SYNC_H
#define MILTICKET_DIRECTORY_SYNC_H

/* Names made in `path` before the call are on disk after it. 0 or an errno. Calls that come while
 * one is under way share the next. */
int directory_sync(const char *path);

#endif
