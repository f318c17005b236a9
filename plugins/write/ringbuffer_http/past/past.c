/* SPDX-License-Identifier: MIT */
#include "past.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/lookup.h"
#include "journal.h"
#include "load.h"
#include "memory.h"
#include "oldest.h"
#include "origin.h"
#include "room.h"
#include "trace.h"

#define NS_PER_MS INT64_C(1000000)

enum { USUAL_INTERVAL = 10000 };

/* --- life ---------------------------------------------------------------- */

static void
give_all_back(struct past *p)
{
	origins_fini(p);
	words_fini(&p->words);
	for (unsigned k = 0; k < TIERS; k++)
		if (p->oldest[k].v != NULL)
			memory_put(&p->bytes, p->oldest[k].v);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct past *
past_new(const struct past_settings *s, int64_t now)
{
	struct past *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->bytes = sizeof *p;
	p->memory = s->memory;
	p->max_series = s->max_series;
	p->next_id = lookup_seed();
	p->now = p->tidied = p->stepped = now;
	if (origins_init(p) < 0 ||
	    words_init(&p->words, &p->bytes, lookup_seed()) < 0) {
		give_all_back(p);
		return NULL;
	}
	if (s->dir != NULL)
		p->journal = journal_new(p, s);
	if (p->journal != NULL)
		load_mend(p);
	return p;
}

/* The first list of the ages is empty where memory was not enough for any. */
static void
close_all(struct past *p, struct origin_ages *ages)
{
	struct origin *o;

	TAILQ_FOREACH (o, ages, age)
		for (size_t i = 0; i < o->n; i++)
			trace_close(p, o->traces[i]);
}

void
past_free(struct past *p)
{
	if (p == NULL)
		return;
	if (p->journal != NULL) {
		journal_wait(p->journal);
		close_all(p, &p->origins.young);
		close_all(p, &p->origins.old);
		journal_free(p->journal);
		p->journal = NULL;
	}
	give_all_back(p);
}

static void
set_clock(struct past *p, int64_t now)
{
	if (now < p->now - PAST_HOUR / 60 || now > p->now + PAST_HOUR) {
		p->stepped = now;
		p->swept = false;
	}
	p->now = now;
}

void
past_use(struct past *p, const struct past_settings *s, int64_t now)
{
	pthread_mutex_lock(&p->lock);
	set_clock(p, now);
	p->memory = s->memory;
	p->max_series = s->max_series;
	room_make(p, 0);
	pthread_mutex_unlock(&p->lock);
}

/* --- taking in ----------------------------------------------------------- */

static uint32_t
interval_of(const struct trace *t, const struct fettle_list *l)
{
	const int64_t ms = l->interval_ns / NS_PER_MS;

	if (ms > 0)
		return ms < 24 * PAST_HOUR ? (uint32_t)ms
					   : (uint32_t)(24 * PAST_HOUR);
	return t != NULL && t->interval > 0 ? t->interval : USUAL_INTERVAL;
}

/* One more series; NULL: it is refused, or there is no memory. */
static struct trace *
make_trace(struct past *p, struct origin **o, const struct fettle_list *l,
    const struct fettle_field *f)
{
	struct trace *t = NULL;

	if ((p->max_series == 0 || p->n_series < p->max_series) &&
	    room_is_free(p, interval_of(NULL, l)) &&
	    room_make(p, origin_growth(p, l, f))) {
		if (*o == NULL)
			*o = origin_new(p, l, p->now);
		if (*o != NULL)
			t = origin_trace_new(p, *o, f);
	}
	return t;
}

/* It may say otherwise after the daemon was replaced by another. */
static void
learn_field(struct past *p, struct trace *t, const struct fettle_field *f)
{
	const char *unit;

	t->kind = (uint32_t)f->kind;
	if (strcmp(t->unit, f->unit) == 0)
		return;
	unit = word_get(&p->words, f->unit);
	if (unit == NULL)
		return;
	word_put(&p->words, t->unit);
	t->unit = unit;
}

static void
add_number(struct past *p, struct trace *t, const struct fettle_list *l,
    double number)
{
	const int64_t time = l->time_ns / NS_PER_MS;
	const uint32_t interval = interval_of(t, l);
	int rc;

	if (!room_reserve(p, t, interval)) {
		p->counts.refused++;
		return;
	}
	if (!room_make(p, trace_growth())) {
		p->counts.dropped++;
		return;
	}
	rc = trace_add(p, t, time, interval, number);
	p->counts.samples += rc == 0;
	p->counts.late += rc == -ESTALE;
	p->counts.dropped += rc == -ENOMEM;
}

static void
add_list(struct past *p, const struct fettle_list *l)
{
	const int64_t time = l->time_ns / NS_PER_MS;
	struct origin *o = origin_find(p, l);
	struct trace *t;

	if (o != NULL)
		origin_touch(p, o, p->now);
	for (size_t i = 0; i < l->n; i++) {
		const struct fettle_field *f = l->fields[i];

		if (!isfinite(l->rates[i]))
			continue;
		if (time > p->now + PAST_AHEAD ||
		    time < p->now - tier_rules[TIERS - 1].keeps) {
			p->counts.late++;
			continue;
		}
		t = o != NULL ? origin_trace(o, f->name, i) : NULL;
		if (t == NULL)
			t = make_trace(p, &o, l, f);
		if (t == NULL) {
			p->counts.refused++;
			continue;
		}
		learn_field(p, t, f);
		add_number(p, t, l, l->rates[i]);
	}
}

void
past_add(struct past *p, const struct fettle_list *const *lists, size_t n,
    int64_t now)
{
	pthread_mutex_lock(&p->lock);
	set_clock(p, now);
	for (size_t i = 0; i < n; i++)
		if (lists[i]->host != NULL && lists[i]->rates != NULL)
			add_list(p, lists[i]);
	room_tidy(p);
	pthread_mutex_unlock(&p->lock);
}

void
past_stats(struct past *p, struct past_stats *to)
{
	pthread_mutex_lock(&p->lock);
	*to = p->counts;
	to->bytes = room_used(p);
	to->memory = p->memory;
	to->series = p->n_series;
	to->chunks = p->n_chunks;
	if (p->journal != NULL)
		journal_stats(p->journal, to);
	pthread_mutex_unlock(&p->lock);
}
