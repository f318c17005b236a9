/* SPDX-License-Identifier: MIT */
/* bad_major: was built for an interface that this daemon does not have. */
#include <fettle/plugin.h>

static int
bad_major_read(struct fettle_ctx *ctx)
{
	(void)ctx;
	return 0;
}

FETTLE_PLUGIN(bad_major) = {
	FETTLE_ABI_MAJOR + 1,
	0,
	sizeof(struct fettle_plugin),
	.summary = "For another interface.",
	.flags = FETTLE_DYNAMIC,
	.read = bad_major_read,
};
