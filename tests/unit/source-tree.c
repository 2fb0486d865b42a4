/* A file of its own, so that only this one is compiled with a path. */
#include "source-tree.h"

const char *const source_tree = TOP_SRCDIR;
