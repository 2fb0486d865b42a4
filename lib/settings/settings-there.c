/* Is there what the values name? Looked for on this system when somebody asks. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tongue.h"
#include "settings/settings-table.h"

/* What we may not see is no fault. */
static bool there_is_directory(const char *path)
{
	struct stat there;

	if (stat(path, &there) != 0)
		return errno == EACCES;
	return S_ISDIR(there.st_mode);
}

static bool is_below(const char *path, const char *directory)
{
	g_autofree char *prefix = g_strconcat(directory, "/", NULL);

	return g_str_has_prefix(path, prefix);
}

/* What the daemon makes below its store, and what a service manager makes of the defaults, comes
 * with the start. */
static bool has_directory(const struct settings *settings, const struct setting_need *need)
{
	struct stat there;

	if (there_is_directory(need->value) || strcmp(need->value, SETTINGS_IN_STORE) == 0)
		return true;
	if (stat(need->value, &there) == 0)
		return false;
	return need->is_default || is_below(need->value, settings_state(settings));
}

static bool has_socket_place(const struct setting_need *need)
{
	const char *path = strchr(need->value, '/');
	g_autofree char *directory = path ? g_path_get_dirname(path) : NULL;

	return !directory || need->is_default || strchr(need->value, '@') ||
		there_is_directory(directory);
}

static bool has_account(const struct settings *settings, const char *sender)
{
	g_autofree char *name = NULL, *address = NULL;

	return !sender_parse(sender, &name, &address) || settings_account(settings, address, NULL);
}

bool settings_need_met(const struct settings *settings, const struct setting_need *need)
{
	switch (need->kind) {
	case NEEDS_USER:
		return getpwnam(need->value) != NULL;
	case NEEDS_GROUP:
		return getgrnam(need->value) != NULL;
	case NEEDS_DIRECTORY:
		return has_directory(settings, need);
	case NEEDS_SOCKET_PLACE:
		return has_socket_place(need);
	case NEEDS_ACCOUNT:
		return has_account(settings, need->value);
	case NEEDS_NOTHING_ELSE:
	case NEEDS_QUEUE:
	case NEEDS_AGENT:
	case NEEDS_QUERY:
		return true;
	}
	return true;
}

/* --- telling --- */

static const struct {
	const char *expected;
	bool doubt;
} needs[] = {
	[NEEDS_USER] = { N_("a user of this system, but there is none called"), false },
	[NEEDS_GROUP] = { N_("a group of this system, but there is none called"), false },
	[NEEDS_DIRECTORY] = { N_("a directory that is there, but there is no"), false },
	[NEEDS_SOCKET_PLACE] = { N_("a socket in a directory that is there, not"), false },
	[NEEDS_ACCOUNT] = { N_("an account's address, as answers to another open no ticket; found"),
		true },
	[NEEDS_QUEUE] = { N_("a queue of the store (it is made when a mail comes for it); "
			     "there is no"),
		true },
	[NEEDS_AGENT] = { N_("an agent of the store, or nobody is assigned or told; there is no"),
		true },
	[NEEDS_QUERY] = { N_("a saved query of the store, or the condition holds for no ticket; "
			     "there is no"),
		true },
};

char *setting_need_text(const struct setting_need *need)
{
	return g_strdup_printf(_("%s: %s: expected %s '%s'"), need->where, need->key,
		_(needs[need->kind].expected), need->value);
}

bool setting_need_is_doubt(const struct setting_need *need)
{
	return needs[need->kind].doubt;
}
