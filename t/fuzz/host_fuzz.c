/* SPDX-License-Identifier: MIT */
/*
 * Any text as every file that the plugins of the host read: whatever it says,
 * what is submitted are numbers that are not below 0, and no percentage of a
 * limit is over 100.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/host_fuzz.c plugins/read/kernel.c \
 *     plugins/read/load.c plugins/read/pressure.c plugins/read/swap.c \
 *     plugins/read/uptime.c plugins/common/procfile.c -lm -o host_fuzz
 * ./host_fuzz -max_total_time=60 FOLDER t/fuzz/host
 */
#include "one_file.h"
#include "one_file_values.h"

#include <math.h>

extern const struct fettle_plugin kernel_LTX_fettle_plugin;
extern const struct fettle_plugin load_LTX_fettle_plugin;
extern const struct fettle_plugin pressure_LTX_fettle_plugin;
extern const struct fettle_plugin swap_LTX_fettle_plugin;
extern const struct fettle_plugin uptime_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *instance, const double *v, size_t n)
{
	(void)instance;
	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]) && !(v[i] >= 0 && isfinite(v[i])))
			abort();
}

static void
run(const struct fettle_plugin *plugin, const uint8_t *data, size_t size)
{
	struct fettle_ctx ctx = { calloc(1, plugin->self_size), -1, 0, check };

	if (plugin == &load_LTX_fettle_plugin)
		memset(ctx.self, size % 2, sizeof(bool)); /* per_cpu */
	one_file_run(plugin, &ctx, data, size);
	free(ctx.self);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one_file_values(&kernel_LTX_fettle_plugin, data, size);
	one_file_values(&swap_LTX_fettle_plugin, data, size);
	run(&load_LTX_fettle_plugin, data, size);
	run(&pressure_LTX_fettle_plugin, data, size);
	run(&uptime_LTX_fettle_plugin, data, size);
	return 0;
}
