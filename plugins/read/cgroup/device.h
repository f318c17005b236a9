/* SPDX-License-Identifier: MIT */
/*
 * Which block devices count.  What is written to a volume of LVM or RAID is
 * written to disks below it, and a group's io.stat names both: only what lies
 * on no other device is counted.  So are loops, which lie on files, not.
 */
#ifndef CGROUP_DEVICE_H
#define CGROUP_DEVICE_H

#include <fettle/plugin.h>

enum { DEVICES = 512 }; /* those beyond are looked up for each group */

struct device {
	unsigned major, minor;
	bool counts;
};

/* What was found out during a read; n = 0 forgets it. */
struct devices {
	struct device v[DEVICES];
	size_t n;
};

bool device_counts(
    struct devices *d, struct fettle_ctx *ctx, unsigned major, unsigned minor);

#endif
