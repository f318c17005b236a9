/* SPDX-License-Identifier: MIT */
/* What a writer is made of: for writer.c, which others call, and writer_run.c,
 * its thread. */
#ifndef DELIVER_WRITER_OWN_H
#define DELIVER_WRITER_OWN_H

#include "deliver/answer.h"
#include "deliver/writer.h"

enum { WRITER_BATCH_BYTES = 1 << 20 }; /* that a hand pins, about */

struct writer {
	struct sink sink; /* first: found from its address */
	pthread_mutex_t lock;
	pthread_cond_t wake;	/* its thread: look again */
	pthread_cond_t changed; /* others: something is through, or over */
	pthread_t thread;

	/* guarded by lock */
	struct fettle_ctx *instance, *next;
	struct writer_options options, next_options;
	struct queue queue;
	struct keeper keeper;
	struct dead dead;
	uint64_t retried;
	int64_t due; /* when what waits leaves; INT64_MAX: nothing does */
	int64_t stopped, stop_by; /* told to end, and when at last; 0: not */
	bool hurry;		  /* somebody waits: send what there is */
	bool flush;		  /* and have the plugin flush it then */
	bool tried, ended, threadless;
	int refs;

	/* of its thread */
	struct attempts attempts;
	int64_t open_backoff;
};

/* Lists of a batch at most. */
size_t writer_most_lists(const struct fettle_ctx *i);
/* Under the lock: whether there is a whole batch in memory. */
bool writer_is_full(const struct writer *w);

/* The thread, of a struct writer. */
void *writer_run(void *w);

#endif
