/* SPDX-License-Identifier: MIT */
#include "base/when.h"

#include <math.h>
#include <stdbool.h>
#include <time.h>

/* Further from 1970 than that no calendar of ours goes: the year 9999. */
#define WHEN_MAX 253402300799.0

static bool
local(double at, struct tm *tm)
{
	const time_t seconds = (time_t)(isfinite(at) ? at : -1);

	return at >= 0 && at <= WHEN_MAX && localtime_r(&seconds, tm) != NULL;
}

void
when_full(struct buf *to, double at)
{
	char text[64] = "-";
	struct tm tm;

	if (local(at, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	buf_puts(to, text);
}

void
when_clock(struct buf *to, double at, double now)
{
	char text[64] = "-";
	struct tm tm, today;

	if (!local(at, &tm)) {
		buf_puts(to, text);
		return;
	}
	if (local(now, &today) && tm.tm_year == today.tm_year &&
	    tm.tm_yday == today.tm_yday)
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	else
		strftime(text, sizeof(text), "%b %e %H:%M:%S", &tm);
	buf_puts(to, text);
}
