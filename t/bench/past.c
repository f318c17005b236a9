/* SPDX-License-Identifier: MIT */
/*
 * A day of history.  Arguments: TAPE SERIES [INTERVAL_S].  The first line of
 * the tape says how many numbers each list has, then there is a line for each
 * moment with all of them; nan: there is none.  It is played forwards and
 * backwards until the day is over, by as many hosts as have so many series
 * together, one at least, by each from another place.  Prints a line of JSON.
 */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "write/ringbuffer_http/past/state.h"

#define DAY_MS INT64_C(86400000)
#define BEGIN_MS (INT64_C(20000) * DAY_MS)
#define MEMORY (UINT64_C(64) << 20)

enum {
	SERIES_MAX = 1024,
	LISTS_MAX = 256,
	FIELDS = 128, /* of a list, at most */
	LINE = 1 << 16,
	HOSTS_MAX = 1000,
};

struct tape {
	double *v; /* n rows of SERIES_MAX, of which width are there */
	size_t n, width;
	size_t sizes[LISTS_MAX], n_lists;
};

/* How many numbers a line has. */
static size_t
read_numbers(const char *line, double *v, size_t max)
{
	char *end;
	size_t n = 0;

	for (; n < max; line = end, n++) {
		v[n] = strtod(line, &end);
		if (end == line)
			break;
	}
	return n;
}

static void
read_sizes(struct tape *t, const char *line)
{
	double sizes[LISTS_MAX];

	t->n_lists = read_numbers(line, sizes, LISTS_MAX);
	for (size_t i = 0; i < t->n_lists; i++) {
		t->sizes[i] = (size_t)sizes[i];
		assert(t->sizes[i] >= 1 && t->sizes[i] <= FIELDS);
		t->width += t->sizes[i];
	}
	assert(t->width > 0 && t->width <= SERIES_MAX);
}

static struct tape
read_tape(const char *path)
{
	static char line[LINE];
	struct tape t = { .n = 0 };
	FILE *f = fopen(path, "r");
	size_t found;

	assert(f != NULL && fgets(line, sizeof(line), f) != NULL);
	read_sizes(&t, line);
	for (; fgets(line, sizeof(line), f) != NULL; t.n++) {
		t.v =
		    reallocarray(t.v, (t.n + 1) * SERIES_MAX, sizeof(double));
		assert(t.v != NULL);
		found = read_numbers(line, t.v + t.n * SERIES_MAX, SERIES_MAX);
		assert(found == t.width);
	}
	fclose(f);
	assert(t.n > 1);
	return t;
}

/* Forwards and backwards. */
static const double *
row_of(const struct tape *t, size_t i)
{
	const size_t k = i % (2 * t->n - 2);

	return t->v + (k < t->n ? k : 2 * t->n - 2 - k) * SERIES_MAX;
}

struct load {
	struct tape tape;
	struct fettle_field fields[FIELDS];
	const struct fettle_field *pointers[FIELDS];
	char names[FIELDS][32], hosts[HOSTS_MAX][32];
	char instances[LISTS_MAX][32];
	size_t n_hosts;
};

static void
load_init(struct load *l)
{
	for (size_t i = 0; i < FIELDS; i++) {
		snprintf(l->names[i], 32, "field_%zu", i);
		l->fields[i] = (struct fettle_field){ l->names[i],
			FETTLE_GAUGE, FETTLE_BYTES,
			"One number of several that are measured." };
		l->pointers[i] = &l->fields[i];
	}
	for (size_t i = 0; i < l->n_hosts; i++)
		snprintf(l->hosts[i], 32, "host-%zu", i);
	for (size_t i = 0; i < LISTS_MAX; i++)
		snprintf(l->instances[i], 32, "device-%zu", i);
}

/* What one host says at a moment. */
static void
say(const struct load *l, struct past *p, size_t host, const double *row,
    int64_t now, int64_t interval)
{
	struct fettle_list lists[LISTS_MAX];
	const struct fettle_list *pointers[LISTS_MAX];
	const size_t n = l->tape.n_lists;

	for (size_t i = 0; i < n; row += l->tape.sizes[i++]) {
		pointers[i] = &lists[i];
		lists[i] = (struct fettle_list){ .size = sizeof *lists,
			.series = (uint32_t)(host * LISTS_MAX + i + 1),
			.host = l->hosts[host],
			.plugin = "bench",
			.instance = l->instances[i],
			.time_ns = now * 1000000,
			.interval_ns = interval * 1000000,
			.fields = l->pointers,
			.n = l->tape.sizes[i],
			.rates = row };
	}
	past_add(p, pointers, n, now);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
take(void *arg, const struct past_series *s, const struct past_points *points)
{
	size_t *n = arg;

	(void)s;
	*n += points->n;
	return 0;
}

/* Milliseconds for a day of one series by the minute. */
static double
ask(struct past *p, int64_t now)
{
	size_t n = 0, turns = 0;
	const struct past_filter filter = {
		.pattern = "host-0:bench[device-0].field_0", .arg = &n
	};
	const struct past_range range = { now - DAY_MS, now, 1440 };
	const double began = seconds();
	char why[64];

	for (; seconds() - began < 0.2; turns++)
		assert(past_query(p, &filter, &range, now, take, NULL, why,
			   sizeof(why)) == 0);
	assert(n >= turns * 1000);
	return (seconds() - began) * 1e3 / (double)turns;
}

struct weight {
	double steps, data, all;
};

/* What a tier takes: its codes, and with all that is around them. */
static void
weigh(const struct past *p, struct weight w[TIERS])
{
	const struct origin_ages *ages[] = { &p->origins.young,
		&p->origins.old };
	const struct origin *o;

	memset(w, 0, TIERS * sizeof *w);
	for (size_t i = 0; i < 2; i++)
		TAILQ_FOREACH (o, ages[i], age)
			for (size_t k = 0; k < o->n * TIERS; k++) {
				struct chunk *c = o->traces[k / TIERS]
						      ->tiers[k % TIERS]
						      .first;

				for (; c != NULL; c = c->next) {
					w[k % TIERS].steps += c->steps;
					w[k % TIERS].data += c->len;
					w[k % TIERS].all +=
					    (double)malloc_usable_size(c) + 8;
				}
			}
}

int
main(int argc, char **argv)
{
	struct load *l = calloc(1, sizeof *l);
	const struct past_settings settings = { .memory = MEMORY };
	struct past *p = past_new(&settings, BEGIN_MS);
	int64_t interval, now = BEGIN_MS;
	struct weight w[TIERS];
	struct past_stats s;
	double took, query;

	assert(argc >= 3 && l != NULL && p != NULL);
	l->tape = read_tape(argv[1]);
	l->n_hosts = strtoul(argv[2], NULL, 10) / l->tape.width;
	if (l->n_hosts == 0)
		l->n_hosts = 1;
	interval = argc > 3 ? 1000 * atoi(argv[3]) : 10000;
	assert(l->n_hosts <= HOSTS_MAX);
	load_init(l);
	took = seconds();
	for (size_t i = 0; now < BEGIN_MS + DAY_MS; i++, now += interval)
		for (size_t h = 0; h < l->n_hosts; h++)
			say(l, p, h, row_of(&l->tape, i + 37 * h), now,
			    interval);
	took = seconds() - took;
	past_stats(p, &s);
	weigh(p, w);
	query = ask(p, now);
	past_free(p);
	printf("{\"adds\": %.0f, \"series\": %llu, \"memory\": %llu, "
	       "\"bytes_a_series\": %.0f, \"day_ms\": %.3f, "
	       "\"evicted\": %llu, \"sample\": %.3f, \"sample_data\": %.3f, "
	       "\"minute\": %.3f, \"quarter\": %.3f}\n",
	    (double)s.samples / took, (unsigned long long)s.series,
	    (unsigned long long)s.bytes, (double)s.bytes / (double)s.series,
	    query, (unsigned long long)s.evicted,
	    w[TIER_RAW].all / w[TIER_RAW].steps,
	    w[TIER_RAW].data / w[TIER_RAW].steps,
	    w[TIER_MINUTE].all / w[TIER_MINUTE].steps,
	    w[TIER_QUARTER].all / w[TIER_QUARTER].steps);
	free(l->tape.v);
	free(l);
	return 0;
}
