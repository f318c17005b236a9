/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>

#include "tier.h"

enum { REPHASE_STEPS = 16 };

size_t
trace_growth(void)
{
	return TIERS * tier_growth();
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* --- buckets ------------------------------------------------------------- */

/* Where numbers come no more often than that, each has a bucket of its own;
 * one that comes a little early is none of the bucket before. */
static int64_t
bucket_start(int64_t time, uint32_t interval, unsigned tier, uint32_t *width)
{
	const int64_t least = tier_rules[tier].width;

	*width = interval > least ? interval : (uint32_t)least;
	if (interval >= least)
		time += interval / 4;
	return floor_div(time, *width) * *width;
}

static int
bucket_close(struct past *p, struct trace *t, unsigned tier)
{
	struct bucket *b = &t->buckets[tier];
	const struct chunk *c = t->tiers[tier].last;
	struct chunk_number number;
	int64_t gap = -1;

	if (b->n == 0)
		return 0;
	number =
	    (struct chunk_number){ chunk_mean(b->sum, b->n, b->min, b->max),
		    b->min, b->max };
	b->n = 0;
	if (c != NULL && c->interval == b->width && b->start >= chunk_end(c))
		gap = (b->start - chunk_end(c)) / b->width;
	return tier_add(p, t, tier, b->start, b->width, gap, &number);
}

static int
bucket_add(struct past *p, struct trace *t, unsigned tier, int64_t time,
    uint32_t interval, const struct chunk_number *number)
{
	struct bucket *b = &t->buckets[tier];
	uint32_t width;
	const int64_t start = bucket_start(time, interval, tier, &width);
	int rc = 0;

	if (b->n > 0 && start < b->start && width == b->width)
		return -ESTALE;
	if (b->n > 0 && (start != b->start || width != b->width))
		rc = bucket_close(p, t, tier);
	if (b->n == 0) {
		b->start = start;
		b->width = width;
		b->sum = 0;
		b->min = number->min;
		b->max = number->max;
	}
	b->n++;
	b->sum += number->mean;
	if (number->min < b->min)
		b->min = number->min;
	if (number->max > b->max)
		b->max = number->max;
	return rc;
}

/* --- as collected -------------------------------------------------------- */

/*
 * Numbers stand where their interval says, up to half of it beside the time
 * they came with.  Where that has become more than a quarter the next chunk
 * begins at the right time.
 */
static int
raw_add(struct past *p, struct trace *t, int64_t time, uint32_t interval,
    const struct chunk_number *number)
{
	const struct tier *x = &t->tiers[TIER_RAW];
	int64_t gap = -1, off;

	if (x->open && x->last->interval == interval) {
		off = time - chunk_end(x->last);
		gap = floor_div(off + interval / 2, interval);
		if (gap < 0) /* a second one in that step */
			return 0;
		off -= gap * interval;
		if (x->last->steps >= REPHASE_STEPS &&
		    (off * 4 > interval || off * 4 < -(int64_t)interval))
			gap = -1;
	}
	return tier_add(p, t, TIER_RAW, time, interval, gap, number);
}

/* -ESTALE: the chunk that would have it is closed. */
static int
raw_fill(struct past *p, struct trace *t, int64_t time, uint32_t interval,
    double number)
{
	const struct tier *x = &t->tiers[TIER_RAW];
	int64_t step;

	if (!x->open || x->last->interval != interval)
		return -ESTALE;
	step = floor_div(time - x->last->base + interval / 2, interval);
	if (step < 0 || step >= x->last->steps)
		return -ESTALE;
	return tier_fill(p, t, TIER_RAW, (uint32_t)step, number);
}

/* --- a number ------------------------------------------------------------ */

static int
add_late(struct past *p, struct trace *t, int64_t time, uint32_t interval,
    const struct chunk_number *number)
{
	int rc = raw_fill(p, t, time, interval, number->mean);

	if (rc == -EEXIST || time == t->seen)
		return -EALREADY;
	for (unsigned k = TIER_RAW + 1; k < TIERS; k++)
		if (t->buckets[k].n > 0 &&
		    bucket_add(p, t, k, time, interval, number) == 0)
			rc = 0;
	return rc < 0 ? -ESTALE : 0;
}

void
trace_drop_future(struct past *p, struct trace *t)
{
	for (unsigned k = 0; k < TIERS; k++)
		tier_drop_after(p, t, k, p->now + PAST_AHEAD);
}

static void
keep_first(int *rc, int next)
{
	if (*rc == 0)
		*rc = next;
}

int
trace_add(struct past *p, struct trace *t, int64_t time, uint32_t interval,
    double number)
{
	const struct chunk_number all = { number, number, number };
	int rc = 0;

	if (t->seen > p->now + PAST_AHEAD) {
		/* the clock went back: nobody knows yet when it was right */
		trace_close(p, t);
		t->seen = PAST_NEVER;
	}
	if (time <= t->seen)
		return add_late(p, t, time, interval, &all);
	keep_first(&rc, raw_add(p, t, time, interval, &all));
	for (unsigned k = TIER_RAW + 1; k < TIERS; k++)
		keep_first(&rc, bucket_add(p, t, k, time, interval, &all));
	t->seen = time;
	t->value = number;
	t->interval = interval;
	return rc;
}

void
trace_close(struct past *p, struct trace *t)
{
	for (unsigned k = 0; k < TIERS; k++) {
		bucket_close(p, t, k);
		tier_close(p, t, k);
	}
}

/* --- after a restart ----------------------------------------------------- */

/* What a lower tier has from one time to another. */
static void
mend_from(struct past *p, struct trace *t, unsigned tier, unsigned below,
    int64_t from, int64_t to)
{
	const struct chunk *c = t->tiers[below].first;

	for (; c != NULL; c = c->next) {
		struct chunk_number number;
		struct chunk_walk w;
		int64_t time;
		uint32_t n;

		if (chunk_end(c) <= from || c->base >= to)
			continue;
		chunk_walk(&w, c, below);
		while (chunk_next(&w, &time, &n, &number))
			for (; n > 0; n--, time += c->interval)
				if (time >= from && time < to)
					bucket_add(p, t, tier, time,
					    c->interval, &number);
	}
}

void
trace_mend(struct past *p, struct trace *t)
{
	const struct chunk *raw = t->tiers[TIER_RAW].first;
	const int64_t raw_from = raw != NULL ? raw->base : INT64_MAX;

	for (unsigned k = TIER_RAW + 1; k < TIERS; k++) {
		const struct chunk *last = t->tiers[k].last;
		const int64_t from =
		    last != NULL ? chunk_end(last) : PAST_NEVER;

		if (k > TIER_RAW + 1)
			mend_from(p, t, k, k - 1, from, raw_from);
		mend_from(p, t, k, TIER_RAW, from, INT64_MAX);
	}
}
