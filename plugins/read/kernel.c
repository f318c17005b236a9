/* SPDX-License-Identifier: MIT */
/*
 * kernel: what the kernel may run out of, and the interrupts it serves.
 *
 * Open files and inodes come from /proc/sys/fs, connections from nf_conntrack
 * while that module is there, interrupts from the line intr of /proc/stat.
 * Where the limit on files is the largest number there is, as systemd sets it,
 * there is none, and no percent.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <syslog.h>

#include "keyed.h"

enum {
	KERNEL_FILES,
	KERNEL_FILES_LIMIT,
	KERNEL_FILES_PERCENT,
	KERNEL_INODES,
	KERNEL_INODES_FREE,
	KERNEL_CONNTRACK,
	KERNEL_CONNTRACK_LIMIT,
	KERNEL_CONNTRACK_PERCENT,
	KERNEL_INTERRUPTS,
	KERNEL_ENTROPY,
	KERNEL_N
};

#define KERNEL_GAUGE(i, name, help)                                           \
	[i] = { name, FETTLE_GAUGE, FETTLE_NUMBER, help }

static const struct fettle_field kernel_fields[KERNEL_N] = {
	KERNEL_GAUGE(KERNEL_FILES, "files", "Open files, of all processes."),
	KERNEL_GAUGE(KERNEL_FILES_LIMIT, "files_limit",
	    "How many files may be open; absent where there is no limit."),
	[KERNEL_FILES_PERCENT] = { "files_percent", FETTLE_GAUGE,
	    FETTLE_PERCENT, "Open files, of as many as may be." },
	KERNEL_GAUGE(KERNEL_INODES, "inodes", "Inodes kept in memory."),
	KERNEL_GAUGE(KERNEL_INODES_FREE, "inodes_free",
	    "Inodes kept in memory that nothing uses."),
	KERNEL_GAUGE(KERNEL_CONNTRACK, "conntrack",
	    "Connections that the firewall tracks; absent where it does not."),
	KERNEL_GAUGE(KERNEL_CONNTRACK_LIMIT, "conntrack_limit",
	    "How many connections can be tracked: others are dropped."),
	[KERNEL_CONNTRACK_PERCENT] = { "conntrack_percent", FETTLE_GAUGE,
	    FETTLE_PERCENT, "Connections tracked, of as many as can be." },
	[KERNEL_INTERRUPTS] = { "interrupts", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Interrupts served, of all kinds." },
	KERNEL_GAUGE(KERNEL_ENTROPY, "entropy",
	    "Bits of randomness collected; always 256 since Linux 5.18."),
};

enum {
	FILE_FILES,
	FILE_INODES,
	FILE_STAT,
	FILE_ENTROPY,
	FILE_ALWAYS, /* the others come and go with nf_conntrack */
	FILE_CONNTRACK = FILE_ALWAYS,
	FILE_CONNTRACK_LIMIT,
	FILE_N
};

static const char *const kernel_files[FILE_N] = {
	[FILE_FILES] = "/proc/sys/fs/file-nr",
	[FILE_INODES] = "/proc/sys/fs/inode-nr",
	[FILE_STAT] = "/proc/stat",
	[FILE_ENTROPY] = "/proc/sys/kernel/random/entropy_avail",
	[FILE_CONNTRACK] = "/proc/sys/net/netfilter/nf_conntrack_count",
	[FILE_CONNTRACK_LIMIT] = "/proc/sys/net/netfilter/nf_conntrack_max",
};

struct kernel {
	struct procfile files[FILE_N];
};

/* Takes n numbers, all or none, from a whole line. */
static bool
kernel_numbers(const char *text, uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!scan_number(&text, &numbers[i]))
			return false;
	return *text == '\n';
}

/* at: of the field; its limit and its percent follow.  The limit is not for
 * root: what is over it is all of it. */
static void
kernel_limited(
    struct fettle_value *v, size_t at, uint64_t used, uint64_t limit)
{
	v[at] = fettle_gauge((double)used);
	if (limit == 0 || limit >= INT64_MAX)
		return;
	v[at + 1] = fettle_gauge((double)limit);
	v[at + 2] =
	    fettle_gauge(fmin(100 * (double)used / (double)limit, 100));
}

/* Allocated, of these unused, limit. */
static void
kernel_open_files(const char *text, struct fettle_value *v)
{
	uint64_t n[3];

	if (kernel_numbers(text, n, 3) && n[1] <= n[0])
		kernel_limited(v, KERNEL_FILES, n[0] - n[1], n[2]);
}

static void
kernel_inodes(const char *text, struct fettle_value *v)
{
	uint64_t n[2];

	if (!kernel_numbers(text, n, 2))
		return;
	v[KERNEL_INODES] = fettle_gauge((double)n[0]);
	v[KERNEL_INODES_FREE] = fettle_gauge((double)n[1]);
}

static void
kernel_interrupts(const char *stat, struct fettle_value *v)
{
	uint64_t n;

	if (keyed_number(stat, "intr ", &n))
		v[KERNEL_INTERRUPTS] = fettle_count(n);
}

static void
kernel_entropy(const char *text, struct fettle_value *v)
{
	uint64_t bits;

	if (kernel_numbers(text, &bits, 1))
		v[KERNEL_ENTROPY] = fettle_gauge((double)bits);
}

/* The number in a file that may go at any time, and come back. */
static bool
kernel_passing(struct fettle_ctx *ctx, size_t file, uint64_t *n)
{
	struct procfile *f = &((struct kernel *)fettle_self(ctx))->files[file];

	if (f->path == NULL && procfile_open(f, ctx, kernel_files[file]) < 0)
		return false;
	if (procfile_read(f) == 0)
		return kernel_numbers(f->text, n, 1);
	procfile_close(f);
	return false;
}

static void
kernel_conntrack(struct fettle_ctx *ctx, struct fettle_value *v)
{
	uint64_t used, limit;

	if (!kernel_passing(ctx, FILE_CONNTRACK, &used))
		return;
	if (!kernel_passing(ctx, FILE_CONNTRACK_LIMIT, &limit))
		limit = 0;
	kernel_limited(v, KERNEL_CONNTRACK, used, limit);
}

static int
kernel_read(struct fettle_ctx *ctx)
{
	static void (*const parse[FILE_ALWAYS])(
	    const char *, struct fettle_value *) = {
		[FILE_FILES] = kernel_open_files,
		[FILE_INODES] = kernel_inodes,
		[FILE_STAT] = kernel_interrupts,
		[FILE_ENTROPY] = kernel_entropy,
	};
	struct kernel *self = fettle_self(ctx);
	struct fettle_value v[KERNEL_N] = { 0 };
	int n = 0;

	for (size_t i = 0; i < FILE_ALWAYS; i++)
		if (self->files[i].path != NULL &&
		    procfile_try(&self->files[i], ctx))
			parse[i](self->files[i].text, v);
	kernel_conntrack(ctx, v);
	for (size_t i = 0; i < KERNEL_N; i++)
		n += v[i].kind != 0;
	if (n == 0)
		return fettle_fail(ctx, ENODATA,
		    "find anything in /proc/sys/fs and /proc/stat");
	return fettle_submit_values(ctx, NULL, v, KERNEL_N);
}

static void
kernel_close(struct fettle_ctx *ctx)
{
	struct kernel *self = fettle_self(ctx);

	for (size_t i = 0; i < FILE_N; i++)
		procfile_close(&self->files[i]);
}

static int
kernel_open(struct fettle_ctx *ctx)
{
	struct kernel *self = fettle_self(ctx);
	int why[FILE_ALWAYS], there = 0;

	for (size_t i = 0; i < FILE_ALWAYS; i++) {
		why[i] = procfile_open(&self->files[i], ctx, kernel_files[i]);
		there += why[i] == 0;
	}
	if (there == 0)
		return fettle_fail(ctx, -why[FILE_FILES], "open %s",
		    kernel_files[FILE_FILES]);
	for (size_t i = 0; i < FILE_ALWAYS; i++)
		if (why[i] < 0)
			fettle_log(ctx, LOG_WARNING,
			    "cannot open '%s', which is left out: %s",
			    kernel_files[i], strerror(-why[i]));
	return 0;
}

FETTLE_PLUGIN(kernel) = {
	FETTLE_ABI,
	.summary = "What the kernel may run out of, and its interrupts.",
	.headline = "kernel.files_percent",
	.fields = FETTLE_FIELDS(kernel_fields),
	.self_size = sizeof(struct kernel),
	.open = kernel_open,
	.read = kernel_read,
	.close = kernel_close,
};
