/* SPDX-License-Identifier: MIT */
#include "alert/timers.h"

static void
put(struct timers *ts, struct timer *t, size_t place)
{
	ts->heap.v[place - 1] = t;
	t->place = place;
}

static struct timer *
get(const struct timers *ts, size_t place)
{
	return ts->heap.v[place - 1];
}

static void
rise(struct timers *ts, struct timer *t, size_t place)
{
	for (; place > 1 && get(ts, place / 2)->at > t->at; place /= 2)
		put(ts, get(ts, place / 2), place);
	put(ts, t, place);
}

static void
sink(struct timers *ts, struct timer *t, size_t place)
{
	for (;;) {
		size_t child = 2 * place;

		if (child < ts->heap.n &&
		    get(ts, child + 1)->at < get(ts, child)->at)
			child++;
		if (child > ts->heap.n || get(ts, child)->at >= t->at)
			break;
		put(ts, get(ts, child), place);
		place = child;
	}
	put(ts, t, place);
}

void
timers_drop(struct timers *ts, struct timer *t)
{
	const size_t place = t->place;
	struct timer *last;

	if (place == 0)
		return;
	t->place = 0;
	last = ts->heap.v[--ts->heap.n];
	if (last == t)
		return;
	if (place > 1 && get(ts, place / 2)->at > last->at)
		rise(ts, last, place);
	else
		sink(ts, last, place);
}

void
timers_set(struct timers *ts, struct timer *t, int64_t at, void *owner)
{
	timers_drop(ts, t);
	t->at = at;
	t->owner = owner;
	vec_add(&ts->heap) = t;
	rise(ts, t, ts->heap.n);
}

int64_t
timers_next(const struct timers *ts)
{
	return ts->heap.n > 0 ? ts->heap.v[0]->at : INT64_MAX;
}

void *
timers_due(struct timers *ts, int64_t now)
{
	struct timer *t;

	if (ts->heap.n == 0 || ts->heap.v[0]->at > now)
		return NULL;
	t = ts->heap.v[0];
	timers_drop(ts, t);
	return t->owner;
}

void
timers_fini(struct timers *ts)
{
	vec_free(&ts->heap);
}
