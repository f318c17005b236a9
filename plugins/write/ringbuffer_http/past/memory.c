/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <malloc.h>
#include <stdlib.h>

enum { HEAD = sizeof(size_t), ROUNDING = 24, LARGE = 100000, PAGES = 8192 };

static size_t
cost(void *p)
{
	return malloc_usable_size(p) + HEAD;
}

void *
memory_get(size_t *bytes, size_t size)
{
	void *p = calloc(1, size);

	if (p != NULL)
		*bytes += cost(p);
	return p;
}

void *
memory_again(size_t *bytes, void *p, size_t size)
{
	const size_t was = p != NULL ? cost(p) : 0;
	void *again = realloc(p, size);

	if (again != NULL)
		*bytes += cost(again) - was;
	return again;
}

void
memory_put(size_t *bytes, void *p)
{
	*bytes -= cost(p);
	free(p);
}

size_t
memory_cost(size_t size)
{
	/* what is large has pages of its own */
	return size + HEAD + (size < LARGE ? ROUNDING : PAGES);
}
