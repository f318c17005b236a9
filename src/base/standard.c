/* SPDX-License-Identifier: MIT */
#include "base/standard.h"

#include <fcntl.h>
#include <unistd.h>

/* What is opened gets the lowest number, which is the one that is missing.  In
 * the wrong direction: to use it is an error still. */
void
standard_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return;
}
