/* SPDX-License-Identifier: MIT */
/* bad_symbol: calls a function of the interface that no daemon has; and it is
 * linked so that only the call itself would find out. */
#include <fettle/plugin.h>

FETTLE_API int fettle_nonsense(struct fettle_ctx *);

static int
bad_symbol_read(struct fettle_ctx *ctx)
{
	return fettle_nonsense(ctx);
}

FETTLE_PLUGIN(bad_symbol) = {
	FETTLE_ABI,
	.summary = "Calls what is not there.",
	.flags = FETTLE_DYNAMIC,
	.read = bad_symbol_read,
};
