/* SPDX-License-Identifier: MIT */
/* What is done with one job of the readers, and when it is due again. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "flow/pool_own.h"

enum {
	BACKOFF_INTERVALS = 6, /* a failing read is tried that often */
	OPEN_BACKOFF_S = 60,
	SLOW_READ_NS = 10 * 1000 * 1000, /* goes last of what is due */
};

/* --- times --------------------------------------------------------------- */

static int64_t
floor_to(int64_t ns, int64_t interval)
{
	return ns - ns % interval;
}

/* The last moment, up to now, of the wall clock's grid as it lay when the pool
 * began, as a monotonic time: equal for all jobs of one interval. */
static int64_t
last_on_grid(const struct pool *p, int64_t now, int64_t interval)
{
	return floor_to(now + p->wall_offset, interval) - p->wall_offset;
}

static int64_t
next_on_grid(const struct pool *p, int64_t now, int64_t interval)
{
	return last_on_grid(p, now, interval) + interval;
}

/* The grid's moment nearest to the wall clock, but not the one before again.
 */
static int64_t
fresh_stamp(int64_t before, int64_t wall, int64_t interval)
{
	const int64_t stamp = floor_to(wall + interval / 2, interval);

	if (stamp != before)
		return stamp;
	return wall < stamp ? stamp - interval : stamp + interval;
}

/*
 * The stamp of a read that belongs to that moment of the pool's grid; wall is
 * what the clock said then, however late the read is.  Stamps go on by whole
 * intervals, as the due times do; only where the wall clock is further than
 * 3/4 of an interval away do they start from there, so that a clock that
 * drifts or is set never makes two stamps the same.
 */
static int64_t
stamp_for(struct job *j, int64_t slot, int64_t wall, int64_t interval)
{
	/* of the first; the two clocks are not read at once */
	const int64_t slack =
	    interval / 8 < NS_PER_S ? interval / 8 : NS_PER_S;
	int64_t stamp = floor_to(wall + slack, interval);

	if (j->stamp != 0) {
		stamp = j->stamp + (slot - j->slot);
		if (llabs(wall - stamp) > interval / 4 * 3)
			stamp = fresh_stamp(j->stamp, wall, interval);
	}
	j->stamp = stamp;
	j->slot = slot;
	return stamp;
}

/* --- one job, run without the lock --------------------------------------- */

int
pool_read(struct fettle_ctx *i, struct draft *draft)
{
	int rc;

	draft_reset(draft);
	i->draft = draft;
	rc = instance_read(i);
	i->draft = NULL;
	return rc;
}

static void
read_and_put(
    struct pool *p, struct job *j, const char *host, struct draft *draft)
{
	struct fettle_ctx *i = j->instance;
	const int64_t began = clock_mono(), wall = clock_wall();
	const int64_t slot = last_on_grid(p, began, i->interval_ns);
	struct batch_origin origin = { .names = { .own_host = host,
					   .plugin = i->plugin->name,
					   .declaring = i->plugin,
					   .now_ns = began,
					   .now_wall_ns = wall },
		.measured_ns = began,
		.interval_ns = i->interval_ns };
	struct taken taken;
	struct batch *b = NULL;

	origin.time_ns =
	    stamp_for(j, slot, wall - (began - slot), i->interval_ns);
	if (pool_read(i, draft) != 0) {
		j->failed++;
	} else {
		j->failed = 0;
		if (draft->lists.n > 0)
			b = batch_build(p->dispatch->table, &origin,
			    draft->lists.v, draft->lists.n, &taken);
		if (b != NULL)
			dispatch_put(p->dispatch, b);
	}
	j->slow = clock_mono() - began > SLOW_READ_NS;
}

/* Lets the next instance take over.  False: it could not, and the old one goes
 * on. */
static bool
replace(struct pool *p, struct job *j, struct fettle_ctx *next)
{
	struct fettle_ctx *old = j->instance;

	if (instance_adopt(next, old) == -ENOTSUP) {
		instance_close(old);
		instance_open(next);
	} else if (!instance_is_open(next)) {
		instance_unref(next);
		return false;
	}
	pthread_mutex_lock(&p->lock);
	j->instance = next;
	pthread_mutex_unlock(&p->lock);
	j->stamp = 0;
	j->failed = 0;
	j->open_backoff = 0;
	instance_unref(old);
	return true;
}

static int64_t
due_after_open(struct job *j)
{
	const int64_t now = clock_mono();

	if (instance_is_open(j->instance)) {
		j->open_backoff = 0;
		/* its first read follows at once */
		return j->instance->plugin->d.read != NULL ? now : INT64_MAX;
	}
	j->open_backoff = j->open_backoff ? 2 * j->open_backoff : NS_PER_S;
	if (j->open_backoff > OPEN_BACKOFF_S * NS_PER_S)
		j->open_backoff = OPEN_BACKOFF_S * NS_PER_S;
	return now + j->open_backoff;
}

/* Of one that goes on as before. */
static int64_t
due_again(const struct pool *p, const struct job *j)
{
	if (j->instance->plugin->d.read == NULL)
		return INT64_MAX;
	return next_on_grid(p, clock_mono(), j->instance->interval_ns);
}

/* The interval doubles with each failure after the first in a row, up to six
 * of them; what was missed is not made up for. */
static int64_t
due_after_read(const struct pool *p, const struct job *j)
{
	const int64_t now = clock_mono(), interval = j->instance->interval_ns;
	int64_t step = 1, next;

	for (unsigned n = 1; n < j->failed && step < BACKOFF_INTERVALS; n++)
		step *= 2;
	if (step > BACKOFF_INTERVALS)
		step = BACKOFF_INTERVALS;
	next = j->slot + step * interval;
	return next > now ? next : next_on_grid(p, now, interval);
}

struct todo
job_decide(struct pool *p, struct job *j)
{
	struct todo todo = { .host = p->host, .close = j->removed };

	if (todo.close)
		return todo;
	todo.next = j->next;
	j->next = NULL;
	if (todo.next == NULL && j->asked.v.n > 0 && j->rest > clock_mono()) {
		todo.asked = j->asked;
		j->asked = (struct asked){ 0 };
	}
	return todo;
}

static void
put_questions(struct job *j, const struct todo *todo)
{
	for (size_t i = 0; i < todo->asked.v.n; i++) {
		question_put(todo->asked.v.v[i], j->instance);
		question_unref(todo->asked.v.v[i]);
	}
	free(todo->asked.v.v);
	j->due = j->rest;
}

void
job_run(struct pool *p, struct job *j, const struct todo *todo,
    struct draft *draft)
{
	if (todo->close) {
		instance_close(j->instance);
	} else if (todo->next != NULL) {
		j->due = replace(p, j, todo->next) ? due_after_open(j)
						   : due_again(p, j);
	} else if (todo->asked.v.n > 0) {
		put_questions(j, todo);
	} else if (!instance_is_open(j->instance)) {
		instance_open(j->instance);
		j->due = due_after_open(j);
	} else {
		read_and_put(p, j, todo->host, draft);
		j->due = due_after_read(p, j);
	}
}
