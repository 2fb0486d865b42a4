/* All templates there are, by name: those of the administrator's directory, those that we install,
 * and in a subdirectory named as a project, that project's own. "nudge.eml" is called "nudge", or
 * "nudge.eml". */
#ifndef MILTICKET_TEMPLATE_SHELF_H
#define MILTICKET_TEMPLATE_SHELF_H

#include "mail/template.h"

struct template_shelf;

struct template_book {
	char *name;    /* without ".eml" */
	char *project; /* NULL: for all */
	struct template_set *set;
};

struct template_shelf *template_shelf_new(void);
void template_shelf_free(struct template_shelf *shelf);

/* Adds what is in a directory and its subdirectories, unless something of the same name and project
 * is there already. A directory that is not there has none. One broken file fails, and is named;
 * so does more than LIMIT_TEMPLATES. */
enum status template_shelf_add(struct template_shelf *shelf, const char *dir, struct error *err);

/* The project's (NULL: none) of that name, else the one for all; NULL: there is none. */
const struct template_set *template_shelf_find(
	const struct template_shelf *shelf, const char *name, const char *project);
/* In the order of names, for all before projects' own; NULL past the last. */
const struct template_book *template_shelf_at(const struct template_shelf *shelf, unsigned at);

#endif
