/* SPDX-License-Identifier: MIT */
#include "deliver/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/option.h"
#include "deliver/retry.h"

enum {
	THREAD_STACK = 256 * 1024,
	LISTS_DEFAULT = 1000,
	AGE_DEFAULT_MS = 1000,
	OPEN_BACKOFF_S = 60,
};

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
	struct writer_stats stats;
	int64_t due; /* when what waits leaves; INT64_MAX: nothing does */
	int64_t stopped, stop_by; /* told to end, and when at last; 0: not */
	bool hurry;		  /* somebody waits: send what there is */
	bool flush;		  /* and have the plugin flush it then */
	bool tried, ended, threadless;
	size_t in_hand; /* lists of the hand that are not dealt with */
	int64_t hand_since;

	/* of its thread */
	struct hand hand;
	size_t done;	   /* lists of the hand that are dealt with */
	size_t chunk;	   /* how many lists the next call takes at most */
	uint64_t failures; /* in a row */
	int64_t open_backoff;
	uint64_t offset; /* FETTLE_SPREAD: where in the interval, 64 bits
			  * of chance */
};

static uint32_t
chance(void)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock_mono();
	return r;
}

static size_t
most_lists(const struct fettle_ctx *i)
{
	return i->plugin->d.batch_lists ? i->plugin->d.batch_lists
					: LISTS_DEFAULT;
}

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
	offset = (int64_t)(w->offset % (uint64_t)age);
	return now - (now + age - offset) % age + age;
}

/* --- the sink: the dispatch thread ----------------------------------------
 */

static void
writer_put(struct sink *sink, struct batch *b)
{
	struct writer *w = (struct writer *)(void *)sink;
	const int64_t now = clock_mono();

	pthread_mutex_lock(&w->lock);
	queue_put(&w->queue, b, now);
	w->stats.entered += b->n;
	if (w->due == INT64_MAX) {
		/* its thread sleeps without an end */
		w->due = due_from(w, now);
		pthread_cond_signal(&w->wake);
	} else if (w->queue.lists >= most_lists(w->instance) &&
		   w->queue.lists - b->n < most_lists(w->instance)) {
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
}

/* --- its thread; the lock is held but during calls -------------------------
 */

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
		w->chunk = most_lists(next);
		w->failures = 0;
		w->open_backoff = 0;
		instance_unref(old);
	}
	pthread_cond_broadcast(&w->changed);
}

/* The first n lists of the rest of the hand are dealt with. */
static void
dealt_with(struct writer *w, size_t n)
{
	w->done += n;
	w->in_hand -= n;
	if (w->in_hand == 0) {
		hand_clear(&w->hand);
		w->done = 0;
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

static void
halve_or_drop(struct writer *w, size_t n, uint64_t *dropped)
{
	if (n > 1) {
		w->chunk = (n + 1) / 2;
		return;
	}
	say_given_up(w, 1, w->instance->reason);
	(*dropped)++;
	dealt_with(w, 1);
}

static void
delivered(struct writer *w, size_t n)
{
	const size_t refused = w->instance->refused.v.n;

	if (refused > 0)
		say_given_up(w, refused, w->instance->refused.reason);
	w->stats.sent += n - refused;
	w->stats.dropped_refused += refused;
	w->failures = 0;
	w->chunk = 2 * w->chunk < most_lists(w->instance)
		       ? 2 * w->chunk
		       : most_lists(w->instance);
	dealt_with(w, n);
}

/* A secret may have been renewed: look, without a restart.  Without the lock,
 * since a file is read. */
static void
refresh_secrets(struct writer *w)
{
	struct fettle_ctx *i = w->instance;
	bool changed = false;
	char why[256];

	pthread_mutex_unlock(&w->lock);
	if (option_refresh(i->self, &i->plugin->d.options, i->section,
		&changed, why, sizeof(why)) < 0)
		log_record(LOG_WARNING, i->label, NULL, 0, "%s", why);
	else if (changed)
		log_record(LOG_NOTICE, i->label, NULL, 0, "secret read again");
	pthread_mutex_lock(&w->lock);
}

static void
act_on(struct writer *w, int answer, size_t n)
{
	const double after_s = w->instance->after_s;
	int64_t wait;

	switch (answer) {
	case FETTLE_DELIVERED:
		delivered(w, n);
		return;
	case FETTLE_TOO_LARGE:
		halve_or_drop(w, n, &w->stats.dropped_too_large);
		return;
	case FETTLE_REFUSED:
		halve_or_drop(w, n, &w->stats.dropped_refused);
		return;
	case FETTLE_UNAUTHORISED:
		refresh_secrets(w);
		wait = retry_unauthorised(after_s, chance());
		break;
	default:
		wait = retry_wait(++w->failures, after_s, chance());
		break;
	}
	w->stats.retried++;
	back_off(w, wait, NS_PER_S);
}

/* Sends what is in the hand, once. */
static void
send_some(struct writer *w)
{
	struct fettle_ctx *i = w->instance;
	const size_t left = w->hand.lists.n - w->done;
	struct fettle_batch batch = { .size = sizeof(batch),
		.lists = w->hand.lists.v + w->done,
		.n = left < w->chunk ? left : w->chunk,
		.queue = w->queue.id,
		.seq = w->hand.seq + w->done };
	int answer;

	pthread_mutex_unlock(&w->lock);
	answer = instance_write(i, &batch);
	pthread_mutex_lock(&w->lock);
	act_on(w, answer, batch.n);
}

static void
take_some(struct writer *w)
{
	w->hand_since = queue_oldest(&w->queue);
	queue_take(&w->queue, &w->hand, most_lists(w->instance));
	w->in_hand = w->hand.lists.n;
	w->done = 0;
	if (w->queue.lists == 0)
		w->due = INT64_MAX;
}

/* Whether what waits is to leave now. */
static bool
is_due(const struct writer *w)
{
	return w->queue.lists > 0 &&
	       (w->hurry || w->stop_by != 0 ||
		   w->queue.lists >= most_lists(w->instance) ||
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
	} else if (w->in_hand > 0) {
		send_some(w);
	} else if (is_due(w)) {
		take_some(w);
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

static void
give_up_rest(struct writer *w)
{
	w->stats.dropped_drain += queue_clear(&w->queue) + w->in_hand;
	w->in_hand = 0;
	hand_clear(&w->hand);
}

static void *
writer_run(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (step(w))
		continue;
	give_up_rest(w);
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

/* --- for others ------------------------------------------------------------
 */

struct writer *
writer_start(struct fettle_ctx *instance, const struct writer_options *options)
{
	struct writer *w = NEW(struct writer);
	pthread_condattr_t monotonic;
	pthread_attr_t attr;

	w->sink.put = writer_put;
	w->instance = instance_ref(instance);
	instance->writer = w;
	w->options = *options;
	w->due = INT64_MAX;
	w->chunk = most_lists(instance);
	queue_init(&w->queue, options->room);
	w->offset = strtoull(w->queue.id + 16, NULL, 16);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &monotonic);
	pthread_cond_init(&w->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	if (pthread_create(&w->thread, &attr, writer_run, w) != 0) {
		log_error("no thread for %s", instance->label);
		w->threadless = w->tried = w->ended = true;
	}
	pthread_attr_destroy(&attr);
	return w;
}

struct sink *
writer_sink(struct writer *w)
{
	return &w->sink;
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

void
writer_stats(struct writer *w, struct writer_stats *out)
{
	int64_t oldest;

	pthread_mutex_lock(&w->lock);
	oldest = w->in_hand > 0 ? w->hand_since : queue_oldest(&w->queue);
	*out = w->stats;
	out->lists = w->queue.lists + w->in_hand;
	out->bytes = w->queue.bytes;
	out->room = w->queue.room;
	out->dropped_full = w->queue.dropped;
	out->oldest_ns = oldest < INT64_MAX ? clock_mono() - oldest : 0;
	pthread_mutex_unlock(&w->lock);
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
	while (!w->tried && await(w, deadline_ns))
		continue;
	pthread_mutex_unlock(&w->lock);
}

void
writer_flush(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->hurry = true;
	w->flush = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* Under the lock: the number of the oldest list that is still here. */
static uint64_t
oldest_number(const struct writer *w)
{
	return w->queue.next - w->queue.lists - w->in_hand;
}

int
writer_settle(struct writer *w, int64_t deadline_ns)
{
	uint64_t ticket;
	bool late = false;

	pthread_mutex_lock(&w->lock);
	ticket = w->queue.next;
	while (oldest_number(w) < ticket && !w->ended && !late) {
		w->hurry = true;
		pthread_cond_signal(&w->wake);
		late = !await(w, deadline_ns);
	}
	late = oldest_number(w) < ticket;
	pthread_mutex_unlock(&w->lock);
	return late ? -ETIMEDOUT : 0;
}

int64_t
writer_stop(struct writer *w)
{
	int64_t stop_by;

	pthread_mutex_lock(&w->lock);
	if (w->stop_by == 0) {
		w->stopped = clock_mono();
		w->stop_by = w->stopped + w->options.drain_ns;
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
writer_free(struct writer *w)
{
	if (!w->threadless)
		pthread_join(w->thread, NULL);
	hand_fini(&w->hand);
	queue_fini(&w->queue);
	instance_unref(w->next);
	instance_unref(w->instance);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
