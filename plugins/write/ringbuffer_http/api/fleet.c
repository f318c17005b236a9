/* SPDX-License-Identifier: MIT */
/* GET /api/v1/hosts: each host in a few numbers */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../answer.h"
#include "ask.h"
#include "put.h"
#include "rules.h"

enum {
	POINTS = 30,
	STEP_MS = 60000,
	SILENT_MS = 30000, /* or 3 and a half of its intervals */
	WHY_MAX = 256,
};

/* A number and what it was; NaN where there is none. */
struct trend {
	bool has;
	double value;
	double points[POINTS];
};

struct member {
	char *name, *mount;
	int64_t seen, interval;
	struct trend cpu, memory, network;
	double disk, load, uptime;
};

struct fleet {
	struct member *v; /* by name */
	size_t n, cap;
	int64_t now, step;
	struct trend *(*trend)(struct member *m); /* which is collected */
};

/* --- collecting ---------------------------------------------------------- */

static int
add_host(void *arg, const char *host, int64_t seen, size_t series)
{
	struct fleet *f = arg;

	(void)series;
	if (f->n == f->cap) {
		const size_t cap = f->cap > 0 ? f->cap * 2 : 16;
		struct member *v = reallocarray(f->v, cap, sizeof *v);

		if (v == NULL)
			return -ENOMEM;
		f->v = v;
		f->cap = cap;
	}
	f->v[f->n] = (struct member){ .name = strdup(host),
		.seen = seen,
		.disk = (double)NAN,
		.load = (double)NAN,
		.uptime = (double)NAN };
	return f->v[f->n].name != NULL ? (f->n++, 0) : -ENOMEM;
}

static int
by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct member *
find(struct fleet *f, const struct past_series *s)
{
	const struct member key = { .name = (char *)(uintptr_t)s->host };

	return f->n > 0 ? bsearch(&key, f->v, f->n, sizeof *f->v, by_name)
			: NULL;
}

/* What is older than three of its intervals is not so any more. */
static bool
is_fresh(const struct fleet *f, const struct past_series *s)
{
	const int64_t most = 3 * s->interval;

	return f->now - s->seen <= (most > SILENT_MS ? most : SILENT_MS);
}

static void
add_number(double *to, double number)
{
	if (isfinite(number))
		*to = isfinite(*to) ? *to + number : number;
}

/* Adds a series to the trend of its host, which is a sum of all of them. */
static int
add_trend(void *arg, const struct past_series *s, const struct past_points *p)
{
	struct fleet *f = arg;
	struct member *m = find(f, s);
	const size_t skip = p->n > POINTS ? p->n - POINTS : 0;
	struct trend *t;

	if (m == NULL)
		return 0;
	t = f->trend(m);
	for (int i = 0; !t->has && i < POINTS; i++)
		t->points[i] = (double)NAN;
	if (!t->has)
		t->value = (double)NAN;
	t->has = true;
	f->step = p->step;
	for (size_t i = skip; i < p->n; i++)
		add_number(&t->points[POINTS - p->n + i], p->mean[i]);
	if (is_fresh(f, s))
		add_number(&t->value, s->value);
	if (s->interval > m->interval)
		m->interval = s->interval;
	return 0;
}

static int
add_value(void *arg, const struct past_series *s)
{
	struct fleet *f = arg;
	struct member *m = find(f, s);

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

static int
collect(struct hub *hub, struct fleet *f)
{
	static const struct {
		const char *pattern;
		struct trend *(*of)(struct member *m);
		bool (*wants)(void *arg, const struct past_series *s);
	} trends[] = { { "cpu.percent", cpu_of, NULL },
		{ "memory.percent", memory_of, NULL },
		{ "network[*].rx_bytes", network_of, is_wire },
		{ "network[*].tx_bytes", network_of, is_wire } };
	static const char *const values[] = { "disk[*].percent", "load.1m",
		"uptime.uptime" };
	const struct past_range range = {
		.from = f->now - (int64_t)POINTS * STEP_MS,
		.to = f->now,
		.points = POINTS + 1,
	};
	char why[WHY_MAX];
	int rc = past_each_host(hub->past, add_host, f);

	if (f->n > 0)
		qsort(f->v, f->n, sizeof *f->v, by_name);
	for (size_t i = 0; rc == 0 && i < sizeof(trends) / sizeof *trends;
	     i++) {
		const struct past_filter filter = { .pattern =
							trends[i].pattern,
			.wants = trends[i].wants,
			.arg = f };

		f->trend = trends[i].of;
		rc = past_query(hub->past, &filter, &range, f->now, add_trend,
		    NULL, why, sizeof(why));
	}
	for (size_t i = 0; rc == 0 && i < sizeof(values) / sizeof *values;
	     i++) {
		const struct past_filter filter = { .pattern = values[i],
			.arg = f };

		rc = past_each_series(
		    hub->past, &filter, add_value, NULL, why, sizeof(why));
	}
	return rc;
}

/* --- showing ------------------------------------------------------------- */

static void
put_trend(struct text *to, const char *key, const struct trend *t)
{
	text_str(to, ",\"");
	text_str(to, key);
	text_str(to, "\":");
	if (!t->has || !isfinite(t->value)) {
		text_str(to, "null");
		return;
	}
	text_char(to, '{');
	put_number(to, "value", t->value);
	text_str(to, ",\"points\":");
	put_numbers(to, t->points, POINTS);
	text_char(to, '}');
}

static void
put_or_null(struct text *to, const char *key, double number)
{
	if (isfinite(number)) {
		put_number(to, key, number);
		return;
	}
	text_str(to, ",\"");
	text_str(to, key);
	text_str(to, "\":null");
}

static void
put_disk(struct text *to, const struct member *m)
{
	if (m->mount == NULL) {
		text_str(to, ",\"disk\":null");
		return;
	}
	text_str(to, ",\"disk\":{\"mount\":");
	text_json(to, m->mount);
	put_number(to, "value", m->disk);
	text_char(to, '}');
}

static bool
is_silent(const struct fleet *f, const struct member *m)
{
	const int64_t most = m->interval * 7 / 2;

	return f->now - m->seen > (most > SILENT_MS ? most : SILENT_MS);
}

static void
put_tags(struct text *to, const json_t *tags)
{
	char *text = tags != NULL ? json_dumps(tags, JSON_COMPACT) : NULL;

	text_str(to, ",\"tags\":");
	text_str(to, text != NULL ? text : "{}");
	free(text);
}

static void
put_member(struct text *to, const struct fleet *f, const struct member *m,
    const char *state, const json_t *tags, bool own)
{
	text_str(
	    to, to->data[to->len - 1] == '[' ? "{\"host\":" : ",{\"host\":");
	text_json(to, m->name);
	text_str(to, ",\"state\":");
	text_json(to, is_silent(f, m) ? "silent" : state);
	put_seconds(to, "last_seen", m->seen);
	put_seconds(to, "interval", m->interval);
	put_tags(to, tags);
	text_str(to, own ? ",\"version\":\"" PACKAGE_VERSION "\""
			 : ",\"version\":null");
	put_or_null(to, "uptime", m->uptime);
	put_trend(to, "cpu", &m->cpu);
	put_trend(to, "memory", &m->memory);
	put_trend(to, "network", &m->network);
	put_disk(to, m);
	put_or_null(to, "load", m->load);
	text_char(to, '}');
}

/* {"web-1": {...}}, of what the daemon says of hosts. */
static json_t *
ask_tags(struct hub *hub)
{
	json_t *answer = ask_json(hub, "{\"do\":\"hosts\"}"), *one;
	json_t *tags = json_object();
	size_t i;

	json_array_foreach(json_object_get(answer, "hosts"), i, one)
	{
		const char *host =
		    json_string_value(json_object_get(one, "host"));

		if (host != NULL)
			json_object_set(
			    tags, host, json_object_get(one, "tags"));
	}
	json_decref(answer);
	return tags;
}

static void
put_fleet(struct hub *hub, const struct fleet *f, struct text *to)
{
	struct rules *rules = rules_ask(hub);
	json_t *tags = ask_tags(hub);

	text_char(to, '{');
	put_seconds(to, "now", f->now);
	text_str(to, ",\"version\":\"" PACKAGE_VERSION "\"");
	put_seconds(to, "step", f->step > 0 ? f->step : STEP_MS);
	text_str(to, ",\"hosts\":[");
	for (size_t i = 0; i < f->n && !to->failed; i++)
		put_member(to, f, &f->v[i], rules_state(rules, f->v[i].name),
		    json_object_get(tags, f->v[i].name),
		    strcmp(f->v[i].name, fettle_host(hub->ctx)) == 0);
	text_str(to, "]}\n");
	json_decref(tags);
	rules_free(rules);
}

enum MHD_Result
api_hosts_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct fleet f = { .now = hub_now_ms() };
	struct text body = { 0 };
	int rc;

	hub_settle(hub, conn);
	if (hub->past == NULL)
		return put_absent(hub, conn, c);
	rc = collect(hub, &f);
	if (rc == 0)
		put_fleet(hub, &f, &body);
	for (size_t i = 0; i < f.n; i++) {
		free(f.v[i].name);
		free(f.v[i].mount);
	}
	free(f.v);
	body.failed |= rc != 0;
	return put_send(hub, conn, c, &body);
}
