/* SPDX-License-Identifier: MIT */
/* dynamic: fields that it does not declare, made on the spot, of an instance
 * with tags.  With `conflict' every second read says another kind of the first
 * field. */
#include <stdio.h>

#include <fettle/plugin.h>

enum { DYNAMIC_MAX = 300 };

struct dynamic {
	int64_t fields;
	bool conflict;
	const char *instance;
	uint64_t reads;
};

static const struct fettle_option dynamic_options[] = {
	FETTLE_RANGE(struct dynamic, fields, "2",
	    "How many fields it makes: made_0, made_1, ...", 1, DYNAMIC_MAX),
	FETTLE_OPTION(struct dynamic, conflict, "false",
	    "Whether made_0 is a gauge now, a total then."),
	FETTLE_OPTION(
	    struct dynamic, instance, "thing", "What it is said to be of."),
};

static int
dynamic_read(struct fettle_ctx *ctx)
{
	static const struct fettle_tag tags[] = { { "colour", "blue" },
		{ "kind", "made" } };
	struct dynamic *self = fettle_self(ctx);
	struct fettle_field fields[DYNAMIC_MAX];
	const struct fettle_field *pointers[DYNAMIC_MAX];
	struct fettle_value values[DYNAMIC_MAX];
	char names[DYNAMIC_MAX][16];
	struct fettle_list list = { .size = sizeof(list),
		.instance = self->instance,
		.tags = tags,
		.n_tags = 2,
		.fields = pointers,
		.values = values,
		.n = (size_t)self->fields };

	for (int i = 0; i < self->fields; i++) {
		snprintf(names[i], sizeof(names[i]), "made_%d", i);
		fields[i] = (struct fettle_field){ names[i], FETTLE_GAUGE,
			FETTLE_NUMBER, NULL };
		values[i] = fettle_gauge(i);
		pointers[i] = &fields[i];
	}
	if (self->conflict && self->reads++ % 2 == 1) {
		fields[0].kind = FETTLE_TOTAL;
		values[0] = fettle_total(0);
	}
	return fettle_submit_list(ctx, &list);
}

FETTLE_PLUGIN(dynamic) = {
	FETTLE_ABI,
	.summary = "Fields made on the spot.",
	.options = FETTLE_OPTIONS(dynamic_options),
	.self_size = sizeof(struct dynamic),
	.flags = FETTLE_DYNAMIC,
	.read = dynamic_read,
};
