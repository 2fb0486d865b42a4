/* Letters and digits, begun by one of them: safe in paths, in settings and as a word of a
 * command. */
#include "model/names.h"

#include <glib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

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

char *archive_name(int64_t received, const char *digest)
{
	time_t seconds = (time_t)(received / TEXT_SECOND);
	char day[sizeof "9999/12/31"];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(day, sizeof day, "%Y/%m/%d", &tm))
		return g_strdup_printf("undated/%.40s.eml", digest);
	return g_strdup_printf("%s/%.40s.eml", day, digest);
}
