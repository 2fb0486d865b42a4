/* A directory of its own with a milticket.conf and the shipped templates, for tests that load
 * settings. */
#ifndef MILTICKET_SETTINGS_FIXTURE_H
#define MILTICKET_SETTINGS_FIXTURE_H

#include <glib/gstdio.h>

#include "settings/settings.h"
#include "source-tree.h"
#include "store-fixture.h"

struct fixture {
	char *dir, *path; /* path: the milticket.conf, not there at first */
};

/* Copies, not a link: nothing that a test does to its directory may reach the sources. */
static inline void fixture_copy_templates(const char *dir)
{
	g_autofree char *from = g_build_filename(source_tree, "conf", "templates", NULL),
			*to = g_build_filename(dir, "templates", NULL);
	g_autoptr(GDir) shipped = g_dir_open(from, 0, NULL);
	const char *name;

	g_assert_nonnull(shipped);
	g_assert_cmpint(g_mkdir(to, 0755), ==, 0);
	while ((name = g_dir_read_name(shipped))) {
		g_autofree char *source = g_build_filename(from, name, NULL),
				*copy = g_build_filename(to, name, NULL), *text = NULL;
		gsize len;

		g_assert_true(g_file_get_contents(source, &text, &len, NULL));
		g_assert_true(g_file_set_contents(copy, text, (gssize)len, NULL));
	}
}

static inline void fixture_init(struct fixture *fixture)
{
	fixture->dir = g_dir_make_tmp("milticket-settings-XXXXXX", NULL);
	g_assert_nonnull(fixture->dir);
	fixture->path = g_build_filename(fixture->dir, "milticket.conf", NULL);
	fixture_copy_templates(fixture->dir);
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(fixture->dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline void fixture_release(struct fixture *fixture)
{
	remove_tree(fixture->dir);
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
