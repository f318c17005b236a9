/* SPDX-License-Identifier: MIT */
/*
 * Calls under way and their deadlines.  Whoever calls into a plugin enters the
 * call here; the main thread polls guard_fd and, when it is readable, calls
 * guard_check, which tells the owners of calls that are late.  In the usual
 * case nobody is woken: a call that ends in time leaves the timer as it is.
 */
#ifndef PLUGIN_GUARD_H
#define PLUGIN_GUARD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

/* One call; its members are the guard's. */
struct guarded {
	int64_t began, deadline; /* monotonic ns */
	bool under_way, late;
	/* Called once, by the main thread, under the guard's lock: must not
	 * call back into the guard. */
	void (*on_late)(struct guarded *);
};

struct guard {
	pthread_mutex_t lock;
	int fd;			     /* a timer */
	int64_t armed;		     /* when it fires; guarded by lock */
	int64_t wish;		     /* see guard_wake_at; guarded by lock */
	VEC(struct guarded *) calls; /* under way; guarded by lock */
};

/* -errno if there is no timer to be had. */
int guard_init(struct guard *g);
void guard_fini(struct guard *g);

int guard_fd(const struct guard *g);

void guard_begin(
    struct guard *g, struct guarded *call, int64_t now, int64_t deadline);
/* Whether the call was late. */
bool guard_end(struct guard *g, struct guarded *call);

/* Makes guard_fd readable at that time at the latest, and forgets the wish
 * before it.  One wish for the whole guard: the pool's. */
void guard_wake_at(struct guard *g, int64_t when);

/* Takes the timer, calls on_late for what is late at now, and arms again for
 * what is next. */
void guard_check(struct guard *g, int64_t now);

#endif
