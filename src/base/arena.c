/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { CHUNK = 4000 }; /* a page with what malloc adds */

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	alignas(max_align_t) char data[];
};

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c = a->chunks;
	void *p;

	size = (size + align - 1) / align * align;
	if (c == NULL || size > c->size - a->used) {
		const size_t room =
		    size > CHUNK - sizeof(*c) ? size : CHUNK - sizeof(*c);

		c = xmalloc(sizeof(*c) + room);
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
		a->used = 0;
	}
	p = c->data + a->used;
	a->used += size;
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	const size_t size = strlen(s) + 1;

	return memcpy(arena_alloc(a, size), s, size);
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->chunks, *next;

	if (c == NULL)
		return;
	for (; c->next != NULL; c = next) {
		next = c->next;
		free(c);
	}
	a->chunks = c;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	arena_reset(a);
	free(a->chunks);
	a->chunks = NULL;
}
