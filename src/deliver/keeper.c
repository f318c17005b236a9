/* SPDX-License-Identifier: MIT */
#include "deliver/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "deliver/keeper_own.h"

const char *
promise_name(enum promise promise)
{
	static const char *const names[] = { "none", "exit", "crash",
		"power" };

	return names[promise];
}

void
keeper_init(struct keeper *k, const char *label, const char *path)
{
	k->label = xstrdup(label);
	k->path = path != NULL ? xstrdup(path) : NULL;
	k->fresh = true;
	thread_cond_init(&k->work);
}

void
keeper_abandon(struct keeper *k)
{
	if (k->running)
		pthread_detach(k->thread);
}

void
keeper_fini(struct keeper *k)
{
	if (k->running)
		pthread_join(k->thread, NULL);
	deposit_fini(&k->deposit);
	pthread_cond_destroy(&k->work);
	free(k->path);
	free(k->label);
}

bool
keeper_is_ready(const struct keeper *k)
{
	return k->stats.state != KEEPER_OPENING;
}

bool
keeper_is_blind(const struct keeper *k)
{
	return k->stats.state != KEEPER_OK;
}

/* Only where it would sleep for longer than what has come may wait. */
void
keeper_tell(struct keeper *k, int64_t now)
{
	if (k->asleep > now + KEEPER_WRITE_S * NS_PER_S ||
	    (k->asleep > now && 2 * k->queue->fresh > k->queue->room))
		pthread_cond_signal(&k->work);
}

void
keeper_fetch(struct keeper *k, size_t lists)
{
	k->fetching = true;
	k->fetch = lists;
	pthread_cond_signal(&k->work);
}

void
keeper_hurry(struct keeper *k)
{
	k->retry_at = 0;
	pthread_cond_signal(&k->work);
}

void
keeper_stop(struct keeper *k, int64_t by_ns)
{
	k->stop_by = by_ns;
	pthread_cond_signal(&k->work);
}

void
keeper_end(struct keeper *k)
{
	k->stop = true;
	pthread_cond_signal(&k->work);
	while (k->running && k->stats.state != KEEPER_ENDED)
		pthread_cond_wait(k->changed, k->lock);
}

int
keeper_sync(struct keeper *k, int64_t deadline_ns)
{
	const struct timespec until = clock_timespec(deadline_ns);
	const uint64_t ticket = k->queue->next, unsafe = k->queue->unsafe;
	int rc = 0;

	if (k->stats.promise < SURVIVE_CRASH)
		return 0;
	if (k->sync < ticket)
		k->sync = ticket;
	pthread_cond_signal(&k->work);
	while (!queue_is_safe(k->queue, ticket) && rc == 0) {
		if (k->stats.state > KEEPER_OK)
			return -EIO;
		rc = pthread_cond_timedwait(k->changed, k->lock, &until);
	}
	if (k->queue->unsafe != unsafe)
		return -EIO;
	return queue_is_safe(k->queue, ticket) ? 0 : -ETIMEDOUT;
}

static void
start(struct keeper *k)
{
	k->stats.state = KEEPER_OPENING;
	k->running = thread_start(&k->thread, keeper_run, k) == 0;
	if (k->running)
		return;
	k->stats.state = KEEPER_DEGRADED;
	snprintf(k->stats.why, sizeof(k->stats.why), "no thread");
	log_record(LOG_ERR, k->label, NULL, 0, "no thread for the spool");
}

void
keeper_set(struct keeper *k, const struct keeper_options *o)
{
	struct keeper_stats *s = &k->stats;

	/* or still, where the thread has not come to it since the last time */
	k->reopen = k->running && (k->reopen || s->promise != o->promise ||
				      s->max_size != o->max_size);
	s->promise = o->promise;
	s->max_size = o->max_size;
	s->max_age_ns = o->max_age_ns;
	if (!k->running && o->promise != SURVIVE_NONE) {
		k->fresh = k->queue->entered == 0;
		start(k);
	} else {
		pthread_cond_signal(&k->work);
	}
}
