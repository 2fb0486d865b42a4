/* Names first, then one mail after the other. */
#include "archive/archive-copy.h"

#include <unistd.h>

#include "archive/spool.h"

static bool copy_note_name(const char *name, int64_t modified, void *names)
{
	(void)modified;
	if (archive_name_valid(name))
		g_ptr_array_add(names, g_strdup(name));
	return true;
}

/* One that was removed meanwhile is wanted nowhere. */
static enum status copy_mail_file(
	const struct archive_copying *c, const char *name, struct error *err)
{
	int fd = -1;
	enum status st = archive_open(c->from, name, &fd, err);

	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	st = spool_copy(fd, c->to, name, err);
	close(fd);
	return st;
}

enum status archive_copy(struct archive_copying *c, struct error *err)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	enum status st = archive_walk(c->from, copy_note_name, names, err);

	c->total = names->len;
	c->done = 0;
	while (st == ST_OK && c->done < names->len) {
		st = copy_mail_file(c, g_ptr_array_index(names, c->done), err);
		c->done += st == ST_OK;
		if (st == ST_OK && !c->go_on(c))
			break;
	}
	return st;
}
