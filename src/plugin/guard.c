/* SPDX-License-Identifier: MIT */
#include "plugin/guard.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

int
guard_init(struct guard *g)
{
	memset(g, 0, sizeof(*g));
	g->armed = INT64_MAX;
	g->wish = INT64_MAX;
	g->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (g->fd < 0)
		return -errno;
	pthread_mutex_init(&g->lock, NULL);
	return 0;
}

void
guard_fini(struct guard *g)
{
	vec_free(&g->calls);
	close(g->fd);
	pthread_mutex_destroy(&g->lock);
}

int
guard_fd(const struct guard *g)
{
	return g->fd;
}

/* Under the lock. */
static void
arm(struct guard *g, int64_t when)
{
	struct itimerspec due = { 0 };

	if (when < INT64_MAX)
		due.it_value = clock_timespec(when);

	g->armed = when;
	timerfd_settime(g->fd, TFD_TIMER_ABSTIME, &due, NULL);
}

void
guard_begin(
    struct guard *g, struct guarded *call, int64_t now, int64_t deadline)
{
	call->began = now;
	call->deadline = deadline;
	call->late = false;
	call->under_way = true;
	pthread_mutex_lock(&g->lock);
	vec_add(&g->calls) = call;
	if (deadline < g->armed)
		arm(g, deadline);
	pthread_mutex_unlock(&g->lock);
}

bool
guard_end(struct guard *g, struct guarded *call)
{
	bool late;

	pthread_mutex_lock(&g->lock);
	for (size_t i = 0; i < g->calls.n; i++) {
		if (g->calls.v[i] != call)
			continue;
		vec_remove(&g->calls, i);
		break;
	}
	call->under_way = false;
	late = call->late;
	pthread_mutex_unlock(&g->lock);
	return late;
}

/* The earliest deadline of calls that are not late yet. */
static int64_t
next_deadline(const struct guard *g)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < g->calls.n; i++)
		if (!g->calls.v[i]->late && g->calls.v[i]->deadline < next)
			next = g->calls.v[i]->deadline;
	return next;
}

void
guard_wake_at(struct guard *g, int64_t when)
{
	int64_t next;

	pthread_mutex_lock(&g->lock);
	g->wish = when;
	next = next_deadline(g);
	next = next < when ? next : when;
	if (next != g->armed)
		arm(g, next);
	pthread_mutex_unlock(&g->lock);
}

/* One that has just become late, or NULL. */
static struct guarded *
find_late(struct guard *g, int64_t now)
{
	for (size_t i = 0; i < g->calls.n; i++) {
		struct guarded *c = g->calls.v[i];

		if (c->late || c->deadline > now)
			continue;
		c->late = true;
		return c;
	}
	return NULL;
}

void
guard_check(struct guard *g, int64_t now)
{
	struct guarded *late;
	uint64_t fired;
	int64_t next;

	if (read(g->fd, &fired, sizeof(fired)) < 0)
		fired = 0; /* asked without cause: look all the same */
	pthread_mutex_lock(&g->lock);
	/* told under the lock, so that the call cannot end and its instance
	 * go away meanwhile */
	while ((late = find_late(g, now)) != NULL)
		late->on_late(late);
	next = next_deadline(g);
	if (g->wish > now && g->wish < next)
		next = g->wish;
	arm(g, next);
	pthread_mutex_unlock(&g->lock);
}
