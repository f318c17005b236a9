/* SPDX-License-Identifier: MIT */
/* exact: numbers that are hard to hand on as they are, of every kind; absent
 * ones among them; of an instance with tags, which may be told to be odd. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include <fettle/plugin.h>

enum { EXACT_MAX = 64 };

struct exact {
	const char *instance, *tag;
};

static const struct fettle_option exact_options[] = {
	FETTLE_OPTION(
	    struct exact, instance, "thing", "What it is said to be of."),
	FETTLE_OPTION(struct exact, tag, "plain", "The value of a tag."),
};

static const double reals[] = { 0.0, -0.0, 0.1, -1.5, 1.0 / 3, 1e-7, 5e-324,
	DBL_MIN, 1e15, 9007199254740991, 9007199254740992, 9007199254740994,
	123456789012345680, 9223372036854775808.0, 18446744073709551616.0,
	1e22, -1.5e22, 4503599627370497.5, DBL_MAX, -DBL_MAX, NAN, INFINITY,
	-INFINITY };

static const uint64_t counts[] = { 0, 1, UINT64_C(1) << 32, UINT64_C(1) << 53,
	(UINT64_C(1) << 53) + 1, INT64_MAX };

struct made {
	struct fettle_field fields[EXACT_MAX];
	const struct fettle_field *pointers[EXACT_MAX];
	struct fettle_value values[EXACT_MAX];
	char names[EXACT_MAX][16];
	size_t n;
};

static void
make(struct made *m, const char *name, size_t i, struct fettle_value value)
{
	const size_t at = m->n++;

	snprintf(m->names[at], sizeof(m->names[at]), "%s_%zu", name, i);
	m->fields[at] = (struct fettle_field){ m->names[at], value.kind,
		FETTLE_NUMBER, NULL };
	m->pointers[at] = &m->fields[at];
	m->values[at] = value;
}

static int
exact_read(struct fettle_ctx *ctx)
{
	const struct exact *self = fettle_self(ctx);
	const struct fettle_tag tags[] = { { "b", self->tag },
		{ "a", "first" } };
	struct made m = { .n = 0 };
	struct fettle_list list = { .size = sizeof(list),
		.instance = self->instance,
		.tags = tags,
		.n_tags = 2,
		.fields = m.pointers,
		.values = m.values };

	for (size_t i = 0; i < sizeof(reals) / sizeof *reals; i++)
		make(&m, "gauge", i, fettle_gauge(reals[i]));
	for (size_t i = 0; i < sizeof(reals) / sizeof *reals; i++)
		make(&m, "total", i, fettle_total(fabs(reals[i])));
	for (size_t i = 0; i < sizeof(counts) / sizeof *counts; i++)
		make(&m, "count", i, fettle_count(counts[i]));
	list.n = m.n;
	return fettle_submit_list(ctx, &list);
}

FETTLE_PLUGIN(exact) = {
	FETTLE_ABI,
	.summary = "Numbers that are hard to hand on.",
	.options = FETTLE_OPTIONS(exact_options),
	.self_size = sizeof(struct exact),
	.flags = FETTLE_DYNAMIC,
	.read = exact_read,
};
