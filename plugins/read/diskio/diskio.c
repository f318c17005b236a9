/* SPDX-License-Identifier: MIT */
/*
 * diskio: what is read from and written to block devices.
 *
 * From /proc/diskstats, diskstats.h.  Operations, bytes and times are the
 * kernel's own counters, but for the times, which it keeps in 32 bits: a busy
 * array runs over within hours, and that is not a reset.  Percent, queue and
 * the waits are of what was between two readings, by the time that has passed
 * and not by the interval that was meant to; where a device has begun to count
 * anew they are left out once.
 *
 * Whole devices are reported, under the kernel's names, those of the device
 * mapper with the name that people gave them as a tag:
 * diskio[dm-0]{name=vg-home}.  What has no disk of its own behind it (loop,
 * ram) or is a way to one (the paths of nvme multipath) is left out unless it
 * is asked for, as are partitions.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/globs.h"
#include "common/procfile.h"
#include "common/roster.h"
#include "diskstats.h"

enum {
	DISKIO_PERCENT,
	DISKIO_IN_FLIGHT,
	DISKIO_QUEUE,
	DISKIO_WAIT,
	DISKIO_READ_WAIT,
	DISKIO_WRITE_WAIT,
	DISKIO_READ_BYTES,
	DISKIO_READ_OPS,
	DISKIO_READ_TIME,
	DISKIO_WRITE_BYTES,
	DISKIO_WRITE_OPS,
	DISKIO_WRITE_TIME,
	DISKIO_DISCARD_BYTES,
	DISKIO_DISCARD_OPS,
	DISKIO_DISCARD_TIME,
	DISKIO_FLUSH_OPS,
	DISKIO_FLUSH_TIME,
	DISKIO_N
};

enum { DISKIO_ALIAS = 128 }; /* the device mapper's names have 127 */

/* A share of less time says more about the kernel's ticks than about the
 * device: the reading before is kept then. */
#define DISKIO_LEAST_NS INT64_C(50000000)
/* How long a name given by people is believed. */
#define DISKIO_ALIAS_NS INT64_C(60000000000)

static const struct fettle_field diskio_fields[DISKIO_N] = {
	[DISKIO_PERCENT] = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Time with at least one request in progress.  Devices that serve many at once are not exhausted at 100." },
	[DISKIO_IN_FLIGHT] = { "in_flight", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Requests in progress at that moment." },
	[DISKIO_QUEUE] = { "queue", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Requests in progress on average." },
	[DISKIO_WAIT] = { "wait", FETTLE_GAUGE, FETTLE_SECONDS,
	    "Mean time that a read, write or discard took, with its time in the queue." },
	[DISKIO_READ_WAIT] = { "read_wait", FETTLE_GAUGE, FETTLE_SECONDS,
	    "Mean time that a read took." },
	[DISKIO_WRITE_WAIT] = { "write_wait", FETTLE_GAUGE, FETTLE_SECONDS,
	    "Mean time that a write took." },
	[DISKIO_READ_BYTES] = { "read_bytes", FETTLE_COUNTER, FETTLE_BYTES,
	    "Read." },
	[DISKIO_READ_OPS] = { "read_ops", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Reads completed." },
	[DISKIO_READ_TIME] = { "read_time", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Taken by reads, all together." },
	[DISKIO_WRITE_BYTES] = { "write_bytes", FETTLE_COUNTER, FETTLE_BYTES,
	    "Written." },
	[DISKIO_WRITE_OPS] = { "write_ops", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Writes completed." },
	[DISKIO_WRITE_TIME] = { "write_time", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Taken by writes, all together." },
	[DISKIO_DISCARD_BYTES] = { "discard_bytes", FETTLE_COUNTER,
	    FETTLE_BYTES, "Discarded: told to the device as unused." },
	[DISKIO_DISCARD_OPS] = { "discard_ops", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Discards completed." },
	[DISKIO_DISCARD_TIME] = { "discard_time", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Taken by discards, all together." },
	[DISKIO_FLUSH_OPS] = { "flush_ops", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Flushes of the device's cache completed." },
	[DISKIO_FLUSH_TIME] = { "flush_time", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Taken by flushes, all together." },
};

struct device {
	struct roster_row row;
	bool wanted;
	char alias[DISKIO_ALIAS]; /* "": it has none */
	int64_t alias_ns;	  /* when that was read */
	bool taken;		  /* v is a reading */
	int64_t taken_ns;	  /* when that was */
	uint64_t v[DISKSTATS_N];
};

struct diskio {
	struct fettle_strings include, exclude;
	struct procfile stats;
	struct roster devices;
	bool opening; /* the first reading is only remembered */
	const struct fettle_field *fields[DISKIO_N];
};

static const struct fettle_option diskio_options[] = {
	FETTLE_OPTION(struct diskio, include, "",
	    "Devices to report, as names or patterns of the kernel or of the device mapper, whatever they are; every whole disk where this is not given."),
	FETTLE_OPTION(struct diskio, exclude, "",
	    "Devices to leave out, as names or patterns."),
};

/* --- which devices ------------------------------------------------------- */

static bool
diskio_is_usual(const char *text, const char *name)
{
	static const char *const unusual[] = { "loop*", "ram*", "zram*", "fd*",
		"sr*", "nvme*c*n*" };
	const struct fettle_strings globs = {
		sizeof(unusual) / sizeof *unusual, unusual
	};

	return !globs_match(&globs, name) &&
	       !diskstats_is_partition(text, name);
}

/* The name that the device mapper has for it, if it is one of its devices. */
static void
diskio_read_alias(struct fettle_ctx *ctx, struct device *d)
{
	char path[ROSTER_NAME + 32];
	ssize_t n;
	int fd;

	d->alias[0] = '\0';
	if (strncmp(d->row.name, "dm-", 3) != 0 ||
	    strchr(d->row.name, '/') != NULL)
		return;
	snprintf(path, sizeof(path), "/sys/block/%s/dm/name", d->row.name);
	fd = fettle_file(ctx, path);
	if (fd < 0)
		return;
	n = pread(fd, d->alias, sizeof(d->alias) - 1, 0);
	close(fd);
	d->alias[n > 0 ? n : 0] = '\0';
	d->alias[strcspn(d->alias, "\n")] = '\0';
}

static bool
diskio_is_wanted(
    const struct diskio *self, const char *text, const struct device *d)
{
	if (d->alias[0] != '\0' && globs_match(&self->exclude, d->alias))
		return false;
	if (d->alias[0] != '\0' && globs_match(&self->include, d->alias))
		return !globs_match(&self->exclude, d->row.name);
	return globs_want(&self->include, &self->exclude, d->row.name,
	    diskio_is_usual(text, d->row.name));
}

/* Devices of the device mapper are renamed while they are in use. */
static void
diskio_look(struct fettle_ctx *ctx, struct device *d, int64_t ns)
{
	const struct diskio *self = fettle_self(ctx);

	if (!d->row.fresh && ns - d->alias_ns < DISKIO_ALIAS_NS)
		return;
	d->alias_ns = ns;
	diskio_read_alias(ctx, d);
	d->wanted = diskio_is_wanted(self, self->stats.text, d);
}

/* --- numbers ------------------------------------------------------------- */

static double
diskio_since(const struct device *d, const struct diskstats *now, size_t i)
{
	return (double)(now->v[i] - d->v[i]);
}

/* Seconds that each of ops took, if there was any. */
static struct fettle_value
diskio_wait(double ms, double ops)
{
	return ops > 0 ? fettle_gauge(ms / 1000 / ops)
		       : (struct fettle_value){ 0 };
}

static void
diskio_gauges(const struct device *d, const struct diskstats *now,
    double passed_ms, struct fettle_value *v)
{
	const double busy = diskio_since(d, now, DISKSTATS_BUSY_MS);
	const double queue = diskio_since(d, now, DISKSTATS_QUEUE_MS);
	const double reads = diskio_since(d, now, DISKSTATS_READ_OPS);
	const double read_ms = diskio_since(d, now, DISKSTATS_READ_MS);
	const double writes = diskio_since(d, now, DISKSTATS_WRITE_OPS);
	const double write_ms = diskio_since(d, now, DISKSTATS_WRITE_MS);
	const double discards = diskio_since(d, now, DISKSTATS_DISCARD_OPS);
	const double discard_ms = diskio_since(d, now, DISKSTATS_DISCARD_MS);

	v[DISKIO_PERCENT] =
	    fettle_gauge(busy < passed_ms ? 100 * busy / passed_ms : 100);
	v[DISKIO_QUEUE] = fettle_gauge(queue / passed_ms);
	v[DISKIO_READ_WAIT] = diskio_wait(read_ms, reads);
	v[DISKIO_WRITE_WAIT] = diskio_wait(write_ms, writes);
	v[DISKIO_WAIT] = diskio_wait(
	    read_ms + write_ms + discard_ms, reads + writes + discards);
}

/* Which field is made of which column, and how. */
static const struct {
	size_t field, column;
	enum { DISKIO_COUNT, DISKIO_SECTORS, DISKIO_MS } how;
} diskio_counters[] = {
	{ DISKIO_READ_BYTES, DISKSTATS_READ_SECTORS, DISKIO_SECTORS },
	{ DISKIO_READ_OPS, DISKSTATS_READ_OPS, DISKIO_COUNT },
	{ DISKIO_READ_TIME, DISKSTATS_READ_MS, DISKIO_MS },
	{ DISKIO_WRITE_BYTES, DISKSTATS_WRITE_SECTORS, DISKIO_SECTORS },
	{ DISKIO_WRITE_OPS, DISKSTATS_WRITE_OPS, DISKIO_COUNT },
	{ DISKIO_WRITE_TIME, DISKSTATS_WRITE_MS, DISKIO_MS },
	{ DISKIO_DISCARD_BYTES, DISKSTATS_DISCARD_SECTORS, DISKIO_SECTORS },
	{ DISKIO_DISCARD_OPS, DISKSTATS_DISCARD_OPS, DISKIO_COUNT },
	{ DISKIO_DISCARD_TIME, DISKSTATS_DISCARD_MS, DISKIO_MS },
	{ DISKIO_FLUSH_OPS, DISKSTATS_FLUSH_OPS, DISKIO_COUNT },
	{ DISKIO_FLUSH_TIME, DISKSTATS_FLUSH_MS, DISKIO_MS },
};

/* What this kernel counts.  Some older ones took more out of what is in flight
 * than they had put in, and print that as nearly 2^32: it is left out. */
static void
diskio_counts(const struct diskstats *now, struct fettle_value *v)
{
	const size_t n = sizeof(diskio_counters) / sizeof *diskio_counters;
	const bool timed = diskstats_is_timed(now);

	for (size_t i = 0; i < n; i++) {
		const uint64_t count = now->v[diskio_counters[i].column];
		struct fettle_value *to = &v[diskio_counters[i].field];

		if (diskio_counters[i].column >= now->n)
			continue;
		if (diskio_counters[i].how == DISKIO_COUNT)
			*to = fettle_count(count);
		else if (diskio_counters[i].how == DISKIO_SECTORS)
			*to = fettle_count(512 * count);
		else if (timed)
			*to = fettle_total((double)count / 1000);
	}
	if (now->v[DISKSTATS_IN_FLIGHT] < UINT64_C(1) << 31)
		v[DISKIO_IN_FLIGHT] =
		    fettle_gauge((double)now->v[DISKSTATS_IN_FLIGHT]);
}

static void
diskio_submit(struct fettle_ctx *ctx, const struct device *d,
    const struct fettle_value *v)
{
	const struct diskio *self = fettle_self(ctx);
	const struct fettle_tag name = { "name", d->alias };
	const struct fettle_list list = { .size = sizeof(list),
		.instance = d->row.name,
		.tags = &name,
		.n_tags = 1,
		.fields = self->fields,
		.values = v,
		.n = DISKIO_N };

	if (d->alias[0] != '\0')
		fettle_submit_list(ctx, &list);
	else
		fettle_submit_values(ctx, d->row.name, v, DISKIO_N);
}

/* Compares with the reading before, and keeps this one in its place unless it
 * comes too soon after it. */
static void
diskio_measure(struct device *d, struct diskstats *now, int64_t ns,
    struct fettle_value *v)
{
	const bool known = d->taken && diskstats_follow(d->v, now);
	const int64_t passed = ns - d->taken_ns;

	diskio_counts(now, v);
	if (known && passed < DISKIO_LEAST_NS)
		return;
	if (known && diskstats_is_timed(now))
		diskio_gauges(d, now, (double)passed / 1e6, v);
	d->taken = true;
	d->taken_ns = ns;
	memcpy(d->v, now->v, sizeof(d->v));
}

/* --- reading ------------------------------------------------------------- */

static int
diskio_device(struct fettle_ctx *ctx, struct diskstats *now, int64_t ns)
{
	struct diskio *self = fettle_self(ctx);
	struct fettle_value v[DISKIO_N] = { 0 };
	void *row;
	struct device *d;
	const int rc = roster_take(&self->devices, now->name,
	    (uint64_t)now->major << 32 | now->minor, &row);

	if (rc == -ENOMEM)
		return fettle_fail(ctx, ENOMEM, "remember a device");
	if (rc != 0)
		return 0;
	d = row;
	diskio_look(ctx, d, ns);
	if (!d->wanted)
		return 0;
	diskio_measure(d, now, ns, v);
	if (!self->opening)
		diskio_submit(ctx, d, v);
	return 0;
}

/* A line that was cut short may lack digits, and does not count. */
static int
diskio_devices(struct fettle_ctx *ctx, const char *text, int64_t ns)
{
	struct diskstats now;
	const char *newline;
	bool found = *text == '\0'; /* there is not always one to find */
	int rc = 0;

	for (; rc == 0 && (newline = strchr(text, '\n')) != NULL;
	     text = newline + 1) {
		if (!diskstats_parse(text, &now))
			continue;
		found = true;
		rc = diskio_device(ctx, &now, ns);
	}
	return found ? rc
		     : fettle_fail(
			   ctx, ENODATA, "find a device in /proc/diskstats");
}

static int
diskio_read(struct fettle_ctx *ctx)
{
	struct diskio *self = fettle_self(ctx);
	int rc = procfile_read(&self->stats);
	const int64_t ns = fettle_now(ctx);

	if (rc != 0)
		return fettle_fail(ctx, -rc, "read /proc/diskstats");
	roster_begin(&self->devices);
	rc = diskio_devices(ctx, self->stats.text, ns);
	roster_end(&self->devices);
	return rc;
}

static void
diskio_close(struct fettle_ctx *ctx)
{
	struct diskio *self = fettle_self(ctx);

	procfile_close(&self->stats);
	roster_fini(&self->devices);
}

static int
diskio_open(struct fettle_ctx *ctx)
{
	struct diskio *self = fettle_self(ctx);
	int rc = procfile_open(&self->stats, ctx, "/proc/diskstats");

	if (rc != 0)
		return fettle_fail(ctx, -rc, "open /proc/diskstats");
	self->devices.size = sizeof(struct device);
	for (size_t i = 0; i < DISKIO_N; i++)
		self->fields[i] = &diskio_fields[i];
	self->opening = true;
	rc = diskio_read(ctx);
	self->opening = false;
	if (rc != 0)
		diskio_close(ctx);
	return rc;
}

FETTLE_PLUGIN(diskio) = {
	FETTLE_ABI,
	.summary = "What is read from and written to block devices.",
	.instance_name = "device",
	.headline = "diskio[*].percent",
	.fields = FETTLE_FIELDS(diskio_fields),
	.options = FETTLE_OPTIONS(diskio_options),
	.self_size = sizeof(struct diskio),
	.open = diskio_open,
	.read = diskio_read,
	.close = diskio_close,
};
