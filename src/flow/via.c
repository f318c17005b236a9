/* SPDX-License-Identifier: MIT */
#include "flow/via.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static atomic_bool begun;

static bool
has(const struct via *v, const char *queue)
{
	for (size_t i = 0; i < v->path.n; i++)
		if (strcmp(v->queues[i], queue) == 0)
			return true;
	return false;
}

/* False: there is no room. */
static bool
add(struct via *v, const char *queue)
{
	if (has(v, queue))
		return true;
	if (v->path.n == VIA_MAX)
		return false;
	snprintf(v->ids[v->path.n], sizeof(v->ids[0]), "%s", queue);
	v->queues[v->path.n] = v->ids[v->path.n];
	v->path.n++;
	return true;
}

struct via *
via_new(const char *const *queues, size_t n, const char *last)
{
	struct via *v = NEW(struct via);
	bool fits = true;

	atomic_init(&v->refs, 1);
	v->path.queues = v->queues;
	for (size_t i = 0; i < n && fits; i++)
		fits = add(v, queues[i]);
	if (fits && (last == NULL || add(v, last)))
		return v;
	free(v);
	return NULL;
}

struct via *
via_ref(struct via *v)
{
	if (v != NULL)
		atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}

void
via_unref(struct via *v)
{
	if (v != NULL &&
	    atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) == 1)
		free(v);
}

bool
via_same(const struct via *a, const struct via *b)
{
	return pack_via_same(
	    a != NULL ? &a->path : NULL, b != NULL ? &b->path : NULL);
}

void
via_begin(void)
{
	begun = true;
}

bool
via_begun(void)
{
	return begun;
}
