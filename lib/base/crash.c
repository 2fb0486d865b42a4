/* Words for a crash. */
#include "base/crash.h"

#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

const int crash_signals[CRASH_SIGNALS] = { SIGSEGV, SIGBUS, SIGABRT };

void crash_say_damaged(int fd, const char *program)
{
	static const char text[] =
		": the store may be damaged (a crash in its pages): run ticket check, restore a backup\n";
	ssize_t n = write(fd, program, strlen(program));

	if (n >= 0)
		n = write(fd, text, strlen(text));
	(void)n;
}
