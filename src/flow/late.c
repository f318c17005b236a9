/* SPDX-License-Identifier: MIT */
#include "flow/late.h"

#include "base/clock.h"

enum { LATE_S = 60 };

int64_t
list_late(const struct fettle_list *l, int64_t sent_ns)
{
	const int64_t least = LATE_S * NS_PER_S;
	const int64_t limit =
	    l->interval_ns > least / 3 && l->interval_ns < INT64_MAX / 3
		? 3 * l->interval_ns
		: least;

	if (l->time_ns <= 0 || sent_ns <= l->time_ns ||
	    sent_ns - l->time_ns <= limit)
		return 0;
	return sent_ns - l->time_ns;
}
