/* Where the sources are, for tests that read what is shipped. */
#ifndef MILTICKET_SOURCE_TREE_H
#define MILTICKET_SOURCE_TREE_H

/* Absolute. */
extern const char *const source_tree;

#endif
