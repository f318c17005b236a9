/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

enum { DEVICE_RAM = 1, DEVICE_LOOP = 7 };

/* Whether a folder, which it takes, has an entry. */
static bool
device_has(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *e;
	bool has = false;

	if (dir == NULL) {
		close(fd);
		return false;
	}
	while (!has && (e = readdir(dir)) != NULL)
		has = e->d_name[0] != '.';
	closedir(dir);
	return has;
}

static bool
device_lies_on_others(struct fettle_ctx *ctx, unsigned major, unsigned minor)
{
	char path[64];
	int fd;

	snprintf(
	    path, sizeof(path), "/sys/dev/block/%u:%u/slaves", major, minor);
	fd = fettle_file(ctx, path);
	return fd >= 0 && device_has(fd);
}

bool
device_counts(
    struct devices *d, struct fettle_ctx *ctx, unsigned major, unsigned minor)
{
	bool counts;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].major == major && d->v[i].minor == minor)
			return d->v[i].counts;
	counts = major != DEVICE_RAM && major != DEVICE_LOOP &&
		 !device_lies_on_others(ctx, major, minor);
	if (d->n < DEVICES)
		d->v[d->n++] = (struct device){ major, minor, counts };
	return counts;
}
