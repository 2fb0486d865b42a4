/* What the files of undo share: an event, on its way back. */
#ifndef MILTICKET_UNDO_PARTS_H
#define MILTICKET_UNDO_PARTS_H

#include "act/undo.h"

struct undo_step {
	struct undoing *u;
	struct ticket *t; /* as it is by now */
	const struct event *e;
	struct error *err;
};
/* Takes it back, or says why it stays. */
enum status undo_event(struct undo_step *step);

#endif
