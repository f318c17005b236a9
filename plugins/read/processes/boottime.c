/* SPDX-License-Identifier: MIT */
#include "boottime.h"

#include <time.h>

int64_t
processes_boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
