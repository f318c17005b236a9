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

/* What is asked for, read. */
struct wanted {
	struct selector **v;
	const struct selector **met; /* those that mean an origin */
	size_t n, n_met;
	bool all;
	const char *hosts; /* NULL: all */
};

static bool
meets(struct wanted *w, const struct origin *o)
{
	const struct fettle_list names = names_of(o);

	w->n_met = 0;
	if (w->hosts != NULL && !selector_glob(w->hosts, o->host))
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (selector_meets(w->v[i], &names))
			w->met[w->n_met++] = w->v[i];
	return w->all || w->n_met > 0;
}

static bool
meets_field(const struct wanted *w, const char *field)
{
	for (size_t i = 0; i < w->n_met; i++)
		if (selector_meets_field(w->met[i], field))
			return true;
	return w->all;
}

static int
take_all(struct matches *m, struct wanted *w, struct origin *o)
{
	int rc = 0;

	if (!meets(w, o))
		return 0;
	for (size_t i = 0; i < o->n && rc == 0; i++)
		if (meets_field(w, o->traces[i]->field))
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
find_all(struct past *p, struct matches *m, struct wanted *w)
{
	const struct origin_ages *ages[] = { &p->origins.young,
		&p->origins.old };
	struct origin *o;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < 2; i++)
		TAILQ_FOREACH (o, ages[i], age)
			rc = rc == 0 ? take_all(m, w, o) : rc;
	pthread_mutex_unlock(&p->lock);
	if (m->n > 0)
		qsort(m->v, m->n, sizeof *m->v, order);
	return rc;
}

/* 0, -ENOMEM or -EINVAL; in any case wanted_fini is next. */
static int
wanted_init(
    struct wanted *w, const struct past_filter *f, char *why, size_t len)
{
	const size_t n = f->n_also + 1;

	*w = (struct wanted){ .hosts = f->hosts,
		.all = f->pattern == NULL && f->n_also == 0,
		.v = calloc(2 * n, sizeof *w->v) };
	if (w->v == NULL)
		return -ENOMEM;
	w->met = (const struct selector **)(w->v + n);
	for (size_t i = f->pattern == NULL; i < n; i++) {
		const char *text = i == 0 ? f->pattern : f->also[i - 1];
		struct selector *s = selector_new(text, why, len);

		if (s == NULL)
			return why[0] == '\0' ? -ENOMEM : -EINVAL;
		w->v[w->n++] = s;
	}
	return 0;
}

static void
wanted_fini(struct wanted *w)
{
	for (size_t i = 0; i < w->n; i++)
		selector_free(w->v[i]);
	free(w->v);
}

/* 0, -ENOMEM or -EINVAL; in any case to be released. */
static int
find(struct past *p, struct matches *m, const struct past_filter *f, char *why,
    size_t len)
{
	struct wanted w;
	int rc = wanted_init(&w, f, why, len);

	*m = (struct matches){ .interval = UINT32_MAX };
	if (rc == 0)
		rc = find_all(p, m, &w);
	wanted_fini(&w);
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
	points = (struct past_points){ g.from, g.step, g.n, g.mean, g.min,
		g.max, tier_rules[g.tier].width };
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
