/* SPDX-License-Identifier: MIT */
/* The files of a group, cgroup-v2 of the kernel's documentation: pure
 * functions over their text, which ends with a NUL. */
#ifndef CGROUP_STAT_H
#define CGROUP_STAT_H

#include <stdbool.h>
#include <stdint.h>

/* What a group had the disks do. */
struct io {
	uint64_t read, written; /* bytes */
	uint64_t reads, writes;
};

/* Whether what MAJOR:MINOR does counts. */
typedef bool (*io_counts)(void *arg, unsigned major, unsigned minor);

/* Adds up the devices of io.stat that count. */
void io_parse(const char *text, io_counts counts, void *arg, struct io *sum);

/* A number alone, with a newline behind it; "max" is none. */
bool stat_number(const char *text, uint64_t *n);

/* The processors that "QUOTA PERIOD" of cpu.max allows; "max" is none. */
bool stat_quota(const char *text, double *processors);

#endif
