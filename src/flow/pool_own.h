/* SPDX-License-Identifier: MIT */
/*
 * What pool.c, which says when something is done and by which thread, and
 * pool_job.c, which says what is done with one job, share: for nobody else.
 */
#ifndef FLOW_POOL_OWN_H
#define FLOW_POOL_OWN_H

#include "flow/draft.h"
#include "flow/pool.h"
#include "flow/question.h"

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

/* What a job is to do, as it was decided under the lock. */
struct todo {
	const char *host;
	struct fettle_ctx *next;
	struct asked asked;
	bool close;
};

/* Under the lock.  A read that is due goes before questions: who asks without
 * an end cannot keep it from coming. */
struct todo job_decide(struct pool *p, struct job *j);
/* Without the lock, while the job is running: does it, and says in due when
 * the next is. */
void job_run(struct pool *p, struct job *j, const struct todo *todo,
    struct draft *draft);

#endif
