/* SPDX-License-Identifier: MIT */
/*
 * Any text as /proc/diskstats, twice and more often, and as the names of the
 * device mapper, for the diskio plugin: whatever it says, shares are shares,
 * and nothing took less than no time.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/diskstats_fuzz.c plugins/common/globs.c \
 *     plugins/common/procfile.c plugins/common/roster.c \
 *     plugins/read/diskio/diskio.c plugins/read/diskio/diskstats.c \
 *     -o diskstats_fuzz
 * ./diskstats_fuzz -max_total_time=60 FOLDER t/fixtures/diskio
 */
#include "one_file.h"
#include "one_file_values.h"

extern const struct fettle_plugin diskio_LTX_fettle_plugin;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
fettle_submit_list(struct fettle_ctx *ctx, const struct fettle_list *l)
{
	const struct fettle_fields *fields = &diskio_LTX_fettle_plugin.fields;

	if (l->n_tags != 1 || l->tags[0].value[0] == '\0')
		abort();
	for (size_t i = 0; i < l->n; i++)
		if (l->fields[i] != &fields->v[i])
			abort();
	return fettle_submit_values(ctx, l->instance, l->values, l->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return one_file_values(&diskio_LTX_fettle_plugin, data, size);
}
