/* SPDX-License-Identifier: MIT */
/* What a desk is made of: for desk.c, which the daemon calls, desk_people.c,
 * desk_run.c, its thread, and courier.c, those of the receivers. */
#ifndef ALERT_DESK_OWN_H
#define ALERT_DESK_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "alert/archive.h"
#include "alert/desk.h"
#include "flow/filter.h"

struct courier;

struct desk {
	struct filter filter; /* first: found from its address */
	atomic_bool watching; /* there is a rule: value lists matter */
	pthread_mutex_t lock;
	pthread_cond_t work;	/* its thread: look again */
	pthread_cond_t changed; /* others: something is durable, or over */
	pthread_t thread;

	/* guarded by lock */
	struct engine *engine;
	struct policy *policy;
	struct history history;
	VEC(struct courier *) couriers;
	int64_t boot_ns;     /* when the engine was told the time last */
	int64_t wall_offset; /* wall - boot at that time */
	int64_t asleep;	     /* until that boot time; 0: awake */
	uint64_t gathered, durable; /* numbers of transactions */
	enum desk_store store;
	char why[256];
	int64_t failed_ns; /* wall clock */
	int64_t disk_at;   /* boot time since when the disk is waited for; 0 */
	bool hangs;	   /* for too long, which has been said */
	int64_t retry_at;  /* monotonic */
	bool whole;	   /* the file lacks what was given out before */
	bool unread;	   /* what the file has is not known */
	bool tried;	   /* to read it */
	bool begun, running;
	bool ending; /* nobody shall wait any more */
	bool ended, over;
	uint64_t commits, bytes;

	/* of its thread */
	struct transaction letters; /* dead ones that no file has yet */
	struct archive archive;
	char *path; /* NULL: nothing is kept */
};

/* All of these under the lock. */

/* Tells the engine what time it is, and of a step of the wall clock. */
void desk_now(struct desk *d);
/* The lock is released while the disk is waited for; then it is held again. */
void desk_disk_begin(struct desk *d);
void desk_disk_end(struct desk *d);
/* Wakes the thread if there is something for it to do. */
void desk_poke(struct desk *d);
/* Number of the transaction that will have all that has changed so far. */
uint64_t desk_ticket(const struct desk *d);
/* Whether it is on disk, or there is none to wait for. */
bool desk_is_settled(const struct desk *d, uint64_t ticket);

/* desk_run.c: its thread, which first of all reads the file and sets
 * `tried', then waits until it has `begun'. */
void *desk_run(void *desk);

#endif
