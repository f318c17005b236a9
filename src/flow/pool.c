/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"
#include "flow/pool_own.h"

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

/* --- the threads --------------------------------------------------------- */

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
			const struct todo todo = job_decide(p, j);

			j->running = true;
			pthread_mutex_unlock(&p->lock);
			job_run(p, j, &todo, &draft);
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
	const int rc = thread_start_detached(pool_run, p);

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

/* --- life ---------------------------------------------------------------- */

void
pool_init(struct pool *p, struct guard *g, struct dispatch *d)
{
	memset(p, 0, sizeof(*p));
	pthread_mutex_init(&p->lock, NULL);
	thread_cond_init(&p->wake);
	thread_cond_init(&p->changed);
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

static int
jobs_left(struct pool *p)
{
	int left;

	pthread_mutex_lock(&p->lock);
	left = (int)p->jobs.n;
	pthread_mutex_unlock(&p->lock);
	return left;
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
	/* what hangs must not keep the others from being closed; and where
	 * nothing does any more, a thread on its way home is waited for: it
	 * still uses the pool */
	while (!all_gone(p, now + POOL_SLOW_MS * NS_PER_MS)) {
		now = clock_mono();
		left = jobs_left(p);
		if (now >= deadline_ns && left > 0)
			return left;
		pool_check(p, now);
	}
	return 0;
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
