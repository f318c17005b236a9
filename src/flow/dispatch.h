/* SPDX-License-Identifier: MIT */
/*
 * The dispatch queue and the thread behind it: cache, filters, router, in this
 * order.  Who is at work on it, one thread at a time, owns what they keep and
 * never touches a file, a socket or a plugin meanwhile, so nothing that hangs
 * can hold up a value list.  That is the dispatch thread or, while it sleeps,
 * a reader that has just put a few lists: to wake a thread takes longer than
 * to pass them.
 *
 * Who may displace: what the machine itself reads goes first in and, where
 * there is no room, the oldest of it goes out, counted.  What others posted is
 * never displaced; where there is no room it is not taken, and they know.
 */
#ifndef FLOW_DISPATCH_H
#define FLOW_DISPATCH_H

#include <pthread.h>
#include <stdbool.h>

#include "flow/batch.h"
#include "flow/router.h"

struct fifo {
	struct batch *first, **end;
	size_t bytes;
	uint64_t lists;
};

struct dispatch {
	pthread_mutex_t lock;
	pthread_cond_t wake;	/* something to do, or ended */
	pthread_cond_t hurried; /* somebody waits for what there is */
	pthread_cond_t settled; /* a group is through */
	struct fifo own, posted;
	bool waiting, ended, hurry;
	bool lent;	    /* a reader is at work in the thread's place */
	bool closed;	    /* nothing is taken any more */
	uint64_t begun;	    /* groups that were taken out, ever */
	uint64_t through;   /* groups that went through */
	uint64_t lists;	    /* value lists that went through */
	uint64_t displaced; /* value lists that were displaced */
	size_t room;	    /* bytes each of the two queues may pin */
	pthread_t thread;

	struct series_table *table;
	pthread_mutex_t cache_lock; /* see flow/cache.h */
	struct router router;
};

void dispatch_init(struct dispatch *d, struct series_table *table);
int dispatch_start(struct dispatch *d);
/* Nothing is taken from elsewhere any more. */
void dispatch_close(struct dispatch *d);
/* Takes nothing more, lets what is queued go through, ends the thread. */
void dispatch_stop(struct dispatch *d);
void dispatch_fini(struct dispatch *d);

/* A read of this machine; takes over the caller's reference.  It stays where
 * it is until who has put all that is due calls dispatch_pass or, where that
 * may not take the time, dispatch_kick, which only wakes the thread. */
void dispatch_put(struct dispatch *d, struct batch *b);
void dispatch_pass(struct dispatch *d);
void dispatch_kick(struct dispatch *d);

/* From elsewhere: 0 and it takes over the reference, or -EAGAIN, -ESHUTDOWN
 * and it is still the caller's. */
int dispatch_post(struct dispatch *d, struct batch *b);

/* Waits until all that had been taken before the call is through, or until
 * the deadline (monotonic ns).  0 or -ETIMEDOUT. */
int dispatch_settle(struct dispatch *d, int64_t deadline_ns);

#endif
