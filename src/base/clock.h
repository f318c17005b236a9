/* SPDX-License-Identifier: MIT */
/*
 * The only place that asks for the time, so that a test may link another.
 * Due times, deadlines and durations are monotonic; stamps are wall clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t clock_mono(void);
/* Nanoseconds of CLOCK_BOOTTIME, which goes on while the machine sleeps. */
int64_t clock_boot(void);
/* Nanoseconds since 1970 of CLOCK_REALTIME. */
int64_t clock_wall(void);
/* For pthread_cond_timedwait and the like. */
struct timespec clock_timespec(int64_t ns);

#endif
