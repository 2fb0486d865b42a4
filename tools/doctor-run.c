/* Running a mail server's programs, and words for a shell. */
#include <string.h>

#include "doctor.h"

/* The environment, with the places of an administrator's programs, and without translations of what
 * is read. */
static char **run_environment(void)
{
	char **env = g_get_environ();
	const char *path = g_environ_getenv(env, "PATH");
	g_autofree char *with_sbin = g_strconcat(
		path ? path : "/usr/bin:/bin", ":/usr/sbin:/sbin", NULL);

	env = g_environ_setenv(env, "PATH", with_sbin, TRUE);
	return g_environ_setenv(env, "LC_ALL", "C", TRUE);
}

bool doctor_run(const char *const *argv, char **out_out, char **err_out)
{
	g_auto(GStrv) env = run_environment();
	g_autofree char *out = NULL, *err = NULL;
	int status = -1;
	bool ran = g_spawn_sync("/", (char **)argv, env, G_SPAWN_SEARCH_PATH_FROM_ENVP, NULL, NULL,
		&out, &err, &status, NULL);

	if (out_out)
		*out_out = out ? g_steal_pointer(&out) : g_strdup("");
	if (err_out)
		*err_out = err ? g_steal_pointer(&err) : g_strdup("");
	return ran && status == 0;
}

char *doctor_quote(const char *word)
{
	for (const char *p = word; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("_@%+=:,./-", *p))
			return g_shell_quote(word);
	return *word ? g_strdup(word) : g_shell_quote(word);
}
