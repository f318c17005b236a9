/* SPDX-License-Identifier: MIT */
/* counter: a counter and a total that rise by a step a read, and begin anew
 * after some reads, as after a reboot. */
#include <fettle/plugin.h>

struct counter {
	int64_t start, step, reset;
	int64_t reads;
};

static const struct fettle_option counter_options[] = {
	FETTLE_RANGE(
	    struct counter, start, "0", "Where it begins.", 0, 9.2e18),
	FETTLE_RANGE(
	    struct counter, step, "10", "How much a read adds.", 0, 1e15),
	FETTLE_RANGE(struct counter, reset, "0",
	    "After how many reads it begins anew; 0: never.", 0, 1e9),
};

static const struct fettle_field counter_fields[] = {
	{ "count", FETTLE_COUNTER, FETTLE_NUMBER, "Steps, as a counter." },
	{ "seconds", FETTLE_TOTAL, FETTLE_SECONDS, "Steps, as a total." },
};

static int
counter_read(struct fettle_ctx *ctx)
{
	struct counter *c = fettle_self(ctx);
	const int64_t n = c->reset > 0 ? c->reads++ % c->reset : c->reads++;
	const uint64_t sum = (uint64_t)c->start + (uint64_t)(n * c->step);
	const struct fettle_value values[] = { fettle_count(sum),
		fettle_total((double)sum) };

	return fettle_submit_values(ctx, NULL, values, 2);
}

FETTLE_PLUGIN(counter) = {
	FETTLE_ABI,
	.summary = "A counter that begins anew now and then.",
	.fields = FETTLE_FIELDS(counter_fields),
	.options = FETTLE_OPTIONS(counter_options),
	.self_size = sizeof(struct counter),
	.read = counter_read,
};
