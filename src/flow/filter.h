/* SPDX-License-Identifier: MIT */
/* What looks at every batch between the cache and the router. */
#ifndef FLOW_FILTER_H
#define FLOW_FILTER_H

#include "flow/batch.h"

struct filter {
	/* A batch with its rates, as it goes by: the dispatch thread, or who
	 * stands in for it, under the cache's lock.  Never waits. */
	void (*pass)(struct filter *f, const struct batch *b);
	/* A series is about to be freed whose `watched' is not NULL; any
	 * thread. */
	void (*forget)(struct filter *f, struct series *s);
};

#endif
