/* See clock-watch.h. */
#include "base/clock-watch.h"

#include <glib.h>
#include <time.h>

/* Clocks are also put right, by little at a time. */
#define WATCH_SLACK (300 * G_TIME_SPAN_SECOND)

int64_t clock_since_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * G_TIME_SPAN_SECOND + now.tv_nsec / 1000;
}

void clock_watch_init(struct clock_watch *watch, int64_t wall, int64_t boot)
{
	*watch = (struct clock_watch){ .usual = wall - boot };
}

bool clock_watch_look(struct clock_watch *watch, int64_t wall, int64_t boot)
{
	int64_t ahead = wall - boot - watch->usual;
	bool came_back = ABS(ahead) <= WATCH_SLACK && watch->ahead;

	if (ABS(ahead) <= WATCH_SLACK) {
		watch->since = 0;
		watch->ahead = false;
	} else if (watch->since && boot - watch->since > G_TIME_SPAN_DAY) {
		clock_watch_init(watch, wall, boot);
	} else {
		watch->since = watch->since ? watch->since : MAX(boot, 1);
		watch->ahead = watch->ahead || ahead > 0;
	}
	return came_back;
}

bool clock_watch_doubts(const struct clock_watch *watch)
{
	return watch->since != 0;
}
