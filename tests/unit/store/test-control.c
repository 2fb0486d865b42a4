/* Requests to the daemon through its state directory. */
#include "store/control.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

struct ground {
	char *state;
	struct error err;
};

static void begin(struct ground *g)
{
	g->state = g_dir_make_tmp("control-XXXXXX", NULL);
	g_assert_nonnull(g->state);
}

static char *ground_file(const struct ground *g, const char *name)
{
	return g_build_filename(g->state, name, NULL);
}

/* Nothing but the two files was left. */
static void end(struct ground *g)
{
	g_autofree char *request = ground_file(g, "reload.request"),
			*answer = ground_file(g, "reload.answer");

	g_unlink(request);
	g_unlink(answer);
	g_assert_cmpint(g_rmdir(g->state), ==, 0);
	g_free(g->state);
}

static uint64_t ask(struct ground *g)
{
	uint64_t serial = 0;

	g_assert_cmpint(control_request_reload(g->state, &serial, &g->err), ==, ST_OK);
	return serial;
}

static void answer(struct ground *g, uint64_t serial, const char *text)
{
	g_assert_cmpint(control_answer(g->state, serial, text, &g->err), ==, ST_OK);
}

static void test_talk(void)
{
	g_autofree char *text = NULL;
	struct ground g;
	uint64_t serial = 0, first, second;

	begin(&g);
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_answered(g.state, 1, &text), ==, ST_NOT_FOUND);
	first = ask(&g);
	second = ask(&g);
	g_assert_cmpuint(second, ==, first + 1);
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_OK);
	g_assert_cmpuint(serial, ==, second);
	answer(&g, first, "ok");
	g_assert_cmpint(control_answered(g.state, second, &text), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_OK);
	answer(&g, second, "line 3: no such key");
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_NOT_FOUND);
	g_assert_cmpint(control_answered(g.state, first, &text), ==, ST_OK);
	g_assert_cmpstr(text, ==, "line 3: no such key");
	end(&g);
}

static void test_lost(void)
{
	struct ground g;
	g_autofree char *request = NULL;
	uint64_t serial, before;

	begin(&g);
	request = ground_file(&g, "reload.request");
	before = ask(&g);
	answer(&g, before, "ok");
	g_assert_cmpint(g_unlink(request), ==, 0);
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_NOT_FOUND);
	g_assert_cmpuint(ask(&g), ==, before + 1);
	g_assert_cmpint(control_pending(g.state, &serial), ==, ST_OK);
	end(&g);
}

static void test_group(void)
{
	struct ground g;
	g_autofree char *request = NULL;
	mode_t old = umask(077);
	struct stat status;

	begin(&g);
	request = ground_file(&g, "reload.request");
	ask(&g);
	umask(old);
	g_assert_cmpint(stat(request, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0660);
	end(&g);
}

static void test_nowhere(void)
{
	struct error err;
	uint64_t serial;

	g_assert_cmpint(control_request_reload("/nonexistent", &serial, &err), ==, ST_IO);
	g_assert_cmpstr(err.text, ==,
		"cannot write '/nonexistent/reload.request': No such file or directory");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
		"/control/the last request is answered, and with it those before", test_talk);
	g_test_add_func("/control/a request that was lost is not taken for an old one", test_lost);
	g_test_add_func("/control/the daemon can read it, whatever the umask", test_group);
	g_test_add_func("/control/where nothing can be written it says so", test_nowhere);
	return g_test_run();
}
