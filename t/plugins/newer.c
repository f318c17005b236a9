/* SPDX-License-Identifier: MIT */
/* newer: a descriptor of a later interface that uses nothing of what came
 * later; it reads a gauge. */
#include <fettle/plugin.h>

struct newer {
	struct fettle_plugin known;
	int (*later)(struct fettle_ctx *);
	uint64_t more;
};

static const struct fettle_field newer_fields[] = {
	{ "value", FETTLE_GAUGE, FETTLE_NUMBER, "Always 2." },
};

static int
newer_read(struct fettle_ctx *ctx)
{
	const double value = 2;

	return fettle_submit(ctx, NULL, &value, 1);
}

extern FETTLE_API const struct newer newer_LTX_fettle_plugin;
const struct newer newer_LTX_fettle_plugin = {
	.known = {
		FETTLE_ABI_MAJOR, FETTLE_ABI_MINOR + 1, sizeof(struct newer),
		.summary = "Of a later interface, without need of it.",
		.fields = FETTLE_FIELDS(newer_fields),
		.read = newer_read,
	},
};
