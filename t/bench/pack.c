/* SPDX-License-Identifier: MIT */
/*
 * Value lists a second as chunks of 64 KiB and back, on one core.  Arguments:
 * HOSTS LISTS_A_HOST FIELDS [SECONDS].  The fields are gauges with half a
 * fraction in turn with counters that have a rate.  Prints a line of JSON.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "flow/pack.h"

enum { FIELDS_MAX = 64, NAMES = 32, CHUNK = 64 * 1024 };

struct load {
	size_t n_hosts, n_lists, n_fields;
	struct fettle_list *lists;
	const struct fettle_list **pointers;
	char (*hosts)[NAMES], (*names)[NAMES];
	struct fettle_field fields[FIELDS_MAX];
	const struct fettle_field *field_pointers[FIELDS_MAX];
	char field_names[FIELDS_MAX][NAMES];
	struct fettle_value values[FIELDS_MAX];
	double rates[FIELDS_MAX];
};

static void
make_fields(struct load *l)
{
	for (size_t i = 0; i < l->n_fields; i++) {
		snprintf(l->field_names[i], NAMES, "field_%zu", i);
		l->fields[i] = (struct fettle_field){ l->field_names[i],
			i % 2 ? FETTLE_COUNTER : FETTLE_GAUGE, FETTLE_BYTES,
			NULL };
		l->field_pointers[i] = &l->fields[i];
		l->values[i] = i % 2 ? fettle_count(i << 32)
				     : fettle_gauge((double)i + 0.1);
		l->rates[i] = (double)i + 0.1;
	}
}

static void
load_init(struct load *l)
{
	const size_t n = l->n_hosts * l->n_lists;

	l->lists = calloc(n, sizeof(*l->lists));
	l->pointers = calloc(n, sizeof(*l->pointers));
	l->hosts = calloc(l->n_hosts, NAMES);
	l->names = calloc(n, NAMES);
	assert(l->lists && l->pointers && l->hosts && l->names);
	make_fields(l);
	for (size_t i = 0; i < n; i++) {
		const size_t host = i / l->n_lists;

		snprintf(l->hosts[host], NAMES, "host-%zu", host);
		snprintf(l->names[i], NAMES, "device-%zu", i % l->n_lists);
		l->lists[i] =
		    (struct fettle_list){ .size = sizeof(struct fettle_list),
			    .host = l->hosts[host],
			    .plugin = "bench",
			    .instance = l->names[i],
			    .time_ns = 1800000000 * NS_PER_S,
			    .interval_ns = 10 * NS_PER_S,
			    .fields = l->field_pointers,
			    .values = l->values,
			    .n = l->n_fields,
			    .rates = l->rates };
		l->pointers[i] = &l->lists[i];
	}
}

static void
load_fini(struct load *l)
{
	free(l->lists);
	free(l->pointers);
	free(l->hosts);
	free(l->names);
}

/* Packs all of it, chunk by chunk; adds up their bytes. */
static size_t
pack_all(const struct load *l, struct buf *b)
{
	const size_t all = l->n_hosts * l->n_lists;
	size_t bytes = 0;

	for (size_t done = 0; done < all;) {
		buf_clear(b);
		done +=
		    pack_lists(b, l->pointers + done, all - done, NULL, CHUNK);
		bytes += b->len;
	}
	return bytes;
}

static size_t
unpack_one(const struct buf *b)
{
	struct unpacked u;
	char why[128];
	size_t n;

	if (unpack(b->data, b->len, &u, why, sizeof(why)) != 0)
		abort();
	n = u.n;
	unpacked_free(&u);
	return n;
}

int
main(int argc, char **argv)
{
	struct load *l = calloc(1, sizeof(*l));
	struct buf b = { 0 };
	double seconds, packed = 0, unpacked = 0, pack_s, unpack_s;
	size_t bytes = 0, all;
	int64_t began;

	assert(argc >= 4 && l != NULL);
	l->n_hosts = strtoul(argv[1], NULL, 10);
	l->n_lists = strtoul(argv[2], NULL, 10);
	l->n_fields = strtoul(argv[3], NULL, 10);
	seconds = argc > 4 ? strtod(argv[4], NULL) : 1;
	all = l->n_hosts * l->n_lists;
	assert(l->n_fields <= FIELDS_MAX && all > 0);
	load_init(l);
	began = clock_mono();
	do {
		bytes = pack_all(l, &b);
		packed += (double)all;
		pack_s = (double)(clock_mono() - began) / NS_PER_S;
	} while (pack_s < seconds);
	buf_clear(&b);
	pack_lists(&b, l->pointers, all, NULL, CHUNK);
	began = clock_mono();
	do {
		unpacked += (double)unpack_one(&b);
		unpack_s = (double)(clock_mono() - began) / NS_PER_S;
	} while (unpack_s < seconds);
	printf("{\"packed\": %.0f, \"unpacked\": %.0f, "
	       "\"bytes_a_list\": %.1f}\n",
	    packed / pack_s, unpacked / unpack_s, (double)bytes / (double)all);
	buf_free(&b);
	load_fini(l);
	free(l);
	return 0;
}
