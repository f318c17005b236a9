/* SPDX-License-Identifier: MIT */
/*
 * Which writers want which series.  What a series goes to is found out when
 * it comes by for the first time after a change, and kept in the series.
 */
#ifndef FLOW_ROUTER_H
#define FLOW_ROUTER_H

#include <pthread.h>

#include "flow/batch.h"
#include "flow/pattern.h"

enum { SINKS_MAX = 64 };

/* Where batches go: a writer.  put is called by the dispatch thread, takes a
 * reference of its own if it keeps the batch, and never waits. */
struct sink {
	void (*put)(struct sink *sink, struct batch *batch);
};

struct route {
	struct sink *sink;
	struct pattern *const *patterns; /* lent; none: everything */
	size_t n_patterns;
};

struct router {
	pthread_mutex_t lock;
	uint64_t made; /* number of the present set, from 1 */
	struct route routes[SINKS_MAX];
	size_t n;
};

void router_init(struct router *r);
void router_fini(struct router *r);
/* Replaces the set; when it returns nobody uses the old one any more. */
void router_set(struct router *r, const struct route *routes, size_t n);

/* Under r->lock, dispatch thread. */
void router_put(struct router *r, struct batch *b);

#endif
