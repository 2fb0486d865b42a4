/* Folders, and what is found in them. */
#include "decide/placement.h"

#include <string.h>

#include "base/text.h"

/* --- names --- */

/* By kind. What follows a name that ends with a dot is a queue. */
static const char *const folder_names[] = {
	[FOLDER_MINE] = ".Mine",
	[FOLDER_WAITING] = ".Mine.Waiting",
	[FOLDER_QUEUE] = ".Queues.",
	[FOLDER_COLLEAGUES] = ".Colleagues.",
	[FOLDER_CLOSED] = ".Closed",
	[FOLDER_SPAM] = ".Spam",
	[FOLDER_NOT_TAKEN] = ".Not taken",
};

static bool folder_has_queue(enum folder_kind kind)
{
	return kind == FOLDER_QUEUE || kind == FOLDER_COLLEAGUES;
}

bool folder_same(struct folder a, struct folder b)
{
	if (a.kind != b.kind)
		return false;
	return !folder_has_queue(a.kind) || g_strcmp0(a.queue, b.queue) == 0;
}

char *folder_name(struct folder folder)
{
	if (folder.kind == FOLDER_NONE || folder.kind == FOLDER_OTHER)
		return NULL;
	return g_strconcat(folder_names[folder.kind],
		folder_has_queue(folder.kind) ? folder.queue : NULL, NULL);
}

struct folder folder_read(const char *name)
{
	for (int kind = FOLDER_MINE; kind <= FOLDER_NOT_TAKEN; kind++) {
		const char *begin = folder_names[kind];

		if (folder_has_queue(kind) && g_str_has_prefix(name, begin) && name[strlen(begin)])
			return (struct folder){ kind, name + strlen(begin) };
		if (!folder_has_queue(kind) && strcmp(name, begin) == 0)
			return (struct folder){ kind, NULL };
	}
	return (struct folder){ FOLDER_OTHER, NULL };
}

/* --- where a ticket is --- */

/* The queue by which the viewer sees it: its own, else one that watches it; NULL. */
static const char *placement_queue(const struct placement *p, const struct viewer *viewer)
{
	if (text_list_has(viewer->queues, p->queue))
		return p->queue;
	for (char **q = p->watchers; q && *q; q++)
		if (text_list_has(viewer->queues, *q))
			return *q;
	return NULL;
}

static struct folder placement_over(const struct placement *p, int64_t shown_since)
{
	enum folder_kind kind = p->status == TICKET_SPAM ? FOLDER_SPAM : FOLDER_CLOSED;

	return (struct folder){ p->over >= shown_since ? kind : FOLDER_NONE, NULL };
}

struct folder placement_folder(
	const struct placement *p, const struct viewer *viewer, int64_t shown_since)
{
	bool mine = g_strcmp0(p->agent, viewer->login) == 0;
	const char *queue = placement_queue(p, viewer);
	bool waits = p->status == TICKET_WAITING;

	if (!mine && !queue)
		return (struct folder){ FOLDER_NONE, NULL };
	if (!ticket_status_active(p->status))
		return placement_over(p, shown_since);
	if (mine)
		return (struct folder){ waits ? FOLDER_WAITING : FOLDER_MINE, NULL };
	return (struct folder){ p->agent ? FOLDER_COLLEAGUES : FOLDER_QUEUE, queue };
}

static bool placement_same_lists(char *const *a, char *const *b)
{
	for (; a && *a && b && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return !(a && *a) && !(b && *b);
}

bool placement_same(const struct placement *a, const struct placement *b)
{
	return a->status == b->status && a->over == b->over && a->face == b->face &&
		a->flagged == b->flagged && g_strcmp0(a->agent, b->agent) == 0 &&
		g_strcmp0(a->queue, b->queue) == 0 &&
		placement_same_lists(a->watchers, b->watchers);
}

/* --- what a file means --- */

static enum found placement_foreign(struct folder in)
{
	if (in.kind == FOLDER_NOT_TAKEN)
		return FOUND_HOME;
	return in.kind == FOLDER_QUEUE || in.kind == FOLDER_MINE ? FOUND_FOREIGN : FOUND_LOST;
}

/* We put the messages of a state nowhere but into the folder of that state: one that says the
 * ticket's present state and is elsewhere was put there by the agent, who saw that state. One that
 * says another is a move of ours that is not finished, or the agent saw what is no longer so. */
enum found placement_found(const struct finding *f)
{
	if (!f->ours)
		return placement_foreign(f->in);
	if (!f->now || f->generation != f->now || f->wanted.kind == FOLDER_NONE)
		return FOUND_STALE;
	if (folder_same(f->in, f->wanted))
		return FOUND_HOME;
	return folder_same(f->in, f->before) ? FOUND_STALE : FOUND_MOVED;
}

/* --- what a move says --- */

static void move_add(struct move_verbs *verbs, bool wanted, enum verb verb)
{
	if (wanted)
		verbs->verbs[verbs->n++] = verb;
}

/* Status comes last: to take a new ticket opens it. */
bool placement_verbs(
	struct folder to, const struct ticket *t, const char *login, struct move_verbs *verbs_out)
{
	bool takes = g_strcmp0(t->agent, login) != 0, over = !ticket_status_active(t->status);

	*verbs_out = (struct move_verbs){ .n = 0 };
	switch (to.kind) {
	case FOLDER_MINE:
		move_add(verbs_out, takes, VERB_TAKE);
		move_add(verbs_out, over || t->status == TICKET_WAITING, VERB_REOPEN);
		return true;
	case FOLDER_WAITING:
		move_add(verbs_out, takes, VERB_TAKE);
		move_add(verbs_out, t->status != TICKET_WAITING, VERB_STATUS);
		return true;
	case FOLDER_QUEUE:
		move_add(verbs_out, g_strcmp0(t->queue, to.queue) != 0, VERB_QUEUE);
		move_add(verbs_out, t->agent != NULL, VERB_RELEASE);
		move_add(verbs_out, over, VERB_REOPEN);
		return true;
	case FOLDER_CLOSED:
		move_add(verbs_out, t->status != TICKET_CLOSED, VERB_CLOSE);
		return true;
	case FOLDER_SPAM:
		move_add(verbs_out, t->status != TICKET_SPAM, VERB_SPAM);
		return true;
	case FOLDER_NONE:
	case FOLDER_COLLEAGUES:
	case FOLDER_NOT_TAKEN:
	case FOLDER_OTHER:
		return false;
	}
	return false;
}
