/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "days.h"
#include "memory.h"
#include "origin.h"
#include "room.h"
#include "tier.h"
#include "trace.h"

/* What a number stands for in one file. */
struct known {
	uint64_t id;
	const char *name;    /* its entry; NULL: the place is free */
	struct trace *trace; /* NULL: it was not needed yet */
	bool no_room;
};

struct loading {
	struct past *p;
	struct known *v; /* open addressing */
	size_t n, max;	 /* the latter a power of two, or 0 */
};

static struct known *
place_of(struct known *v, size_t max, uint64_t id)
{
	size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	while (v[i & (max - 1)].name != NULL && v[i & (max - 1)].id != id)
		i++;
	return &v[i & (max - 1)];
}

static bool
grow(struct loading *l)
{
	const size_t max = l->max > 0 ? 2 * l->max : 256;
	struct known *v = calloc(max, sizeof *v);

	if (v == NULL)
		return false;
	for (size_t i = 0; i < l->max; i++)
		if (l->v[i].name != NULL)
			*place_of(v, max, l->v[i].id) = l->v[i];
	free(l->v);
	l->v = v;
	l->max = max;
	return true;
}

static void
take_name(struct loading *l, const struct entry *e, const char *data)
{
	struct known *k;

	if (2 * l->n >= l->max && !grow(l))
		return;
	k = place_of(l->v, l->max, e->id);
	if (k->name != NULL)
		return;
	*k = (struct known){ .id = e->id, .name = data };
	l->n++;
}

/* The series of an entry, made where it is new; it stays as long as it is
 * known. */
static struct trace *
trace_of(struct past *p, const struct entry *e, int64_t heard)
{
	struct origin *o = origin_find(p, &e->list);
	struct trace *t = NULL;

	if (o == NULL)
		o = origin_new(p, &e->list, heard);
	if (o == NULL)
		return NULL;
	t = origin_trace(o, e->field.name, 0);
	if (t == NULL)
		t = origin_trace_new(p, o, &e->field);
	if (t != NULL)
		o->uses++;
	return t;
}

static struct trace *
resolve(struct loading *l, struct known *k, int64_t heard)
{
	struct entry e = { .chunk = NULL };
	bool short_of;

	if (k->trace != NULL || k->no_room)
		return k->trace;
	entry_get(k->name, ENTRY_HEAD + ENTRY_MAX, &e, &short_of);
	if (room_make(l->p, origin_growth(l->p, &e.list, &e.field)))
		k->trace = trace_of(l->p, &e, heard);
	k->no_room = k->trace == NULL;
	return k->trace;
}

static void
restore(struct past *p, struct trace *t, const struct entry *e)
{
	const struct chunk *c = e->chunk;
	struct origin *o = t->origin;
	const int64_t last = chunk_end(c) - c->interval;
	struct chunk_number number = { 0, 0, 0 };
	struct chunk_walk w;
	int64_t time;
	uint32_t n;

	if (o->gone || !room_make(p, tier_growth()) || o->gone ||
	    tier_restore(p, t, e->tier, c) < 0)
		return;
	if (c->base < o->born)
		o->born = c->base;
	origin_touch(p, o, last > o->heard ? last : o->heard);
	chunk_walk(&w, c, e->tier);
	while (chunk_next(&w, &time, &n, &number))
		;
	if (last <= t->seen)
		return;
	t->seen = last;
	t->value = number.mean;
	if (e->tier == TIER_RAW || t->interval == 0)
		t->interval = c->interval;
}

static void
take(void *arg, const struct entry *e, const char *data)
{
	struct loading *l = arg;
	const struct chunk *c = e->chunk;
	struct past *p = l->p;
	struct known *k;

	if (e->kind == ENTRY_NAME) {
		take_name(l, e, data);
		return;
	}
	if (l->max == 0 || c->base > p->now + PAST_AHEAD ||
	    chunk_end(c) < p->now - tier_rules[e->tier].keeps)
		return;
	k = place_of(l->v, l->max, e->id);
	if (k->name != NULL && resolve(l, k, c->base) != NULL)
		restore(p, k->trace, e);
}

static void
end(void *arg)
{
	struct loading *l = arg;

	for (size_t i = 0; i < l->max; i++)
		if (l->v[i].trace != NULL)
			origin_release(l->p, l->v[i].trace->origin);
	free(l->v);
	l->v = NULL;
	l->n = l->max = 0;
}

/* --- order --------------------------------------------------------------- */

static int
by_heard(const void *va, const void *vb)
{
	const struct origin *a = *(struct origin *const *)va;
	const struct origin *b = *(struct origin *const *)vb;

	return (a->heard > b->heard) - (a->heard < b->heard);
}

/* All of them, the one heard of longest ago first; they stay until they are
 * released.  NULL: no memory. */
static struct origin **
all_origins(struct past *p, size_t *n)
{
	struct origin_ages *ages[] = { &p->origins.young, &p->origins.old };
	struct origin **v = calloc(p->origins.n + 1, sizeof(struct origin *));
	struct origin *o;

	*n = 0;
	for (int i = 0; i < 2 && v != NULL; i++)
		TAILQ_FOREACH (o, ages[i], age) {
			o->uses++;
			v[(*n)++] = o;
		}
	if (*n > 0)
		qsort(v, *n, sizeof *v, by_heard);
	return v;
}

int
load_files(struct past *p, const char *dir, size_t *damaged, char name[32])
{
	struct loading l = { .p = p };
	struct days_reader r = { .take = take, .end = end, .arg = &l };
	const int rc = days_read(dir, &r);

	*damaged = r.damaged;
	memcpy(name, r.damaged_name, sizeof(r.damaged_name));
	return rc;
}

static void
mend(struct past *p, struct origin *o)
{
	for (size_t k = 0; k < o->n && !o->gone; k++)
		if (room_make(p, 4 * trace_growth()) && !o->gone)
			trace_mend(p, o->traces[k]);
}

void
load_mend(struct past *p)
{
	size_t n;
	struct origin **v = all_origins(p, &n);

	for (size_t i = 0; i < n; i++) {
		if (!v[i]->gone)
			origin_touch(p, v[i], v[i]->heard);
		mend(p, v[i]);
		origin_release(p, v[i]);
	}
	free(v);
}
