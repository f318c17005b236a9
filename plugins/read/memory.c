/* SPDX-License-Identifier: MIT */
/*
 * memory: what the machine's memory is used for.
 *
 * From /proc/meminfo, proc_meminfo(5).  Used is what programs could not have:
 * total without available, as free(1) of procps 4 counts it.
 *
 * Five fields are parts that add up to total: free, buffers, cached, slab, and
 * other for the rest.  Slab that can be reclaimed is counted in slab alone,
 * not in cached; Shmem, which is tmpfs and shared memory, is contained in
 * cached as the kernel has it, though only swapping makes it available.  The
 * cache of ZFS is in none of the kernel's figures: it is part of other.
 *
 * Kernels before 3.14 do not say what is available.  It is then estimated the
 * way users did before that: what is free, and caches without Shmem.
 * Containers (LXC) may mix their own figures with those of the machine; what
 * exceeds total is never submitted.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"

enum {
	MEMORY_TOTAL,
	MEMORY_USED,
	MEMORY_FREE,
	MEMORY_AVAILABLE,
	MEMORY_BUFFERS,
	MEMORY_CACHED,
	MEMORY_SLAB,
	MEMORY_OTHER,
	MEMORY_PERCENT,
	MEMORY_N
};

enum { MEMORY_TEXT = 8192 }; /* of the file; what counts is in the first 1 k */

#define MEMORY_BYTES(i, name, help)                                           \
	[i] = { name, FETTLE_GAUGE, FETTLE_BYTES, help }

static const struct fettle_field memory_fields[MEMORY_N] = {
	MEMORY_BYTES(MEMORY_TOTAL, "total", "Memory that the kernel manages."),
	MEMORY_BYTES(MEMORY_USED, "used", "In use: total without available."),
	MEMORY_BYTES(MEMORY_FREE, "free", "Used for nothing."),
	MEMORY_BYTES(MEMORY_AVAILABLE, "available",
	    "What programs could have before the machine swaps: free memory and caches that can be dropped."),
	MEMORY_BYTES(MEMORY_BUFFERS, "buffers", "Cache of block devices."),
	MEMORY_BYTES(MEMORY_CACHED, "cached",
	    "Cache of files, with tmpfs and shared memory but without slab."),
	MEMORY_BYTES(MEMORY_SLAB, "slab",
	    "The kernel's own objects, whether they can be reclaimed or not."),
	MEMORY_BYTES(MEMORY_OTHER, "other",
	    "The rest of total: memory of programs, page tables, stacks of the kernel, caches it does not count such as that of ZFS."),
	[MEMORY_PERCENT] = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Used, of total." },
};

/* What is read, in bytes; NaN where the kernel does not say. */
enum {
	MEMINFO_TOTAL,
	MEMINFO_FREE,
	MEMINFO_AVAILABLE,
	MEMINFO_BUFFERS,
	MEMINFO_CACHED,
	MEMINFO_SHMEM,
	MEMINFO_SLAB,
	MEMINFO_RECLAIMABLE,
	MEMINFO_UNRECLAIMABLE,
	MEMINFO_N
};

/* In the order of the file: the last one ends the search. */
static const char *const meminfo_names[MEMINFO_N] = {
	[MEMINFO_TOTAL] = "MemTotal:",
	[MEMINFO_FREE] = "MemFree:",
	[MEMINFO_AVAILABLE] = "MemAvailable:",
	[MEMINFO_BUFFERS] = "Buffers:",
	[MEMINFO_CACHED] = "Cached:",
	[MEMINFO_SHMEM] = "Shmem:",
	[MEMINFO_SLAB] = "Slab:",
	[MEMINFO_RECLAIMABLE] = "SReclaimable:",
	[MEMINFO_UNRECLAIMABLE] = "SUnreclaim:",
};

struct memory {
	int fd;
};

static void
meminfo_line(const char *line, double *info)
{
	for (size_t i = 0; i < MEMINFO_N; i++) {
		const size_t len = strlen(meminfo_names[i]);
		uint64_t number;

		if (strncmp(line, meminfo_names[i], len) != 0)
			continue;
		line += len;
		if (scan_number(&line, &number))
			info[i] = 1024 * (double)number;
		return;
	}
}

/* Whole lines count; one that is cut short may lack digits. */
static void
meminfo_parse(char *text, size_t len, double *info)
{
	char *newline;

	for (size_t i = 0; i < MEMINFO_N; i++)
		info[i] = NAN;
	while ((newline = memchr(text, '\n', len)) != NULL &&
	       isnan(info[MEMINFO_UNRECLAIMABLE])) {
		*newline = '\0';
		meminfo_line(text, info);
		len -= (size_t)(newline + 1 - text);
		text = newline + 1;
	}
}

static double
memory_between(double lowest, double n, double highest)
{
	return n < lowest ? lowest : n > highest ? highest : n;
}

static double
memory_or_none(double n)
{
	return isnan(n) ? 0 : n;
}

/* Takes a part out of the rest, and never more than is left. */
static double
memory_part(double part, double *rest)
{
	part = memory_between(0, part, *rest);
	*rest -= memory_or_none(part);
	return part;
}

/* NaN where there is too little to tell it from. */
static double
memory_available(const double *info)
{
	const double total = info[MEMINFO_TOTAL];
	const double unused = memory_between(0, info[MEMINFO_FREE], total);
	double caches;

	if (info[MEMINFO_AVAILABLE] <= total)
		return info[MEMINFO_AVAILABLE];
	if (info[MEMINFO_AVAILABLE] > total)
		return unused;
	caches = info[MEMINFO_BUFFERS] + info[MEMINFO_CACHED] +
		 memory_or_none(info[MEMINFO_RECLAIMABLE]) -
		 memory_or_none(info[MEMINFO_SHMEM]);
	return memory_between(unused, unused + caches, total);
}

static double
memory_slab(const double *info)
{
	return isnan(info[MEMINFO_SLAB])
		   ? info[MEMINFO_RECLAIMABLE] + info[MEMINFO_UNRECLAIMABLE]
		   : info[MEMINFO_SLAB];
}

static void
memory_values(const double *info, double *v)
{
	double rest = info[MEMINFO_TOTAL];

	v[MEMORY_TOTAL] = rest;
	v[MEMORY_AVAILABLE] = memory_available(info);
	v[MEMORY_USED] = v[MEMORY_TOTAL] - v[MEMORY_AVAILABLE];
	v[MEMORY_PERCENT] =
	    memory_between(0, 100 * v[MEMORY_USED] / v[MEMORY_TOTAL], 100);
	v[MEMORY_FREE] = memory_part(info[MEMINFO_FREE], &rest);
	v[MEMORY_BUFFERS] = memory_part(info[MEMINFO_BUFFERS], &rest);
	v[MEMORY_CACHED] = memory_part(info[MEMINFO_CACHED], &rest);
	v[MEMORY_SLAB] = memory_part(memory_slab(info), &rest);
	v[MEMORY_OTHER] = rest;
}

static int
memory_read(struct fettle_ctx *ctx)
{
	const struct memory *self = fettle_self(ctx);
	char text[MEMORY_TEXT];
	const ssize_t len = pread(self->fd, text, sizeof(text), 0);
	double info[MEMINFO_N], v[MEMORY_N];

	if (len < 0)
		return fettle_fail(ctx, errno, "read /proc/meminfo");
	if (len == 0 || ((size_t)len < sizeof(text) && text[len - 1] != '\n'))
		return fettle_fail(ctx, ENODATA, "read all of /proc/meminfo");
	meminfo_parse(text, (size_t)len, info);
	if (!(info[MEMINFO_TOTAL] > 0))
		return fettle_fail(
		    ctx, ENODATA, "find MemTotal in /proc/meminfo");
	if (isnan(info[MEMINFO_FREE]))
		return fettle_fail(
		    ctx, ENODATA, "find MemFree in /proc/meminfo");
	memory_values(info, v);
	return fettle_submit(ctx, NULL, FETTLE_GAUGES(v));
}

static int
memory_open(struct fettle_ctx *ctx)
{
	struct memory *self = fettle_self(ctx);

	self->fd = fettle_file(ctx, "/proc/meminfo");
	return self->fd < 0 ? fettle_fail(ctx, -self->fd, "open /proc/meminfo")
			    : 0;
}

static void
memory_close(struct fettle_ctx *ctx)
{
	close(((struct memory *)fettle_self(ctx))->fd);
}

FETTLE_PLUGIN(memory) = {
	FETTLE_ABI,
	.summary = "What the machine's memory is used for.",
	.headline = "memory.percent",
	.fields = FETTLE_FIELDS(memory_fields),
	.self_size = sizeof(struct memory),
	.open = memory_open,
	.read = memory_read,
	.close = memory_close,
};
