/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdlib.h>

enum { TABLE_FIRST = 256 };

struct known *
table_add(struct table *t)
{
	if (t->n == t->cap) {
		const size_t cap = t->cap == 0 ? TABLE_FIRST : 2 * t->cap;
		struct known *more = reallocarray(t->v, cap, sizeof *more);

		if (more == NULL)
			return NULL;
		t->v = more;
		t->cap = cap;
	}
	return &t->v[t->n++];
}

static int
table_compare(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

void
table_sort(struct table *t)
{
	for (size_t i = 1; i < t->n; i++)
		if (t->v[i - 1].pid > t->v[i].pid) {
			qsort(t->v, t->n, sizeof *t->v, table_compare);
			return;
		}
}

const struct known *
table_find(const struct table *t, uint64_t pid, uint64_t start)
{
	const struct known key = { .pid = pid };
	const struct known *k =
	    t->n == 0 ? NULL
		      : bsearch(&key, t->v, t->n, sizeof *t->v, table_compare);

	return k != NULL && k->start == start ? k : NULL;
}

void
table_fini(struct table *t)
{
	free(t->v);
	*t = (struct table){ 0 };
}
