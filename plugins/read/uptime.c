/* SPDX-License-Identifier: MIT */
/*
 * uptime: how long the machine runs, and since when.
 *
 * From /proc/uptime and the line btime of /proc/stat.  In a container with
 * LXCFS the first is the container's and the second may be the machine's.
 *
 * The time of the start moves only when somebody sets the clock, and the
 * kernel counts all interrupts of all CPUs for whoever reads /proc/stat: that
 * is done once a minute, and the file is not kept.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>

#include "keyed.h"

#define UPTIME_FILE "/proc/uptime"
#define UPTIME_STAT "/proc/stat"
#define UPTIME_MINUTE_NS INT64_C(60000000000)

enum { UPTIME_UPTIME, UPTIME_BOOT_TIME, UPTIME_N };

static const struct fettle_field uptime_fields[UPTIME_N] = {
	[UPTIME_UPTIME] = { "uptime", FETTLE_GAUGE, FETTLE_SECONDS,
	    "Time since the machine was started, with what it slept." },
	[UPTIME_BOOT_TIME] = { "boot_time", FETTLE_GAUGE, FETTLE_TIMESTAMP,
	    "When the machine was started." },
};

struct uptime {
	struct procfile file;
	double boot_time;  /* NaN: the kernel does not say */
	int64_t looked_ns; /* when that was looked up */
};

static double
uptime_boot_time(const char *stat)
{
	uint64_t seconds;

	return keyed_number(stat, "btime ", &seconds) ? (double)seconds : NAN;
}

static int
uptime_look(struct fettle_ctx *ctx)
{
	struct uptime *self = fettle_self(ctx);
	struct procfile stat = { 0 };
	int rc = procfile_open(&stat, ctx, UPTIME_STAT);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "open " UPTIME_STAT);
	rc = procfile_read(&stat);
	if (rc == 0) {
		self->boot_time = uptime_boot_time(stat.text);
		self->looked_ns = fettle_now(ctx);
	}
	procfile_close(&stat);
	return rc < 0 ? fettle_fail(ctx, -rc, "read " UPTIME_STAT) : 0;
}

static int
uptime_read(struct fettle_ctx *ctx)
{
	struct uptime *self = fettle_self(ctx);
	int rc = procfile_read(&self->file);
	char *rest = self->file.text;
	const char *line;
	double v[UPTIME_N];

	if (rc < 0)
		return fettle_fail(ctx, -rc, "read " UPTIME_FILE);
	line = procfile_line(&rest);
	if (line == NULL || !scan_decimal(&line, &v[UPTIME_UPTIME]))
		return fettle_fail(
		    ctx, ENODATA, "find the uptime in " UPTIME_FILE);
	if (fettle_now(ctx) - self->looked_ns >= UPTIME_MINUTE_NS)
		rc = uptime_look(ctx);
	v[UPTIME_BOOT_TIME] = self->boot_time;
	return rc < 0 ? rc : fettle_submit(ctx, NULL, FETTLE_GAUGES(v));
}

static void
uptime_close(struct fettle_ctx *ctx)
{
	procfile_close(&((struct uptime *)fettle_self(ctx))->file);
}

static int
uptime_open(struct fettle_ctx *ctx)
{
	struct uptime *self = fettle_self(ctx);
	int rc = procfile_open(&self->file, ctx, UPTIME_FILE);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "open " UPTIME_FILE);
	rc = uptime_look(ctx);
	if (rc < 0)
		uptime_close(ctx);
	return rc;
}

FETTLE_PLUGIN(uptime) = {
	FETTLE_ABI,
	.summary = "How long the machine runs, and since when.",
	.fields = FETTLE_FIELDS(uptime_fields),
	.self_size = sizeof(struct uptime),
	.open = uptime_open,
	.read = uptime_read,
	.close = uptime_close,
};
