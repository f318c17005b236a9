/* SPDX-License-Identifier: MIT */
#include "fleet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "common/selector.h"

#define STEP_MS ((int64_t)FLEET_STEP_MS)

enum { WHY_MAX = 256 };

/* --- who there is -------------------------------------------------------- */

/* One more, behind the others; NULL: no memory. */
static struct member *
add_member(struct fleet *f, const char *name)
{
	const size_t cap = f->cap > 0 ? f->cap * 2 : 16;
	struct member *v;

	if (f->n == f->cap) {
		v = reallocarray(f->v, cap, sizeof *v);
		if (v == NULL)
			return NULL;
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n] = (struct member){ .name = strdup(name),
		.disk = (double)NAN,
		.load = (double)NAN,
		.uptime = (double)NAN };
	return f->v[f->n].name != NULL ? &f->v[f->n++] : NULL;
}

static int
by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
sort(struct fleet *f)
{
	if (f->n > 0)
		qsort(f->v, f->n, sizeof *f->v, by_name);
}

/* Among the first n, which are sorted; NULL: it is not there. */
static struct member *
find(const struct fleet *f, size_t n, const char *name)
{
	const struct member key = { .name = (char *)(uintptr_t)name };

	return n > 0 ? bsearch(&key, f->v, n, sizeof *f->v, by_name) : NULL;
}

static int64_t
ms_of(const json_t *o, const char *key)
{
	const double s = json_number_value(json_object_get(o, key));

	return s > 0 && s < 1e12 ? (int64_t)(s * 1e3) : 0;
}

static int
add_heard(struct fleet *f)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(f->heard, "hosts"), i, one) {
		const char *name =
		    json_string_value(json_object_get(one, "host"));
		struct member *m;

		if (name == NULL || !selector_glob(f->hosts.glob, name))
			continue;
		m = add_member(f, name);
		if (m == NULL)
			return -ENOMEM;
		m->heard = true;
		m->seen = ms_of(one, "last_seen");
		m->interval = ms_of(one, "interval");
		m->tags = json_object_get(one, "tags");
	}
	sort(f);
	return 0;
}

/* While those of history are added. */
struct adding {
	struct fleet *fleet;
	size_t heard; /* these are before them */
};

static int
add_past(void *arg, const char *host, int64_t seen, size_t series)
{
	const struct adding *a = arg;
	struct member *m = find(a->fleet, a->heard, host);

	(void)series;
	if (!selector_glob(a->fleet->hosts.glob, host))
		return 0;
	if (m == NULL) {
		m = add_member(a->fleet, host);
		if (m == NULL)
			return -ENOMEM;
		m->seen = seen;
	}
	m->past = true;
	return 0;
}

static int
add_hosts(struct fleet *f, struct hub *hub)
{
	struct adding a = { .fleet = f };
	int rc;

	f->heard = ask_json(hub, "{\"do\":\"hosts\"}");
	rc = add_heard(f);
	a.heard = f->n;
	if (rc == 0 && hub->past != NULL)
		rc = past_each_host(hub->past, add_past, &a);
	sort(f);
	return rc;
}

/* --- their numbers ------------------------------------------------------- */

/* What is older than three of its intervals is not so any more. */
static bool
is_fresh(const struct fleet *f, const struct past_series *s)
{
	const int64_t most = 3 * s->interval;

	return f->now - s->seen <=
	       (most > FLEET_SILENT_MS ? most : FLEET_SILENT_MS);
}

static void
add_number(double *to, double number)
{
	if (isfinite(number))
		*to = isfinite(*to) ? *to + number : number;
}

/* What it was then, be its steps longer than ours. */
static double
number_at(const struct past_points *p, int64_t time)
{
	const int64_t i = time < p->from ? -1 : (time - p->from) / p->step;

	return i >= 0 && i < (int64_t)p->n ? p->mean[i] : (double)NAN;
}

/* Adds a series to the trend of its host, which is a sum of all of them. */
static int
add_trend(void *arg, const struct past_series *s, const struct past_points *p)
{
	struct fleet *f = arg;
	struct member *m = find(f, f->n, s->host);
	struct trend *t;

	if (m == NULL)
		return 0;
	t = f->trend(m);
	for (int i = 0; !t->has && i < FLEET_POINTS; i++)
		t->points[i] = (double)NAN;
	if (!t->has)
		t->value = (double)NAN;
	t->has = true;
	for (int i = 0; i < FLEET_POINTS; i++)
		add_number(&t->points[i], number_at(p, f->from + i * STEP_MS));
	if (is_fresh(f, s))
		add_number(&t->value, s->value);
	if (!m->heard && s->interval > m->interval)
		m->interval = s->interval;
	return 0;
}

static int
add_value(void *arg, const struct past_series *s)
{
	struct fleet *f = arg;
	struct member *m = find(f, f->n, s->host);

	if (m == NULL || !isfinite(s->value) || !is_fresh(f, s))
		return 0;
	if (strcmp(s->plugin, "load") == 0)
		m->load = s->value;
	else if (strcmp(s->plugin, "uptime") == 0)
		m->uptime = s->value;
	else if (s->instance != NULL && !(s->value <= m->disk)) {
		char *mount = strdup(s->instance);

		if (mount == NULL)
			return -ENOMEM;
		free(m->mount);
		m->mount = mount;
		m->disk = s->value;
	}
	return 0;
}

static struct trend *
cpu_of(struct member *m)
{
	return &m->cpu;
}

static struct trend *
memory_of(struct member *m)
{
	return &m->memory;
}

static struct trend *
network_of(struct member *m)
{
	return &m->network;
}

/* Loopback is no network. */
static bool
is_wire(void *arg, const struct past_series *s)
{
	(void)arg;
	return s->instance != NULL && strcmp(s->instance, "lo") != 0;
}

/* Each is added to a trend. */
static const struct {
	const char *pattern;
	struct trend *(*of)(struct member *m);
	bool (*wants)(void *arg, const struct past_series *s);
} trends[] = {
	{ "cpu.percent", cpu_of, NULL },
	{ "memory.percent", memory_of, NULL },
	{ "network[*].rx_bytes", network_of, is_wire },
	{ "network[*].tx_bytes", network_of, is_wire },
};

static int
add_trends(struct fleet *f, struct past *past)
{
	const struct past_range range = { .from = f->from,
		.to = f->from + FLEET_POINTS * STEP_MS,
		.points = FLEET_POINTS };
	char why[WHY_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(trends) / sizeof *trends;
	     i++) {
		const struct past_filter filter = {
			.pattern = trends[i].pattern,
			.hosts = f->hosts.glob,
			.wants = trends[i].wants,
			.arg = f,
		};

		f->trend = trends[i].of;
		rc = past_query(past, &filter, &range, f->now, add_trend, NULL,
		    why, sizeof(why));
	}
	return rc;
}

static int
add_values(struct fleet *f, struct past *past)
{
	static const char *const patterns[] = { "disk[*].percent", "load.1m",
		"uptime.uptime" };
	char why[WHY_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(patterns) / sizeof *patterns;
	     i++) {
		const struct past_filter filter = { .pattern = patterns[i],
			.hosts = f->hosts.glob,
			.arg = f };

		rc = past_each_series(
		    past, &filter, add_value, NULL, why, sizeof(why));
	}
	return rc;
}

/* --- the whole ----------------------------------------------------------- */

int
fleet_init(struct fleet *f, struct hub *hub, const struct may_hosts *hosts,
    int64_t now)
{
	int rc;

	*f = (struct fleet){ .now = now, .hosts = *hosts };
	f->from = (now / STEP_MS + 1 - FLEET_POINTS) * STEP_MS;
	rc = add_hosts(f, hub);
	if (rc == 0 && hub->past != NULL)
		rc = add_trends(f, hub->past);
	if (rc == 0 && hub->past != NULL)
		rc = add_values(f, hub->past);
	return rc;
}

void
fleet_fini(struct fleet *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].name);
		free(f->v[i].mount);
	}
	free(f->v);
	json_decref(f->heard);
}

bool
fleet_is_silent(const struct fleet *f, const struct member *m)
{
	const int64_t most = m->interval * 7 / 2;

	return f->now - m->seen >
	       (most > FLEET_SILENT_MS ? most : FLEET_SILENT_MS);
}
