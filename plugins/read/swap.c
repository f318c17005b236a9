/* SPDX-License-Identifier: MIT */
/*
 * swap: how full the swap space is, and what goes in and out.
 *
 * Sizes come from /proc/meminfo, proc_meminfo(5), traffic from pswpin and
 * pswpout of /proc/vmstat, in pages since the start.  A machine without swap
 * space has 0 of it, and no percent.  Containers (LXC) may show more free than
 * there is in all: that is as much as there is.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "keyed.h"

#define SWAP_MEMINFO "/proc/meminfo"
#define SWAP_VMSTAT "/proc/vmstat"

enum {
	SWAP_TOTAL,
	SWAP_USED,
	SWAP_FREE,
	SWAP_PERCENT,
	SWAP_IN,
	SWAP_OUT,
	SWAP_N
};

static const struct fettle_field swap_fields[SWAP_N] = {
	[SWAP_TOTAL] = { "total", FETTLE_GAUGE, FETTLE_BYTES, "Swap space." },
	[SWAP_USED] = { "used", FETTLE_GAUGE, FETTLE_BYTES,
	    "Swap space that holds something." },
	[SWAP_FREE] = { "free", FETTLE_GAUGE, FETTLE_BYTES,
	    "Swap space that holds nothing." },
	[SWAP_PERCENT] = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Used, of total; absent where there is no swap space." },
	[SWAP_IN] = { "in", FETTLE_COUNTER, FETTLE_BYTES,
	    "Read back into memory." },
	[SWAP_OUT] = { "out", FETTLE_COUNTER, FETTLE_BYTES,
	    "Written from memory to swap space." },
};

struct swap {
	struct procfile meminfo, vmstat;
	uint64_t page; /* bytes */
};

/* Kibibytes as bytes. */
static bool
swap_size(const char *meminfo, const char *key, double *bytes)
{
	uint64_t kib;

	if (!keyed_number(meminfo, key, &kib))
		return false;
	*bytes = 1024 * (double)kib;
	return true;
}

static bool
swap_space(const char *meminfo, struct fettle_value *v)
{
	double total, left;

	if (!swap_size(meminfo, "SwapTotal:", &total) ||
	    !swap_size(meminfo, "SwapFree:", &left))
		return false;
	left = fmin(left, total);
	v[SWAP_TOTAL] = fettle_gauge(total);
	v[SWAP_USED] = fettle_gauge(total - left);
	v[SWAP_FREE] = fettle_gauge(left);
	if (total > 0)
		v[SWAP_PERCENT] =
		    fettle_gauge(fmin(100 * (total - left) / total, 100));
	return true;
}

static void
swap_traffic(const char *vmstat, uint64_t page, struct fettle_value *v)
{
	static const char *const keys[] = { "pswpin ", "pswpout " };

	for (size_t i = 0; i < sizeof(keys) / sizeof *keys; i++) {
		uint64_t pages;

		if (keyed_number(vmstat, keys[i], &pages))
			v[SWAP_IN + i] = fettle_count(page * pages);
	}
}

static int
swap_read(struct fettle_ctx *ctx)
{
	struct swap *self = fettle_self(ctx);
	const int rc = procfile_read(&self->meminfo);
	struct fettle_value v[SWAP_N] = { 0 };

	if (rc < 0)
		return fettle_fail(ctx, -rc, "read " SWAP_MEMINFO);
	if (!swap_space(self->meminfo.text, v))
		return fettle_fail(ctx, ENODATA,
		    "find SwapTotal and SwapFree in " SWAP_MEMINFO);
	if (self->vmstat.path != NULL && procfile_try(&self->vmstat, ctx))
		swap_traffic(self->vmstat.text, self->page, v);
	return fettle_submit_values(ctx, NULL, v, SWAP_N);
}

static int
swap_open(struct fettle_ctx *ctx)
{
	struct swap *self = fettle_self(ctx);
	int rc = procfile_open(&self->meminfo, ctx, SWAP_MEMINFO);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "open " SWAP_MEMINFO);
	self->page = (uint64_t)sysconf(_SC_PAGESIZE);
	rc = procfile_open(&self->vmstat, ctx, SWAP_VMSTAT);
	if (rc < 0)
		fettle_log(ctx, LOG_WARNING,
		    "cannot open '" SWAP_VMSTAT "': %s; there is no in nor "
		    "out",
		    strerror(-rc));
	return 0;
}

static void
swap_close(struct fettle_ctx *ctx)
{
	struct swap *self = fettle_self(ctx);

	procfile_close(&self->meminfo);
	procfile_close(&self->vmstat);
}

FETTLE_PLUGIN(swap) = {
	FETTLE_ABI,
	.summary = "How full the swap space is, and what goes in and out.",
	.headline = "swap.percent",
	.fields = FETTLE_FIELDS(swap_fields),
	.self_size = sizeof(struct swap),
	.open = swap_open,
	.read = swap_read,
	.close = swap_close,
};
