/* SPDX-License-Identifier: MIT */
/*
 * A writer under test, and the peer it writes to: a plugin whose answers the
 * test decides.  Lists are those of lists_batch, known by their numbers.  All
 * of it is guarded by peer.lock; time is the test's own (fake_clock.h).
 */
#ifndef T_PEER_H
#define T_PEER_H

#include <pthread.h>
#include <stdbool.h>

#include "base/vec.h"
#include "deliver/writer.h"
#include "lists.h"

/* One call of write. */
struct peer_call {
	int64_t at;    /* monotonic */
	int64_t first; /* number of its first list */
	size_t n;
	uint64_t seq;
	int answer;
};

struct peer {
	pthread_mutex_t lock;
	pthread_cond_t changed;

	/* what it does, for the test to set */
	VEC(int) script; /* answers, one a call; then delivered */
	size_t scripted; /* of them given */
	double after_s;
	size_t at_most; /* lists; more is too large.  0: any number */
	bool (*is_bad)(int64_t number); /* never taken; NULL: all are */
	bool names_bad;			/* takes the others */
	bool hangs;			/* write waits until this is false */
	bool deaf;			/* nothing is taken now: retry */
	int opens_that_fail, adopts_that_fail;

	/* what it saw */
	VEC(struct peer_call) calls;
	VEC(int64_t) got; /* numbers it took, in order */
	char queue[33];
	int inside; /* calls under way */
	int opened, closed, flushed, adopted;
	char secret[32]; /* that the last call brought */
};

extern struct peer peer;

/* A table, a clock and a peer that takes everything; for a test's setup. */
int peer_begin(void **state);
/* Ends what is left; for its teardown. */
int peer_end(void **state);

/* The plugin; with adopt, or with FETTLE_SPREAD, where they are said. */
enum { PEER_ADOPTS = 1, PEER_SPREAD = 2 };
/* An instance of it for a peer that is called 4 lists at a time. */
struct fettle_ctx *peer_instance(int how);
/* Its state: nothing but a secret, which is yaml's. */
struct fettle_ctx *peer_instance_with(int how, const char *yaml);

/* Starts a writer, of room 1 MiB and drain 10 s where options is NULL. */
struct writer *peer_writer(int how, const struct writer_options *options);
/* The same with a spool at that path. */
struct writer *peer_writer_at(
    int how, const struct writer_options *options, const char *path);
/* Lists of the numbers from `first' enter it. */
void peer_put(struct writer *w, int64_t first, size_t n);
/* Ends it and frees it. */
void peer_stop(struct writer *w);

/* Waits in real time for the condition, while fake time stands still. */
void peer_await(bool (*is)(void *arg), void *arg);
/* The same while fake time goes by in steps. */
void peer_await_passing(int64_t step_ns, bool (*is)(void *arg), void *arg);
/* Until the peer has got so many lists, been called so often, or is in a
 * call. */
bool peer_has_got(void *n);
bool peer_was_called(void *n);
bool peer_is_inside(void *unused);

void peer_hang(bool hangs);
void peer_script(const int *answers, size_t n);
/* What it got is first, first + 1, ... last, and nothing else. */
void peer_check_got(int64_t first, int64_t last);

struct writer_stats peer_stats(struct writer *w);

#endif
