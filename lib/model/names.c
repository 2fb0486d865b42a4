/* Letters and digits, begun by one of them: safe in paths, in settings and as a word of a
 * command. */
#include "model/names.h"

#include <glib.h>
#include <string.h>

static bool name_valid(const char *name, size_t max, const char *characters)
{
	size_t len = strlen(name);

	return len > 0 && len <= max && g_ascii_isalnum(name[0]) && strspn(name, characters) == len;
}

bool agent_login_valid(const char *login)
{
	return name_valid(login, LOGIN_MAX_BYTES, "abcdefghijklmnopqrstuvwxyz0123456789._-@+");
}

bool queue_name_valid(const char *name)
{
	return name_valid(name, QUEUE_NAME_MAX_BYTES, "abcdefghijklmnopqrstuvwxyz0123456789._-");
}
