/* SPDX-License-Identifier: MIT */
#include "deliver/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "deliver/writer_own.h"

enum { AGE_DEFAULT_MS = 1000 };

/* How old what waits may become. */
static int64_t
most_age(const struct writer *w)
{
	const struct fettle_plugin *d = &w->instance->plugin->d;

	if (w->options.interval_ns > 0)
		return w->options.interval_ns;
	if (d->batch_ms > 0)
		return d->batch_ms * NS_PER_MS;
	return d->flags & FETTLE_SPREAD ? w->instance->interval_ns
					: AGE_DEFAULT_MS * NS_PER_MS;
}

/* When a list that enters the empty queue now is to leave. */
static int64_t
due_from(const struct writer *w, int64_t now)
{
	const int64_t age = most_age(w);
	int64_t offset;

	if (!(w->instance->plugin->d.flags & FETTLE_SPREAD))
		return now + age;
	offset =
	    (int64_t)(strtoull(w->queue.id + 16, NULL, 16) % (uint64_t)age);
	return now - (now + age - offset) % age + age;
}

/* --- the sink: the dispatch thread --------------------------------------- */

static void
writer_put(struct sink *sink, struct batch *b)
{
	struct writer *w = (struct writer *)(void *)sink;
	const int64_t now = clock_mono();
	bool was_full;

	pthread_mutex_lock(&w->lock);
	was_full = writer_is_full(w);
	queue_put(&w->queue, b, now);
	keeper_tell(&w->keeper, now);
	if (w->due == INT64_MAX) {
		/* its thread sleeps without an end */
		w->due = due_from(w, now);
		pthread_cond_signal(&w->wake);
	} else if (writer_is_full(w) && !was_full) {
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
}

/* --- for others ---------------------------------------------------------- */

static void
init_locks(struct writer *w)
{
	pthread_mutex_init(&w->lock, NULL);
	thread_cond_init(&w->wake);
	thread_cond_init(&w->changed);
}

static void
start_thread(struct writer *w)
{
	if (thread_start(&w->thread, writer_run, w) != 0) {
		log_error("no thread for %s", w->instance->label);
		w->threadless = w->tried = w->ended = true;
	}
}

struct writer *
writer_start(struct fettle_ctx *instance, const struct writer_options *options,
    const char *path, struct series_table *table)
{
	struct writer *w = NEW(struct writer);

	w->refs = 1;
	w->sink.put = writer_put;
	w->instance = instance_ref(instance);
	instance->writer = w;
	w->options = *options;
	w->due = INT64_MAX;
	attempts_init(&w->attempts, writer_most_lists(instance));
	init_locks(w);
	queue_init(&w->queue, options->room);
	w->keeper = (struct keeper){ .lock = &w->lock,
		.wake = &w->wake,
		.changed = &w->changed,
		.queue = &w->queue,
		.dead = &w->dead,
		.table = table };
	keeper_init(&w->keeper, instance->label, path);
	pthread_mutex_lock(&w->lock);
	keeper_set(&w->keeper, &options->keep);
	pthread_mutex_unlock(&w->lock);
	start_thread(w);
	return w;
}

struct sink *
writer_sink(struct writer *w)
{
	return &w->sink;
}

bool
writer_has_queue(struct writer *w, const char *id)
{
	bool has;

	pthread_mutex_lock(&w->lock);
	has = queue_has_id(&w->queue, id);
	pthread_mutex_unlock(&w->lock);
	return has;
}

void
writer_replace(struct writer *w, struct fettle_ctx *instance,
    const struct writer_options *options)
{
	pthread_mutex_lock(&w->lock);
	instance_unref(w->next);
	w->next = instance_ref(instance);
	instance->writer = w;
	w->next_options = *options;
	w->tried = false;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

struct fettle_ctx *
writer_instance(struct writer *w)
{
	struct fettle_ctx *i;

	pthread_mutex_lock(&w->lock);
	i = instance_ref(w->instance);
	pthread_mutex_unlock(&w->lock);
	return i;
}

/* Since when the oldest waits; 0: nothing does. */
static int64_t
oldest_age(const struct writer *w)
{
	const int64_t memory = queue_oldest(&w->queue),
		      disk = w->keeper.stats.oldest_ns;
	int64_t age = 0;

	if (memory < INT64_MAX)
		age = clock_mono() - memory;
	if (w->queue.disk.lists > 0 && disk > 0 && clock_wall() - disk > age)
		age = clock_wall() - disk;
	return age;
}

void
writer_stats(struct writer *w, struct writer_stats *out)
{
	const struct queue *q = &w->queue;

	pthread_mutex_lock(&w->lock);
	*out = (struct writer_stats){ .lists = queue_waiting(q),
		.disk = q->disk.lists,
		.kept = queue_is_safe(q, q->next) ? queue_waiting(q)
						  : q->disk.lists,
		.bytes = q->bytes,
		.room = q->room,
		.oldest_ns = oldest_age(w),
		.entered = q->entered,
		.sent = q->fates[FATE_SENT],
		.retried = w->retried,
		.dropped_full = q->fates[FATE_FULL],
		.dropped_age = q->fates[FATE_AGE],
		.dropped_refused = q->fates[FATE_REFUSED],
		.dropped_too_large = q->fates[FATE_TOO_LARGE],
		.dropped_corrupt = q->fates[FATE_CORRUPT],
		.dropped_drain = q->fates[FATE_DRAIN],
		.spool = w->keeper.stats };
	pthread_mutex_unlock(&w->lock);
}

json_t *
writer_dead(struct writer *w)
{
	json_t *letters;

	pthread_mutex_lock(&w->lock);
	letters = dead_json(&w->dead);
	pthread_mutex_unlock(&w->lock);
	return letters;
}

/* Under the lock: waits for a change.  False: the deadline has passed. */
static bool
await(struct writer *w, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);

	return pthread_cond_timedwait(&w->changed, &w->lock, &until) == 0;
}

void
writer_settle_open(struct writer *w, int64_t deadline_ns)
{
	pthread_mutex_lock(&w->lock);
	while ((!w->tried || !keeper_is_ready(&w->keeper)) &&
	       await(w, deadline_ns))
		continue;
	pthread_mutex_unlock(&w->lock);
}

void
writer_flush(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->hurry = true;
	w->flush = true;
	keeper_hurry(&w->keeper);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

int
writer_settle(struct writer *w, int64_t deadline_ns)
{
	const struct queue *q = &w->queue;
	uint64_t ticket;
	bool late = false;

	pthread_mutex_lock(&w->lock);
	ticket = q->next;
	while (queue_oldest_ordinal(q) < ticket && !w->ended && !late) {
		w->hurry = true;
		pthread_cond_signal(&w->wake);
		late = !await(w, deadline_ns);
	}
	late = queue_oldest_ordinal(q) < ticket;
	pthread_mutex_unlock(&w->lock);
	return late ? -ETIMEDOUT : 0;
}

int
writer_sync(struct writer *w, int64_t deadline_ns)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	rc = keeper_sync(&w->keeper, deadline_ns);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

void
writer_forgo_drain(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->options.drain_ns = 0;
	pthread_mutex_unlock(&w->lock);
}

int64_t
writer_stop(struct writer *w)
{
	int64_t stop_by;

	pthread_mutex_lock(&w->lock);
	if (w->stop_by == 0) {
		w->stopped = clock_mono();
		w->stop_by = w->stopped + w->options.drain_ns;
		keeper_stop(&w->keeper, w->stop_by);
	}
	stop_by = w->stop_by;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	return stop_by;
}

bool
writer_ended(struct writer *w, int64_t deadline_ns)
{
	bool ended;

	pthread_mutex_lock(&w->lock);
	while (!w->ended && await(w, deadline_ns))
		continue;
	ended = w->ended;
	pthread_mutex_unlock(&w->lock);
	return ended;
}

void
writer_abandon(struct writer *w)
{
	if (!w->threadless)
		pthread_detach(w->thread);
	keeper_abandon(&w->keeper);
}

struct writer *
writer_ref(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->refs++;
	pthread_mutex_unlock(&w->lock);
	return w;
}

void
writer_unref(struct writer *w)
{
	int refs;

	pthread_mutex_lock(&w->lock);
	refs = --w->refs;
	pthread_mutex_unlock(&w->lock);
	if (refs > 0)
		return;
	if (!w->threadless) {
		pthread_join(w->thread, NULL);
	} else {
		pthread_mutex_lock(&w->lock);
		keeper_end(&w->keeper);
		pthread_mutex_unlock(&w->lock);
	}
	keeper_fini(&w->keeper);
	queue_fini(&w->queue);
	dead_fini(&w->dead);
	instance_unref(w->next);
	instance_unref(w->instance);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
