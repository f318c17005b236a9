/* SPDX-License-Identifier: MIT */
#include "fake_clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { LOOK_NS = 1000 * 1000, AWAIT_S = 30, TEST_S = 120 };

static _Atomic int64_t mono_now = 1000 * NS_PER_S,
		       wall_now = INT64_C(1800000000) * NS_PER_S;

int __real_pthread_cond_timedwait(
    pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
int __wrap_pthread_cond_timedwait(
    pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

void
fake_clock_set(int64_t mono, int64_t wall)
{
	mono_now = mono;
	wall_now = wall;
	alarm(TEST_S);
}

void
fake_clock_advance(int64_t ns)
{
	mono_now += ns;
	wall_now += ns;
}

void
fake_clock_step(int64_t ns)
{
	wall_now += ns;
}

int64_t
clock_mono(void)
{
	return mono_now;
}

int64_t
clock_boot(void)
{
	return mono_now;
}

int64_t
clock_wall(void)
{
	return wall_now;
}

struct timespec
clock_timespec(int64_t ns)
{
	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

static int64_t
real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Waits a moment of real time, then looks whether the fake one has come. */
int
__wrap_pthread_cond_timedwait(
    pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until)
{
	const int64_t deadline = until->tv_sec * NS_PER_S + until->tv_nsec;
	const struct timespec moment = clock_timespec(real_ns() + LOOK_NS);
	int rc;

	if (deadline <= clock_mono())
		return ETIMEDOUT;
	rc = __real_pthread_cond_timedwait(cond, lock, &moment);
	return rc == ETIMEDOUT && clock_mono() < deadline ? 0 : rc;
}

bool
fake_clock_await(bool (*done)(void *), void *arg)
{
	const int64_t end = real_ns() + AWAIT_S * NS_PER_S;
	const struct timespec moment = clock_timespec(LOOK_NS);

	while (!done(arg)) {
		if (real_ns() > end)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}
