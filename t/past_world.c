/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "past_world.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static void
take_log(void *arg, int priority, const char *text)
{
	struct past_world *w = arg;

	snprintf(w->log, sizeof(w->log), "%s", text);
	w->errors += priority == LOG_ERR;
	w->notices += priority == LOG_NOTICE;
}

void
world_open(struct past_world *w, unsigned memory_kib, bool files)
{
	*w = (struct past_world){ .now = BEGIN_MS };
	if (files) {
		strcpy(w->dir, "/tmp/fettle-past-XXXXXX");
		assert_non_null(mkdtemp(w->dir));
	}
	w->settings = (struct past_settings){ .memory = memory_kib * 1024ull,
		.dir = files ? w->dir : NULL,
		.log = take_log,
		.log_arg = w };
	w->past = past_new(&w->settings, w->now);
	assert_non_null(w->past);
}

void
world_reopen(struct past_world *w)
{
	past_free(w->past);
	w->past = past_new(&w->settings, w->now);
	assert_non_null(w->past);
}

void
world_close(struct past_world *w)
{
	const struct dirent *e;
	DIR *d;

	past_free(w->past);
	if (w->dir[0] == '\0')
		return;
	d = opendir(w->dir);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert_int_equal(rmdir(w->dir), 0);
}

void
world_say(struct past_world *w, const char *host, const char *instance,
    int64_t time, int64_t interval, const double *numbers, size_t n)
{
	static const struct fettle_field fields[WORLD_FIELDS] = {
		{ "f0", FETTLE_GAUGE, "bytes", "The first." },
		{ "f1", FETTLE_COUNTER, "bytes", NULL },
		{ "f2", FETTLE_GAUGE, "", NULL },
		{ "f3", FETTLE_GAUGE, "", NULL },
		{ "f4", FETTLE_GAUGE, "", NULL },
		{ "f5", FETTLE_GAUGE, "", NULL },
		{ "f6", FETTLE_GAUGE, "", NULL },
		{ "f7", FETTLE_GAUGE, "", NULL },
	};
	const struct fettle_field *pointers[WORLD_FIELDS];
	const struct fettle_list list = { .size = sizeof list,
		.host = host,
		.plugin = "p",
		.instance = instance,
		.time_ns = time * 1000000,
		.interval_ns = interval * 1000000,
		.fields = pointers,
		.n = n,
		.rates = numbers };
	const struct fettle_list *lists[] = { &list };

	assert_true(n <= WORLD_FIELDS);
	for (size_t i = 0; i < n; i++)
		pointers[i] = &fields[i];
	past_add(w->past, lists, 1, w->now);
}

void
world_say_one(struct past_world *w, const char *host, double number)
{
	world_say(w, host, NULL, w->now, 10000, &number, 1);
}

static int
take_points(
    void *arg, const struct past_series *s, const struct past_points *points)
{
	struct found *f = arg;

	(void)s;
	assert_true(points->n <= WORLD_POINTS);
	f->series++;
	f->from = points->from;
	f->step = points->step;
	f->n = points->n;
	memcpy(f->mean, points->mean, f->n * sizeof *f->mean);
	memcpy(f->min, points->min, f->n * sizeof *f->min);
	memcpy(f->max, points->max, f->n * sizeof *f->max);
	return 0;
}

void
world_ask(struct past_world *w, const char *pattern, int64_t from, int64_t to,
    size_t points, struct found *f)
{
	const struct past_filter filter = { .pattern = pattern, .arg = f };
	const struct past_range range = { from, to, points };
	char why[128];

	f->series = f->n = 0;
	assert_int_equal(past_query(w->past, &filter, &range, w->now,
			     take_points, NULL, why, sizeof(why)),
	    0);
	assert_true(f->n <= points);
}

struct past_stats
world_stats(struct past_world *w)
{
	struct past_stats s;

	past_stats(w->past, &s);
	return s;
}

size_t
found_points(const struct found *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += isnan(f->mean[i]) ? 0 : 1;
	return n;
}
