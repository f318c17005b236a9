/* SPDX-License-Identifier: MIT */
#include "flow/era.h"

#include <stdatomic.h>

#include "flow/series.h"

struct grave {
	void *what;
	void (*free_fn)(struct series_table *, void *);
};

struct era {
	atomic_size_t holders;
	struct series_table *table;
	struct era *next; /* set when this one ends */
	VEC(struct grave) graves;
};

struct era *
era_new(struct series_table *t)
{
	struct era *era = NEW(struct era);

	era->table = t;
	atomic_init(&era->holders, 1);
	return era;
}

struct era *
era_end(struct series_table *t, struct era *era)
{
	struct era *next = era_new(t);

	era->next = era_again(next);
	return next;
}

void
era_bury(struct era *era, void *what,
    void (*free_fn)(struct series_table *, void *))
{
	vec_add(&era->graves) = (struct grave){ what, free_fn };
}

size_t
era_graves(const struct era *era)
{
	return era->graves.n;
}

struct era *
era_join(struct series_table *t)
{
	return era_again(t->era);
}

struct era *
era_again(struct era *era)
{
	atomic_fetch_add_explicit(&era->holders, 1, memory_order_relaxed);
	return era;
}

void
era_leave(struct era *era)
{
	struct era *next;
	struct grave *g;

	while (era != NULL && atomic_fetch_sub_explicit(&era->holders, 1,
				  memory_order_acq_rel) == 1) {
		next = era->next;
		vec_each (g, &era->graves)
			g->free_fn(era->table, g->what);
		vec_free(&era->graves);
		free(era);
		era = next;
	}
}
