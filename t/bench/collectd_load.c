/* SPDX-License-Identifier: MIT */
/*
 * A plugin of collectd that does to it what dispatch.c does to fettle: value
 * lists of one value, dispatched as fast as the daemon writes them to a writer
 * that only counts.  Prints how many a second and core, and ends the daemon.
 */
#include "collectd.h"

#include "plugin.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	HOSTS = 200,
	NAMES = 32,
	IN_FLIGHT = 10000, /* value lists queued at most: it has no limit of
			    * its own that may be relied on */
};

static unsigned long n_series = 200000, seconds = 2;
static atomic_ulong written;
static unsigned long dispatched;
static struct {
	char host[NAMES], device[NAMES];
} * names;

static int
load_config(const char *key, const char *value)
{
	if (strcasecmp(key, "Series") == 0)
		n_series = strtoul(value, NULL, 10);
	else if (strcasecmp(key, "Seconds") == 0)
		seconds = strtoul(value, NULL, 10);
	else
		return -1;
	return 0;
}

static int
load_write(
    const data_set_t *ds, const value_list_t *vl, user_data_t *user_data)
{
	(void)ds;
	(void)vl;
	(void)user_data;
	atomic_fetch_add_explicit(&written, 1, memory_order_relaxed);
	return 0;
}

static void
wait_until_fewer(unsigned long in_flight)
{
	const struct timespec pause = { 0, 100 * 1000 };

	while (dispatched - atomic_load(&written) > in_flight)
		nanosleep(&pause, NULL);
}

/* Made once, as in dispatch.c. */
static void
make_names(void)
{
	names = calloc(n_series, sizeof(*names));
	if (names == NULL)
		abort();
	for (unsigned long i = 0; i < n_series; i++) {
		snprintf(
		    names[i].host, NAMES, "host-%lu", i * HOSTS / n_series);
		snprintf(names[i].device, NAMES, "device-%lu", i);
	}
}

/* All series once. */
static void
one_round(value_list_t *vl)
{
	for (unsigned long i = 0; i < n_series; i++) {
		memcpy(vl->host, names[i].host, NAMES);
		memcpy(vl->type_instance, names[i].device, NAMES);
		plugin_dispatch_values(vl);
		if (++dispatched % 1000 == 0)
			wait_until_fewer(IN_FLIGHT);
	}
}

static double
clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
load_read(void)
{
	value_t value = { .gauge = 1 };
	value_list_t vl = VALUE_LIST_INIT;
	double cpu, began;
	unsigned long before;

	vl.values = &value;
	vl.values_len = 1;
	snprintf(vl.plugin, sizeof(vl.plugin), "bench");
	snprintf(vl.type, sizeof(vl.type), "gauge");
	make_names();
	one_round(&vl); /* all are known */
	wait_until_fewer(0);
	before = atomic_load(&written);
	cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	began = clock_s(CLOCK_MONOTONIC);
	while (clock_s(CLOCK_MONOTONIC) - began < (double)seconds)
		one_round(&vl);
	wait_until_fewer(0);
	cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%.0f\n", (double)(atomic_load(&written) - before) / cpu);
	fflush(stdout);
	kill(getpid(), SIGTERM);
	return 0;
}

void
module_register(void)
{
	static const char *keys[] = { "Series", "Seconds" };

	plugin_register_config("collectd_load", load_config, keys, 2);
	plugin_register_read("collectd_load", load_read);
	plugin_register_write("collectd_load", load_write, NULL);
}
