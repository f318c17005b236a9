/* SPDX-License-Identifier: MIT */
#include "alert/courier_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

/* --- under the lock ------------------------------------------------------ */

const char *
courier_name(const struct courier *c)
{
	return c->name;
}

struct courier_counts
courier_counts(const struct courier *c)
{
	return c->counts;
}

void
courier_wake(struct courier *c)
{
	c->asleep = 0;
	pthread_cond_signal(&c->wake);
}

void
courier_poke(struct courier *c)
{
	if (c->asleep > engine_ready(c->desk->engine, c->name))
		courier_wake(c);
}

enum desk_tested
courier_test(struct courier *c, int64_t deadline_ns, int *answer, char *said,
    size_t len)
{
	const struct timespec until = clock_timespec(deadline_ns);
	const uint64_t ticket = ++c->tests;
	struct desk *d = c->desk;
	enum desk_tested rc;

	c->refs++;
	courier_wake(c);
	while (c->tested < ticket && !c->ended && !d->ending &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	rc = c->tested >= ticket ? DESK_TESTED : DESK_TEST_LATE;
	*answer = c->test_answer;
	snprintf(said, len, "%s", rc == DESK_TESTED ? c->test_words : "");
	return rc;
}

/* --- for the main thread ------------------------------------------------- */

static void
start_thread(struct courier *c)
{
	if (thread_start(&c->thread, courier_run, c) != 0) {
		log_error("no thread for %s", c->name);
		c->threadless = c->tried = c->ended = true;
	}
}

struct courier *
courier_start(struct desk *d, struct fettle_ctx *instance,
    const struct courier_options *options)
{
	struct courier *c = NEW(struct courier);

	c->desk = d;
	c->name = xstrdup(instance->label);
	c->instance = instance_ref(instance);
	c->options = *options;
	c->refs = 1;
	thread_cond_init(&c->wake);
	pthread_mutex_lock(&d->lock);
	vec_add(&d->couriers) = c;
	start_thread(c);
	pthread_mutex_unlock(&d->lock);
	return c;
}

void
courier_replace(struct courier *c, struct fettle_ctx *instance,
    const struct courier_options *options)
{
	pthread_mutex_lock(&c->desk->lock);
	instance_unref(c->next);
	c->next = instance_ref(instance);
	c->next_options = *options;
	c->tried = false;
	courier_wake(c);
	pthread_mutex_unlock(&c->desk->lock);
}

/* Under the lock: nobody finds it by its name any more. */
static void
leave(struct courier *c)
{
	struct desk *d = c->desk;

	for (size_t i = 0; i < d->couriers.n; i++)
		if (d->couriers.v[i] == c) {
			vec_remove(&d->couriers, i);
			break;
		}
}

int64_t
courier_stop(struct courier *c)
{
	struct desk *d = c->desk;
	int64_t stop_by;

	pthread_mutex_lock(&d->lock);
	if (c->stop_by == 0) {
		c->stop_by = clock_mono() + c->options.drain_ns;
		leave(c);
	}
	stop_by = c->stop_by;
	courier_wake(c);
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	return stop_by;
}

static bool
await(struct courier *c, const bool *what, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	struct desk *d = c->desk;
	bool done;

	pthread_mutex_lock(&d->lock);
	while (!*what &&
	       pthread_cond_timedwait(&d->changed, &d->lock, &until) == 0)
		continue;
	done = *what;
	pthread_mutex_unlock(&d->lock);
	return done;
}

bool
courier_ended(struct courier *c, int64_t deadline_ns)
{
	return await(c, &c->ended, deadline_ns);
}

void
courier_settle_open(struct courier *c, int64_t deadline_ns)
{
	await(c, &c->tried, deadline_ns);
}

void
courier_abandon(struct courier *c)
{
	if (!c->threadless)
		pthread_detach(c->thread);
}

void
courier_unref(struct courier *c)
{
	int refs;

	pthread_mutex_lock(&c->desk->lock);
	refs = --c->refs;
	pthread_mutex_unlock(&c->desk->lock);
	if (refs > 0)
		return;
	if (!c->threadless)
		pthread_join(c->thread, NULL);
	instance_unref(c->next);
	instance_unref(c->instance);
	pthread_cond_destroy(&c->wake);
	free(c->name);
	free(c);
}

struct fettle_ctx *
courier_instance(struct courier *c)
{
	struct fettle_ctx *i;

	pthread_mutex_lock(&c->desk->lock);
	i = instance_ref(c->instance);
	pthread_mutex_unlock(&c->desk->lock);
	return i;
}
