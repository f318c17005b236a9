/* SPDX-License-Identifier: MIT */
/*
 * Any text as /proc/meminfo, for the memory plugin: whatever it says, no part
 * is more than the total, and the parts add up to it.  By hand, from the top
 * of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include t/fuzz/meminfo_fuzz.c plugins/read/memory.c -lm \
 *     -o meminfo_fuzz
 * ./meminfo_fuzz -max_total_time=60 FOLDER t/fixtures/memory
 */
#include "one_file.h"

#include <math.h>

extern const struct fettle_plugin memory_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOTAL, USED, FREE, AVAILABLE, BUFFERS, CACHED, SLAB, OTHER, PERCENT };

static void
check(const char *instance, const double *v, size_t n)
{
	double sum = 0;

	if (instance != NULL || n != PERCENT + 1 || !(v[TOTAL] > 0))
		abort();
	for (size_t i = 0; i < n; i++) {
		const double most = i == PERCENT ? 100 : v[TOTAL];

		if (!isnan(v[i]) && !(v[i] >= 0 && v[i] <= most))
			abort();
		if (i != TOTAL && i != USED && i != AVAILABLE &&
		    i != PERCENT && !isnan(v[i]))
			sum += v[i];
	}
	if (!(fabs(sum / v[TOTAL] - 1) < 1e-9))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fettle_plugin *plugin = &memory_LTX_fettle_plugin;
	struct fettle_ctx ctx = { calloc(1, plugin->self_size), -1, 0, check };

	one_file_run(plugin, &ctx, data, size);
	free(ctx.self);
	return 0;
}
