/* A directory of its own with a milticket.conf and the shipped templates, for tests that load settings. */
#ifndef MILTICKET_SETTINGS_FIXTURE_H
#define MILTICKET_SETTINGS_FIXTURE_H

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "settings.h"
#include "source-tree.h"

struct fixture {
	char *dir, *path;	/* path: the milticket.conf, not there at first */
};

static inline void fixture_init(struct fixture *fixture)
{
	g_autofree char *shipped = g_build_filename(source_tree, "conf", "templates", NULL), *templates = NULL;

	fixture->dir = g_dir_make_tmp("milticket-settings-XXXXXX", NULL);
	g_assert_nonnull(fixture->dir);
	fixture->path = g_build_filename(fixture->dir, "milticket.conf", NULL);
	templates = g_build_filename(fixture->dir, "templates", NULL);
	g_assert_cmpint(symlink(shipped, templates), ==, 0);
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline void fixture_release(struct fixture *fixture)
{
	g_autoptr(GDir) dir = g_dir_open(fixture->dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

		g_remove(path);
	}
	g_rmdir(fixture->dir);
	g_free(fixture->dir);
	g_free(fixture->path);
}

/* Settings of this text, which must be good. */
static inline struct settings *fixture_load(const struct fixture *fixture, const char *text)
{
	struct settings *settings = NULL;
	struct error err = { "" };
	enum status st;

	fixture_write(fixture, "milticket.conf", text);
	st = settings_load(fixture->path, &settings, &err);
	if (st != ST_OK)
		g_error("refused: %s", err.text);
	return settings;
}

#endif
