/* SPDX-License-Identifier: MIT */
/*
 * disk: how full file systems are.
 *
 * What is mounted comes from /proc/self/mountinfo, mounts.h.  The kernel tells
 * by poll(2) when that has changed: until then it is not read again, watch.h.
 * How full a file system is comes from statvfs(3), and is counted as df(1)
 * does: free is what is left for users who are not root, and percent is of
 * used and free together, without what is reserved for root.
 *
 * A network or FUSE file system whose server is gone holds up whoever asks it,
 * for ever.  Such ones are asked by threads, ask.h, while the local ones are
 * asked here; the answers are waited for in the end, all together for two
 * seconds at most.  Who has not answered by then is called stuck, has no
 * values, and is neither asked again nor waited for until the answer is there.
 * Who always answers late is shown by its late answers.
 */
#include <fettle/plugin.h>

#include <math.h>
#include <string.h>
#include <syslog.h>

#include "statvfs.h"
#include "watch.h"

enum {
	DISK_TOTAL,
	DISK_USED,
	DISK_FREE,
	DISK_PERCENT,
	DISK_INODES_TOTAL,
	DISK_INODES_USED,
	DISK_INODES_FREE,
	DISK_INODES_PERCENT,
	DISK_STUCK,
	DISK_N
};

#define DISK_PATIENCE_NS INT64_C(2000000000)

static const struct fettle_field disk_fields[DISK_N] = {
	[DISK_TOTAL] = { "total", FETTLE_GAUGE, FETTLE_BYTES,
	    "Size of the file system." },
	[DISK_USED] = { "used", FETTLE_GAUGE, FETTLE_BYTES,
	    "Used by files and by the file system itself." },
	[DISK_FREE] = { "free", FETTLE_GAUGE, FETTLE_BYTES,
	    "Free for users who are not root." },
	[DISK_PERCENT] = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Used, of used and free." },
	[DISK_INODES_TOTAL] = { "inodes_total", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Files and folders that it can hold." },
	[DISK_INODES_USED] = { "inodes_used", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Files and folders that it holds." },
	[DISK_INODES_FREE] = { "inodes_free", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Files and folders that can still be made." },
	[DISK_INODES_PERCENT] = { "inodes_percent", FETTLE_GAUGE,
	    FETTLE_PERCENT, "Inodes used, of all." },
	[DISK_STUCK] = { "stuck", FETTLE_GAUGE, FETTLE_NUMBER,
	    "1 where a network or FUSE file system does not answer, else 0." },
};

struct disk {
	struct fettle_strings mounts, exclude, exclude_types;
	struct watch watch;
};

static const struct fettle_option disk_options[] = {
	FETTLE_OPTION(struct disk, mounts, "",
	    "Mount points to report, as names or patterns, whatever is mounted there; every real file system where this is not given."),
	FETTLE_OPTION(struct disk, exclude, "",
	    "Mount points to leave out, as names or patterns."),
	FETTLE_OPTION(struct disk, exclude_types, "",
	    "Types of file systems to leave out, as names or patterns: fuse.*, nfs4."),
};

/* --- numbers ------------------------------------------------------------- */

static void
disk_inodes(const struct statvfs *fs, double *v)
{
	const double total = (double)fs->f_files;
	const double left =
	    (double)(fs->f_ffree < fs->f_files ? fs->f_ffree : fs->f_files);

	if (fs->f_files == 0) /* it has no inodes to run out of */
		return;
	v[DISK_INODES_TOTAL] = total;
	v[DISK_INODES_USED] = total - left;
	v[DISK_INODES_FREE] = left;
	v[DISK_INODES_PERCENT] = 100 * (total - left) / total;
}

/* A server may report less than nothing as available, in 64 bits of which all
 * are set: that is nothing. */
static void
disk_space(const struct statvfs *fs, double *v)
{
	const double block =
	    (double)(fs->f_frsize ? fs->f_frsize : fs->f_bsize);
	const double used = fs->f_bfree < fs->f_blocks
				? (double)(fs->f_blocks - fs->f_bfree)
				: 0;
	const double left =
	    fs->f_bavail <= fs->f_blocks ? (double)fs->f_bavail : 0;

	v[DISK_TOTAL] = block * (double)fs->f_blocks;
	v[DISK_USED] = block * used;
	v[DISK_FREE] = block * left;
	if (used + left > 0)
		v[DISK_PERCENT] = 100 * used / (used + left);
}

/* What has no blocks has nothing to fill: it is shown to who asked for it. */
static void
disk_submit(struct fettle_ctx *ctx, const struct volume *v,
    const struct statvfs *fs, double stuck)
{
	const struct disk *self = fettle_self(ctx);
	double values[DISK_N];

	if (fs != NULL && fs->f_blocks == 0 && self->mounts.n == 0)
		return;
	for (size_t i = 0; i < DISK_N; i++)
		values[i] = NAN;
	if (fs != NULL) {
		disk_space(fs, values);
		disk_inodes(fs, values);
	}
	values[DISK_STUCK] = stuck;
	fettle_submit(ctx, v->point, FETTLE_GAUGES(values));
}

/* --- one after the other ------------------------------------------------- */

static bool
disk_failing(struct fettle_ctx *ctx, struct volume *v, int err)
{
	if (err != 0 && !v->failing)
		fettle_log(ctx, LOG_WARNING, "cannot ask '%s': %s", v->point,
		    strerror(-err));
	else if (err == 0 && v->failing)
		fettle_log(
		    ctx, LOG_NOTICE, "'%s' can be asked again", v->point);
	v->failing = err != 0;
	return v->failing;
}

static void
disk_local(struct fettle_ctx *ctx, struct volume *v)
{
	struct statvfs fs;

	if (!disk_failing(ctx, v, disk_statvfs(v->point, &fs)))
		disk_submit(ctx, v, &fs, NAN);
}

static void
disk_take(struct volume *v, int64_t wait, int64_t patience)
{
	if (!v->asked || !question_take(v->question, wait, &v->answer))
		return;
	v->asked = false;
	v->fresh = true;
	v->late = v->answer.took_ns > patience;
}

/* Takes what has come since the last read, and asks again. */
static void
disk_ask(struct fettle_ctx *ctx, struct volume *v, int64_t patience)
{
	int rc;

	v->fresh = false;
	disk_take(v, 0, patience);
	if (v->asked)
		return;
	rc = question_ask(v->question);
	v->asked = rc == 0;
	v->asked_ns = fettle_now(ctx);
	v->unasked = rc != 0;
	if (rc != 0) {
		v->fresh = true;
		v->answer.err = rc;
	}
}

/* Nobody waits for whoever was late the last time: the answer to this read's
 * question is for the next one, and this one has the late answer. */
static bool
disk_silent(struct fettle_ctx *ctx, struct volume *v, int64_t patience)
{
	const int64_t left = v->asked_ns + patience - fettle_now(ctx);

	if (!v->late)
		disk_take(v, left, patience);
	return !v->fresh && (!v->late || left <= 0);
}

static bool
disk_stuck(struct fettle_ctx *ctx, struct volume *v, bool silent)
{
	if (silent && !v->stuck)
		fettle_log(ctx, LOG_WARNING,
		    "'%s' does not answer, and is left out until it does",
		    v->point);
	else if (!silent && v->stuck)
		fettle_log(ctx, LOG_NOTICE, "'%s' answers again", v->point);
	v->stuck = silent;
	return silent;
}

/* Of who could not be asked nobody knows whether it would have answered. */
static void
disk_remote(struct fettle_ctx *ctx, struct volume *v, int64_t patience)
{
	if (disk_stuck(ctx, v, disk_silent(ctx, v, patience)))
		disk_submit(ctx, v, NULL, 1);
	else if (!disk_failing(ctx, v, v->answer.err))
		disk_submit(ctx, v, &v->answer.fs, 0);
	else if (!v->unasked)
		disk_submit(ctx, v, NULL, 0);
}

static int64_t
disk_patience(struct fettle_ctx *ctx)
{
	const int64_t half = fettle_left(ctx) / 2;

	return half < DISK_PATIENCE_NS ? half : DISK_PATIENCE_NS;
}

static int
disk_read(struct fettle_ctx *ctx)
{
	struct watch *w = &((struct disk *)fettle_self(ctx))->watch;
	const int64_t patience = disk_patience(ctx);
	const int rc = watch_update(w, ctx);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].question != NULL)
			disk_ask(ctx, &w->v[i], patience);
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].question == NULL)
			disk_local(ctx, &w->v[i]);
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].question != NULL)
			disk_remote(ctx, &w->v[i], patience);
	return 0;
}

/* --- begin and end ------------------------------------------------------- */

static struct watch *
disk_watch(struct disk *self)
{
	self->watch.wish = (struct mounts_wish){ self->mounts, self->exclude,
		self->exclude_types };
	return &self->watch;
}

static int
disk_open(struct fettle_ctx *ctx)
{
	return watch_open(disk_watch(fettle_self(ctx)), ctx);
}

/* A thread that is held up goes on with the new options: no reload adds one */
static int
disk_adopt(struct fettle_ctx *ctx, void *old)
{
	return watch_adopt(
	    disk_watch(fettle_self(ctx)), ctx, &((struct disk *)old)->watch);
}

static void
disk_close(struct fettle_ctx *ctx)
{
	watch_close(&((struct disk *)fettle_self(ctx))->watch);
}

FETTLE_PLUGIN(disk) = {
	FETTLE_ABI,
	.summary = "How full file systems are.",
	.instance_name = "mount",
	.headline = "disk[*].percent",
	.fields = FETTLE_FIELDS(disk_fields),
	.options = FETTLE_OPTIONS(disk_options),
	.self_size = sizeof(struct disk),
	.open = disk_open,
	.close = disk_close,
	.read = disk_read,
	.adopt = disk_adopt,
};
