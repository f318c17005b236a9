/* SPDX-License-Identifier: MIT */
/* steady: one gauge a read, always the same; of one thing or of several. */
#include <stdio.h>

#include <fettle/plugin.h>

struct steady {
	double value;
	int64_t instances;
};

static const struct fettle_option steady_options[] = {
	FETTLE_OPTION(struct steady, value, "1", "What it reads."),
	FETTLE_RANGE(struct steady, instances, "0",
	    "How many instances there are, called 0, 1, ...; 0: one list "
	    "without an instance.",
	    0, 1e6),
};

static const struct fettle_field steady_fields[] = {
	{ "value", FETTLE_GAUGE, FETTLE_NUMBER, "What the options say." },
};

static int
steady_read(struct fettle_ctx *ctx)
{
	const struct steady *s = fettle_self(ctx);
	char name[24];
	int rc = 0;

	if (s->instances == 0)
		return fettle_submit(ctx, NULL, &s->value, 1);
	for (int64_t i = 0; i < s->instances && rc == 0; i++) {
		snprintf(name, sizeof(name), "%lld", (long long)i);
		rc = fettle_submit(ctx, name, &s->value, 1);
	}
	return rc;
}

FETTLE_PLUGIN(steady) = {
	FETTLE_ABI,
	.summary = "One gauge, always the same.",
	.instance_name = "number",
	.fields = FETTLE_FIELDS(steady_fields),
	.options = FETTLE_OPTIONS(steady_options),
	.self_size = sizeof(struct steady),
	.read = steady_read,
};
