/* SPDX-License-Identifier: MIT */
#include "flow/question.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread.h"
#include "plugin/instance.h"

struct question *
question_new(const char *text)
{
	struct question *q = NEW(struct question);

	q->text = xstrdup(text);
	q->refs = 1;
	pthread_mutex_init(&q->lock, NULL);
	thread_cond_init(&q->done);
	return q;
}

struct question *
question_ref(struct question *q)
{
	pthread_mutex_lock(&q->lock);
	q->refs++;
	pthread_mutex_unlock(&q->lock);
	return q;
}

void
question_unref(struct question *q)
{
	int refs;

	pthread_mutex_lock(&q->lock);
	refs = --q->refs;
	pthread_mutex_unlock(&q->lock);
	if (refs > 0)
		return;
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->done);
	free(q->answer);
	free(q->text);
	free(q);
}

/* Takes answer. */
static void
question_answer(struct question *q, int rc, char *answer)
{
	pthread_mutex_lock(&q->lock);
	q->rc = rc;
	q->answer = answer;
	q->answered = true;
	pthread_cond_signal(&q->done);
	pthread_mutex_unlock(&q->lock);
}

void
question_fail(struct question *q, int rc, const char *why)
{
	question_answer(q, rc, xstrdup(why));
}

static bool
is_awaited(struct question *q)
{
	bool awaited;

	pthread_mutex_lock(&q->lock);
	awaited = q->refs > 1;
	pthread_mutex_unlock(&q->lock);
	return awaited;
}

void
question_put(struct question *q, struct fettle_ctx *i)
{
	struct instance_stats s;
	char *answer;
	int rc;

	if (!is_awaited(q))
		return;
	if (!instance_is_open(i)) {
		instance_stats(i, &s);
		answer =
		    xasprintf("it is %s%s%s", instance_state_name(s.state),
			s.error[0] != '\0' ? ": " : "", s.error);
		question_answer(q, -ENOTCONN, answer);
		return;
	}
	/* zeroed: an answer without a NUL is looked through to its end */
	answer = xcalloc(1, FETTLE_ANSWER_SIZE);
	rc = instance_ask(i, q->text, answer, FETTLE_ANSWER_SIZE);
	question_answer(q, rc, answer);
}

bool
question_wait(struct question *q, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	bool answered;

	pthread_mutex_lock(&q->lock);
	while (!(answered = q->answered) &&
	       pthread_cond_timedwait(&q->done, &q->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&q->lock);
	return answered;
}
