/* SPDX-License-Identifier: MIT */
#include "region.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 8 << 10, CHUNK_MAX = 1 << 20 };

struct region_chunk {
	struct region_chunk *older;
	alignas(max_align_t) char data[];
};

/* Each chunk is twice as large as the one before, or as what is asked for. */
static int
grow(struct region *r, size_t size)
{
	struct region_chunk *chunk;
	size_t cap = r->size > 0 ? 2 * r->size : CHUNK_FIRST;

	if (cap > CHUNK_MAX)
		cap = CHUNK_MAX;
	if (cap < size)
		cap = size;
	if (cap > REGION_MAX - r->total)
		return -1;
	chunk = malloc(sizeof *chunk + cap);
	if (chunk == NULL)
		return -1;
	chunk->older = r->chunks;
	r->chunks = chunk;
	r->size = cap;
	r->used = 0;
	r->total += cap;
	return 0;
}

void *
region_alloc(struct region *r, size_t size)
{
	const size_t unit = alignof(max_align_t);
	void *p;

	if (size > REGION_MAX)
		return NULL;
	size = (size / unit + 1) * unit;
	if (size > r->size - r->used && grow(r, size) < 0)
		return NULL;
	p = r->chunks->data + r->used;
	r->used += size;
	return memset(p, 0, size);
}

void
region_free(struct region *r)
{
	while (r->chunks != NULL) {
		struct region_chunk *older = r->chunks->older;

		free(r->chunks);
		r->chunks = older;
	}
	*r = (struct region){ 0 };
}
