/* SPDX-License-Identifier: MIT */
#include "flow/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flow/draft.h"
#include "flow/question.h"

enum {
	THREAD_STACK = 256 * 1024, /* room for a plugin's own arrays */
	BACKOFF_INTERVALS = 6,	   /* a failing read is tried that often */
	OPEN_BACKOFF_S = 60,
	SLOW_READ_NS = 10 * 1000 * 1000, /* goes last of what is due */
};

/* Questions that wait, each held once. */
struct asked {
	VEC(struct question *) v;
};

struct job {
	struct fettle_ctx *instance;
	struct fettle_ctx *next; /* to take its place */
	int64_t due;		 /* monotonic ns; INT64_MAX: nothing to do */
	int64_t stamp;		 /* of the last read, wall ns */
	int64_t slot; /* the moment of the grid it belongs to; monotonic */
	int64_t open_backoff; /* ns */
	uint64_t serial;
	unsigned failed; /* reads in a row */
	bool slow, running, removed, tried;
	struct asked asked;
	int64_t rest; /* where there are some: what due was without them */
};

/* --- the heap ------------------------------------------------------------ */

static bool
before(const struct job *a, const struct job *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	if (a->slow != b->slow)
		return b->slow;
	return a->serial < b->serial;
}

static void
heap_put(struct pool *p, struct job *job)
{
	struct job **v;
	size_t i = p->heap.n;

	vec_add(&p->heap) = job;
	for (v = p->heap.v; i > 0 && before(job, v[(i - 1) / 2]);
	     i = (i - 1) / 2)
		v[i] = v[(i - 1) / 2];
	v[i] = job;
}

static void
heap_sink(struct pool *p, size_t i)
{
	struct job **v = p->heap.v, *job = v[i];
	size_t child;

	while ((child = 2 * i + 1) < p->heap.n) {
		if (child + 1 < p->heap.n && before(v[child + 1], v[child]))
			child++;
		if (!before(v[child], job))
			break;
		v[i] = v[child];
		i = child;
	}
	v[i] = job;
}

static struct job *
heap_take(struct pool *p)
{
	struct job *top = p->heap.v[0];

	p->heap.v[0] = p->heap.v[--p->heap.n];
	if (p->heap.n > 0)
		heap_sink(p, 0);
	return top;
}

static void
heap_remove(struct pool *p, const struct job *job)
{
	for (size_t i = 0; i < p->heap.n; i++)
		if (p->heap.v[i] == job) {
			p->heap.v[i] = p->heap.v[--p->heap.n];
			break;
		}
	/* few and rare: order it anew */
	for (size_t i = p->heap.n / 2; i-- > 0;)
		heap_sink(p, i);
}

static int64_t
next_due(const struct pool *p)
{
	return p->heap.n > 0 ? p->heap.v[0]->due : INT64_MAX;
}

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

/* --- one job, run without the lock ----------------------------------------
 */

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

/* What a job is to do, as it was decided under the lock. */
struct todo {
	const char *host;
	struct fettle_ctx *next;
	struct asked asked;
	bool close;
};

/* Under the lock.  A read that is due goes before questions: who asks without
 * an end cannot keep it from coming. */
static struct todo
decide(struct pool *p, struct job *j)
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

static void
run_job(struct pool *p, struct job *j, const struct todo *todo,
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

/* --- the threads ----------------------------------------------------------
 */

/* Under the lock: the questions that wait are due now, if nothing else is. */
static void
ask_next(struct job *j)
{
	const int64_t now = clock_mono();

	j->rest = j->due;
	if (j->due > now)
		j->due = now;
}

static void
job_free(struct job *j)
{
	for (size_t i = 0; i < j->asked.v.n; i++) {
		question_fail(j->asked.v.v[i], -ESHUTDOWN, "it has ended");
		question_unref(j->asked.v.v[i]);
	}
	vec_free(&j->asked.v);
	instance_unref(j->next);
	instance_unref(j->instance);
	free(j);
}

/* Under the lock: what happens to a job when its call has returned. */
static void
job_done(struct pool *p, struct job *j)
{
	j->running = false;
	j->tried = true;
	if (j->removed && !instance_is_open(j->instance)) {
		for (size_t i = 0; i < p->jobs.n; i++)
			if (p->jobs.v[i] == j) {
				vec_remove(&p->jobs, i);
				break;
			}
		job_free(j);
	} else {
		if (j->removed || j->next != NULL)
			j->due = clock_mono();
		if (j->asked.v.n > 0)
			ask_next(j);
		if (j->due < INT64_MAX)
			heap_put(p, j);
	}
	if (p->ending && p->jobs.n == 0)
		pthread_cond_broadcast(&p->wake);
	pthread_cond_broadcast(&p->changed);
}

/* Under the lock: sleeps as the leader until something is due.  False: there
 * is a leader already. */
static bool
lead(struct pool *p)
{
	const int64_t due = next_due(p);
	struct timespec until;

	if (p->leader)
		return false;
	p->leader = true;
	guard_wake_at(p->guard,
	    due < INT64_MAX ? due + POOL_SLOW_MS * NS_PER_MS : INT64_MAX);
	if (due < INT64_MAX) {
		until = clock_timespec(due);
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
	} else {
		pthread_cond_wait(&p->wake, &p->lock);
	}
	p->leader = false;
	return true;
}

static void *
pool_run(void *arg)
{
	struct pool *p = arg;
	struct draft draft = { 0 }; /* for one read after the other */
	bool did = false;

	pthread_mutex_lock(&p->lock);
	while (!p->ending || p->jobs.n > 0) {
		if (next_due(p) <= clock_mono()) {
			struct job *j = heap_take(p);
			const struct todo todo = decide(p, j);

			j->running = true;
			pthread_mutex_unlock(&p->lock);
			run_job(p, j, &todo, &draft);
			did = true;
			pthread_mutex_lock(&p->lock);
			job_done(p, j);
			continue;
		}
		if (did) {
			pthread_mutex_unlock(&p->lock);
			dispatch_pass(p->dispatch);
			did = false;
			pthread_mutex_lock(&p->lock);
			continue;
		}
		if (!lead(p))
			break;
	}
	dispatch_kick(p->dispatch);
	draft_fini(&draft);
	p->threads--;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Under the lock. */
static int
add_thread(struct pool *p)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, pool_run, p);
	pthread_attr_destroy(&attr);
	if (rc == 0)
		p->threads++;
	return -rc;
}

void
pool_check(struct pool *p, int64_t now)
{
	int64_t due;
	bool late;

	pthread_mutex_lock(&p->lock);
	due = next_due(p);
	late = due < INT64_MAX && due + POOL_SLOW_MS * NS_PER_MS <= now;
	if (late && !p->leader) {
		/* one job may hang in each; one more serves the rest */
		if (p->threads <= (int)p->jobs.n && add_thread(p) == 0)
			due = now;
		dispatch_kick(p->dispatch);
	}
	/* a leader sets the timer when it lies down; this one has not woken up
	 * in time, and what it calls then may take long */
	if (due < INT64_MAX && (late || !p->leader))
		guard_wake_at(p->guard,
		    (due > now ? due : now) + POOL_SLOW_MS * NS_PER_MS);
	pthread_mutex_unlock(&p->lock);
}

/* --- life ------------------------------------------------------------------
 */

void
pool_init(struct pool *p, struct guard *g, struct dispatch *d)
{
	pthread_condattr_t monotonic;

	memset(p, 0, sizeof(*p));
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, &monotonic);
	pthread_cond_init(&p->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->guard = g;
	p->dispatch = d;
	p->wall_offset = clock_wall() - clock_mono();
}

int
pool_start(struct pool *p)
{
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = add_thread(p);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* Under the lock: the job is due now; where no reader waits for it, the main
 * thread looks whether one comes. */
static void
stir(struct pool *p, struct job *j)
{
	j->due = clock_mono();
	heap_put(p, j);
	if (p->leader)
		pthread_cond_signal(&p->wake);
	else
		guard_wake_at(p->guard, j->due + POOL_SLOW_MS * NS_PER_MS);
}

struct job *
pool_add(struct pool *p, struct fettle_ctx *instance)
{
	struct job *j = NEW(struct job);

	j->instance = instance_ref(instance);
	pthread_mutex_lock(&p->lock);
	j->serial = p->serial++;
	vec_add(&p->jobs) = j;
	stir(p, j);
	pthread_mutex_unlock(&p->lock);
	return j;
}

/* Under the lock: has it run as soon as it is at rest. */
static void
run_soon(struct pool *p, struct job *j)
{
	if (j->running)
		return; /* job_done sees to it */
	heap_remove(p, j);
	stir(p, j);
}

void
pool_remove(struct pool *p, struct job *j)
{
	pthread_mutex_lock(&p->lock);
	j->removed = true;
	run_soon(p, j);
	pthread_mutex_unlock(&p->lock);
}

void
pool_replace(struct pool *p, struct job *j, struct fettle_ctx *instance)
{
	pthread_mutex_lock(&p->lock);
	instance_unref(j->next);
	j->next = instance_ref(instance);
	j->tried = false;
	run_soon(p, j);
	pthread_mutex_unlock(&p->lock);
}

/* Under the lock: the name as it is kept, once, however often it is set. */
static const char *
keep_host(struct pool *p, const char *host)
{
	for (size_t i = 0; i < p->hosts.n; i++)
		if (strcmp(p->hosts.v[i], host) == 0)
			return p->hosts.v[i];
	return vec_add(&p->hosts) = xstrdup(host);
}

void
pool_host(struct pool *p, const char *host)
{
	pthread_mutex_lock(&p->lock);
	p->host = keep_host(p, host);
	pthread_mutex_unlock(&p->lock);
}

void
pool_align(struct pool *p)
{
	p->wall_offset = -clock_mono();
}

const char *
pool_get_host(struct pool *p)
{
	const char *host;

	pthread_mutex_lock(&p->lock);
	host = p->host;
	pthread_mutex_unlock(&p->lock);
	return host;
}

int
pool_ask(struct pool *p, struct job *j, struct question *q)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (instance_is_stuck(j->instance)) {
		rc = -EBUSY;
	} else if (j->asked.v.n == POOL_QUESTIONS) {
		rc = -EAGAIN;
	} else {
		vec_add(&j->asked.v) = question_ref(q);
		if (!j->running && j->asked.v.n == 1) {
			const int64_t rest = j->due;

			run_soon(p, j);
			j->rest = rest;
		}
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

static bool
all_tried(const struct pool *p)
{
	for (size_t i = 0; i < p->jobs.n; i++)
		if (!p->jobs.v[i]->tried)
			return false;
	return true;
}

bool
pool_settle(struct pool *p, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	bool all;

	pthread_mutex_lock(&p->lock);
	while (!(all = all_tried(p)) &&
	       pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&p->lock);
	return all;
}

struct fettle_ctx *
pool_instance(struct pool *p, struct job *j)
{
	struct fettle_ctx *i;

	pthread_mutex_lock(&p->lock);
	i = instance_ref(j->instance);
	pthread_mutex_unlock(&p->lock);
	return i;
}

int
pool_threads(struct pool *p, int *stuck)
{
	int threads;

	*stuck = 0;
	pthread_mutex_lock(&p->lock);
	threads = p->threads;
	for (size_t i = 0; i < p->jobs.n; i++)
		*stuck += instance_is_stuck(p->jobs.v[i]->instance);
	pthread_mutex_unlock(&p->lock);
	return threads;
}

/* Waits until all jobs and threads are gone, or the time. */
static bool
all_gone(struct pool *p, int64_t until_ns)
{
	const struct timespec until = clock_timespec(until_ns);
	bool gone;

	pthread_mutex_lock(&p->lock);
	while (!(gone = p->jobs.n == 0 && p->threads == 0) &&
	       pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&p->lock);
	return gone;
}

int
pool_stop(struct pool *p, int64_t deadline_ns)
{
	int64_t now = clock_mono();
	int left;

	pthread_mutex_lock(&p->lock);
	p->ending = true;
	for (size_t i = 0; i < p->jobs.n; i++) {
		p->jobs.v[i]->removed = true;
		run_soon(p, p->jobs.v[i]);
	}
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	/* what hangs must not keep the others from being closed */
	while (!all_gone(p, now + POOL_SLOW_MS * NS_PER_MS) &&
	       now < deadline_ns) {
		now = clock_mono();
		pool_check(p, now);
	}
	pthread_mutex_lock(&p->lock);
	left = (int)p->jobs.n;
	pthread_mutex_unlock(&p->lock);
	return left;
}

void
pool_fini(struct pool *p)
{
	vec_free(&p->jobs);
	vec_free(&p->heap);
	for (size_t i = 0; i < p->hosts.n; i++)
		free(p->hosts.v[i]);
	vec_free(&p->hosts);
	pthread_cond_destroy(&p->wake);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
}
