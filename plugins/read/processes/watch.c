/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

#include "boottime.h"
#include "common/globs.h"
#include "fields.h"

enum {
	WATCH_YOUNG_S = 60,
	WATCH_PASSWD = 16384, /* of an entry of the list of users */
	WATCH_IO_TEXT = 512   /* of /proc/PID/io */
};

/* A process while it is looked at; what costs a file is read when asked. */
struct subject {
	struct watch *watch;
	const char *pid;
	const struct pid_stat *stat;
	bool has_owner, has_args;
	uid_t owner;
	ssize_t args; /* how many bytes of watch->args, or less than 0 */
	const char *name;
};

/* --- which groups -------------------------------------------------------- */

static bool
subject_owned(struct subject *s, uid_t uid)
{
	if (!s->has_owner) {
		s->has_owner = true;
		if (pid_owner(s->watch->proc, s->pid, &s->owner) != 0)
			s->owner = (uid_t)-1; /* nobody's, and gone */
	}
	return s->owner == uid;
}

/* Its arguments, each with a NUL behind it. */
static void
subject_args(struct subject *s)
{
	if (s->has_args)
		return;
	s->has_args = true;
	s->args = pid_read(s->watch->proc, s->pid, "cmdline", s->watch->args,
	    sizeof(s->watch->args));
	if (s->args < 0) {
		s->args = 0;
		s->watch->args[0] = '\0';
	}
}

static const char *
subject_name(struct subject *s)
{
	if (s->name != NULL)
		return s->name;
	s->name = s->stat->comm;
	if (strlen(s->name) == PID_COMM_CUT) {
		subject_args(s);
		s->name = pid_name(s->name, s->watch->args, (size_t)s->args);
	}
	return s->name;
}

static bool
watch_match(const char *pattern, const char *text)
{
	const struct fettle_strings globs = { 1, &pattern };

	return globs_match(&globs, text);
}

static bool
subject_named(struct subject *s, const struct group *g)
{
	return (g->row->user == NULL || subject_owned(s, g->uid)) &&
	       (g->row->name == NULL ||
		   watch_match(g->row->name, subject_name(s)));
}

/* Names come before arguments are joined: they may lie in them. */
static uint64_t
subject_groups(struct subject *s)
{
	struct watch *w = s->watch;
	uint64_t groups = 0;

	for (size_t i = 0; i < w->n; i++)
		if (subject_named(s, &w->v[i]))
			groups |= UINT64_C(1) << i;
	for (size_t i = 0; i < w->n; i++) {
		const char *pattern = w->v[i].row->cmdline;

		if (pattern == NULL || (groups >> i & 1) == 0)
			continue;
		subject_args(s);
		pid_args_join(w->args, (size_t)s->args);
		if (s->args == 0 || !watch_match(pattern, w->args))
			groups &= ~(UINT64_C(1) << i);
	}
	return groups;
}

/* --- what a process takes ------------------------------------------------ */

/* What came between two passes.  first: of a process that was not seen in the
 * last one: all of it, if it began after that. */
static uint64_t
watch_more(uint64_t was, uint64_t is, bool first, bool fresh)
{
	if (first)
		return fresh ? is : 0;
	return is > was ? is - was : 0;
}

static bool
watch_io(struct watch *w, const char *pid, struct known *k, int *err)
{
	char text[WATCH_IO_TEXT];
	const ssize_t n = pid_read(w->proc, pid, "io", text, sizeof(text));

	*err = n < 0 ? (int)-n : 0;
	return n > 0 && pid_io_parse(text, &k->got, &k->put);
}

/* A process that ended meanwhile is not one that may not be looked at. */
static bool
watch_closed(int err)
{
	return err != 0 && err != ENOENT && err != ESRCH;
}

static void
group_take(struct watch *w, struct group *g, const struct pid_stat *s,
    const struct known *was, const struct known *is)
{
	const bool fresh = !w->passed || s->start >= w->passed_ticks;

	g->count++;
	g->threads += s->threads;
	g->resident += s->resident;
	if (g->count == 1 || s->start < g->oldest)
		g->oldest = s->start;
	g->more_ticks +=
	    watch_more(was ? was->ticks : 0, is->ticks, was == NULL, fresh);
	if (!is->io)
		return;
	g->more_got += watch_more(
	    was ? was->got : 0, is->got, was == NULL || !was->io, fresh);
	g->more_put += watch_more(
	    was ? was->put : 0, is->put, was == NULL || !was->io, fresh);
}

/* Of a process that belongs to a group the files that are not for everybody.
 */
static void
watch_inside(struct watch *w, const char *pid, struct known *k)
{
	uint64_t descriptors = 0;
	int err_io, err_fd;

	k->io = watch_io(w, pid, k, &err_io);
	err_fd = -pid_descriptors(w->proc, pid, w->sized, &descriptors);
	for (size_t i = 0; i < w->n; i++) {
		struct group *g = &w->v[i];

		if ((k->groups >> i & 1) == 0)
			continue;
		g->descriptors += descriptors;
		g->unread_io = g->unread_io || watch_closed(err_io);
		g->unread_descriptors =
		    g->unread_descriptors || watch_closed(err_fd);
		if (watch_closed(err_io))
			g->closed = err_io;
		else if (watch_closed(err_fd))
			g->closed = err_fd;
	}
}

static uint64_t
watch_hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

/* Whether it may still become another program, or another user. */
static bool
watch_young(const struct watch *w, const struct pid_stat *s)
{
	return s->start + WATCH_YOUNG_S * UINT64_C(1000000000) / w->tick_ns >
	       w->now_ticks;
}

int
watch_take(struct watch *w, struct fettle_ctx *ctx, const char *pid,
    const struct pid_stat *s, uint64_t *ticks)
{
	const bool fresh = !w->passed || s->start >= w->passed_ticks;
	const uint64_t number = strtoull(pid, NULL, 10);
	const struct known *was = table_find(&w->was, number, s->start);
	struct subject subject = { .watch = w, .pid = pid, .stat = s };
	struct known *k = table_add(&w->is);

	if (k == NULL)
		return fettle_fail(ctx, ENOMEM,
		    "keep what is known of %zu processes", w->is.n);
	*k = (struct known){ .pid = number,
		.start = s->start,
		.comm = watch_hash(s->comm),
		.ticks = s->ticks };
	*ticks =
	    watch_more(was ? was->ticks : 0, k->ticks, was == NULL, fresh);
	if (w->n == 0)
		return 0;
	k->groups = was == NULL || was->comm != k->comm || watch_young(w, s)
			? subject_groups(&subject)
			: was->groups;
	if (k->groups == 0)
		return 0;
	watch_inside(w, pid, k);
	for (size_t i = 0; i < w->n; i++)
		if (k->groups >> i & 1)
			group_take(w, &w->v[i], s, was, k);
	return 0;
}

/* --- a pass -------------------------------------------------------------- */

uint64_t
watch_span(const struct watch *w)
{
	return w->passed && w->now_ticks > w->passed_ticks
		   ? w->now_ticks - w->passed_ticks
		   : 0;
}

void
watch_begin(struct watch *w)
{
	w->now_ticks = (uint64_t)processes_boottime() / w->tick_ns;
	w->is.n = 0;
	for (size_t i = 0; i < w->n; i++) {
		struct group *g = &w->v[i];

		g->count = g->threads = g->resident = g->descriptors = 0;
		g->unread_descriptors = g->unread_io = false;
		g->more_ticks = g->more_got = g->more_put = 0;
	}
}

static void
group_submit(
    const struct watch *w, struct fettle_ctx *ctx, const struct group *g)
{
	struct fettle_value v[PROCESSES_N] = { 0 };

	v[PROCESSES_COUNT] = fettle_gauge((double)g->count);
	v[PROCESSES_THREADS] = fettle_gauge((double)g->threads);
	v[PROCESSES_CPU] =
	    fettle_total((double)g->ticks * (double)w->tick_ns / 1e9);
	v[PROCESSES_RESIDENT] = fettle_gauge((double)(g->resident * w->page));
	if (!g->unread_descriptors)
		v[PROCESSES_DESCRIPTORS] =
		    fettle_gauge((double)g->descriptors);
	if (!g->unread_io) {
		v[PROCESSES_IO_READ] = fettle_count(g->got);
		v[PROCESSES_IO_WRITTEN] = fettle_count(g->put);
	}
	if (g->count > 0) {
		const uint64_t ticks =
		    g->oldest < w->now_ticks ? w->now_ticks - g->oldest : 0;

		v[PROCESSES_AGE] =
		    fettle_gauge((double)ticks * (double)w->tick_ns / 1e9);
	}
	fettle_submit_values(ctx, g->row->key, v, PROCESSES_N);
}

static void
group_say(struct watch *w, struct fettle_ctx *ctx, const struct group *g)
{
	if (w->said || !(g->unread_descriptors || g->unread_io))
		return;
	fettle_log(ctx, LOG_NOTICE,
	    "cannot read %s%s%s of '%s', which takes CAP_SYS_PTRACE: %s",
	    g->unread_descriptors ? "descriptors" : "",
	    g->unread_descriptors && g->unread_io ? " and " : "",
	    g->unread_io ? "io" : "", g->row->key, strerror(g->closed));
	w->said = true;
}

void
watch_end(struct watch *w, struct fettle_ctx *ctx, bool hidden)
{
	const struct table was = w->was;

	for (size_t i = 0; i < w->n; i++) {
		struct group *g = &w->v[i];

		g->ticks += g->more_ticks;
		g->got += g->more_got;
		g->put += g->more_put;
		if (hidden && (g->row->user == NULL || g->uid != geteuid()))
			continue;
		group_submit(w, ctx, g);
		group_say(w, ctx, g);
	}
	table_sort(&w->is);
	w->was = w->is;
	w->is = was;
	w->passed = true;
	w->passed_ticks = w->now_ticks;
}

/* --- begin and end ------------------------------------------------------- */

/* 0, or what fettle_fail returned. */
static int
group_user(struct group *g, struct fettle_ctx *ctx)
{
	char text[WATCH_PASSWD], *end;
	const char *name = g->row->user;
	const unsigned long number = strtoul(name, &end, 10);
	struct passwd entry, *found;
	int rc;

	if (*name >= '0' && *name <= '9' && *end == '\0' &&
	    number < (uid_t)-1) {
		g->uid = (uid_t)number;
		return 0;
	}
	rc = getpwnam_r(name, &entry, text, sizeof(text), &found);
	if (rc != 0)
		return fettle_fail(ctx, rc, "look up the user '%s'", name);
	if (found == NULL)
		return fettle_fail(ctx, EINVAL,
		    "watch '%s': there is no user '%s'", g->row->key, name);
	g->uid = entry.pw_uid;
	return 0;
}

static int
group_init(
    struct group *g, struct fettle_ctx *ctx, const struct watch_row *row)
{
	g->row = row;
	if (row->name == NULL && row->cmdline == NULL && row->user == NULL)
		return fettle_fail(ctx, EINVAL,
		    "watch '%s': give it a name, a cmdline or a user",
		    row->key);
	return row->user != NULL ? group_user(g, ctx) : 0;
}

static bool
watch_sized(int proc)
{
	struct statfs fs;

	return fstatfs(proc, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

int
watch_open(struct watch *w, struct fettle_ctx *ctx,
    const struct fettle_tables *rows, int proc)
{
	const struct watch_row *row = rows->v;
	int rc = 0;

	if (rows->n > WATCH_GROUPS)
		return fettle_fail(ctx, EINVAL,
		    "watch: %zu groups are more than %d", rows->n,
		    WATCH_GROUPS);
	w->v = calloc(rows->n + 1, sizeof *w->v);
	if (w->v == NULL)
		return fettle_fail(ctx, ENOMEM, "keep the groups");
	w->proc = proc;
	w->sized = watch_sized(proc);
	w->tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	w->page = (uint64_t)sysconf(_SC_PAGESIZE);
	for (; w->n < rows->n && rc == 0; w->n++)
		rc = group_init(&w->v[w->n], ctx, &row[w->n]);
	if (rc != 0)
		watch_close(w);
	return rc;
}

void
watch_close(struct watch *w)
{
	table_fini(&w->was);
	table_fini(&w->is);
	free(w->v);
	*w = (struct watch){ 0 };
}
