/* SPDX-License-Identifier: MIT */
/*
 * processes: how many there are, in which states, and what groups of them
 * take.
 *
 * One pass over /proc reads /proc/PID/stat of each process and no other file.
 * The few that take most are kept for whoever asks, top.h.  Only for groups
 * that the user named, watch.h, more is read, and no more than each of them
 * needs.  Forks, switches and what is blocked come from /proc/stat, and the
 * number of threads from /proc/loadavg, where the kernel keeps it.
 *
 * Where /proc hides the processes of others (hidepid, or ProtectProc= of a
 * service) there is no telling how many there are: then nothing is said of
 * them, and of groups only what is seen.
 */
#include <fettle/plugin.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../keyed.h"
#include "common/procfile.h"
#include "fields.h"
#include "pid.h"
#include "top.h"
#include "watch.h"

enum { PROCESSES_DIGITS = 10 }; /* of a PID */

#define PROCESSES_GAUGE(i, name, help)                                        \
	[i] = { name, FETTLE_GAUGE, FETTLE_NUMBER, help }

static const struct fettle_field processes_fields[PROCESSES_N] = {
	PROCESSES_GAUGE(PROCESSES_COUNT, "count", "Processes."),
	PROCESSES_GAUGE(PROCESSES_RUNNING, "running",
	    "Processes that run or could run (R)."),
	PROCESSES_GAUGE(PROCESSES_SLEEPING, "sleeping",
	    "Processes that wait for something (S)."),
	PROCESSES_GAUGE(PROCESSES_UNINTERRUPTIBLE, "uninterruptible",
	    "Processes that wait for something, mostly a disk, and cannot be interrupted (D)."),
	PROCESSES_GAUGE(PROCESSES_ZOMBIES, "zombies",
	    "Processes that have ended and that their parents have not asked for (Z)."),
	PROCESSES_GAUGE(PROCESSES_STOPPED, "stopped",
	    "Processes that a signal has stopped (T)."),
	PROCESSES_GAUGE(PROCESSES_TRACED, "traced",
	    "Processes that a debugger has stopped (t)."),
	PROCESSES_GAUGE(
	    PROCESSES_DEAD, "dead", "Processes that are just ending (X)."),
	PROCESSES_GAUGE(PROCESSES_IDLE, "idle",
	    "Threads of the kernel that have nothing to do (I)."),
	PROCESSES_GAUGE(PROCESSES_PARKED, "parked",
	    "Threads of the kernel that are put aside (P)."),
	PROCESSES_GAUGE(PROCESSES_WAKEKILL, "wakekill",
	    "Processes that only a deadly signal wakes (K), of Linux 2.6.33 to 3.13."),
	PROCESSES_GAUGE(PROCESSES_WAKING, "waking",
	    "Processes that are being woken (W), of Linux 2.6.33 to 3.13."),
	PROCESSES_GAUGE(PROCESSES_OTHER, "other",
	    "Processes in a state that this version does not know."),
	PROCESSES_GAUGE(PROCESSES_THREADS, "threads", "Threads."),
	PROCESSES_GAUGE(PROCESSES_LIMIT, "limit",
	    "Threads that there can be: the lower of kernel.pid_max and kernel.threads-max."),
	[PROCESSES_PERCENT] = { "percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Threads, of the limit." },
	PROCESSES_GAUGE(
	    PROCESSES_RUNNABLE, "runnable", "Threads that run or could run."),
	PROCESSES_GAUGE(
	    PROCESSES_BLOCKED, "blocked", "Threads that wait for a disk."),
	[PROCESSES_FORKS] = { "forks", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Processes and threads that were started." },
	[PROCESSES_CONTEXT_SWITCHES] = { "context_switches", FETTLE_COUNTER,
	    FETTLE_NUMBER, "Changes of a processor to another thread." },
	[PROCESSES_CPU] = { "cpu", FETTLE_TOTAL, FETTLE_SECONDS,
	    "Processor time of a group." },
	[PROCESSES_RESIDENT] = { "resident", FETTLE_GAUGE, FETTLE_BYTES,
	    "Memory of a group; what its processes share counts once for each." },
	PROCESSES_GAUGE(PROCESSES_DESCRIPTORS, "descriptors",
	    "Files and sockets that a group has open."),
	[PROCESSES_IO_READ] = { "io_read", FETTLE_COUNTER, FETTLE_BYTES,
	    "What a group read from disks." },
	[PROCESSES_IO_WRITTEN] = { "io_written", FETTLE_COUNTER, FETTLE_BYTES,
	    "What a group wrote to disks." },
	[PROCESSES_AGE] = { "age", FETTLE_GAUGE, FETTLE_SECONDS,
	    "How long ago the oldest process of a group was started." },
};

struct processes {
	struct fettle_tables watch;
	DIR *proc;
	struct procfile stat, loadavg, pid_max, threads_max;
	struct watch groups;
	struct top top;
	bool hidden; /* that others are was logged */
	/* in this pass */
	bool first_seen; /* process 1, which hides where others do */
	bool denied;
	uint64_t states[PROCESSES_OTHER - PROCESSES_RUNNING + 1];
};

static const struct fettle_option processes_watch_options[] = {
	FETTLE_OPTION(struct watch_row, name, "",
	    "What its programs are called, a name or a pattern: nginx, kworker/*."),
	FETTLE_OPTION(struct watch_row, cmdline, "",
	    "The command line, with spaces between the arguments, a pattern: \"*app.jar*\"."),
	FETTLE_OPTION(
	    struct watch_row, user, "", "Whose they are, a name or a number."),
};

static const struct fettle_option processes_options[] = {
	FETTLE_TABLES(struct processes, watch,
	    "Groups of processes to report as processes[NAME]: {NAME: {name: ..., cmdline: ..., user: ...}}; what is given must all hold.",
	    processes_watch_options, struct watch_row),
};

/* --- the machine --------------------------------------------------------- */

/* What does not take a pass.  Linux counts what is started and switched
 * behind the line of interrupts, which may be long. */
static int
processes_stat(struct fettle_ctx *ctx, struct fettle_value *v)
{
	struct processes *self = fettle_self(ctx);
	const int rc = procfile_read(&self->stat);
	uint64_t n;

	if (rc != 0)
		return fettle_fail(ctx, -rc, "read /proc/stat");
	if (!keyed_number(self->stat.text, "ctxt ", &n))
		return fettle_fail(ctx, ENODATA, "find ctxt in /proc/stat");
	v[PROCESSES_CONTEXT_SWITCHES] = fettle_count(n);
	if (keyed_number(self->stat.text, "processes ", &n))
		v[PROCESSES_FORKS] = fettle_count(n);
	if (keyed_number(self->stat.text, "procs_running ", &n))
		v[PROCESSES_RUNNABLE] = fettle_gauge((double)n);
	if (keyed_number(self->stat.text, "procs_blocked ", &n))
		v[PROCESSES_BLOCKED] = fettle_gauge((double)n);
	return 0;
}

/* The number behind the first separator; false where there is none. */
static bool
processes_number(struct procfile *f, char separator, uint64_t *n)
{
	const char *p;

	if (f->path == NULL || procfile_read(f) != 0)
		return false;
	p = separator == '\0' ? f->text : strchr(f->text, separator);
	if (p == NULL)
		return false;
	p += separator != '\0';
	return scan_number(&p, n) && (*p == ' ' || *p == '\n');
}

/* "0.85 0.53 1.23 2/105 3843": 105 threads, 2 of them ready to run. */
static void
processes_threads(struct processes *self, struct fettle_value *v)
{
	uint64_t threads, limit = UINT64_MAX, n;

	if (processes_number(&self->pid_max, '\0', &n))
		limit = n;
	if (processes_number(&self->threads_max, '\0', &n) && n < limit)
		limit = n;
	if (limit != UINT64_MAX)
		v[PROCESSES_LIMIT] = fettle_gauge((double)limit);
	if (!processes_number(&self->loadavg, '/', &threads))
		return;
	v[PROCESSES_THREADS] = fettle_gauge((double)threads);
	if (limit > 0 && limit != UINT64_MAX)
		v[PROCESSES_PERCENT] = fettle_gauge(
		    threads < limit ? 100 * (double)threads / (double)limit
				    : 100);
}

/* --- a pass -------------------------------------------------------------- */

static bool
processes_is_pid(const char *name)
{
	size_t n = 0;

	while (name[n] >= '0' && name[n] <= '9')
		n++;
	return n > 0 && n <= PROCESSES_DIGITS && name[n] == '\0';
}

/* A text that makes no sense is still a process. */
static int
processes_take(struct fettle_ctx *ctx, const char *pid)
{
	struct processes *self = fettle_self(ctx);
	char text[PID_STAT_TEXT];
	struct pid_stat s;
	uint64_t ticks;
	int rc;
	const ssize_t len =
	    pid_read(dirfd(self->proc), pid, "stat", text, sizeof(text));

	if (len == -ENOENT || len == -ESRCH)
		return 0;
	if (len == -EACCES || len == -EPERM) {
		self->denied = true;
		return 0;
	}
	if (len < 0)
		return fettle_fail(ctx, (int)-len, "read /proc/%s/stat", pid);
	if (strcmp(pid, "1") == 0)
		self->first_seen = true;
	if (!pid_stat_parse(text, (size_t)len, &s)) {
		self->states[PROCESSES_OTHER - PROCESSES_RUNNING]++;
		return 0;
	}
	self->states[pid_state(s.state)]++;
	rc = watch_take(&self->groups, ctx, pid, &s, &ticks);
	if (rc == 0)
		top_take(&self->top, strtoull(pid, NULL, 10), &s, ticks);
	return rc;
}

static int
processes_pass(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);
	struct dirent *e;
	int rc = 0;

	memset(self->states, 0, sizeof(self->states));
	self->first_seen = self->denied = false;
	watch_begin(&self->groups);
	top_begin(&self->top);
	rewinddir(self->proc);
	for (errno = 0; rc == 0 && (e = readdir(self->proc)) != NULL;
	     errno = 0)
		if (processes_is_pid(e->d_name))
			rc = processes_take(ctx, e->d_name);
	if (rc == 0 && errno != 0)
		rc = fettle_fail(ctx, errno, "list /proc");
	return rc;
}

static void
processes_states(struct processes *self, struct fettle_value *v)
{
	uint64_t count = 0;

	for (size_t i = PROCESSES_RUNNING; i <= PROCESSES_OTHER; i++) {
		const uint64_t n = self->states[i - PROCESSES_RUNNING];

		v[i] = fettle_gauge((double)n);
		count += n;
	}
	v[PROCESSES_COUNT] = fettle_gauge((double)count);
}

static bool
processes_hidden(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);
	const bool hidden = !self->first_seen || self->denied;

	if (hidden && !self->hidden)
		fettle_log(ctx, LOG_NOTICE,
		    "processes of other users are hidden, and so left out: /proc would have to be mounted without hidepid, or in a service ProtectProc=default");
	self->hidden = hidden;
	return hidden;
}

static int
processes_read(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);
	struct fettle_value v[PROCESSES_N] = { 0 };
	int rc = processes_stat(ctx, v);
	bool hidden;

	if (rc == 0)
		rc = processes_pass(ctx);
	if (rc != 0)
		return rc;
	processes_threads(self, v);
	hidden = processes_hidden(ctx);
	if (!hidden)
		processes_states(self, v);
	fettle_submit_values(ctx, NULL, v, PROCESSES_N);
	top_end(
	    &self->top, dirfd(self->proc), watch_span(&self->groups), hidden);
	watch_end(&self->groups, ctx, hidden);
	return 0;
}

static int
processes_ask(
    struct fettle_ctx *ctx, const char *question, char *answer, size_t size)
{
	const struct processes *self = fettle_self(ctx);
	struct procfile passwd = { 0 };
	bool known, made;

	if (strcmp(question, "top") != 0)
		return fettle_fail(ctx, EINVAL,
		    "no question is called '%s', but top", question);
	known = procfile_open(&passwd, ctx, "/etc/passwd") == 0 &&
		procfile_read(&passwd) == 0;
	made = top_answer(&self->top, known ? passwd.text : "", answer, size);
	procfile_close(&passwd);
	return made ? 0 : fettle_fail(ctx, ENOMEM, "make an answer");
}

/* --- begin and end ------------------------------------------------------- */

static void
processes_close(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);

	watch_close(&self->groups);
	if (self->proc != NULL)
		closedir(self->proc);
	self->proc = NULL;
	procfile_close(&self->stat);
	procfile_close(&self->loadavg);
	procfile_close(&self->pid_max);
	procfile_close(&self->threads_max);
}

/* 0, or what fettle_fail returned. */
static int
processes_folder(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);
	const int fd = fettle_file(ctx, "/proc/");
	int err;

	if (fd < 0)
		return fettle_fail(ctx, -fd, "open /proc");
	self->proc = fdopendir(fd);
	if (self->proc != NULL)
		return 0;
	err = errno;
	close(fd);
	return fettle_fail(ctx, err, "open /proc");
}

/* What only limits and threads come from may be missing. */
static int
processes_open(struct fettle_ctx *ctx)
{
	struct processes *self = fettle_self(ctx);
	int rc = processes_folder(ctx);

	if (rc != 0)
		return rc;
	rc = procfile_open(&self->stat, ctx, "/proc/stat");
	if (rc != 0)
		rc = fettle_fail(ctx, -rc, "open /proc/stat");
	else
		rc = watch_open(
		    &self->groups, ctx, &self->watch, dirfd(self->proc));
	if (rc != 0) {
		processes_close(ctx);
		return rc;
	}
	top_init(&self->top, self->groups.tick_ns, self->groups.page);
	procfile_open(&self->loadavg, ctx, "/proc/loadavg");
	procfile_open(&self->pid_max, ctx, "/proc/sys/kernel/pid_max");
	procfile_open(&self->threads_max, ctx, "/proc/sys/kernel/threads-max");
	return 0;
}

FETTLE_PLUGIN(processes) = {
	FETTLE_ABI,
	.summary =
	    "How many processes there are, and what groups of them take.",
	.instance_name = "group",
	.headline = "processes.percent",
	.fields = FETTLE_FIELDS(processes_fields),
	.options = FETTLE_OPTIONS(processes_options),
	.self_size = sizeof(struct processes),
	.open = processes_open,
	.read = processes_read,
	.ask = processes_ask,
	.close = processes_close,
};
