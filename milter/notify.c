/* sd_notify(3). */
#include "notify.h"

#include "build-config.h"

#ifdef HAVE_SYSTEMD

#include <glib.h>
#include <systemd/sd-daemon.h>

void notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time());
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void notify_status(const char *text)
{
	sd_notifyf(0, "STATUS=%s", text);
}

void notify_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

unsigned notify_watchdog_every(void)
{
	uint64_t limit;

	return sd_watchdog_enabled(0, &limit) > 0 ? (unsigned)MAX(limit / 3 / G_USEC_PER_SEC, 1)
						  : 0;
}

#else

void notify_ready(void)
{
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

void notify_status(const char *text)
{
	(void)text;
}

void notify_watchdog(void)
{
}

unsigned notify_watchdog_every(void)
{
	return 0;
}

#endif
