/* SPDX-License-Identifier: MIT */
/*
 * load: how many tasks run or wait to run.
 *
 * From /proc/loadavg, proc_loadavg(5).  The averages also count tasks that
 * wait for a disk without being interruptible.  What they mean depends on how
 * many CPUs there are: for one rule that holds for machines of all sizes there
 * are, where that is asked for, the same averages divided by the number of
 * CPUs online, which is looked up each time, as CPUs come and go.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>

#include "common/procfile.h"
#include "scan.h"

#define LOAD_FILE "/proc/loadavg"
#define LOAD_ONLINE "/sys/devices/system/cpu/online"

enum {
	LOAD_1M,
	LOAD_5M,
	LOAD_15M,
	LOAD_RUNNABLE,
	LOAD_TASKS,
	LOAD_1M_PER_CPU,
	LOAD_5M_PER_CPU,
	LOAD_15M_PER_CPU,
	LOAD_N
};

#define LOAD_FIELD(i, name, help)                                             \
	[i] = { name, FETTLE_GAUGE, FETTLE_NUMBER, help }

static const struct fettle_field load_fields[LOAD_N] = {
	LOAD_FIELD(LOAD_1M, "1m", "Load average of the last minute."),
	LOAD_FIELD(LOAD_5M, "5m", "Load average of the last 5 minutes."),
	LOAD_FIELD(LOAD_15M, "15m", "Load average of the last 15 minutes."),
	LOAD_FIELD(LOAD_RUNNABLE, "runnable",
	    "Tasks that run or could run, at the moment of the reading."),
	LOAD_FIELD(LOAD_TASKS, "tasks",
	    "Tasks there are: processes, their threads, those of the kernel."),
	LOAD_FIELD(LOAD_1M_PER_CPU, "1m_per_cpu",
	    "Load average of the last minute, of each CPU online."),
	LOAD_FIELD(LOAD_5M_PER_CPU, "5m_per_cpu",
	    "Load average of the last 5 minutes, of each CPU online."),
	LOAD_FIELD(LOAD_15M_PER_CPU, "15m_per_cpu",
	    "Load average of the last 15 minutes, of each CPU online."),
};

struct load {
	bool per_cpu;
	struct procfile averages, online;
};

static const struct fettle_option load_options[] = {
	FETTLE_OPTION(struct load, per_cpu, "false",
	    "Report the averages divided by the number of CPUs as well."),
};

/* 0.20 0.18 0.12 1/80 11206 */
static bool
load_parse(const char *line, double *v)
{
	uint64_t runnable, tasks;

	if (!scan_decimal(&line, &v[LOAD_1M]) ||
	    !scan_decimal(&line, &v[LOAD_5M]) ||
	    !scan_decimal(&line, &v[LOAD_15M]) ||
	    !scan_number(&line, &runnable) || *line++ != '/' ||
	    !scan_number(&line, &tasks))
		return false;
	v[LOAD_RUNNABLE] = (double)runnable;
	v[LOAD_TASKS] = (double)tasks;
	return true;
}

/* How many are in a list such as 0-3,6,8-9; 0: it is none. */
static double
load_count(const char *list)
{
	double n = 0;

	do {
		uint64_t first, last;

		if (!scan_number(&list, &first))
			return 0;
		last = first;
		if (*list == '-' && (list++, !scan_number(&list, &last)))
			return 0;
		if (last < first)
			return 0;
		n += (double)(last - first) + 1;
	} while (*list++ == ',');
	return list[-1] == '\0' ? n : 0;
}

static int
load_share(struct fettle_ctx *ctx, double *v)
{
	struct load *self = fettle_self(ctx);
	const int rc = procfile_read(&self->online);
	char *rest = self->online.text, *line;
	double cpus = 0;

	if (rc < 0)
		return fettle_fail(ctx, -rc, "read " LOAD_ONLINE);
	line = procfile_line(&rest);
	if (line != NULL)
		cpus = load_count(line);
	if (!(cpus > 0))
		return fettle_fail(ctx, ENODATA, "find CPUs in " LOAD_ONLINE);
	for (size_t i = LOAD_1M; i <= LOAD_15M; i++)
		v[LOAD_1M_PER_CPU + i] = v[i] / cpus;
	return 0;
}

static int
load_read(struct fettle_ctx *ctx)
{
	struct load *self = fettle_self(ctx);
	int rc = procfile_read(&self->averages);
	char *rest = self->averages.text, *line;
	double v[LOAD_N];

	if (rc < 0)
		return fettle_fail(ctx, -rc, "read " LOAD_FILE);
	for (size_t i = 0; i < LOAD_N; i++)
		v[i] = NAN;
	line = procfile_line(&rest);
	if (line == NULL || !load_parse(line, v))
		return fettle_fail(ctx, ENODATA, "find load in " LOAD_FILE);
	rc = self->per_cpu ? load_share(ctx, v) : 0;
	return rc < 0 ? rc : fettle_submit(ctx, NULL, FETTLE_GAUGES(v));
}

static void
load_close(struct fettle_ctx *ctx)
{
	struct load *self = fettle_self(ctx);

	procfile_close(&self->averages);
	procfile_close(&self->online);
}

static int
load_open(struct fettle_ctx *ctx)
{
	struct load *self = fettle_self(ctx);
	int rc = procfile_open(&self->averages, ctx, LOAD_FILE);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "open " LOAD_FILE);
	if (self->per_cpu)
		rc = procfile_open(&self->online, ctx, LOAD_ONLINE);
	if (rc < 0) {
		procfile_close(&self->averages);
		return fettle_fail(ctx, -rc, "open " LOAD_ONLINE);
	}
	return 0;
}

FETTLE_PLUGIN(load) = {
	FETTLE_ABI,
	.summary = "How many tasks run or wait to run.",
	.fields = FETTLE_FIELDS(load_fields),
	.options = FETTLE_OPTIONS(load_options),
	.self_size = sizeof(struct load),
	.open = load_open,
	.read = load_read,
	.close = load_close,
};
