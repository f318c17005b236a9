/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/thread.h"
#include "statvfs.h"

enum question_state {
	QUESTION_IDLE,
	QUESTION_QUEUED,
	QUESTION_ASKED,
	QUESTION_ANSWERED
};

/* All but the first and the last member is guarded by the asker's mutex. */
struct question {
	struct asker *asker;
	struct question *next; /* in the queue */
	enum question_state state;
	bool dropped; /* the thread that asks it frees it */
	struct answer answer;
	char point[];
};

struct asker {
	pthread_mutex_t mutex;
	pthread_cond_t asked;	 /* there is a question, or the end */
	pthread_cond_t answered; /* there is an answer, or a thread less */
	/* guarded by mutex */
	struct question *first, **last; /* the queue */
	size_t queued, threads, asking; /* asking: threads in statvfs */
	size_t users; /* its owner and its threads; the last one frees it */
	bool ended;
};

static int64_t
ask_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct asker *
asker_new(void)
{
	struct asker *asker = calloc(1, sizeof *asker);

	if (asker == NULL)
		return NULL;
	asker->last = &asker->first;
	asker->users = 1;
	pthread_mutex_init(&asker->mutex, NULL);
	pthread_cond_init(&asker->asked, NULL);
	thread_cond_init(&asker->answered);
	return asker;
}

/* Gives up the asker and its mutex, which the caller holds. */
static void
asker_leave(struct asker *asker)
{
	const bool last = --asker->users == 0;

	pthread_cond_broadcast(&asker->answered);
	pthread_mutex_unlock(&asker->mutex);
	if (!last)
		return;
	pthread_cond_destroy(&asker->asked);
	pthread_cond_destroy(&asker->answered);
	pthread_mutex_destroy(&asker->mutex);
	free(asker);
}

void
asker_end(struct asker *asker)
{
	if (asker == NULL)
		return;
	pthread_mutex_lock(&asker->mutex);
	asker->ended = true;
	pthread_cond_broadcast(&asker->asked);
	while (asker->threads > asker->asking)
		pthread_cond_wait(&asker->answered, &asker->mutex);
	asker_leave(asker);
}

/* --- the queue; the mutex is held ---------------------------------------- */

static void
queue_add(struct asker *asker, struct question *q)
{
	q->state = QUESTION_QUEUED;
	q->next = NULL;
	*asker->last = q;
	asker->last = &q->next;
	asker->queued++;
}

static void
queue_remove(struct asker *asker, struct question *q)
{
	struct question **p = &asker->first;

	while (*p != q)
		p = &(*p)->next;
	*p = q->next;
	if (q->next == NULL)
		asker->last = p;
	asker->queued--;
	q->state = QUESTION_IDLE;
}

/* --- the threads --------------------------------------------------------- */

/* Waits for the next question; NULL: there will be none. */
static struct question *
thread_next(struct asker *asker)
{
	struct question *q;

	while (asker->queued == 0 && !asker->ended)
		pthread_cond_wait(&asker->asked, &asker->mutex);
	q = asker->first;
	if (q == NULL)
		return NULL;
	queue_remove(asker, q);
	q->state = QUESTION_ASKED;
	return q;
}

static void
thread_ask(struct asker *asker, struct question *q)
{
	struct answer a = { 0 };
	int64_t begin;

	asker->asking++;
	pthread_mutex_unlock(&asker->mutex);
	begin = ask_now();
	a.err = disk_statvfs(q->point, &a.fs);
	a.took_ns = ask_now() - begin;
	pthread_mutex_lock(&asker->mutex);
	asker->asking--;
	if (q->dropped) {
		free(q);
		return;
	}
	q->answer = a;
	q->state = QUESTION_ANSWERED;
	pthread_cond_broadcast(&asker->answered);
}

static void *
thread_run(void *arg)
{
	struct asker *asker = arg;
	struct question *q;

	pthread_setname_np(pthread_self(), "disk-ask");
	pthread_mutex_lock(&asker->mutex);
	while ((q = thread_next(asker)) != NULL)
		thread_ask(asker, q);
	asker->threads--;
	asker_leave(asker);
	return NULL;
}

/* 0 or an errno.  Nobody joins it: asker_end waits for those that can end, and
 * who cannot must not be waited for. */
static int
asker_hire(struct asker *asker)
{
	pthread_t thread;
	const int rc = thread_start(&thread, thread_run, asker);

	if (rc != 0)
		return rc;
	pthread_detach(thread);
	asker->threads++;
	asker->users++;
	return 0;
}

/* Sees to it that there is a thread for each question in the queue, as far as
 * that goes; 0 if there is one at all that can take them. */
static int
asker_staff(struct asker *asker)
{
	int rc = 0;

	if (asker->queued > asker->threads - asker->asking)
		rc = asker->threads < ASK_THREADS ? asker_hire(asker) : EAGAIN;
	return asker->threads > asker->asking ? 0 : -rc;
}

/* --- questions ----------------------------------------------------------- */

struct question *
question_new(struct asker *asker, const char *point)
{
	const size_t len = strlen(point) + 1;
	struct question *q = calloc(1, sizeof *q + len);

	if (q == NULL)
		return NULL;
	q->asker = asker;
	memcpy(q->point, point, len);
	return q;
}

static bool
question_is_open(const struct question *q)
{
	return q->state == QUESTION_QUEUED || q->state == QUESTION_ASKED;
}

int
question_ask(struct question *q)
{
	struct asker *asker = q->asker;
	int rc = 0;

	pthread_mutex_lock(&asker->mutex);
	if (!question_is_open(q)) {
		queue_add(asker, q);
		rc = asker_staff(asker);
		if (rc == 0)
			pthread_cond_signal(&asker->asked);
		else
			queue_remove(asker, q);
	}
	pthread_mutex_unlock(&asker->mutex);
	return rc;
}

/* Until there is an answer or the time is over; the mutex is held. */
static void
question_wait(struct question *q, int64_t wait_ns)
{
	struct asker *asker = q->asker;
	const int64_t deadline = ask_now() + wait_ns;
	const struct timespec t = { (time_t)(deadline / 1000000000),
		(long)(deadline % 1000000000) };

	while (question_is_open(q) && pthread_cond_timedwait(&asker->answered,
					  &asker->mutex, &t) == 0)
		;
}

bool
question_take(struct question *q, int64_t wait_ns, struct answer *a)
{
	bool taken;

	pthread_mutex_lock(&q->asker->mutex);
	if (wait_ns > 0)
		question_wait(q, wait_ns);
	taken = q->state == QUESTION_ANSWERED;
	if (taken) {
		*a = q->answer;
		q->state = QUESTION_IDLE;
	}
	pthread_mutex_unlock(&q->asker->mutex);
	return taken;
}

void
question_drop(struct question *q)
{
	struct asker *asker;

	if (q == NULL)
		return;
	asker = q->asker;
	pthread_mutex_lock(&asker->mutex);
	if (q->state == QUESTION_QUEUED)
		queue_remove(asker, q);
	if (q->state == QUESTION_ASKED)
		q->dropped = true;
	else
		free(q);
	pthread_mutex_unlock(&asker->mutex);
}
