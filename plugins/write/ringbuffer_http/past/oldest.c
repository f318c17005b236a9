/* SPDX-License-Identifier: MIT */
#include "oldest.h"

#include <errno.h>

#include "memory.h"

static size_t
wanted(const struct oldest *o, size_t series)
{
	return series <= o->max ? o->max : series + series / 4 + 16;
}

size_t
oldest_growth(const struct oldest *o, size_t series)
{
	return series <= o->max
		   ? 0
		   : memory_cost(wanted(o, series) * sizeof *o->v);
}

int
oldest_reserve(struct past *p, unsigned tier, size_t series)
{
	struct oldest *o = &p->oldest[tier];
	const size_t max = wanted(o, series);
	struct trace **v;

	if (max == o->max)
		return 0;
	v = memory_again(&p->bytes, o->v, max * sizeof *v);
	if (v == NULL)
		return -ENOMEM;
	o->v = v;
	o->max = max;
	return 0;
}

static int64_t
end_of(const struct trace *t, unsigned tier)
{
	return chunk_end(t->tiers[tier].first);
}

static void
place(struct oldest *o, size_t i, struct trace *t, unsigned tier)
{
	o->v[i] = t;
	t->tiers[tier].queued = (uint32_t)i + 1;
}

static void
rise(struct oldest *o, size_t i, unsigned tier)
{
	struct trace *t = o->v[i];

	while (i > 0 && end_of(t, tier) < end_of(o->v[(i - 1) / 2], tier)) {
		place(o, i, o->v[(i - 1) / 2], tier);
		i = (i - 1) / 2;
	}
	place(o, i, t, tier);
}

static void
sink(struct oldest *o, size_t i, unsigned tier)
{
	struct trace *t = o->v[i];

	for (size_t next; (next = 2 * i + 1) < o->n; i = next) {
		if (next + 1 < o->n &&
		    end_of(o->v[next + 1], tier) < end_of(o->v[next], tier))
			next++;
		if (end_of(t, tier) <= end_of(o->v[next], tier))
			break;
		place(o, i, o->v[next], tier);
	}
	place(o, i, t, tier);
}

static void
settle(struct oldest *o, size_t i, unsigned tier)
{
	struct trace *t = o->v[i];

	rise(o, i, tier);
	sink(o, t->tiers[tier].queued - 1, tier);
}

void
oldest_update(struct past *p, struct trace *t, unsigned tier)
{
	struct oldest *o = &p->oldest[tier];
	struct tier *x = &t->tiers[tier];
	const bool closed =
	    x->first != NULL && (x->first != x->last || !x->open);
	const size_t i = x->queued - 1;

	if (closed) {
		if (x->queued == 0)
			place(o, o->n++, t, tier);
		settle(o, x->queued - 1, tier);
	} else if (x->queued > 0) {
		x->queued = 0;
		if (i == --o->n)
			return;
		place(o, i, o->v[o->n], tier);
		settle(o, i, tier);
	}
}

struct trace *
oldest_first(const struct past *p, unsigned tier)
{
	const struct oldest *o = &p->oldest[tier];

	return o->n > 0 ? o->v[0] : NULL;
}
