/* SPDX-License-Identifier: MIT */
/*
 * A wall clock that is set, by LD_PRELOAD: the file that STEP names says by
 * how many seconds it is off, and is looked at each time.  The monotonic clock
 * is left alone.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) int
clock_gettime(clockid_t id, struct timespec *now)
{
	char text[32] = "";
	int fd, rc = (int)syscall(SYS_clock_gettime, id, now);

	if (id != CLOCK_REALTIME)
		return rc;
	fd = open(getenv("STEP"), O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		abort();
	close(fd);
	now->tv_sec += atoll(text);
	return rc;
}

__attribute__((visibility("default"))) time_t
time(time_t *to)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (to != NULL)
		*to = now.tv_sec;
	return now.tv_sec;
}
