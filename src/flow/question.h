/* SPDX-License-Identifier: MIT */
/*
 * A question to an instance, on its way to a reader and back: one thread
 * waits for the answer, but not for ever; another one brings it, perhaps when
 * nobody waits any more.  Counted: the one who asks holds it, and so does the
 * job that is to answer.
 */
#ifndef FLOW_QUESTION_H
#define FLOW_QUESTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct fettle_ctx;

struct question {
	char *text;
	pthread_mutex_t lock;
	pthread_cond_t done;
	int refs;      /* guarded by lock */
	bool answered; /* likewise */
	int rc;	       /* of instance_ask, once answered */
	char *answer;  /* of FETTLE_ANSWER_SIZE, once answered: JSON as the
			* plugin wrote it, or why there is none */
};

/* text is copied. */
struct question *question_new(const char *text);
struct question *question_ref(struct question *q);
void question_unref(struct question *q);

/* Has the instance answer it, if it is open and somebody still waits. */
void question_put(struct question *q, struct fettle_ctx *instance);
/* Answers that there is no answer. */
void question_fail(struct question *q, int rc, const char *why);

/* False: the deadline (monotonic ns) came first. */
bool question_wait(struct question *q, int64_t deadline_ns);

#endif
