/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as datagrams, which end where a byte is 0xff, to the table of
 * statsd: nothing is read beyond them, every line is counted once, and what is
 * kept stays within its bounds.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/statsd_fuzz.c \
 *     plugins/read/statsd/table.c plugins/read/statsd/parse.c \
 *     plugins/common/lookup.c -lm \
 *     -o statsd_fuzz
 * ./statsd_fuzz -max_total_time=60 FOLDER t/fuzz/statsd
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read/statsd/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 8, SAMPLES = 4 };

static void
check(struct statsd_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->names.cap; i++) {
		struct statsd_entry *e =
		    (struct statsd_entry *)t->names.slots[i];

		if (e == NULL)
			continue;
		n++;
		if (e->timer.n > SAMPLES || e->set.n > STATSD_MEMBERS_MAX ||
		    strlen(e->entry.key) > STATSD_NAME_MAX)
			abort();
		statsd_timer_sort(&e->timer);
		if (e->timer.n > 0 && isnan(statsd_percentile(&e->timer, 99)))
			abort();
	}
	if (n != t->names.n || n > MOST ||
	    t->lines < t->malformed + t->other + t->conflicts)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statsd_table t;
	int64_t now = 1;

	if (statsd_table_init(&t, MOST, SAMPLES, 1) != 0)
		return 0;
	while (size > 0) {
		const uint8_t *end = memchr(data, 0xff, size);
		const size_t n = end != NULL ? (size_t)(end - data) : size;
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, data, n);
		statsd_table_take(&t, copy, n, now++);
		check(&t);
		free(copy);
		statsd_table_next(&t, now - 4);
		data += end != NULL ? n + 1 : n;
		size -= end != NULL ? n + 1 : n;
	}
	statsd_table_fini(&t);
	return 0;
}
