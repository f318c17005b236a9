/* SPDX-License-Identifier: MIT */
/* The common grid of a query, and a series on it. */
#ifndef PAST_GRID_H
#define PAST_GRID_H

#include "state.h"

struct grid {
	unsigned tier; /* the finest that is asked */
	int64_t from, step;
	size_t n;
	/* n of each; the first three belong together */
	double *mean, *min, *max, *weight;
	/* While a tier is put on: where it ends, when the series' newest
	 * number came, and the number before. */
	int64_t until, seen;
	int64_t last, last_interval;
	struct chunk_number last_number;
};

/* Chooses tier and step; interval: the shortest of all series, ms.  0 or
 * -ENOMEM; n may be 0. */
int grid_init(struct grid *g, const struct past_range *range,
    uint32_t interval, int64_t now);
void grid_fini(struct grid *g);

/* Puts a series on it; false: there is nothing of it.  Under the lock. */
bool grid_put(struct grid *g, const struct trace *t);

#endif
