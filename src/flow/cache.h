/* SPDX-License-Identifier: MIT */
/*
 * The last value and rate of every series.  Only the dispatch thread writes;
 * others read under the lock, which it holds for a group of batches at a time.
 */
#ifndef FLOW_CACHE_H
#define FLOW_CACHE_H

#include <pthread.h>

#include "flow/batch.h"

struct cached_value {
	const struct fettle_field *field;
	struct fettle_value value; /* kind 0: the last list had none */
	double rate;		   /* NaN: unknown */
};

struct cached {
	int64_t time_ns, interval_ns; /* of the last list */
	int64_t measured_ns;	      /* as in the batch */
	uint32_t n, cap;
	struct cached_value v[];
};

/*
 * Takes in a list and fills in its rates.  A counter's first value, one that
 * fell, and what is not newer than the last have no rate; the latter is not
 * taken in.  Time is what the machine measured between two of its own reads,
 * and the difference of the stamps otherwise.
 */
void cache_update(struct list *l, int64_t measured_ns);

/* For series_table.forget. */
void cache_forget(struct series *s);

#endif
