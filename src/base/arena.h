/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once.  Zeroed is empty; one thread. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the newest first */
	size_t used;		    /* of the newest */
};

/* Never NULL; aligned for any type; not zeroed. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
/* Everything is given back; one chunk is kept for the next round. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
