/* SPDX-License-Identifier: MIT */
/*
 * Value lists a second and core from a reader's batch to a writer's sink:
 * interned, queued, cached, routed.  Arguments: SERIES LISTS_A_READ FIELDS
 * [SECONDS [RULES]].  Each of the rules watches one series, or with `all' the
 * only one watches every series; without the last argument there are no
 * alerts at all.  Prints a line of JSON; CPU time is that of all threads.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "alert/desk.h"
#include "base/clock.h"
#include "flow/dispatch.h"

enum { FIELDS_MAX = 64, HOSTS = 200, NAMES = 32 };

/* A writer that only counts. */
struct counter {
	struct sink sink;
	uint64_t lists;
};

static void
count(struct sink *sink, struct batch *b)
{
	((struct counter *)(void *)sink)->lists += b->n;
}

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* What the reads submit: made once, as a plugin's tables would be. */
struct load {
	size_t n_series, n_lists, n_fields;
	struct fettle_list *lists;
	const struct fettle_list **pointers;
	char (*names)[NAMES];
	char hosts[HOSTS][NAMES];
	struct fettle_field fields[FIELDS_MAX];
	const struct fettle_field *field_pointers[FIELDS_MAX];
	char field_names[FIELDS_MAX][NAMES];
	struct fettle_value values[FIELDS_MAX];
};

static void
load_init(struct load *l)
{
	for (size_t i = 0; i < HOSTS; i++)
		snprintf(l->hosts[i], NAMES, "host-%zu", i);
	for (size_t i = 0; i < l->n_fields; i++) {
		snprintf(l->field_names[i], NAMES, "field_%zu", i);
		l->fields[i] = (struct fettle_field){ l->field_names[i],
			FETTLE_GAUGE, FETTLE_NUMBER, NULL };
		l->field_pointers[i] = &l->fields[i];
		l->values[i] = fettle_gauge((double)i);
	}
	l->lists = calloc(l->n_series, sizeof(*l->lists));
	l->pointers = calloc(l->n_series, sizeof(*l->pointers));
	l->names = calloc(l->n_series, sizeof(*l->names));
	assert(l->lists && l->pointers && l->names);
	for (size_t i = 0; i < l->n_series; i++) {
		snprintf(l->names[i], NAMES, "device-%zu", i);
		l->lists[i] =
		    (struct fettle_list){ .size = sizeof(struct fettle_list),
			    .host = l->hosts[i * HOSTS / l->n_series],
			    .plugin = "bench",
			    .instance = l->names[i],
			    .fields = l->field_pointers,
			    .values = l->values,
			    .n = l->n_fields };
		l->pointers[i] = &l->lists[i];
	}
}

static void
load_fini(struct load *l)
{
	free(l->lists);
	free(l->pointers);
	free(l->names);
}

static void
add_rule(struct policy *p, const char *text)
{
	char why[128];
	struct rule *r = rule_new(text, NULL, why, sizeof(why));

	assert(r != NULL);
	r->limits.failure = 90;
	vec_add(&p->rules) = r;
}

/* One threshold for each of the first series, spread over the hosts. */
static struct policy *
policy_of(const struct load *l, const char *how)
{
	const size_t rules = strtoul(how, NULL, 10);
	struct policy *p = policy_new("here");

	if (strcmp(how, "all") == 0)
		add_rule(p, "bench[*].field_0");
	for (size_t i = 0; i < rules; i++) {
		const struct fettle_list *of =
		    &l->lists[i * (l->n_series / rules)];
		char text[128];

		snprintf(text, sizeof(text), "%s:bench[%s].field_0", of->host,
		    of->instance);
		add_rule(p, text);
	}
	return p;
}

/* All series once, in reads of n lists; the queue is never left to overflow.
 */
static void
one_round(struct dispatch *d, const struct load *l, int64_t stamp)
{
	struct batch_origin origin = {
		.names = { .own_host = "here",
		    .plugin = "bench",
		    .now_ns = clock_mono(),
		    .now_wall_ns = clock_wall() },
		.time_ns = stamp,
		.interval_ns = NS_PER_S,
	};
	struct taken taken;

	for (size_t i = 0; i < l->n_series; i += l->n_lists) {
		const size_t n = l->n_series - i < l->n_lists ? l->n_series - i
							      : l->n_lists;
		struct batch *b =
		    batch_build(d->table, &origin, l->pointers + i, n, &taken);

		origin.names.last_layout = NULL;
		while (dispatch_post(d, b) < 0)
			dispatch_settle(d, clock_mono() + NS_PER_S);
	}
}

int
main(int argc, char **argv)
{
	const struct limits limits = { HOSTS + 1, 10000000, 10000000, 256,
		255 };
	struct load *l = calloc(1, sizeof(*l));
	struct counter counter = { .sink = { count } };
	const struct route route = { &counter.sink, NULL, 0 };
	struct series_table table;
	struct dispatch d;
	double seconds, cpu;
	int64_t stamp = 1, began;
	uint64_t before;
	struct desk *desk = desk_new("here");

	assert(argc >= 4 && l != NULL);
	l->n_series = strtoul(argv[1], NULL, 10);
	l->n_lists = strtoul(argv[2], NULL, 10);
	l->n_fields = strtoul(argv[3], NULL, 10);
	seconds = argc > 4 ? strtod(argv[4], NULL) : 2;
	assert(l->n_fields <= FIELDS_MAX);
	load_init(l);
	series_init(&table, &limits, NULL);
	dispatch_init(&d, &table);
	if (argc > 5) {
		table.filter = desk_filter(desk);
		desk_start(desk, policy_of(l, argv[5]), NULL);
	}
	router_set(&d.router, &route, 1);
	dispatch_start(&d);
	one_round(&d, l, clock_wall() - 100 * NS_PER_S); /* all are known */
	dispatch_settle(&d, clock_mono() + 60 * NS_PER_S);
	before = counter.lists;
	cpu = cpu_seconds();
	began = clock_mono();
	stamp = clock_wall() - 99 * NS_PER_S;
	while ((double)(clock_mono() - began) / NS_PER_S < seconds)
		one_round(&d, l, stamp++);
	dispatch_settle(&d, clock_mono() + 60 * NS_PER_S);
	cpu = cpu_seconds() - cpu;
	seconds = (double)(clock_mono() - began) / NS_PER_S;
	printf("{\"series\": %zu, \"lists_a_read\": %zu, \"fields\": %zu, "
	       "\"lists_a_core_second\": %.0f, \"lists_a_second\": %.0f}\n",
	    l->n_series, l->n_lists, l->n_fields,
	    (double)(counter.lists - before) / cpu,
	    (double)(counter.lists - before) / seconds);
	dispatch_stop(&d);
	dispatch_fini(&d);
	desk_stop(desk, clock_mono() + NS_PER_S);
	series_fini(&table);
	desk_free(desk);
	load_fini(l);
	free(l);
	return 0;
}
