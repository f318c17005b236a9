/* SPDX-License-Identifier: MIT */
/* bad_size: its descriptor says that it ends in the middle. */
#include <fettle/plugin.h>

static int
bad_size_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

FETTLE_PLUGIN(bad_size) = {
	FETTLE_ABI_MAJOR,
	FETTLE_ABI_MINOR,
	offsetof(struct fettle_plugin, read),
	.summary = "Cut short.",
	.flags = FETTLE_DYNAMIC,
	.read = bad_size_read,
};
