/* SPDX-License-Identifier: MIT */
/*
 * What a round of reads costs when one follows the other: the instances of a
 * configuration, each read into a draft, made into a batch and dispatched, as
 * the reader pool does it.  Nobody sleeps but the dispatch thread, as it does
 * when it is busy.
 *
 * reads FILE ROUNDS	prints the us of CPU time, of all threads, that a round
 *			took, and how many value lists a round brings
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "daemon.h"
#include "flow/draft.h"

enum { SETTLE_ROUNDS = 1000 }; /* so often what is queued is waited for */

static void
say(void *arg, const char *line)
{
	(void)arg;
	fprintf(stderr, "%s\n", line);
}

static void
die(const char *what)
{
	fprintf(stderr, "reads: %s\n", what);
	exit(1);
}

static void
start(struct daemon *d, const char *path)
{
	struct diags *diags = diags_new();
	struct setup *s = setup_read(path, &d->modules, diags);

	diags_each(diags, 0, say, NULL);
	if (s == NULL || diags_errors(diags) > 0 || s->refused.n > 0)
		die("the configuration is no good");
	diags_free(diags);
	if (daemon_init(d, path, s, true) < 0 ||
	    dispatch_start(&d->dispatch) < 0)
		die("cannot start");
	units_start(d, s);
}

/* The instances of the configuration, opened; the daemon's own is not one. */
static size_t
open_all(struct daemon *d, struct fettle_ctx **instances)
{
	size_t n = 0;

	for (size_t i = 0; i < d->units.n; i++) {
		if (d->units.v[i].section == NULL)
			continue;
		instances[n] = unit_instance(d, &d->units.v[i]);
		if (instance_open(instances[n]) < 0)
			die(instances[n]->reason);
		n++;
	}
	return n;
}

/* What the pool does with a job that is due; how many lists it brought. */
static uint32_t
read_and_put(struct daemon *d, struct fettle_ctx *i)
{
	const int64_t began = clock_mono(), wall = clock_wall();
	struct batch_origin origin = {
		.names = { .own_host = pool_get_host(&d->pool),
		    .plugin = i->plugin->name,
		    .declaring = i->plugin,
		    .now_ns = began,
		    .now_wall_ns = wall },
		.measured_ns = began,
		.time_ns = wall,
		.interval_ns = i->interval_ns,
	};
	struct draft draft = { 0 };
	struct taken taken = { 0 };
	struct batch *b = NULL;

	if (pool_read(i, &draft) != 0)
		die(i->reason);
	if (draft.lists.n > 0)
		b = batch_build(d->dispatch.table, &origin, draft.lists.v,
		    draft.lists.n, &taken);
	if (b != NULL)
		dispatch_put(&d->dispatch, b);
	draft_fini(&draft);
	return taken.n;
}

static uint64_t
run(struct daemon *d, struct fettle_ctx **instances, size_t n,
    unsigned long rounds)
{
	uint64_t lists = 0;

	for (unsigned long r = 0; r < rounds; r++) {
		for (size_t i = 0; i < n; i++)
			lists += read_and_put(d, instances[i]);
		dispatch_kick(&d->dispatch);
		if (r % SETTLE_ROUNDS == SETTLE_ROUNDS - 1)
			dispatch_settle(
			    &d->dispatch, clock_mono() + 10 * NS_PER_S);
	}
	dispatch_settle(&d->dispatch, clock_mono() + 10 * NS_PER_S);
	return lists;
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
main(int argc, char **argv)
{
	struct daemon d = { 0 };
	struct fettle_ctx **instances;
	unsigned long rounds;
	uint64_t lists;
	double us;
	size_t n;

	if (argc != 3 || (rounds = strtoul(argv[2], NULL, 10)) == 0) {
		fputs("usage: reads FILE ROUNDS\n", stderr);
		return 2;
	}
	start(&d, argv[1]);
	instances = calloc(d.units.n, sizeof(struct fettle_ctx *));
	if (instances == NULL)
		die("no memory");
	n = open_all(&d, instances);
	/* all is warm, every series known */
	run(&d, instances, n, rounds < 100 ? rounds : 100);
	us = cpu_us();
	lists = run(&d, instances, n, rounds);
	us = cpu_us() - us;
	if (d.dispatch.displaced > 0)
		die("the dispatch queue was too short");
	printf("%.3f %.1f\n", us / (double)rounds,
	    (double)lists / (double)rounds);
	return 0;
}
