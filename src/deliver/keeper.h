/* SPDX-License-Identifier: MIT */
/*
 * The keeper of a writer's queue: the thread that brings lists to disk and
 * back, and the only one that touches the file.  What has waited for a second
 * is written, what was delivered before that never is.  Where the disk fails
 * the queue is in memory only (degraded) and the file is opened anew every
 * minute, until it works.
 *
 * It shares its writer's lock, under which all of this is called, and never
 * holds it while it waits for the disk.
 */
#ifndef DELIVER_KEEPER_H
#define DELIVER_KEEPER_H

#include <pthread.h>
#include <stdbool.h>

#include "deliver/deposit.h"

/* What of a queue survives; in the words of the configuration. */
enum promise {
	SURVIVE_NONE,
	SURVIVE_EXIT,  /* the end of the process, if it can end */
	SURVIVE_CRASH, /* the process, whatever ends it */
	SURVIVE_POWER, /* and the loss of power */
};

const char *promise_name(enum promise promise);

struct keeper_options {
	enum promise promise;
	uint64_t max_size;
	int64_t max_age_ns;
};

enum keeper_state {
	KEEPER_OFF,	/* nothing was ever to be kept */
	KEEPER_OPENING, /* what an earlier life left is not known yet */
	KEEPER_OK,
	KEEPER_DEGRADED, /* the file cannot be used: why says so */
	KEEPER_ENDED,
};

struct keeper_stats {
	enum promise promise;
	enum keeper_state state;
	char why[256];
	uint64_t lists, bytes; /* in the file, as of its last change */
	int64_t oldest_ns;     /* wall clock, of the file; 0: it is empty */
	uint64_t max_size;
	int64_t max_age_ns;
};

struct keeper {
	/* its writer's, for good */
	char *label, *path;
	struct series_table *table; /* where lists from disk are looked up */
	pthread_mutex_t *lock;
	pthread_cond_t *wake;	 /* the writer's thread: look again */
	pthread_cond_t *changed; /* others: something is through, or over */
	struct queue *queue;
	struct dead *dead;

	pthread_cond_t work; /* its thread: look again */
	pthread_t thread;
	bool running;

	/* guarded by lock */
	struct keeper_stats stats;
	bool reopen;	   /* the options have changed */
	bool fetching;	   /* lists are wanted from disk */
	size_t fetch;	   /* so many */
	uint64_t sync;	   /* somebody waits for lists before this ordinal */
	int64_t retry_at;  /* when to open it again */
	int64_t worked_at; /* its last transaction */
	int64_t stop_by;   /* when to end at last; 0: not */
	bool stop;	   /* end now */
	int64_t asleep;	   /* until then, unless it is woken; 0: awake */

	/* of its thread */
	struct spool spool;
	struct deposit deposit;
	bool known; /* what an earlier life left */
	bool fresh; /* nothing was taken out of the queue before it began */
	bool doubt; /* the file may have what the queue has as well */
	int64_t failed_at;
};

/* The pointers in *k to what is its writer's are set, label and path are
 * copied.  path may be NULL: then there can be no promise. */
void keeper_init(struct keeper *k, const char *label, const char *path);
/* Before or while it runs.  Begins to run with the first promise. */
void keeper_set(struct keeper *k, const struct keeper_options *options);
/* For one that does not run, or has ended; without the lock. */
void keeper_fini(struct keeper *k);

/* Whether what is next may be taken: it knows what an earlier life left. */
bool keeper_is_ready(const struct keeper *k);
/* Whether nothing can be had from disk now. */
bool keeper_is_blind(const struct keeper *k);
/* Lists have entered the queue, or left it. */
void keeper_tell(struct keeper *k, int64_t now);
/* Brings lists that are only on disk; while k->fetching it is at it. */
void keeper_fetch(struct keeper *k, size_t lists);
/* Tries at once what it would try later. */
void keeper_hurry(struct keeper *k);
/* Waits until all that is in the queue is on disk or delivered; 0, or
 * -ETIMEDOUT where it is not, and -EIO where it will not be. */
int keeper_sync(struct keeper *k, int64_t deadline_ns);

/* Ends at that time, or with keeper_end, having written what is left. */
void keeper_stop(struct keeper *k, int64_t by_ns);
/* Ends now and waits for that. */
void keeper_end(struct keeper *k);
/* Nobody will wait for its thread: the process ends. */
void keeper_abandon(struct keeper *k);

#endif
