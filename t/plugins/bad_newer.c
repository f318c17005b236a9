/* SPDX-License-Identifier: MIT */
/* bad_newer: a descriptor of a later interface that uses what came later. */
#include <fettle/plugin.h>

struct bad_newer {
	struct fettle_plugin known;
	uint64_t more;
};

struct state {
	struct fettle_tables places;
};

struct place {
	const char *key, *city;
};

static const struct fettle_option place_options[] = {
	FETTLE_OPTION(struct place, city, NULL, "Where it is."),
};

static const struct fettle_option bad_newer_options[] = {
	FETTLE_TABLES(
	    struct state, places, "Places.", place_options, struct place),
};

static int
bad_newer_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

extern FETTLE_API const struct bad_newer bad_newer_LTX_fettle_plugin;
const struct bad_newer bad_newer_LTX_fettle_plugin = {
	.known = {
		FETTLE_ABI_MAJOR, FETTLE_ABI_MINOR + 1,
		sizeof(struct bad_newer),
		.summary = "In need of a later interface.",
		.options = FETTLE_OPTIONS(bad_newer_options),
		.self_size = sizeof(struct state),
		.flags = FETTLE_DYNAMIC,
		.read = bad_newer_read,
	},
	.more = 1,
};
