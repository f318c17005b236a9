/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "grid.h"
#include "origin.h"

/* --- finding ------------------------------------------------------------- */

struct match {
	struct trace *trace;
	size_t place; /* among those of its origin */
};

/* Series that stay while they are looked at. */
struct matches {
	struct match *v;
	size_t n, max;
	uint32_t interval; /* the shortest, ms */
};

static struct fettle_list
names_of(const struct origin *o)
{
	return (struct fettle_list){ .size = sizeof(struct fettle_list),
		.host = o->host,
		.plugin = o->plugin,
		.instance = o->instance,
		.tags = o->tags,
		.n_tags = o->n_tags };
}

static int
take(struct matches *m, struct origin *o, size_t place)
{
	const size_t max = m->max > 0 ? 2 * m->max : 64;
	struct match *v;

	if (m->n == m->max) {
		v = reallocarray(m->v, max, sizeof *v);
		if (v == NULL)
			return -ENOMEM;
		m->v = v;
		m->max = max;
	}
	m->v[m->n++] = (struct match){ o->traces[place], place };
	if (o->traces[place]->interval < m->interval)
		m->interval = o->traces[place]->interval;
	o->uses++;
	return 0;
}

static int
take_all(struct matches *m, const struct selector *s, const char *hosts,
    struct origin *o)
{
	const struct fettle_list names = names_of(o);
	int rc = 0;

	if ((hosts != NULL && !selector_glob(hosts, o->host)) ||
	    (s != NULL && !selector_meets(s, &names)))
		return 0;
	for (size_t i = 0; i < o->n && rc == 0; i++)
		if (s == NULL || selector_meets_field(s, o->traces[i]->field))
			rc = take(m, o, i);
	return rc;
}

static int
compare(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int
order_tags(const struct origin *a, const struct origin *b)
{
	int c = 0;

	for (size_t i = 0; c == 0 && i < a->n_tags && i < b->n_tags; i++) {
		c = strcmp(a->tags[i].key, b->tags[i].key);
		if (c == 0)
			c = strcmp(a->tags[i].value, b->tags[i].value);
	}
	return c != 0 ? c : (a->n_tags > b->n_tags) - (a->n_tags < b->n_tags);
}

static int
order(const void *va, const void *vb)
{
	const struct match *a = va, *b = vb;
	const struct origin *x = a->trace->origin, *y = b->trace->origin;
	int c = strcmp(x->host, y->host);

	if (c == 0)
		c = strcmp(x->plugin, y->plugin);
	if (c == 0)
		c = compare(x->instance, y->instance);
	if (c == 0)
		c = order_tags(x, y);
	return c != 0 ? c : (a->place > b->place) - (a->place < b->place);
}

static void
release(struct past *p, struct matches *m)
{
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < m->n; i++)
		origin_release(p, m->v[i].trace->origin);
	pthread_mutex_unlock(&p->lock);
	free(m->v);
}

static int
find_all(struct past *p, struct matches *m, const struct selector *s,
    const char *hosts)
{
	const struct origin_ages *ages[] = { &p->origins.young,
		&p->origins.old };
	struct origin *o;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < 2; i++)
		TAILQ_FOREACH(o, ages[i], age)
	rc = rc == 0 ? take_all(m, s, hosts, o) : rc;
	pthread_mutex_unlock(&p->lock);
	if (m->n > 0)
		qsort(m->v, m->n, sizeof *m->v, order);
	return rc;
}

/* 0, -ENOMEM or -EINVAL; in any case to be released. */
static int
find(struct past *p, struct matches *m, const struct past_filter *f, char *why,
    size_t len)
{
	struct selector *s = NULL;
	int rc;

	*m = (struct matches){ .interval = UINT32_MAX };
	if (len > 0)
		why[0] = '\0';
	if (f->pattern != NULL) {
		s = selector_new(f->pattern, why, len);
		if (s == NULL)
			return len > 0 && why[0] == '\0' ? -ENOMEM : -EINVAL;
	}
	rc = find_all(p, m, s, f->hosts);
	selector_free(s);
	return rc;
}

/* What it is at the moment.  Under the lock. */
static struct past_series
describe(const struct trace *t)
{
	const struct origin *o = t->origin;

	return (struct past_series){ .host = o->host,
		.plugin = o->plugin,
		.instance = o->instance,
		.tags = o->tags,
		.n_tags = o->n_tags,
		.instance_name = o->instance_name,
		.field = t->field,
		.unit = t->unit,
		.help = t->help,
		.kind = (enum fettle_kind)t->kind,
		.value = t->seen != PAST_NEVER ? t->value : NAN,
		.seen = t->seen,
		.interval = t->interval };
}

/* --- asking -------------------------------------------------------------- */

struct asking {
	struct past *past;
	const struct past_filter *filter;
	struct grid *grid; /* NULL: the series alone */
	size_t n;	   /* that were handed over */
	bool full;
};

/* Whether the series is to be handed over; it is on the grid then. */
static bool
prepare(struct asking *a, const struct trace *t, struct past_series *s)
{
	const struct past_filter *f = a->filter;
	bool wanted;

	pthread_mutex_lock(&a->past->lock);
	*s = describe(t);
	wanted = !t->origin->gone && t->seen != PAST_NEVER;
	pthread_mutex_unlock(&a->past->lock);
	if (!wanted || (f->wants != NULL && !f->wants(f->arg, s)))
		return false;
	if (a->grid != NULL) {
		pthread_mutex_lock(&a->past->lock);
		wanted = grid_put(a->grid, t);
		pthread_mutex_unlock(&a->past->lock);
	}
	a->full = wanted && f->limit > 0 && a->n == f->limit;
	a->n += wanted && !a->full;
	return wanted && !a->full;
}

int
past_query(struct past *p, const struct past_filter *filter,
    const struct past_range *range, int64_t now,
    int (*each)(void *arg, const struct past_series *s,
	const struct past_points *points),
    bool *more, char *why, size_t len)
{
	struct grid g = { .n = 0 };
	struct asking a = { .past = p, .filter = filter, .grid = &g };
	struct past_points points;
	struct past_series s;
	struct matches m;
	int rc = find(p, &m, filter, why, len);

	if (rc == 0)
		rc = grid_init(&g, range, m.interval, now);
	points =
	    (struct past_points){ g.from, g.step, g.n, g.mean, g.min, g.max };
	for (size_t i = 0; g.n > 0 && rc == 0 && i < m.n && !a.full; i++)
		if (prepare(&a, m.v[i].trace, &s))
			rc = each(filter->arg, &s, &points);
	if (more != NULL)
		*more = a.full;
	grid_fini(&g);
	release(p, &m);
	return rc;
}

int
past_each_series(struct past *p, const struct past_filter *filter,
    int (*each)(void *arg, const struct past_series *s), bool *more, char *why,
    size_t len)
{
	struct asking a = { .past = p, .filter = filter };
	struct past_series s;
	struct matches m;
	int rc = find(p, &m, filter, why, len);

	for (size_t i = 0; rc == 0 && i < m.n && !a.full; i++)
		if (prepare(&a, m.v[i].trace, &s))
			rc = each(filter->arg, &s);
	if (more != NULL)
		*more = a.full;
	release(p, &m);
	return rc;
}

int
past_each_host(struct past *p,
    int (*each)(void *arg, const char *host, int64_t seen, size_t series),
    void *arg)
{
	const struct past_filter all = { .pattern = NULL };
	struct matches m;
	int rc = find(p, &m, &all, NULL, 0);

	for (size_t i = 0, end; rc == 0 && i < m.n; i = end) {
		const char *host = m.v[i].trace->origin->host;
		int64_t seen = PAST_NEVER;

		pthread_mutex_lock(&p->lock);
		for (end = i;
		     end < m.n && m.v[end].trace->origin->host == host; end++)
			if (m.v[end].trace->seen > seen)
				seen = m.v[end].trace->seen;
		pthread_mutex_unlock(&p->lock);
		if (seen != PAST_NEVER)
			rc = each(arg, host, seen, end - i);
	}
	release(p, &m);
	return rc;
}
