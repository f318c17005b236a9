/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "lists.h"

const struct limits lists_limits = { 10, 10000, 5000, 16, 64 };

static const struct fettle_field gauge = { .name = "v",
	.kind = FETTLE_GAUGE,
	.unit = FETTLE_NUMBER,
	.help = "A number." };
static const struct fettle_field *const gauges[] = { &gauge };

struct fettle_list
lists_one(
    const char *plugin, const char *instance, const struct fettle_value *v)
{
	return (struct fettle_list){ .size = sizeof(struct fettle_list),
		.plugin = plugin,
		.instance = instance,
		.fields = gauges,
		.values = v,
		.n = 1 };
}

struct batch_origin
lists_origin(void)
{
	return (struct batch_origin){ .names = { .own_host = "here",
					  .plugin = "test",
					  .now_ns = NS_PER_S,
					  .now_wall_ns = LISTS_TIME },
		.time_ns = LISTS_TIME,
		.interval_ns = 10 * NS_PER_S };
}

struct batch *
lists_batch(
    struct series_table *t, const char *plugin, int64_t first, size_t n)
{
	struct batch_origin origin = lists_origin();
	const struct fettle_list **pointers = xcalloc(n, sizeof(*pointers));
	struct fettle_list *lists = xcalloc(n, sizeof(*lists));
	struct fettle_value *values = xcalloc(n, sizeof(*values));
	char(*names)[24] = xcalloc(n, sizeof(*names));
	struct taken taken;
	struct batch *b;

	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "%" PRId64,
		    first + (int64_t)i);
		values[i] = fettle_gauge((double)(first + (int64_t)i));
		lists[i] = lists_one(plugin, names[i], &values[i]);
		pointers[i] = &lists[i];
	}
	b = batch_build(t, &origin, pointers, n, &taken);
	assert_int_equal(taken.n, n);
	free(names);
	free(values);
	free(lists);
	free(pointers);
	return b;
}

int64_t
lists_number(const struct fettle_list *l)
{
	assert_int_equal(l->n, 1);
	assert_int_equal(l->values[0].kind, FETTLE_GAUGE);
	assert_int_equal(
	    strtoll(l->instance, NULL, 10), (int64_t)l->values[0].real);
	return (int64_t)l->values[0].real;
}
