/* File descriptors: as many as we may have, and some always left for the store, the archive and the
 * spool. */
#ifndef MILTICKET_DESCRIPTORS_H
#define MILTICKET_DESCRIPTORS_H

/* Raises the soft limit to the hard one and reserves a quarter of it: while only the reserve is
 * left, libmilter gets no new connection, and clients wait in the socket's queue. Call once, before
 * the socket is opened. */
void descriptors_prepare(void);

#endif
