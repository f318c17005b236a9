/* SPDX-License-Identifier: MIT */
#include "room.h"

#include "journal.h"
#include "memory.h"
#include "oldest.h"
#include "origin.h"
#include "tier.h"
#include "trace.h"

#define TIDY_MS INT64_C(60000)

enum {
	/* Not counted in advance: a buffer of the journal that grows. */
	SLACK = 128 << 10,
	SERIES_BYTES = 700, /* of a series, with names and what is open */
	NUMBER_BYTES = 2,
};

uint64_t
room_used(const struct past *p)
{
	return p->bytes + (p->journal != NULL ? journal_bytes(p->journal) : 0);
}

static bool
fits(const struct past *p, size_t bytes)
{
	return room_used(p) + bytes + SLACK <= p->memory;
}

/* --- dropping ------------------------------------------------------------ */

static bool
drop_chunk(struct past *p, unsigned tier, int64_t before)
{
	struct trace *t = oldest_first(p, tier);

	if (t == NULL || chunk_end(t->tiers[tier].first) > before)
		return false;
	tier_drop_first(p, t, tier);
	p->counts.evicted++;
	return true;
}

static bool
is_silent(const struct past *p, const struct origin *o)
{
	return o->heard < p->now - PAST_HOUR || o->heard > p->now + PAST_AHEAD;
}

static bool
drop_silent(struct past *p, const struct origin_ages *ages)
{
	struct origin *o = TAILQ_FIRST(ages);

	if (o == NULL || !is_silent(p, o))
		return false;
	origin_drop(p, o);
	return true;
}

/* Who came, stayed less than an hour and is silent now goes before anything of
 * the upper tiers: else names that never come again would push out what is
 * dear. */
static bool
drop_something(struct past *p)
{
	return drop_chunk(p, TIER_RAW, p->now - PAST_HOUR) ||
	       drop_silent(p, &p->origins.young) ||
	       drop_chunk(p, TIER_MINUTE, INT64_MAX) ||
	       drop_chunk(p, TIER_QUARTER, INT64_MAX) ||
	       drop_silent(p, &p->origins.old) ||
	       drop_chunk(p, TIER_RAW, INT64_MAX);
}

bool
room_make(struct past *p, size_t bytes)
{
	while (!fits(p, bytes))
		if (!drop_something(p))
			return false;
	return true;
}

/* --- reservations -------------------------------------------------------- */

void
room_give(struct past *p, struct trace *t)
{
	p->reserved -= t->reserved;
	t->reserved = 0;
}

static size_t
hour_of(uint32_t interval)
{
	return SERIES_BYTES +
	       (size_t)(PAST_HOUR / interval + 1) * NUMBER_BYTES;
}

/* Half of the memory is for last hours, so that the upper tiers keep the
 * other. */
bool
room_is_free(const struct past *p, uint32_t interval)
{
	return p->reserved + hour_of(interval) <= p->memory / 2;
}

bool
room_reserve(struct past *p, struct trace *t, uint32_t interval)
{
	const size_t was = t->reserved, is = hour_of(interval);

	if (was > 0 && interval == t->interval)
		return true;
	if (is > was && p->reserved - was + is > p->memory / 2)
		return false;
	p->reserved += is - was;
	t->reserved = is;
	return true;
}

/* --- tidying ------------------------------------------------------------- */

static void
drop_expired(struct past *p)
{
	for (unsigned k = 0; k < TIERS; k++) {
		const int64_t before = p->now - tier_rules[k].keeps;
		struct trace *t;

		while ((t = oldest_first(p, k)) != NULL &&
		       chunk_end(t->tiers[k].first) < before)
			tier_drop_first(p, t, k);
	}
}

static void
drop_future(struct past *p, const struct origin_ages *ages)
{
	struct origin *o;

	TAILQ_FOREACH (o, ages, age)
		for (size_t i = 0; i < o->n; i++)
			trace_drop_future(p, o->traces[i]);
}

/* Returns whether there is nothing of it any more. */
static bool
put_to_rest(struct past *p, struct origin *o)
{
	bool empty = true;

	for (size_t i = 0; i < o->n; i++) {
		struct trace *t = o->traces[i];

		trace_close(p, t);
		room_give(p, t);
		for (unsigned k = 0; k < TIERS; k++)
			empty &= t->tiers[k].first == NULL;
	}
	return empty;
}

static void
rest_silent(struct past *p, struct origin_ages *ages)
{
	struct origin *o, *next;

	for (o = TAILQ_FIRST(ages); o != NULL && is_silent(p, o); o = next) {
		next = TAILQ_NEXT(o, age);
		if (put_to_rest(p, o))
			origin_drop(p, o);
	}
}

bool
room_believes_clock(const struct past *p)
{
	return p->now >= p->stepped + PAST_HOUR;
}

void
room_tidy(struct past *p)
{
	if (p->now >= p->tidied && p->now < p->tidied + TIDY_MS)
		return;
	p->tidied = p->now;
	if (room_believes_clock(p)) {
		drop_expired(p);
		if (!p->swept) {
			drop_future(p, &p->origins.young);
			drop_future(p, &p->origins.old);
		}
		p->swept = true;
	}
	rest_silent(p, &p->origins.young);
	rest_silent(p, &p->origins.old);
}
