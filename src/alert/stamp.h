/* SPDX-License-Identifier: MIT */
/*
 * Two times, both in ns and never negative: stamps are sample time, the wall
 * clock of the host that measured; moments are of the alert clock, which goes
 * on whatever is done to any wall clock.  They are never compared.
 */
#ifndef ALERT_STAMP_H
#define ALERT_STAMP_H

#include <stdbool.h>
#include <stdint.h>

/* There is no such stamp, or moment. */
#define STAMP_NONE INT64_MIN
/* Later than any. */
#define STAMP_NEVER INT64_MAX
/* The last that is taken from outside: differences fit, and sums as well. */
#define STAMP_MAX (INT64_C(1) << 62)
/* The longest time that is waited for anything: ten years. */
#define STAMP_SPAN_MAX (INT64_C(3650) * 86400 * 1000000000)
/* The last moment that a clock is taken up at. */
#define STAMP_MOMENT_MAX (STAMP_MAX / 2)
/* The longest interval that is taken at its word. */
#define STAMP_INTERVAL_MAX (INT64_C(7) * 86400 * 1000000000)

/* t, moved by as much as a clock was; none stays none. */
static inline int64_t
stamp_shift(int64_t t, int64_t delta)
{
	if (t == STAMP_NONE)
		return t;
	if (delta > 0 && t > STAMP_MAX - delta)
		return STAMP_MAX;
	return t + delta < 0 ? 0 : t + delta;
}

/* The later of both; none is before any. */
static inline int64_t
stamp_later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
