/* SPDX-License-Identifier: MIT */
/*
 * pressure: how much time tasks lose because a resource is short.
 *
 * From the files below /proc/pressure, Linux 4.20 and later.  irq is there in
 * some kernels since 6.1; since 6.14 it refuses to be read where the time of
 * interrupts is not measured.  Each has a line for the time that some tasks
 * waited and one for the time that all of them did:
 *
 *	some avg10=0.12 avg60=0.40 avg300=0.31 total=18283012
 *
 * irq has no "some", and cpu had no "full" before 5.13 and has one of 0 since:
 * what is there is submitted, and nothing else.  A kernel may be built without
 * all this, or want psi=1 on its command line.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <syslog.h>

#include "common/procfile.h"
#include "scan.h"

/* Those of a line, in its order; the lines follow each other. */
enum { LINE_10S, LINE_60S, LINE_300S, LINE_TOTAL, LINE_N };
enum { PRESSURE_SOME, PRESSURE_FULL = LINE_N, PRESSURE_N = 2 * LINE_N };

#define PRESSURE_SHARE(i, name, help)                                         \
	[i] = { name, FETTLE_GAUGE, FETTLE_PERCENT, help }
#define PRESSURE_TIME(i, name, help)                                          \
	[i] = { name, FETTLE_TOTAL, FETTLE_SECONDS, help }

static const struct fettle_field pressure_fields[PRESSURE_N] = {
	PRESSURE_SHARE(PRESSURE_SOME + LINE_10S, "some_10s",
	    "Time that at least one task waited, of the last 10 seconds."),
	PRESSURE_SHARE(PRESSURE_SOME + LINE_60S, "some_60s",
	    "Time that at least one task waited, of the last minute."),
	PRESSURE_SHARE(PRESSURE_SOME + LINE_300S, "some_300s",
	    "Time that at least one task waited, of the last 5 minutes."),
	PRESSURE_TIME(PRESSURE_SOME + LINE_TOTAL, "some_total",
	    "Time that at least one task waited."),
	PRESSURE_SHARE(PRESSURE_FULL + LINE_10S, "full_10s",
	    "Time that all tasks waited, of the last 10 seconds."),
	PRESSURE_SHARE(PRESSURE_FULL + LINE_60S, "full_60s",
	    "Time that all tasks waited, of the last minute."),
	PRESSURE_SHARE(PRESSURE_FULL + LINE_300S, "full_300s",
	    "Time that all tasks waited, of the last 5 minutes."),
	PRESSURE_TIME(PRESSURE_FULL + LINE_TOTAL, "full_total",
	    "Time that all tasks waited."),
};

enum { RESOURCE_CPU, RESOURCE_MEMORY, RESOURCE_IO, RESOURCE_IRQ, RESOURCE_N };

#define PRESSURE_FOLDER "/proc/pressure/"

static const char *const pressure_files[RESOURCE_N] = {
	[RESOURCE_CPU] = PRESSURE_FOLDER "cpu",
	[RESOURCE_MEMORY] = PRESSURE_FOLDER "memory",
	[RESOURCE_IO] = PRESSURE_FOLDER "io",
	[RESOURCE_IRQ] = PRESSURE_FOLDER "irq",
};

struct pressure {
	struct procfile files[RESOURCE_N];
};

/* The number behind a key, which must be next in the line. */
static bool
pressure_number(const char **line, const char *key, double *n)
{
	const size_t len = strlen(key);

	if (strncmp(*line, key, len) != 0)
		return false;
	*line += len;
	return scan_decimal(line, n);
}

static bool
pressure_line(const char *line, double *v)
{
	static const char *const keys[LINE_N] = {
		" avg10=", " avg60=", " avg300=", " total="
	};
	double n[LINE_N];

	for (size_t i = 0; i < LINE_N; i++)
		if (!pressure_number(&line, keys[i], &n[i]))
			return false;
	n[LINE_TOTAL] /= 1e6;
	memcpy(v, n, sizeof(n));
	return true;
}

/* How many lines say something. */
static int
pressure_parse(char *text, double *v)
{
	const char *line;
	int lines = 0;

	for (size_t i = 0; i < PRESSURE_N; i++)
		v[i] = NAN;
	while ((line = procfile_line(&text)) != NULL) {
		if (strncmp(line, "some", 4) == 0)
			lines += pressure_line(line + 4, v + PRESSURE_SOME);
		else if (strncmp(line, "full", 4) == 0)
			lines += pressure_line(line + 4, v + PRESSURE_FULL);
	}
	return lines;
}

static int
pressure_read(struct fettle_ctx *ctx)
{
	struct pressure *self = fettle_self(ctx);
	double v[PRESSURE_N];
	int resources = 0;

	for (size_t i = 0; i < RESOURCE_N; i++) {
		struct procfile *f = &self->files[i];

		if (f->path == NULL || !procfile_try(f, ctx) ||
		    pressure_parse(f->text, v) == 0)
			continue;
		fettle_submit(
		    ctx, f->path + strlen(PRESSURE_FOLDER), FETTLE_GAUGES(v));
		resources++;
	}
	if (resources == 0)
		return fettle_fail(
		    ctx, ENODATA, "find pressure in " PRESSURE_FOLDER);
	return 0;
}

static void
pressure_close(struct fettle_ctx *ctx)
{
	struct pressure *self = fettle_self(ctx);

	for (size_t i = 0; i < RESOURCE_N; i++)
		procfile_close(&self->files[i]);
}

static int
pressure_missing(struct fettle_ctx *ctx, int err)
{
	if (err == ENOENT || err == EOPNOTSUPP)
		return fettle_fail(ctx, EINVAL,
		    "this kernel has no " PRESSURE_FOLDER
		    ": it is older than 4.20, built without CONFIG_PSI, or "
		    "wants psi=1 on its command line");
	return fettle_fail(ctx, err, "open " PRESSURE_FOLDER);
}

/* Whether it is there and says something; a kernel that was told not to
 * measure may have the files, and refuse to be read. */
static int
pressure_open_one(struct fettle_ctx *ctx, struct procfile *f, const char *path)
{
	int rc = procfile_open(f, ctx, path);

	if (rc == 0)
		rc = procfile_read(f);
	if (rc < 0)
		procfile_close(f);
	return rc;
}

/* Whether that is so on many machines, and no fault of this one's. */
static bool
pressure_is_usual(size_t resource, int err)
{
	return resource == RESOURCE_IRQ &&
	       (err == ENOENT || err == EOPNOTSUPP);
}

static int
pressure_open(struct fettle_ctx *ctx)
{
	struct pressure *self = fettle_self(ctx);
	int why[RESOURCE_N], there = 0;

	for (size_t i = 0; i < RESOURCE_N; i++) {
		why[i] =
		    pressure_open_one(ctx, &self->files[i], pressure_files[i]);
		there += why[i] == 0;
	}
	if (there == 0)
		return pressure_missing(ctx, -why[RESOURCE_CPU]);
	for (size_t i = 0; i < RESOURCE_N; i++)
		if (why[i] < 0 && !pressure_is_usual(i, -why[i]))
			fettle_log(ctx, LOG_WARNING,
			    "cannot read '%s', which is left out: %s",
			    pressure_files[i], strerror(-why[i]));
	return 0;
}

FETTLE_PLUGIN(pressure) = {
	FETTLE_ABI,
	.summary = "How much time tasks lose because a resource is short.",
	.instance_name = "resource",
	.headline = "pressure[*].some_60s",
	.fields = FETTLE_FIELDS(pressure_fields),
	.self_size = sizeof(struct pressure),
	.open = pressure_open,
	.read = pressure_read,
	.close = pressure_close,
};
