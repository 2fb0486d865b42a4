/* File descriptors: as many as we may have, and some always left for the store, the archive and the
 * spool. */
#ifndef MILTICKET_DESCRIPTORS_H
#define MILTICKET_DESCRIPTORS_H

/* Raises the soft limit to the hard one, and sets a quarter of it apart: from then on libmilter
 * gets no new connection while there are no more than those left; who connects waits in the
 * socket's queue. Once, before the socket is opened. */
void descriptors_prepare(void);

#endif
