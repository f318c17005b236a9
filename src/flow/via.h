/* SPDX-License-Identifier: MIT */
/*
 * The way that value lists took through other hubs: the ids of the queues,
 * without that of the agent which measured them, since nothing can come back
 * to one that only sends.  Counted, never changed; from any thread.
 */
#ifndef FLOW_VIA_H
#define FLOW_VIA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "flow/pack.h"

enum { VIA_MAX = 16 }; /* hubs one behind the other */

struct via {
	struct pack_via path;
	atomic_uint refs;
	const char *queues[VIA_MAX];
	char ids[VIA_MAX][33];
};

/* The path with one more queue at its end; each only once.  last may be NULL.
 * The caller holds it.  NULL: it is longer than VIA_MAX. */
struct via *via_new(const char *const *queues, size_t n, const char *last);
struct via *via_ref(struct via *v); /* of NULL too, which it returns */
void via_unref(struct via *v);
/* NULL is as a path of none. */
bool via_same(const struct via *a, const struct via *b);

/* Whether this daemon passes on what others sent: from when it first had a
 * plugin that does. */
void via_begin(void);
bool via_begun(void);

#endif
