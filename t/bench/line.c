/* SPDX-License-Identifier: MIT */
/*
 * Values a second and core as line protocol, in batches of 5000 lists.
 * Arguments: FIELDS [SECONDS].  The fields are gauges with a fraction in turn
 * with counters.  Prints a line of JSON; packed is with gzip after it.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/gzip.h"
#include "common/line.h"

enum { LISTS = 5000, FIELDS_MAX = 64, NAMES = 32 };

struct load {
	size_t n_fields;
	struct fettle_list lists[LISTS];
	char names[LISTS][NAMES];
	struct fettle_value values[LISTS][FIELDS_MAX];
	struct fettle_field fields[FIELDS_MAX];
	const struct fettle_field *pointers[FIELDS_MAX];
	char field_names[FIELDS_MAX][NAMES];
};

static const struct fettle_tag host_tags[] = { { "env", "prod" },
	{ "site", "paris" } };

static void
make_list(struct load *l, size_t i)
{
	struct fettle_value *values = l->values[i];

	for (size_t k = 0; k < l->n_fields; k++)
		values[k] = k % 2 ? fettle_count(i * 1234567 + k)
				  : fettle_gauge((double)(i * 64 + k) / 7);
	snprintf(l->names[i], NAMES, "device-%zu", i);
	l->lists[i] = (struct fettle_list){ .size = sizeof(l->lists[i]),
		.host = "web-1.example.org",
		.plugin = "bench",
		.instance = l->names[i],
		.instance_name = "device",
		.host_tags = host_tags,
		.n_host_tags = 2,
		.time_ns = 1763800000000000000 + (int64_t)i,
		.fields = l->pointers,
		.values = values,
		.n = l->n_fields };
}

static struct load *
load_new(size_t n_fields)
{
	struct load *l = calloc(1, sizeof(*l));

	assert(l != NULL && n_fields <= FIELDS_MAX);
	l->n_fields = n_fields;
	for (size_t k = 0; k < n_fields; k++) {
		snprintf(l->field_names[k], NAMES, "field_%zu", k);
		l->fields[k] = (struct fettle_field){ l->field_names[k],
			k % 2 ? FETTLE_COUNTER : FETTLE_GAUGE, FETTLE_BYTES,
			NULL };
		l->pointers[k] = &l->fields[k];
	}
	for (size_t i = 0; i < LISTS; i++)
		make_list(l, i);
	return l;
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Values a second. */
static double
measure(const struct load *l, double seconds, bool pack, double *bytes)
{
	const double begun = cpu_seconds();
	double took;
	size_t rounds = 0;

	do {
		struct text body = { 0 }, packed = { 0 };

		for (size_t i = 0; i < LISTS; i++)
			line_list(&body, &l->lists[i]);
		if (pack)
			gzip_add(&packed, body.data, body.len);
		assert(!body.failed && !packed.failed);
		*bytes = (double)(pack ? packed.len : body.len);
		text_free(&body);
		text_free(&packed);
		rounds++;
		took = cpu_seconds() - begun;
	} while (took < seconds);
	return (double)(rounds * LISTS * l->n_fields) / took;
}

int
main(int argc, char **argv)
{
	const double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
	struct load *l;
	double plain, packed, bytes, packed_bytes;

	assert(argc > 1);
	l = load_new(strtoul(argv[1], NULL, 10));
	plain = measure(l, seconds, false, &bytes);
	packed = measure(l, seconds, true, &packed_bytes);
	printf("{\"values_a_second\": %.0f, \"packed_a_second\": %.0f, "
	       "\"bytes_a_list\": %.1f, \"packed_bytes_a_list\": %.1f}\n",
	    plain, packed, bytes / LISTS, packed_bytes / LISTS);
	free(l);
	return 0;
}
