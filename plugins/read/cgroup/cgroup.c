/* SPDX-License-Identifier: MIT */
/*
 * cgroup: what services and containers take of the machine.
 *
 * From the files of control groups, version 2, cgroups(7) and cgroup-v2 of the
 * kernel's documentation.  A group has the files of the controllers that are
 * switched on for it, and values for these alone.  What a group takes contains
 * what those below it take.
 *
 * Memory that is used is told twice: all that is charged to the group, and
 * that without files which were read or written once and can be dropped.  The
 * latter is what percent is of: caches fill every group up to its limit.
 *
 * Without being asked for more it reports services of the system and
 * containers, and looks neither into containers nor into sessions of users.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../keyed.h"
#include "common/globs.h"
#include "common/procfile.h"
#include "container.h"
#include "device.h"
#include "names.h"
#include "stat.h"
#include "tree.h"

enum {
	CGROUP_CPU,
	CGROUP_CPU_USER,
	CGROUP_CPU_SYSTEM,
	CGROUP_CPU_LIMIT,
	CGROUP_PERIODS,
	CGROUP_THROTTLED,
	CGROUP_THROTTLED_TIME,
	CGROUP_MEMORY,
	CGROUP_MEMORY_USED,
	CGROUP_MEMORY_LIMIT,
	CGROUP_MEMORY_PERCENT,
	CGROUP_SWAP,
	CGROUP_LIMIT_HITS,
	CGROUP_OOM,
	CGROUP_OOM_KILLS,
	CGROUP_IO_READ,
	CGROUP_IO_WRITTEN,
	CGROUP_READS,
	CGROUP_WRITES,
	CGROUP_TASKS,
	CGROUP_TASKS_LIMIT,
	CGROUP_N
};

static const struct fettle_field cgroup_fields[CGROUP_N] = {
	[CGROUP_CPU] = { "cpu", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time." },
	[CGROUP_CPU_USER] = { "cpu_user", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time of programs." },
	[CGROUP_CPU_SYSTEM] = { "cpu_system", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time of the kernel on behalf of programs." },
	[CGROUP_CPU_LIMIT] = { "cpu_limit", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Processors that it may keep busy." },
	[CGROUP_PERIODS] = { "periods", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Periods in which it ran and its processor time was limited." },
	[CGROUP_THROTTLED] = { "throttled", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Periods in which it had to wait because of that limit." },
	[CGROUP_THROTTLED_TIME] = { "throttled_time", FETTLE_TOTAL,
	    FETTLE_SECONDS, "How long it waited, all processors together." },
	[CGROUP_MEMORY] = { "memory", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory, with the cache of its files." },
	[CGROUP_MEMORY_USED] = { "memory_used", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory without cached files that were not used lately." },
	[CGROUP_MEMORY_LIMIT] = { "memory_limit", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory that it may have." },
	[CGROUP_MEMORY_PERCENT] = { "memory_percent", FETTLE_GAUGE,
	    FETTLE_PERCENT, "Memory used, of the limit." },
	[CGROUP_SWAP] = { "swap", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory that is swapped out." },
	[CGROUP_LIMIT_HITS] = { "limit_hits", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Times it was about to take more memory than it may." },
	[CGROUP_OOM] = { "oom", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Times it was out of memory." },
	[CGROUP_OOM_KILLS] = { "oom_kills", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Processes killed because it was." },
	[CGROUP_IO_READ] = { "io_read", FETTLE_COUNTER, FETTLE_BYTES,
	    "Read from disks." },
	[CGROUP_IO_WRITTEN] = { "io_written", FETTLE_COUNTER, FETTLE_BYTES,
	    "Written to disks." },
	[CGROUP_READS] = { "reads", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Reads of disks." },
	[CGROUP_WRITES] = { "writes", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Writes to disks." },
	[CGROUP_TASKS] = { "tasks", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Processes and threads." },
	[CGROUP_TASKS_LIMIT] = { "tasks_limit", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Processes and threads that it may have." },
};

struct cgroup {
	struct fettle_strings include, exclude;
	const char *docker, *podman, *containerd, *crio;
	int root;
	struct procfile file; /* the one that is read just now */
	struct devices devices;
	struct names names;
};

static const struct fettle_option cgroup_options[] = {
	FETTLE_OPTION(struct cgroup, include, "",
	    "Groups to report, as names or patterns such as \"/system.slice/*\"; services of the system and containers where this is not given."),
	FETTLE_OPTION(struct cgroup, exclude, "",
	    "Groups to leave out, as names or patterns."),
	FETTLE_OPTION(struct cgroup, docker, "/var/lib/docker",
	    "Where Docker keeps what its containers are called."),
	FETTLE_OPTION(struct cgroup, podman, "/var/lib/containers/storage",
	    "Where Podman does."),
	FETTLE_OPTION(struct cgroup, containerd, "/run/containerd",
	    "Where containerd does, for Kubernetes."),
	FETTLE_OPTION(struct cgroup, crio, "/run/containers/storage",
	    "Where CRI-O does, for Kubernetes."),
};

/* What a visit of a group needs. */
struct visit {
	struct fettle_ctx *ctx;
	struct cgroup *self;
	const struct node *node;
	struct fettle_value v[CGROUP_N];
	int err; /* why a file could not be read that should be, or 0 */
};

/* --- files of a group ---------------------------------------------------- */

/* A controller that is off, or a group that is gone: no file, and no error. */
static bool
visit_expects(int err)
{
	return err == ENOENT || err == ENODEV || err == EOPNOTSUPP ||
	       err == EACCES || err == EPERM;
}

/* The text of a file, until the next call; NULL: there is none. */
static const char *
visit_text(struct visit *v, const char *name)
{
	struct procfile *f = &v->self->file;
	int rc;

	f->fd = openat(v->node->fd, name, O_RDONLY | O_CLOEXEC);
	rc = f->fd < 0 ? -errno : procfile_read(f);
	if (f->fd >= 0)
		close(f->fd);
	if (rc != 0 && !visit_expects(-rc))
		v->err = -rc;
	return rc == 0 ? f->text : NULL;
}

static void
visit_time(struct visit *v, const char *text, const char *name, size_t field)
{
	uint64_t us;

	if (keyed_number(text, name, &us))
		v->v[field] = fettle_total((double)us / 1e6);
}

static void
visit_count(struct visit *v, const char *text, const char *name, size_t field)
{
	uint64_t n;

	if (keyed_number(text, name, &n))
		v->v[field] = fettle_count(n);
}

/* Of a file that is a number alone, or "max". */
static bool
visit_gauge(struct visit *v, const char *file, size_t field)
{
	const char *text = visit_text(v, file);
	uint64_t n;

	if (text == NULL || !stat_number(text, &n))
		return false;
	v->v[field] = fettle_gauge((double)n);
	return true;
}

static void
visit_cpu(struct visit *v)
{
	const char *text = visit_text(v, "cpu.stat");
	double processors;

	if (text != NULL) {
		visit_time(v, text, "usage_usec ", CGROUP_CPU);
		visit_time(v, text, "user_usec ", CGROUP_CPU_USER);
		visit_time(v, text, "system_usec ", CGROUP_CPU_SYSTEM);
		visit_count(v, text, "nr_periods ", CGROUP_PERIODS);
		visit_count(v, text, "nr_throttled ", CGROUP_THROTTLED);
		visit_time(v, text, "throttled_usec ", CGROUP_THROTTLED_TIME);
	}
	text = visit_text(v, "cpu.max");
	if (text != NULL && stat_quota(text, &processors))
		v->v[CGROUP_CPU_LIMIT] = fettle_gauge(processors);
}

/* Without what the kernel would drop first. */
static void
visit_used(struct visit *v)
{
	const char *text = visit_text(v, "memory.stat");
	double all = v->v[CGROUP_MEMORY].real, limit, used, percent;
	uint64_t idle;

	if (text == NULL || !keyed_number(text, "inactive_file ", &idle))
		return;
	used = all > (double)idle ? all - (double)idle : 0;
	v->v[CGROUP_MEMORY_USED] = fettle_gauge(used);
	limit = v->v[CGROUP_MEMORY_LIMIT].real;
	if (v->v[CGROUP_MEMORY_LIMIT].kind == 0 || !(limit > 0))
		return;
	percent = 100 * used / limit;
	v->v[CGROUP_MEMORY_PERCENT] =
	    fettle_gauge(percent < 100 ? percent : 100);
}

static void
visit_memory(struct visit *v)
{
	const char *text;

	if (visit_gauge(v, "memory.current", CGROUP_MEMORY)) {
		visit_gauge(v, "memory.max", CGROUP_MEMORY_LIMIT);
		visit_used(v);
	}
	visit_gauge(v, "memory.swap.current", CGROUP_SWAP);
	text = visit_text(v, "memory.events");
	if (text == NULL)
		return;
	visit_count(v, text, "max ", CGROUP_LIMIT_HITS);
	visit_count(v, text, "oom ", CGROUP_OOM);
	visit_count(v, text, "oom_kill ", CGROUP_OOM_KILLS);
}

static bool
visit_device(void *arg, unsigned major, unsigned minor)
{
	struct visit *v = arg;

	return device_counts(&v->self->devices, v->ctx, major, minor);
}

/* A group that never had a disk do anything has an empty file. */
static void
visit_io(struct visit *v)
{
	const char *text = visit_text(v, "io.stat");
	struct io sum;

	if (text == NULL)
		return;
	io_parse(text, visit_device, v, &sum);
	v->v[CGROUP_IO_READ] = fettle_count(sum.read);
	v->v[CGROUP_IO_WRITTEN] = fettle_count(sum.written);
	v->v[CGROUP_READS] = fettle_count(sum.reads);
	v->v[CGROUP_WRITES] = fettle_count(sum.writes);
}

/* --- a group ------------------------------------------------------------- */

static size_t
cgroup_tags(struct fettle_tag *tags, const struct labels *labels)
{
	const struct fettle_tag all[] = { { "container", labels->container },
		{ "namespace", labels->space }, { "pod", labels->pod } };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof *all; i++)
		if (all[i].value[0] != '\0')
			tags[n++] = all[i];
	return n;
}

static void
cgroup_submit(struct visit *v, const struct labels *labels)
{
	const struct fettle_field *fields[CGROUP_N];
	struct fettle_tag tags[3];
	struct fettle_list l = { .size = sizeof(l),
		.instance = v->node->path,
		.tags = tags,
		.n_tags = labels != NULL ? cgroup_tags(tags, labels) : 0,
		.fields = fields,
		.values = v->v,
		.n = CGROUP_N };
	bool any = false;

	for (size_t i = 0; i < CGROUP_N; i++) {
		fields[i] = &cgroup_fields[i];
		any = any || v->v[i].kind != 0;
	}
	if (any)
		fettle_submit_list(v->ctx, &l);
}

/* 0, or what fettle_fail returned.  labels: NULL if it is no container. */
static int
cgroup_take(struct fettle_ctx *ctx, const struct node *node,
    const struct labels *labels)
{
	struct visit v = {
		.ctx = ctx, .self = fettle_self(ctx), .node = node
	};

	visit_cpu(&v);
	visit_memory(&v);
	visit_io(&v);
	visit_gauge(&v, "pids.current", CGROUP_TASKS);
	visit_gauge(&v, "pids.max", CGROUP_TASKS_LIMIT);
	if (v.err != 0)
		return fettle_fail(
		    ctx, v.err, "read the files of '%s'", node->path);
	cgroup_submit(&v, labels);
	return 0;
}

static bool
cgroup_is_service(const char *path)
{
	const size_t len = strlen(path);

	return len > 8 && strcmp(path + len - 8, ".service") == 0;
}

static bool
cgroup_visit(void *arg, const struct node *node, int *rc)
{
	struct fettle_ctx *ctx = arg;
	struct cgroup *self = fettle_self(ctx);
	const struct labels *known = NULL;
	struct labels labels;
	struct container c;
	const bool is = container_parse(node->path, &c, &labels);

	if (globs_want(&self->include, &self->exclude, node->path,
		is || cgroup_is_service(node->path))) {
		if (is)
			known = names_get(
			    &self->names, ctx, node->path, &c, &labels);
		*rc = is && known == NULL ? fettle_fail(ctx, ENOMEM,
						"keep the names of containers")
					  : cgroup_take(ctx, node, known);
	}
	return self->include.n > 0 ||
	       !(is || strcmp(node->path, "/user.slice") == 0);
}

static int
cgroup_read(struct fettle_ctx *ctx)
{
	struct cgroup *self = fettle_self(ctx);
	int rc;

	self->devices.n = 0;
	names_begin(&self->names);
	rc = tree_walk(self->root, cgroup_visit, ctx);
	if (rc != 0)
		return fettle_fail(ctx, -rc, "list the groups");
	names_end(&self->names);
	return 0;
}

/* --- begin and end ------------------------------------------------------- */

/* Where version 2 is: in the usual place, or beside version 1 as systemd has
 * it for those who ask for both.  A descriptor, or -errno. */
static int
cgroup_root(struct fettle_ctx *ctx)
{
	static const char *const places[] = { "/sys/fs/cgroup/",
		"/sys/fs/cgroup/unified/" };
	int root = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof *places; i++) {
		root = fettle_file(ctx, places[i]);
		if (root < 0)
			continue;
		if (faccessat(root, "cgroup.controllers", F_OK, 0) == 0)
			return root;
		close(root);
		root = -EINVAL;
	}
	return root;
}

static int
cgroup_open(struct fettle_ctx *ctx)
{
	struct cgroup *self = fettle_self(ctx);

	self->root = cgroup_root(ctx);
	if (self->root == -EINVAL || self->root == -ENOENT)
		return fettle_fail(ctx, EINVAL,
		    "there are no control groups of version 2 at /sys/fs/cgroup");
	if (self->root < 0)
		return fettle_fail(ctx, -self->root, "open /sys/fs/cgroup");
	self->file = (struct procfile){ .path = "" };
	self->names.folders[RUNTIME_DOCKER] = self->docker;
	self->names.folders[RUNTIME_PODMAN] = self->podman;
	self->names.folders[RUNTIME_CONTAINERD] = self->containerd;
	self->names.folders[RUNTIME_CRIO] = self->crio;
	return 0;
}

static void
cgroup_close(struct fettle_ctx *ctx)
{
	struct cgroup *self = fettle_self(ctx);

	close(self->root);
	free(self->file.text);
	self->file = (struct procfile){ 0 };
	names_fini(&self->names);
}

FETTLE_PLUGIN(cgroup) = {
	FETTLE_ABI,
	.summary = "What services and containers take of the machine.",
	.instance_name = "group",
	.headline = "cgroup[*].memory_percent",
	.fields = FETTLE_FIELDS(cgroup_fields),
	.options = FETTLE_OPTIONS(cgroup_options),
	.self_size = sizeof(struct cgroup),
	.open = cgroup_open,
	.read = cgroup_read,
	.close = cgroup_close,
};
