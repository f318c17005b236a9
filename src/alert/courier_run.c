/* SPDX-License-Identifier: MIT */
/* Its thread, which holds the lock but while it waits, and during calls of the
 * plugin. */
#include "alert/courier_own.h"

#include <errno.h>

#include "base/clock.h"

enum { OPEN_BACKOFF_S = 60 };

static void
nap(struct courier *c, int64_t until_ns)
{
	const struct timespec until = clock_timespec(until_ns);

	pthread_cond_timedwait(&c->wake, &c->desk->lock, &until);
	c->asleep = 0;
}

/* Until the engine may have something, or somebody calls. */
static void
rest(struct courier *c)
{
	const struct desk *d = c->desk;
	const int64_t ready = engine_ready(d->engine, c->name);

	c->asleep = ready;
	if (ready == INT64_MAX) {
		pthread_cond_wait(&c->wake, &c->desk->lock);
		c->asleep = 0;
	} else {
		nap(c, clock_mono() + (ready - d->boot_ns));
	}
}

static void
opened(struct courier *c)
{
	c->tried = true;
	pthread_cond_broadcast(&c->desk->changed);
	if (instance_is_open(c->instance)) {
		c->open_backoff = 0;
		return;
	}
	c->open_backoff = c->open_backoff ? 2 * c->open_backoff : NS_PER_S;
	if (c->open_backoff > OPEN_BACKOFF_S * NS_PER_S)
		c->open_backoff = OPEN_BACKOFF_S * NS_PER_S;
	c->open_at = clock_mono() + c->open_backoff;
}

static void
open_instance(struct courier *c)
{
	struct desk *d = c->desk;

	pthread_mutex_unlock(&d->lock);
	instance_open(c->instance);
	pthread_mutex_lock(&d->lock);
	opened(c);
}

static void
replace_instance(struct courier *c)
{
	struct fettle_ctx *old = c->instance, *next = c->next;
	struct desk *d = c->desk;

	c->next = NULL;
	pthread_mutex_unlock(&d->lock);
	if (instance_adopt(next, old) == -ENOTSUP) {
		instance_close(old);
		instance_open(next);
	} else if (!instance_is_open(next)) {
		/* it could not take over: the old one goes on */
		instance_unref(next);
		next = old;
	}
	pthread_mutex_lock(&d->lock);
	if (next != old) {
		c->instance = next;
		c->options = c->next_options;
		c->open_backoff = 0;
		instance_unref(old);
	}
	opened(c);
}

/* --- its days ------------------------------------------------------------ */

static bool
step(struct courier *c)
{
	struct desk *d = c->desk;
	const int64_t now = clock_mono();
	struct message *m;

	if (c->stop_by != 0)
		return false;
	if (c->next != NULL) {
		replace_instance(c);
	} else if (!instance_is_open(c->instance) && now >= c->open_at) {
		open_instance(c);
	} else if (c->tests > c->tested && now >= courier_test_at(c)) {
		courier_send_test(c);
	} else if (!instance_is_open(c->instance)) {
		nap(c, c->open_at);
	} else if (c->tests > c->tested) {
		nap(c, courier_test_at(c));
	} else {
		desk_now(d);
		m = engine_begin(d->engine, c->name);
		if (m != NULL)
			courier_deliver(c, m);
		else
			rest(c);
	}
	return true;
}

void *
courier_run(void *arg)
{
	struct courier *c = arg;
	struct desk *d = c->desk;

	pthread_mutex_lock(&d->lock);
	while (step(c))
		continue;
	pthread_mutex_unlock(&d->lock);
	instance_close(c->instance);
	pthread_mutex_lock(&d->lock);
	c->ended = true;
	c->tried = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
