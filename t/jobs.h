/* SPDX-License-Identifier: MIT */
/*
 * A pool under test, and instances that read what the test says.  Time is the
 * test's own (fake_clock.h); what is read stays in the dispatch queue until
 * the test takes it out.
 */
#ifndef T_JOBS_H
#define T_JOBS_H

#include "flow/pool.h"

enum { SUBJECT_READS = 1024 };

/* What an instance does and what was done to it; the test's, and guarded by
 * jobs.lock while the pool runs. */
struct subject {
	const char *label;
	int reads_that_fail, opens_that_fail, adopts_that_fail;
	bool hangs, hangs_in_open; /* until it is false again */
	bool hangs_in_ask;
	int64_t takes_ns; /* time that goes by in a read */

	int asked, opened, closed, adopted, reads, inside;
	int64_t at[SUBJECT_READS]; /* when it was read; monotonic */
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct guard guard;
	struct series_table table;
	struct dispatch dispatch;
	struct pool pool;
};

extern struct jobs jobs;

/* For setup and teardown: a pool that is not started, on a clock that stands
 * 3.7 s after a full ten. */
int jobs_begin(void **state);
int jobs_end(void **state);
#define JOBS_EPOCH (INT64_C(1800000000) * 1000000000)
#define JOBS_PAST (INT64_C(3700000000))

/* One that does nothing special; it lasts as long as the test. */
struct subject *jobs_subject(const char *label);

/* An instance that reads every interval_ns, for the caller; with adopt, or
 * only to be opened. */
enum { JOBS_ADOPTS = 1, JOBS_SOURCE = 2 };
struct fettle_ctx *jobs_instance(
    struct subject *s, int64_t interval_ns, int how);
struct job *jobs_add(struct subject *s, int64_t interval_ns, int how);

/* One list that was read. */
struct read_list {
	char instance[16], host[16];
	int64_t time_ns, interval_ns;
};
/* Takes the lists out of the dispatch queue: how many, up to max. */
size_t jobs_take(struct read_list *lists, size_t max);
/* The only one there is; fails the test if there are more or none. */
struct read_list jobs_take_one(void);

int jobs_count(const int *what);
void jobs_hang(struct subject *s, bool hangs);
/* Waits in real time until *what is n. */
void jobs_await(const int *what, int n);
/* Until all that was due is done and one reader sleeps. */
void jobs_await_rest(void);
/* Real time goes by, and nothing is read. */
void jobs_nothing(const struct subject *s);
/* Ends the pool; all must be at rest. */
void jobs_stop(void);

#endif
