/* Texts that are typed in an editor, below which stands what they answer. */
#ifndef MILTICKET_DRAFT_H
#define MILTICKET_DRAFT_H

#include "base/status.h"

struct draft {
	const char *what; /* in words of ours: "An answer to ticket #7" */
	const char *subject, *from,
		*quoted;  /* a stranger's; cleaned, lines of `quoted` end in "\n" */
	const char *text; /* what it begins with; "" */
};

/* Lets it be typed. The file is the user's alone, in a directory of its own, and stays until
 * draft_remove(): nothing that somebody typed is lost. *path_out is set, owned, as soon as there is
 * a file, also on failure; *text_out, owned, is what stands above the line. */
enum status draft_edit(
	const struct draft *draft, char **path_out, char **text_out, struct error *err);

/* Removes the file, what the editor made beside it, and the directory. path may be NULL. */
void draft_remove(const char *path);

#endif
