/* SPDX-License-Identifier: MIT */
#include "deliver/retry.h"

#include <sys/random.h>

#include "base/clock.h"

uint32_t
retry_random(void)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (uint32_t)clock_mono();
	return r;
}

static int64_t
at_least(int64_t wait, double after_s)
{
	int64_t after;

	if (!(after_s > 0))
		return wait;
	if (after_s > RETRY_AFTER_MOST_S)
		after_s = RETRY_AFTER_MOST_S;
	after = (int64_t)(after_s * (double)NS_PER_S);
	return after > wait ? after : wait;
}

static int64_t
share(int64_t ns, uint32_t random)
{
	return (int64_t)((double)ns * ((double)random / (double)UINT32_MAX));
}

int64_t
retry_wait(uint64_t n, double after_s, uint32_t random)
{
	int64_t most = RETRY_FIRST_S;

	while (n-- > 1 && most < RETRY_MOST_S)
		most *= 2;
	if (most > RETRY_MOST_S)
		most = RETRY_MOST_S;
	return at_least(share(most * NS_PER_S, random), after_s);
}

int64_t
retry_unauthorised(double after_s, uint32_t random)
{
	const int64_t around = RETRY_UNAUTHORISED_S * NS_PER_S;

	return at_least(around / 10 * 9 + share(around / 5, random), after_s);
}
