/* SPDX-License-Identifier: MIT */
/* The one way to a file system: tests put their own in its place. */
#ifndef DISK_STATVFS_H
#define DISK_STATVFS_H

#include <sys/statvfs.h>

/* 0 or -errno.  May never return. */
int disk_statvfs(const char *path, struct statvfs *fs);

#endif
