/* SPDX-License-Identifier: MIT */
/*
 * Any text as /proc/stat, twice and more often, for the cpu plugin: whatever
 * it says, what is submitted are shares.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include t/fuzz/stat_fuzz.c plugins/read/cpu.c -o stat_fuzz
 * ./stat_fuzz -max_total_time=60 FOLDER t/fixtures/cpu
 */
#include "one_file.h"

extern const struct fettle_plugin cpu_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *instance, const double *v, size_t n)
{
	double sum = 0;

	if (instance != NULL && strspn(instance, "0123456789") == 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (!(v[i] >= 0 && v[i] <= 100))
			abort();
		sum += i > 0 ? v[i] : 0;
	}
	if (!(sum > 99.999999 && sum < 100.000001))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fettle_plugin *plugin = &cpu_LTX_fettle_plugin;
	struct fettle_ctx ctx = { calloc(1, plugin->self_size), -1, 0, check };

	memset(ctx.self, size > 0 && data[0] != 'C', sizeof(bool));
	one_file_run(plugin, &ctx, data, size);
	free(ctx.self);
	return 0;
}
