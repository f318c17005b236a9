/* SPDX-License-Identifier: MIT */
/*
 * The readers.  A heap of what is due, and threads that sleep on it
 * themselves: one of them, the leader, waits for the next due time and then
 * runs what is due in turn.  When one call takes long the main thread finds
 * out (pool_check) and starts another reader; whoever finds nothing due and a
 * leader there already goes home.  So there is one reader while nothing is
 * slow, and one that hangs delays the others once.
 *
 * A job is one instance that reads, or that only has to be opened.  Due times
 * are monotonic and fall together for equal intervals; stamps are wall time on
 * the interval's grid.
 */
#ifndef FLOW_POOL_H
#define FLOW_POOL_H

#include <pthread.h>
#include <stdbool.h>

#include "base/vec.h"
#include "flow/dispatch.h"
#include "plugin/instance.h"

enum {
	POOL_SLOW_MS = 50,   /* so late may something due be before another
			      * reader is started */
	POOL_QUESTIONS = 16, /* that wait for one job */
};

struct job;
struct question;

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;	/* the leader: something is due earlier */
	pthread_cond_t changed; /* a job is at rest, a thread went home */
	VEC(struct job *) heap; /* by due time; not those that run */
	VEC(struct job *) jobs; /* all */
	int threads;		/* running, stuck ones included */
	bool leader, ending;
	uint64_t serial; /* order of jobs among equals */

	struct guard *guard;
	struct dispatch *dispatch;
	int64_t wall_offset; /* wall - monotonic when the pool began */
	const char *host;    /* the machine's name */
	VEC(char *) hosts;   /* all it ever had: reads may still use them */
};

void pool_init(struct pool *p, struct guard *g, struct dispatch *d);
int pool_start(struct pool *p);
/* Ends all jobs: each is closed when its call has returned.  Waits for that
 * until the deadline (monotonic ns).  How many are still in a call: then the
 * pool cannot be given up, only left behind. */
int pool_stop(struct pool *p, int64_t deadline_ns);
/* After pool_stop returned 0. */
void pool_fini(struct pool *p);

/* Adds an instance, holding a reference; it is opened, then read, at once. */
struct job *pool_add(struct pool *p, struct fettle_ctx *instance);
/* Closes and removes it as soon as no call is under way. */
void pool_remove(struct pool *p, struct job *job);
/* The same for a new instance in its place: adopted or closed and opened. */
void pool_replace(
    struct pool *p, struct job *job, struct fettle_ctx *instance);

/* The instance a job has now, held once more. */
struct fettle_ctx *pool_instance(struct pool *p, struct job *job);

/* Has a reader put the question to a job's instance, which has ask, as soon as
 * no call of it is under way.  -EBUSY: it is stuck; -EAGAIN: too many wait
 * already. */
int pool_ask(struct pool *p, struct job *job, struct question *q);

/* The machine's name for what is read from now on; copied. */
void pool_host(struct pool *p, const char *host);
/* It; good until pool_fini. */
const char *pool_get_host(struct pool *p);

/* Lays the grid of intervals so that one begins now: for --once. */
void pool_align(struct pool *p);

/* Whether every job has been tried to open once; waits for that until the
 * deadline. */
bool pool_settle(struct pool *p, int64_t deadline_ns);

/* Main thread, when the guard's timer fired. */
void pool_check(struct pool *p, int64_t now);

int pool_threads(struct pool *p, int *stuck);

/* One read of an instance, into a draft.  0, or -errno of the read. */
struct draft;
int pool_read(struct fettle_ctx *instance, struct draft *draft);

#endif
