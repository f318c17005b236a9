/* SPDX-License-Identifier: MIT */
/*
 * A monotonic clock that runs FETTLE_FAST times as fast, by LD_PRELOAD: a
 * daemon that tries again every minute need not be waited for that long.  The
 * wall clock is left alone.  Every condition of the daemon goes by the
 * monotonic clock; what is told to wait for so long waits as long.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#define VISIBLE __attribute__((visibility("default")))
#define NS_PER_S INT64_C(1000000000)

static int (*next_gettime)(clockid_t, struct timespec *);
static int (*next_timedwait)(
    pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*next_settime)(
    int, int, const struct itimerspec *, struct itimerspec *);
static int64_t begun, times = 1;

static int64_t
ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static struct timespec
timespec_of(int64_t ns)
{
	return (struct timespec){ (time_t)(ns / NS_PER_S), ns % NS_PER_S };
}

__attribute__((constructor)) static void
look_around(void)
{
	const char *fast = getenv("FETTLE_FAST");
	struct timespec now;

	*(void **)&next_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&next_settime = dlsym(RTLD_NEXT, "timerfd_settime");
	*(void **)&next_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	if (fast != NULL)
		times = atoi(fast);
	next_gettime(CLOCK_MONOTONIC, &now);
	begun = ns_of(&now);
}

VISIBLE int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int rc;

	if (next_gettime == NULL)
		look_around();
	rc = next_gettime(clock, t);
	if (rc == 0 && clock == CLOCK_MONOTONIC)
		*t = timespec_of(begun + (ns_of(t) - begun) * times);
	return rc;
}

/* When that is by the clock as it is. */
static struct timespec
truly(const struct timespec *t)
{
	return timespec_of(begun + (ns_of(t) - begun) / times + 1);
}

VISIBLE int
pthread_cond_timedwait(
    pthread_cond_t *cond, pthread_mutex_t *lock, const struct timespec *until)
{
	const struct timespec t = truly(until);

	return next_timedwait(cond, lock, &t);
}

VISIBLE int
timerfd_settime(
    int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct itimerspec t = *new;

	if (flags & TFD_TIMER_ABSTIME && ns_of(&t.it_value) > 0)
		t.it_value = truly(&t.it_value);
	return next_settime(fd, flags, &t, old);
}
