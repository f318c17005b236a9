/* SPDX-License-Identifier: MIT */
/* Memory for one request, given back as a whole.  Zeroed is empty. */
#ifndef HUB_REGION_H
#define HUB_REGION_H

#include <stddef.h>

enum { REGION_MAX = 64 << 20 }; /* bytes of one region */

struct region_chunk;

struct region {
	struct region_chunk *chunks; /* the newest first */
	size_t used, size;	     /* of the newest */
	size_t total;
};

/* Zeroed memory for any type; NULL where there is none, or REGION_MAX is
 * reached. */
void *region_alloc(struct region *r, size_t size);
void region_free(struct region *r);

#endif
