/* SPDX-License-Identifier: MIT */
/* A past, a clock, and one host after the other that says numbers. */
#ifndef T_PAST_WORLD_H
#define T_PAST_WORLD_H

#include <stdatomic.h>

#include "write/ringbuffer_http/past/past.h"

#define MIN_MS INT64_C(60000)
#define HOUR_MS (60 * MIN_MS)
#define DAY_MS (24 * HOUR_MS)
/* A Monday, 00:00 UTC. */
#define BEGIN_MS INT64_C(1800000000000) / DAY_MS *DAY_MS

enum { WORLD_FIELDS = 8, WORLD_POINTS = 10000 };

struct past_world {
	struct past *past;
	struct past_settings settings;
	char dir[64];	/* "": in memory */
	int64_t now;	/* ms */
	char log[1024]; /* the last record; to be read after past_free */
	_Atomic unsigned errors, notices; /* how many were logged */
};

/* memory in KiB; files: keep it on disk as well. */
void world_open(struct past_world *w, unsigned memory_kib, bool files);
void world_reopen(struct past_world *w);
/* As kill -9: what is open is lost. */
void world_close(struct past_world *w);

/* n numbers of host:plugin[instance] at a time, in fields f0 to f7. */
void world_say(struct past_world *w, const char *host, const char *instance,
    int64_t time, int64_t interval, const double *numbers, size_t n);
/* One number now, every 10 s. */
void world_say_one(struct past_world *w, const char *host, double number);

/* What a query for one series found. */
struct found {
	size_t series; /* that were found; the points are of the last one */
	int64_t from, step;
	size_t n;
	double mean[WORLD_POINTS], min[WORLD_POINTS], max[WORLD_POINTS];
};

void world_ask(struct past_world *w, const char *pattern, int64_t from,
    int64_t to, size_t points, struct found *f);
/* How many of its points have a number. */
size_t found_points(const struct found *f);
struct past_stats world_stats(struct past_world *w);

#endif
