/* What the program has cost so far. A machine with other work to do makes a test longer, not this.
 */
#ifndef MILTICKET_TEST_CPU_H
#define MILTICKET_TEST_CPU_H

#include <time.h>

static inline double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

#endif
