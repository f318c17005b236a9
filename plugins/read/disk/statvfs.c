/* SPDX-License-Identifier: MIT */
#include "statvfs.h"

#include <errno.h>

int
disk_statvfs(const char *path, struct statvfs *fs)
{
	return statvfs(path, fs) == 0 ? 0 : -errno;
}
