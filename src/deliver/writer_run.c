/* SPDX-License-Identifier: MIT */
/* The thread of a writer: opens, sends, waits, ends.  It holds the writer's
 * lock but during calls. */
#include "deliver/writer_own.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "deliver/retry.h"

enum { OPEN_BACKOFF_S = 60, LISTS_DEFAULT = 1000 };

size_t
writer_most_lists(const struct fettle_ctx *i)
{
	return i->plugin->d.batch_lists ? i->plugin->d.batch_lists
					: LISTS_DEFAULT;
}

bool
writer_is_full(const struct writer *w)
{
	return w->queue.lists >= writer_most_lists(w->instance) ||
	       w->queue.bytes >= WRITER_BATCH_BYTES;
}

/* Sleeps until woken or the time.  False: the time has come. */
static bool
nap(struct writer *w, int64_t until_ns)
{
	const struct timespec until = clock_timespec(until_ns);

	if (until_ns == INT64_MAX) {
		pthread_cond_wait(&w->wake, &w->lock);
		return true;
	}
	return pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool
is_over(const struct writer *w)
{
	return w->stop_by != 0 && clock_mono() >= w->stop_by;
}

/* Sleeps that long, or until there is another instance; once the writer is to
 * end, no longer than at_end_ns: the drain is short. */
static void
back_off(struct writer *w, int64_t ns, int64_t at_end_ns)
{
	const int64_t began = clock_mono();
	int64_t until = began + ns;

	while (clock_mono() < until && w->next == NULL) {
		if (w->stop_by != 0) {
			const int64_t from =
			    began > w->stopped ? began : w->stopped;

			until = earlier(until, from + at_end_ns);
			until = earlier(until, w->stop_by);
		}
		nap(w, until);
	}
}

static void
open_instance(struct writer *w)
{
	struct fettle_ctx *i = w->instance;

	pthread_mutex_unlock(&w->lock);
	instance_open(i);
	pthread_mutex_lock(&w->lock);
	w->tried = true;
	pthread_cond_broadcast(&w->changed);
	if (instance_is_open(i)) {
		w->open_backoff = 0;
		return;
	}
	w->open_backoff = w->open_backoff ? 2 * w->open_backoff : NS_PER_S;
	if (w->open_backoff > OPEN_BACKOFF_S * NS_PER_S)
		w->open_backoff = OPEN_BACKOFF_S * NS_PER_S;
	back_off(w, w->open_backoff, 0);
}

static void
replace_instance(struct writer *w)
{
	struct fettle_ctx *old = w->instance, *next = w->next;

	w->next = NULL;
	pthread_mutex_unlock(&w->lock);
	if (instance_adopt(next, old) == -ENOTSUP) {
		instance_flush(old);
		instance_close(old);
		instance_open(next);
	} else if (!instance_is_open(next)) {
		/* it could not take over: the old one goes on */
		instance_unref(next);
		next = old;
	}
	pthread_mutex_lock(&w->lock);
	w->tried = true;
	if (next != old) {
		w->instance = next;
		w->options = w->next_options;
		w->queue.room = w->options.room;
		keeper_set(&w->keeper, &w->options.keep);
		attempts_init(&w->attempts, writer_most_lists(next));
		w->open_backoff = 0;
		instance_unref(old);
	}
	pthread_cond_broadcast(&w->changed);
}

/* Without the lock: whoever reads the log may be slow. */
static void
say_given_up(struct writer *w, size_t n, const char *reason)
{
	pthread_mutex_unlock(&w->lock);
	log_record(LOG_WARNING, w->instance->label, NULL, 0,
	    "%zu value list%s given up: %s", n, n == 1 ? "" : "s", reason);
	pthread_mutex_lock(&w->lock);
}

/* A letter for each list of the rest of the hand that was not taken: the only
 * one, or those that the writer has named. */
static void
bury(struct writer *w, enum fate fate, const char *reason)
{
	const struct hand *h = &w->queue.hand;
	const struct fettle_ctx *i = w->instance;
	const size_t named = i->refused.v.n;

	for (size_t k = 0; k < (named > 0 ? named : 1); k++) {
		const size_t at =
		    h->done + (named > 0 ? i->refused.v.v[k] : 0);
		struct place place = h->place;

		place.number += at;
		dead_add(&w->dead, fate, reason, &place, h->lists.v[at],
		    clock_wall());
	}
}

/* The next lists of the hand are dealt with. */
static void
deal(struct writer *w, const struct verdict *v)
{
	if (v->refused > 0) {
		const char *reason = w->instance->refused.v.n > 0
					 ? w->instance->refused.reason
					 : w->instance->reason;

		bury(w, v->fate, reason);
		say_given_up(w, v->refused, reason);
	}
	queue_dealt(&w->queue, v->refused, v->fate);
	queue_dealt(&w->queue, v->dealt - v->refused, FATE_SENT);
	keeper_tell(&w->keeper, clock_mono());
	pthread_cond_broadcast(&w->changed);
}

static void
act_on(struct writer *w, int answer, size_t n)
{
	const struct fettle_ctx *i = w->instance;
	const struct verdict v = answer_weigh(&w->attempts, answer, n,
	    i->refused.v.n, i->after_s, retry_random());

	if (v.dealt > 0)
		deal(w, &v);
	if (!v.retry)
		return;
	if (v.refresh) {
		pthread_mutex_unlock(&w->lock);
		instance_refresh(w->instance);
		pthread_mutex_lock(&w->lock);
	}
	w->retried++;
	back_off(w, v.wait_ns, NS_PER_S);
}

/* Sends what is in the hand, once. */
static void
send_some(struct writer *w)
{
	struct fettle_ctx *i = w->instance;
	const struct hand *h = &w->queue.hand;
	const struct via *via = queue_via(&w->queue);
	const size_t left = queue_in_hand(&w->queue),
		     chunk = w->attempts.chunk;
	static const char *const nowhere[1];
	struct fettle_batch batch = { .size = sizeof(batch),
		.lists = h->lists.v + h->done,
		.n = left < chunk ? left : chunk,
		.queue = h->place.id,
		.seq = h->place.number + h->done,
		.via = via != NULL   ? via->queues
		       : via_begun() ? nowhere
				     : NULL,
		.n_via = via != NULL ? via->path.n : 0 };
	int answer;

	pthread_mutex_unlock(&w->lock);
	answer = instance_write(i, &batch);
	pthread_mutex_lock(&w->lock);
	act_on(w, answer, batch.n);
}

/* What is next: into the hand, or from the disk first. */
static void
take_some(struct writer *w)
{
	const size_t most = writer_most_lists(w->instance);
	const bool blind = keeper_is_blind(&w->keeper);

	if (!queue_take(
		&w->queue, most, WRITER_BATCH_BYTES, blind, clock_mono()))
		keeper_fetch(&w->keeper, most);
	if (w->queue.lists == 0)
		w->due = INT64_MAX;
}

/* Whether the disk has to be waited for. */
static bool
awaits_keeper(const struct writer *w)
{
	return !keeper_is_ready(&w->keeper) || w->keeper.fetching;
}

/* Whether what waits is to leave now; what was on disk has waited enough. */
static bool
is_due(const struct writer *w)
{
	const struct queue *q = &w->queue;

	if (awaits_keeper(w))
		return false;
	if (q->fetched.n > 0 ||
	    (q->disk.lists > 0 && !keeper_is_blind(&w->keeper)))
		return true;
	return q->lists > 0 &&
	       (w->hurry || w->stop_by != 0 || writer_is_full(w) ||
		   w->due <= clock_mono());
}

/* Everything has been written that was to be flushed. */
static void
flush(struct writer *w)
{
	w->flush = false;
	pthread_mutex_unlock(&w->lock);
	instance_flush(w->instance);
	pthread_mutex_lock(&w->lock);
}

/* One step: whatever is first in need.  False: nothing left to do, ever. */
static bool
step(struct writer *w)
{
	if (w->next != NULL) {
		replace_instance(w);
	} else if (is_over(w)) {
		return false;
	} else if (!instance_is_open(w->instance)) {
		if (w->stop_by != 0 && w->tried)
			return false;
		open_instance(w);
	} else if (queue_in_hand(&w->queue) > 0) {
		send_some(w);
	} else if (is_due(w)) {
		take_some(w);
	} else if (awaits_keeper(w)) {
		nap(w, w->stop_by != 0 ? w->stop_by : INT64_MAX);
	} else if (w->stop_by != 0) {
		return false;
	} else if (w->flush) {
		flush(w);
	} else {
		w->hurry = false;
		nap(w, w->due);
	}
	return true;
}

void *
writer_run(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (step(w))
		continue;
	keeper_end(&w->keeper);
	queue_give_up(&w->queue);
	pthread_mutex_unlock(&w->lock);
	instance_flush(w->instance);
	instance_close(w->instance);
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	w->tried = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}
