/* SPDX-License-Identifier: MIT */
/* The lines of /proc/diskstats, iostats.txt of the kernel's documentation:
 * pure functions over text that ends with a NUL. */
#ifndef DISKIO_DISKSTATS_H
#define DISKIO_DISKSTATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the columns.  Times are in ms, modulo 2^32 whatever the
 * kernel; sectors have 512 bytes whatever the device. */
enum {
	DISKSTATS_READ_OPS,
	DISKSTATS_READ_MERGED,
	DISKSTATS_READ_SECTORS,
	DISKSTATS_READ_MS,
	DISKSTATS_WRITE_OPS,
	DISKSTATS_WRITE_MERGED,
	DISKSTATS_WRITE_SECTORS,
	DISKSTATS_WRITE_MS,
	DISKSTATS_IN_FLIGHT,
	DISKSTATS_BUSY_MS,
	DISKSTATS_QUEUE_MS,    /* of all requests together */
	DISKSTATS_DISCARD_OPS, /* these four since Linux 4.18 */
	DISKSTATS_DISCARD_MERGED,
	DISKSTATS_DISCARD_SECTORS,
	DISKSTATS_DISCARD_MS,
	DISKSTATS_FLUSH_OPS, /* these two since Linux 5.5 */
	DISKSTATS_FLUSH_MS,
	DISKSTATS_N
};

enum { DISKSTATS_NAME = 64 };

struct diskstats {
	uint32_t major, minor;
	char name[DISKSTATS_NAME];
	size_t n; /* columns this kernel has; those behind are zero */
	uint64_t v[DISKSTATS_N];
};

/* Whether the line, which ends with a newline, is one of a device. */
bool diskstats_parse(const char *line, struct diskstats *d);

/* Whether its times are measured: those of some devices, md before Linux 5.10,
 * are zero whatever it does. */
bool diskstats_is_timed(const struct diskstats *d);

/* Whether the name is that of a partition of another device in the text: the
 * kernel calls them sda1 of sda, nvme0n1p1 of nvme0n1. */
bool diskstats_is_partition(const char *text, const char *name);

/*
 * Makes of what is in the file, in now->v, counters that do not run over: was
 * is what this made of the reading before.  False where the device has begun
 * to count anew since.
 */
bool diskstats_follow(const uint64_t *was, struct diskstats *now);

#endif
