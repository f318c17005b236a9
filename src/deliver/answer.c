/* SPDX-License-Identifier: MIT */
#include "deliver/answer.h"

#include "deliver/retry.h"

void
attempts_init(struct attempts *a, size_t most)
{
	a->most = most;
	a->chunk = most;
	a->failures = 0;
}

static struct verdict
delivered(struct attempts *a, size_t n, size_t named)
{
	a->failures = 0;
	a->chunk = 2 * a->chunk < a->most ? 2 * a->chunk : a->most;
	return (struct verdict){
		.dealt = n, .refused = named, .fate = FATE_REFUSED
	};
}

/* Something in it is not taken: in halves, until it stands alone. */
static struct verdict
halve(struct attempts *a, size_t n, enum fate fate)
{
	if (n == 1)
		return (
		    struct verdict){ .dealt = 1, .refused = 1, .fate = fate };
	a->chunk = (n + 1) / 2;
	return (struct verdict){ 0 };
}

struct verdict
answer_weigh(struct attempts *a, int answer, size_t n, size_t named,
    double after_s, uint32_t random)
{
	switch (answer) {
	case FETTLE_DELIVERED:
		return delivered(a, n, named);
	case FETTLE_TOO_LARGE:
		return halve(a, n, FATE_TOO_LARGE);
	case FETTLE_REFUSED:
		return halve(a, n, FATE_REFUSED);
	case FETTLE_UNAUTHORISED:
		return (struct verdict){ .retry = true,
			.refresh = true,
			.wait_ns = retry_unauthorised(after_s, random) };
	default:
		return (struct verdict){ .retry = true,
			.wait_ns =
			    retry_wait(++a->failures, after_s, random) };
	}
}
