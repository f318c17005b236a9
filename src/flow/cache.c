/* SPDX-License-Identifier: MIT */
#include "flow/cache.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

void
cache_forget(struct series *s)
{
	free(s->cached);
	s->cached = NULL;
}

static struct cached *
cached_room(struct series *s, uint32_t cap)
{
	struct cached *c = s->cached;
	const uint32_t had = c != NULL ? c->cap : 0;

	if (cap <= had)
		return c;
	c = xreallocarray(c, 1, sizeof(*c) + cap * sizeof(c->v[0]));
	if (had == 0)
		memset(c, 0, sizeof(*c));
	c->cap = cap;
	s->cached = c;
	return c;
}

/* The entry of a field, which comes to stand at that place: the next list will
 * have it there again.  Those before it are of other fields of the list. */
static struct cached_value *
entry(struct series *s, const struct fettle_field *field, uint32_t place)
{
	struct cached *c = s->cached;
	struct cached_value found = { .field = field, .rate = NAN };
	uint32_t at = place;

	while (at < c->n && c->v[at].field != field)
		at++;
	if (at == c->n)
		c = cached_room(s, c->n < c->cap ? c->cap : 2 * c->cap + 1);
	if (at == c->n)
		c->n++;
	else
		found = c->v[at];
	if (at != place)
		c->v[at] = c->v[place];
	c->v[place] = found;
	return &c->v[place];
}

/* What a list leaves out has no value, and will begin anew. */
static void
forget_from(struct cached *c, uint32_t place)
{
	for (; place < c->n; place++) {
		c->v[place].value = (struct fettle_value){ 0 };
		c->v[place].rate = NAN;
	}
}

/* Seconds since the list before; 0 or less: not newer. */
static double
elapsed(const struct cached *c, const struct list *l, int64_t measured_ns)
{
	if (c->time_ns == 0 && c->measured_ns == 0)
		return INFINITY;
	if (c->measured_ns != 0 && measured_ns != 0)
		return (double)(measured_ns - c->measured_ns) / NS_PER_S;
	return (double)(l->pub.time_ns - c->time_ns) / NS_PER_S;
}

static double
rate(const struct fettle_value *was, const struct fettle_value *now,
    double seconds)
{
	double r;

	if (was->kind != now->kind || isinf(seconds))
		return NAN;
	if (now->kind == FETTLE_COUNTER)
		return now->count < was->count
			   ? NAN
			   : (double)(now->count - was->count) / seconds;
	r = (now->real - was->real) / seconds;
	return r >= 0 && isfinite(r) ? r : NAN;
}

/* For one that is not newer than the last: gauges as they are. */
static void
rates_of_late(struct list *l, double *rates)
{
	for (size_t i = 0; i < l->pub.n; i++)
		rates[i] = l->pub.values[i].kind == FETTLE_GAUGE
			       ? l->pub.values[i].real
			       : NAN;
}

void
cache_update(struct list *l, int64_t measured_ns)
{
	struct cached *c = l->series->cached;
	/* the batch is not shared yet: see flow/batch.h */
	double *rates = (double *)(uintptr_t)l->pub.rates, seconds;

	if (c == NULL)
		c = cached_room(l->series, (uint32_t)l->pub.n);
	seconds = elapsed(c, l, measured_ns);
	if (seconds <= 0) {
		rates_of_late(l, rates);
		return;
	}
	for (uint32_t i = 0; i < l->pub.n; i++) {
		const struct fettle_value *now = &l->pub.values[i];
		struct cached_value *v = entry(l->series, l->pub.fields[i], i);

		if (now->kind == FETTLE_GAUGE)
			v->rate = now->real;
		else
			v->rate = now->kind == 0
				      ? NAN
				      : rate(&v->value, now, seconds);
		rates[i] = v->rate;
		v->value = *now;
	}
	c = l->series->cached;
	forget_from(c, (uint32_t)l->pub.n);
	c->time_ns = l->pub.time_ns;
	c->interval_ns = l->pub.interval_ns;
	c->measured_ns = measured_ns;
}
