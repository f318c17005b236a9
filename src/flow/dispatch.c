/* SPDX-License-Identifier: MIT */
#include "flow/dispatch.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/thread.h"
#include "flow/cache.h"
#include "flow/filter.h"

enum {
	ROOM = 32 << 20,	 /* bytes a queue may pin */
	LOCKED = 256,		 /* batches under one lock of the cache */
	LINGER_NS = 1000 * 1000, /* a busy thread looks once a ms */
	LENT_LISTS = 256,	 /* a reader passes that many itself */
};

void
dispatch_init(struct dispatch *d, struct series_table *table)
{
	memset(d, 0, sizeof(*d));
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->cache_lock, NULL);
	thread_cond_init(&d->wake);
	thread_cond_init(&d->hurried);
	thread_cond_init(&d->settled);
	router_init(&d->router);
	d->own.end = &d->own.first;
	d->posted.end = &d->posted.first;
	d->room = ROOM;
	d->table = table;
	table->forget = cache_forget;
}

void
dispatch_fini(struct dispatch *d)
{
	router_fini(&d->router);
	pthread_cond_destroy(&d->wake);
	pthread_cond_destroy(&d->hurried);
	pthread_cond_destroy(&d->settled);
	pthread_mutex_destroy(&d->cache_lock);
	pthread_mutex_destroy(&d->lock);
}

static void
fifo_put(struct fifo *f, struct batch *b)
{
	b->next = NULL;
	*f->end = b;
	f->end = &b->next;
	f->bytes += b->bytes;
	f->lists += b->n;
}

static struct batch *
fifo_take(struct fifo *f)
{
	struct batch *b = f->first;

	f->first = b->next;
	if (f->first == NULL)
		f->end = &f->first;
	f->bytes -= b->bytes;
	f->lists -= b->n;
	return b;
}

/* The whole chain at once. */
static struct batch *
fifo_take_all(struct fifo *f)
{
	struct batch *b = f->first;

	f->first = NULL;
	f->end = &f->first;
	f->bytes = 0;
	f->lists = 0;
	return b;
}

void
dispatch_put(struct dispatch *d, struct batch *b)
{
	struct batch *out;

	pthread_mutex_lock(&d->lock);
	while (d->own.first != NULL && d->own.bytes + b->bytes > d->room) {
		out = fifo_take(&d->own);
		d->displaced += out->n;
		batch_unref(out);
	}
	fifo_put(&d->own, b);
	pthread_mutex_unlock(&d->lock);
}

static bool
is_empty(const struct dispatch *d)
{
	return d->own.first == NULL && d->posted.first == NULL;
}

/* Releases the lock, then wakes the thread if it waits: the other way round it
 * would wake only to wait for the lock. */
static void
unlock_and_wake(struct dispatch *d)
{
	const bool waiting = d->waiting;

	d->waiting = false;
	pthread_mutex_unlock(&d->lock);
	if (waiting)
		pthread_cond_signal(&d->wake);
}

/* Releases the lock as well. */
static void
wake_for_work(struct dispatch *d)
{
	if (!is_empty(d) || d->ended)
		unlock_and_wake(d);
	else
		pthread_mutex_unlock(&d->lock);
}

void
dispatch_kick(struct dispatch *d)
{
	pthread_mutex_lock(&d->lock);
	wake_for_work(d);
}

int
dispatch_post(struct dispatch *d, struct batch *b)
{
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	if (d->closed)
		rc = -ESHUTDOWN;
	else if (d->posted.first != NULL &&
		 d->posted.bytes + b->bytes > d->room)
		rc = -EAGAIN;
	if (rc < 0) {
		pthread_mutex_unlock(&d->lock);
		return rc;
	}
	fifo_put(&d->posted, b);
	unlock_and_wake(d);
	return 0;
}

/* What is there now is in the group under way or in the next one. */
int
dispatch_settle(struct dispatch *d, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	uint64_t wanted;
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	wanted = d->begun + !is_empty(d);
	d->hurry = d->through < wanted;
	pthread_cond_signal(&d->hurried);
	wake_for_work(d);
	pthread_mutex_lock(&d->lock);
	while (d->through < wanted && rc == 0)
		rc = pthread_cond_timedwait(&d->settled, &d->lock, &until);
	rc = d->through < wanted ? -ETIMEDOUT : 0;
	pthread_mutex_unlock(&d->lock);
	return rc;
}

/* One batch: cache, filter, router.  The filter, which is threshold and
 * cooldown, sees rates, and lists in order. */
static void
pass(struct dispatch *d, struct batch *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		cache_update(&b->lists[i], b->measured_ns);
	if (d->table->filter != NULL)
		d->table->filter->pass(d->table->filter, b);
	router_put(&d->router, b);
}

/* A chain of batches; returns how many lists there were. */
static uint64_t
pass_chain(struct dispatch *d, struct batch *chain)
{
	struct batch *b;
	uint64_t lists = 0;

	while (chain != NULL) {
		pthread_mutex_lock(&d->cache_lock);
		pthread_mutex_lock(&d->router.lock);
		for (int i = 0; i < LOCKED && chain != NULL; i++) {
			b = chain;
			chain = b->next;
			lists += b->n;
			pass(d, b);
			batch_unref(b);
		}
		pthread_mutex_unlock(&d->router.lock);
		pthread_mutex_unlock(&d->cache_lock);
	}
	return lists;
}

/* Under the lock, which it releases meanwhile: all that is queued, through. */
static void
pass_all(struct dispatch *d)
{
	struct batch *own = fifo_take_all(&d->own);
	struct batch *posted = fifo_take_all(&d->posted);
	uint64_t lists;

	d->begun++;
	d->hurry = false; /* but who comes now may wait for the next */
	pthread_mutex_unlock(&d->lock);
	lists = pass_chain(d, own);
	lists += pass_chain(d, posted);
	pthread_mutex_lock(&d->lock);
	d->through++;
	d->lists += lists;
	pthread_cond_broadcast(&d->settled);
}

/* To wake the thread for a few lists costs more than to pass them: where it
 * sleeps, and so nobody is at work, the reader does it in its place. */
void
dispatch_pass(struct dispatch *d)
{
	pthread_mutex_lock(&d->lock);
	if (d->own.first != NULL && d->own.lists <= LENT_LISTS && d->waiting &&
	    !d->lent) {
		d->lent = true;
		pass_all(d);
		d->lent = false;
	}
	wake_for_work(d);
}

/* Who comes back within a ms waits for the rest of it first, so that a busy
 * queue is looked at once a ms and not once a batch; unless somebody waits. */
static void
linger(struct dispatch *d, int64_t until)
{
	const struct timespec at = clock_timespec(until);

	if (clock_mono() < until)
		while (!d->hurry && !d->ended &&
		       pthread_cond_timedwait(&d->hurried, &d->lock, &at) == 0)
			continue;
}

/* Under the lock: waits for something to do. */
static void
wait_for_work(struct dispatch *d, int64_t *last)
{
	while (d->lent || (is_empty(d) && !d->ended)) {
		d->waiting = true;
		pthread_cond_wait(&d->wake, &d->lock);
	}
	d->waiting = false;
	linger(d, *last + LINGER_NS);
	*last = clock_mono();
}

static void *
dispatch_run(void *arg)
{
	struct dispatch *d = arg;
	int64_t last = 0;

	pthread_mutex_lock(&d->lock);
	for (;;) {
		wait_for_work(d, &last);
		if (is_empty(d)) /* and ended */
			break;
		pass_all(d);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

int
dispatch_start(struct dispatch *d)
{
	return -thread_start(&d->thread, dispatch_run, d);
}

void
dispatch_close(struct dispatch *d)
{
	pthread_mutex_lock(&d->lock);
	d->closed = true;
	pthread_mutex_unlock(&d->lock);
}

void
dispatch_stop(struct dispatch *d)
{
	pthread_mutex_lock(&d->lock);
	d->closed = true;
	d->ended = true;
	pthread_cond_signal(&d->wake);
	pthread_cond_signal(&d->hurried);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
}
