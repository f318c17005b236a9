/* SPDX-License-Identifier: MIT */
#include "grid.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "code.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define TIME_MAX (INT64_C(1) << 52)

/* --- its size ------------------------------------------------------------ */

/* The next step that people like, which is a multiple of a minute above one,
 * and of 15 minutes above these. */
static int64_t
next_step(int64_t step)
{
	static const int64_t steps[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500,
		SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND,
		20 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE,
		15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR,
		12 * HOUR, 24 * HOUR };

	for (size_t i = 0; i < sizeof(steps) / sizeof *steps; i++)
		if (steps[i] > step)
			return steps[i];
	return 2 * step;
}

static int64_t
floor_to(int64_t time, int64_t step)
{
	const int64_t rest = time % step;

	return time - rest - (rest < 0 ? step : 0);
}

static unsigned
choose_tier(int64_t from, int64_t least, int64_t now)
{
	unsigned tier = TIER_RAW;

	while (tier < TIERS - 1 && (least >= tier_rules[tier + 1].width ||
				       from < now - tier_rules[tier].keeps))
		tier++;
	return tier;
}

/* Not before 1970: no step, however long, holds what is before and after. */
static int64_t
clamp(int64_t time)
{
	if (time < 0)
		return 0;
	return time < TIME_MAX ? time : TIME_MAX;
}

int
grid_init(struct grid *g, const struct past_range *range, uint32_t interval,
    int64_t now)
{
	const int64_t from = clamp(range->from), to = clamp(range->to);
	const int64_t points = range->points < PAST_POINTS_MAX
				   ? (int64_t)range->points
				   : PAST_POINTS_MAX;
	int64_t least, n;

	*g = (struct grid){ .n = 0 };
	if (points <= 0 || to <= from)
		return 0;
	least = (to - from + points - 1) / points;
	g->tier = choose_tier(from, least, now);
	if (least < tier_rules[g->tier].width)
		least = tier_rules[g->tier].width;
	if (g->tier == TIER_RAW && least < interval)
		least = interval;
	g->step = least - 1;
	do {
		g->step = next_step(g->step);
		g->from = floor_to(from, g->step);
		n = (to - g->from + g->step - 1) / g->step;
	} while (n > points);
	g->n = (size_t)n;
	g->mean = calloc(4 * g->n, sizeof *g->mean);
	if (g->mean == NULL)
		return -ENOMEM;
	g->min = g->mean + g->n;
	g->max = g->min + g->n;
	g->weight = g->max + g->n;
	return 0;
}

void
grid_fini(struct grid *g)
{
	free(g->mean);
}

/* --- a series on it ------------------------------------------------------ */

static void
set(struct grid *g, size_t i, const struct chunk_number *number)
{
	g->mean[i] = number->mean;
	g->min[i] = number->min;
	g->max[i] = number->max;
}

/* The number before also stands for the steps up to that time which have
 * none, but for none after the newest. */
static void
hold(struct grid *g, int64_t until)
{
	const int64_t most = g->seen < g->until ? g->seen + 1 : g->until;
	int64_t i;

	if (until > most)
		until = most;
	i = floor_to(g->last - g->from, g->step) / g->step + 1;
	for (i = i > 0 ? i : 0;
	     i < (int64_t)g->n && g->from + i * g->step < until; i++)
		if (isnan(g->mean[i]))
			set(g, (size_t)i, &g->last_number);
}

/* Where the next number is missing. */
static void
hold_last(struct grid *g)
{
	if (g->last != PAST_NEVER && g->last_interval > g->step)
		hold(g, g->last + g->last_interval);
	g->last = PAST_NEVER;
}

static void
add(struct grid *g, size_t i, const struct chunk_number *number)
{
	if (g->weight[i]++ == 0) {
		set(g, i, number);
		return;
	}
	g->mean[i] += number->mean;
	if (number->min < g->min[i])
		g->min[i] = number->min;
	if (number->max > g->max[i])
		g->max[i] = number->max;
}

/*
 * Two numbers that are less than 1.75 intervals apart have none missing
 * between them.  The newest of a series stands where it came, not where the
 * one after the last would have been; what is behind it is of a clock that was
 * wrong.
 */
static void
put(struct grid *g, int64_t time, int64_t interval,
    const struct chunk_number *number)
{
	if (time - interval >= g->seen)
		return;
	if (time > g->seen)
		time = g->seen;
	if (g->last == PAST_NEVER || time <= g->last ||
	    time - g->last >= g->last_interval * 7 / 4)
		hold_last(g);
	else if (time - g->last > g->step) /* or no step lies between them */
		hold(g, time);
	if (time >= g->from && time < g->from + (int64_t)g->n * g->step)
		add(g, (size_t)((time - g->from) / g->step), number);
	g->last = time;
	g->last_interval = interval;
	g->last_number = *number;
}

static void
put_chunk(struct grid *g, const struct chunk *c, unsigned tier)
{
	struct chunk_number number;
	struct chunk_walk w;
	int64_t time;
	uint32_t n;

	if (c->base >= g->until || chunk_end(c) + c->interval <= g->from)
		return;
	chunk_walk(&w, c, tier);
	while (chunk_next(&w, &time, &n, &number))
		for (; n > 0 && time < g->until; n--, time += c->interval)
			put(g, time, c->interval, &number);
}

/* What one tier knows until then. */
static void
put_tier(struct grid *g, const struct trace *t, unsigned tier, int64_t until)
{
	const struct bucket *b = &t->buckets[tier];
	struct chunk_number open;

	g->until = until;
	g->seen = t->seen;
	g->last = PAST_NEVER;
	for (const struct chunk *c = t->tiers[tier].first; c != NULL;
	     c = c->next)
		put_chunk(g, c, tier);
	if (b->n > 0 && b->start < until) {
		open = (struct chunk_number){ chunk_mean(b->sum, b->n, b->min,
						  b->max),
			b->min, b->max };
		put(g, b->start, b->width, &open);
	}
	hold_last(g);
}

/* Where what a tier knows begins. */
static int64_t
first_of(const struct trace *t, unsigned tier)
{
	if (t->tiers[tier].first != NULL)
		return t->tiers[tier].first->base;
	return t->buckets[tier].n > 0 ? t->buckets[tier].start : INT64_MAX;
}

/* Whether the first step of a tier is all that is before that time, and goes
 * beyond: that is where the series began, not what a finer tier has lost. */
static bool
begins_in_first(const struct trace *t, unsigned tier, int64_t time)
{
	const struct chunk *c = t->tiers[tier].first;
	const int64_t first = first_of(t, tier);

	return first < time &&
	       first + (c != NULL ? c->interval : t->buckets[tier].width) >
		   time;
}

/* The mean of a step of several, with as many digits as each of them has: more
 * would say nothing and be long. */
static double
mean_of(const struct grid *g, size_t i)
{
	const double mean =
	    chunk_mean(g->mean[i], g->weight[i], g->min[i], g->max[i]);

	return chunk_mean(code_number(code_of(mean)), 1, g->min[i], g->max[i]);
}

bool
grid_put(struct grid *g, const struct trace *t)
{
	int64_t until = g->from + (int64_t)g->n * g->step;
	bool any = false;

	for (size_t i = 0; i < g->n; i++) {
		g->mean[i] = g->min[i] = g->max[i] = NAN;
		g->weight[i] = 0;
	}
	for (unsigned k = g->tier; k < TIERS && until > g->from; k++) {
		if (k > g->tier && begins_in_first(t, k, until))
			continue;
		put_tier(g, t, k, until);
		if (first_of(t, k) < until)
			until = first_of(t, k);
	}
	for (size_t i = 0; i < g->n; i++) {
		if (g->weight[i] > 1)
			g->mean[i] = mean_of(g, i);
		any |= !isnan(g->mean[i]);
	}
	return any;
}
