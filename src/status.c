/* SPDX-License-Identifier: MIT */
/* What the control protocol answers; documented in fettlectl(1). */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "alerts_ask.h"
#include "base/clock.h"
#include "base/line_json.h"
#include "control/protocol.h"
#include "control/server.h"
#include "daemon.h"
#include "flow/cache.h"

static json_t *
seconds(int64_t ns)
{
	return json_real((double)ns / (double)NS_PER_S);
}

static json_t *
count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n)
			      : json_real((double)n);
}

static json_t *
text_or_null(const char *s)
{
	return s != NULL && *s != '\0' ? json_string(s) : json_null();
}

/* Whether a member of a request is there and no text; *error says so. */
static bool
is_no_text(const json_t *request, const char *key, json_t **error)
{
	const json_t *value = json_object_get(request, key);

	if (value == NULL || json_is_string(value))
		return false;
	*error = control_error("\"%s\" is not a text", key);
	return true;
}

/* --- status -------------------------------------------------------------- */

static json_t *
roles_of(const struct plugin *p)
{
	json_t *roles = json_array();

	if (p->d.read != NULL)
		json_array_append_new(roles, json_string("read"));
	if (p->d.flags & FETTLE_SOURCE)
		json_array_append_new(roles, json_string("source"));
	if (p->d.write != NULL)
		json_array_append_new(roles, json_string("write"));
	if (p->d.notify != NULL)
		json_array_append_new(roles, json_string("notify"));
	return roles;
}

static json_t *
dropped_json(const struct writer_stats *s)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "full",
	    count(s->dropped_full), "age", count(s->dropped_age), "refused",
	    count(s->dropped_refused), "too_large",
	    count(s->dropped_too_large), "corrupt", count(s->dropped_corrupt),
	    "drain", count(s->dropped_drain));
}

static const char *
spool_state(const struct keeper_stats *s)
{
	static const char *const names[] = { [KEEPER_OFF] = "none",
		[KEEPER_OPENING] = "opening",
		[KEEPER_OK] = "ok",
		[KEEPER_DEGRADED] = "degraded",
		[KEEPER_ENDED] = "closed" };

	return names[s->state];
}

static void
add_writer(json_t *to, struct writer *w)
{
	struct writer_stats s;

	writer_stats(w, &s);
	json_object_set_new(to, "queue",
	    json_pack("{s:o,s:o,s:o,s:o}", "lists", count(s.lists), "bytes",
		count(s.bytes), "limit", count(s.room), "oldest",
		seconds(s.oldest_ns)));
	json_object_set_new(to, "entered", count(s.entered));
	json_object_set_new(to, "sent", count(s.sent));
	json_object_set_new(to, "retried", count(s.retried));
	json_object_set_new(to, "dropped", dropped_json(&s));
	json_object_set_new(to, "spool",
	    s.spool.promise != SURVIVE_NONE
		? json_string(spool_state(&s.spool))
		: json_null());
}

static void
add_receiver(json_t *to, struct daemon *d, const char *label)
{
	struct desk_receiver r;

	desk_receiver(d->desk, label, &r);
	json_object_set_new(to, "notices",
	    json_pack("{s:o,s:o,s:o,s:o,s:o}", "sent", count(r.sent), "failed",
		count(r.failed), "pending", count(r.ready + r.under_way),
		"streak", count(r.streak), "next",
		r.ready > 0 ? seconds(r.next_ns) : json_null()));
}

static json_t *
alerts_status(struct daemon *d)
{
	struct desk_stats s;
	json_t *o;

	desk_stats(d->desk, &s);
	o = json_pack("{s:o,s:{s:o,s:o,s:o,s:o},s:o,s:o,s:o}", "rules",
	    count(s.rules), "states", "ok", count(s.by_rank[RANK_OK]),
	    "no-data", count(s.by_rank[RANK_NO_DATA]), "warning",
	    count(s.by_rank[RANK_WARNING]), "failure",
	    count(s.by_rank[RANK_FAILURE]), "silences",
	    count(s.engine.silences), "late", count(s.engine.late), "dead",
	    count(s.engine.dead));
	json_object_set_new(o, "store",
	    json_pack("{s:s,s:o,s:o,s:o,s:o}", "state",
		desk_store_name(s.store), "why",
		s.why[0] != '\0' ? line_json(s.why) : json_null(), "since",
		s.since_ns > 0 ? seconds(s.since_ns) : json_null(), "bytes",
		count(s.bytes), "commits", count(s.commits)));
	return o;
}

static json_t *
unit_status(struct daemon *d, const struct unit *u)
{
	struct fettle_ctx *i = unit_instance(d, u);
	struct instance_stats s;
	json_t *o;

	instance_stats(i, &s);
	o = json_pack("{s:s,s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "label",
	    u->label, "plugin", u->plugin->name, "roles", roles_of(u->plugin),
	    "state", s.stuck ? "stuck" : instance_state_name(s.state),
	    "interval", seconds(i->interval_ns), "calls", count(s.calls),
	    "failures", count(s.failures), "streak", count(s.streak),
	    "last_run",
	    s.last_wall_ns > 0 ? seconds(s.last_wall_ns) : json_null(),
	    "error", text_or_null(s.error));
	json_object_set_new(o, "duration",
	    json_pack("{s:o,s:o,s:o}", "last", seconds(s.last_ns), "mean",
		seconds(s.calls > 0 ? s.sum_ns / (int64_t)s.calls : 0), "max",
		seconds(s.max_ns)));
	if (u->writer != NULL)
		add_writer(o, u->writer);
	if (u->courier != NULL)
		add_receiver(o, d, u->label);
	instance_unref(i);
	return o;
}

static void
add_astray(void *arg, const char *host, int64_t ahead_ns)
{
	json_array_append_new(
	    arg, json_pack("{s:o,s:o}", "host", line_json(host), "ahead",
		     seconds(ahead_ns)));
}

static json_t *
dispatch_status(struct daemon *d)
{
	json_t *dropped = json_object(), *astray = json_array(), *o;
	struct dispatch *q = &d->dispatch;

	pthread_mutex_lock(&q->lock);
	o = json_pack("{s:o,s:o}", "queued",
	    count(q->own.lists + q->posted.lists), "lists", count(q->lists));
	json_object_set_new(dropped, "queue", count(q->displaced));
	pthread_mutex_unlock(&q->lock);
	series_lock(&d->table);
	for (int r = DROP_HOSTS; r < DROP_N; r++)
		json_object_set_new(dropped, drop_name((enum drop)r),
		    count(d->table.dropped[r]));
	json_object_set_new(o, "series", count(d->table.n_series));
	json_object_set_new(o, "hosts", count(d->table.n_hosts));
	series_unlock(&d->table);
	json_object_set_new(o, "dropped", dropped);
	astray_each(&d->astray, clock_mono(), add_astray, astray);
	json_object_set_new(o, "astray", astray);
	return o;
}

/* How many agents are named: those that were heard of last. */
enum { AGENTS_MAX = 100 };

static bool
add_agent(void *arg, const char *host, const struct seen_counts *c)
{
	json_t *agents = arg;

	json_array_append_new(agents,
	    json_pack("{s:o,s:o,s:o,s:o,s:o}", "host", line_json(host), "lost",
		count(c->lost), "late", seconds(c->behind_ns), "refilled",
		count(c->refilled), "duplicate", count(c->duplicate)));
	return json_array_size(agents) < AGENTS_MAX;
}

/* What a hub has had of the queues of others; nothing of one that is none. */
static json_t *
ingest_status(struct daemon *d)
{
	json_t *agents = json_array();
	struct seen_counts c;
	size_t late;
	const size_t n = seen_sums(&d->seen, &c, &late);

	seen_each(&d->seen, add_agent, agents);
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "queues", count(n),
	    "late", count(late), "lost", count(c.lost), "refilled",
	    count(c.refilled), "duplicate", count(c.duplicate), "agents",
	    agents);
}

static json_t *
refused_status(const struct setup *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->refused.n; i++)
		json_array_append_new(all,
		    json_pack("{s:s,s:o,s:o}", "plugin", s->refused.v[i].label,
			"file", line_json(s->refused.v[i].file), "reason",
			line_json(s->refused.v[i].reason)));
	return all;
}

static json_t *
run_status(void *arg, const json_t *request)
{
	struct daemon *d = arg;
	json_t *instances = json_array(), *o;
	int stuck, threads = pool_threads(&d->pool, &stuck);

	(void)request;
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n; i++)
		json_array_append_new(
		    instances, unit_status(d, &d->units.v[i]));
	o = json_pack("{s:b,s:s,s:s,s:i,s:o,s:o,s:o}", "ok", 1, "version",
	    PACKAGE_VERSION, "host", pool_get_host(&d->pool), "pid",
	    (int)getpid(), "uptime", seconds(clock_mono() - d->started_ns),
	    "config", line_json(d->config_path), "state_dir",
	    line_json(d->state_dir));
	json_object_set_new(o, "reloads",
	    json_pack("{s:o,s:o,s:o}", "done", count(d->reload_ok), "failed",
		count(d->reload_failed), "error",
		text_or_null(d->reload_error)));
	json_object_set_new(o, "refused", refused_status(d->setup));
	pthread_mutex_unlock(&d->lock);
	json_object_set_new(o, "dispatch", dispatch_status(d));
	json_object_set_new(o, "alerts", alerts_status(d));
	if (via_begun())
		json_object_set_new(o, "ingest", ingest_status(d));
	json_object_set_new(o, "readers",
	    json_pack("{s:i,s:i}", "threads", threads, "stuck", stuck));
	json_object_set_new(o, "instances", instances);
	return o;
}

/* --- values -------------------------------------------------------------- */

struct found {
	const struct pattern *pattern; /* NULL: everything */
	VEC(struct series *) series;
};

static const char *
value_kind(enum fettle_kind kind)
{
	return kind == FETTLE_GAUGE	? "gauge"
	       : kind == FETTLE_COUNTER ? "counter"
					: "total";
}

static json_t *
field_value(const struct cached_value *v, bool help)
{
	json_t *o =
	    json_pack("{s:s,s:s,s:s,s:o,s:o}", "name", v->field->name, "kind",
		value_kind(v->field->kind), "unit", v->field->unit, "value",
		v->value.kind == FETTLE_COUNTER ? count(v->value.count)
						: json_real(v->value.real),
		"rate", isfinite(v->rate) ? json_real(v->rate) : json_null());

	if (help)
		json_object_set_new(o, "help", text_or_null(v->field->help));
	return o;
}

static json_t *
tags_object(const struct fettle_tag *tags, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_set_new(
		    o, tags[i].key, json_string(tags[i].value));
	return o;
}

static void
find_series(void *arg, struct series *s)
{
	struct found *f = arg;

	if (s->cached != NULL &&
	    (f->pattern == NULL || pattern_match(f->pattern, s)))
		vec_add(&f->series) = s;
}

/* As a person counts: cpu[2] before cpu[10], the whole before its parts. */
static int
by_name(const void *a, const void *b)
{
	const struct series *x = *(struct series *const *)a,
			    *y = *(struct series *const *)b;
	int order = strcmp(x->host->name, y->host->name);

	if (order == 0)
		order = strcmp(x->schema->plugin, y->schema->plugin);
	if (order == 0)
		order = strverscmp(x->instance != NULL ? x->instance : "",
		    y->instance != NULL ? y->instance : "");
	return order != 0 ? order : (x->number > y->number) * 2 - 1;
}

static json_t *
series_fields(const struct series *s, const struct pattern *pattern, bool help)
{
	const struct cached *c = s->cached;
	json_t *fields = json_array();

	for (uint32_t i = 0; i < c->n; i++)
		if (c->v[i].value.kind != 0 &&
		    (pattern == NULL ||
			pattern_match_field(pattern, c->v[i].field->name)))
			json_array_append_new(
			    fields, field_value(&c->v[i], help));
	return fields;
}

static json_t *
series_object(const struct series *s, json_t *fields)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "host",
	    s->host->name, "plugin", s->schema->plugin, "instance",
	    text_or_null(s->instance), "instance_name",
	    text_or_null(s->schema->instance_name), "tags",
	    tags_object(s->tags, s->n_tags), "time",
	    seconds(s->cached->time_ns), "interval",
	    seconds(s->cached->interval_ns), "fields", fields);
}

/* Bytes of text that these take at least. */
static size_t
least_text(const struct series *s, size_t fields)
{
	enum { LIST_BYTES = 100, FIELD_BYTES = 50 };

	return LIST_BYTES + strlen(s->host->name) + strlen(s->schema->plugin) +
	       fields * FIELD_BYTES;
}

/* The cache's lock is taken before the table's: the dispatch thread, which
 * holds the former, may need the latter. */
json_t *
status_values(
    struct daemon *d, const struct pattern *pattern, bool help, size_t most)
{
	struct found f = { .pattern = pattern };
	json_t *out = json_array(), *fields;
	size_t text = 0;

	pthread_mutex_lock(&d->dispatch.cache_lock);
	series_lock(&d->table);
	series_each(&d->table, find_series, &f);
	if (f.series.n > 0)
		qsort(f.series.v, f.series.n, sizeof(*f.series.v), by_name);
	for (size_t i = 0; i < f.series.n && text <= most; i++) {
		fields = series_fields(f.series.v[i], pattern, help);
		text += least_text(f.series.v[i], json_array_size(fields));
		if (json_array_size(fields) > 0)
			json_array_append_new(
			    out, series_object(f.series.v[i], fields));
		else
			json_decref(fields);
	}
	series_unlock(&d->table);
	pthread_mutex_unlock(&d->dispatch.cache_lock);
	vec_free(&f.series);
	if (text <= most)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *
run_values(void *arg, const json_t *request)
{
	const char *text = control_text(request, "pattern");
	struct pattern *pattern = NULL;
	json_t *values, *error;
	char why[256];

	if (is_no_text(request, "pattern", &error))
		return error;
	if (text != NULL) {
		pattern = pattern_parse(text, why, sizeof(why));
		if (pattern == NULL)
			return control_error("'%s': %s", text, why);
	}
	values = status_values(arg, pattern,
	    json_is_true(json_object_get(request, "help")),
	    CONTROL_ANSWER_MAX);
	pattern_free(pattern);
	if (values == NULL)
		return control_error("the answer would be longer than the %d "
				     "bytes that are sent: ask for less, such "
				     "as one host or one plugin",
		    CONTROL_ANSWER_MAX);
	return json_pack("{s:b,s:o}", "ok", 1, "values", values);
}

/* --- hosts, flush, reload ------------------------------------------------ */

/* The shortest of those of its series that still come; 0: none does. */
static int64_t
host_interval(const struct host *h)
{
	int64_t shortest = 0;

	for (size_t i = 0; i < h->n_slots; i++) {
		const struct series *s = h->slots[i];
		const int64_t interval = s != NULL && s->cached != NULL
					     ? s->cached->interval_ns
					     : 0;

		if (interval > 0 && (shortest == 0 || interval < shortest) &&
		    (h->seen_ns - s->seen_ns) / 4 <= interval)
			shortest = interval;
	}
	return shortest;
}

static json_t *
host_object(const struct host *h)
{
	return json_pack("{s:s,s:o,s:o,s:o,s:o}", "host", h->name, "last_seen",
	    seconds(h->seen_wall_ns), "interval", seconds(host_interval(h)),
	    "series", count(h->n), "tags",
	    h->tags != NULL ? tags_object(h->tags->v, h->tags->n)
			    : json_object());
}

/* The locks as in status_values. */
static json_t *
run_hosts(void *arg, const json_t *request)
{
	struct daemon *d = arg;
	json_t *hosts = json_array();

	(void)request;
	pthread_mutex_lock(&d->dispatch.cache_lock);
	series_lock(&d->table);
	for (size_t i = 0; i < d->table.n_buckets; i++)
		for (struct host *h = d->table.buckets[i]; h != NULL;
		     h = h->next)
			if (h->n > 0)
				json_array_append_new(hosts, host_object(h));
	series_unlock(&d->table);
	pthread_mutex_unlock(&d->dispatch.cache_lock);
	return json_pack("{s:b,s:o}", "ok", 1, "hosts", hosts);
}

static json_t *
run_flush(void *arg, const json_t *request)
{
	const char *label = control_text(request, "writer");
	struct daemon *d = arg;
	json_t *error;
	int n = 0;

	if (is_no_text(request, "writer", &error))
		return error;
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n; i++) {
		const struct unit *u = &d->units.v[i];

		if (u->writer == NULL ||
		    (label != NULL && strcmp(label, u->label) != 0))
			continue;
		writer_flush(u->writer);
		n++;
	}
	pthread_mutex_unlock(&d->lock);
	if (label != NULL && n == 0)
		return control_error("no writer is called '%s'", label);
	return json_pack("{s:b,s:i}", "ok", 1, "flushed", n);
}

/* --- spool --------------------------------------------------------------- */

static json_t *
writer_spool(const char *label, struct writer *w)
{
	struct writer_stats s;
	json_t *o;

	writer_stats(w, &s);
	o = json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "writer", label,
	    "survive", promise_name(s.spool.promise), "state",
	    spool_state(&s.spool), "why",
	    s.spool.why[0] != '\0' ? line_json(s.spool.why) : json_null(),
	    "lists", count(s.lists), "disk", count(s.disk), "memory",
	    count(s.lists - s.disk), "bytes", count(s.spool.bytes), "oldest",
	    seconds(s.oldest_ns));
	if (s.spool.promise != SURVIVE_NONE) {
		json_object_set_new(o, "max_size", count(s.spool.max_size));
		json_object_set_new(o, "max_age", seconds(s.spool.max_age_ns));
	}
	json_object_set_new(o, "entered", count(s.entered));
	json_object_set_new(o, "sent", count(s.sent));
	json_object_set_new(o, "dropped", dropped_json(&s));
	json_object_set_new(o, "dead", writer_dead(w));
	return o;
}

static json_t *
run_spool(void *arg, const json_t *request)
{
	const char *label = control_text(request, "writer");
	json_t *spools = json_array(), *error;
	struct daemon *d = arg;

	if (is_no_text(request, "writer", &error)) {
		json_decref(spools);
		return error;
	}
	pthread_mutex_lock(&d->lock);
	for (size_t i = 0; i < d->units.n; i++) {
		const struct unit *u = &d->units.v[i];

		if (u->writer != NULL &&
		    (label == NULL || strcmp(label, u->label) == 0))
			json_array_append_new(
			    spools, writer_spool(u->label, u->writer));
	}
	pthread_mutex_unlock(&d->lock);
	if (label != NULL && json_array_size(spools) == 0) {
		json_decref(spools);
		return control_error("no writer is called '%s'", label);
	}
	return json_pack("{s:b,s:o}", "ok", 1, "spools", spools);
}

static json_t *
run_reload(void *arg, const json_t *request)
{
	(void)request;
	return reload_ask(arg);
}

static json_t *
run_ask(void *arg, const json_t *request)
{
	return ask_plugin(arg, request);
}

const struct control_command *
status_commands(size_t *n)
{
	static const struct control_command commands[] = {
		{ "status", true, run_status, false },
		{ "values", true, run_values, false },
		{ "hosts", true, run_hosts, false },
		{ "spool", true, run_spool, false },
		{ "ask", true, run_ask, true },
		{ "alerts", true, alerts_list, false },
		{ "rules", true, alerts_rules, false },
		{ "explain", true, alerts_explain, false },
		{ "silences", true, alerts_silences, false },
		{ "silence", false, alerts_silence, true },
		{ "unsilence", false, alerts_unsilence, true },
		{ "forget", false, alerts_forget, true },
		{ "test", false, alerts_test, true },
		{ "flush", false, run_flush, false },
		{ "reload", false, run_reload, false },
	};

	*n = sizeof(commands) / sizeof(commands[0]);
	return commands;
}
