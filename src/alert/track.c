/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"
#include "flow/late.h"
#include "flow/pattern.h"
#include "flow/schema.h"

/* --- names --------------------------------------------------------------- */

/* As a pattern that means just this one, so different ones differ. */
void
track_text(struct buf *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags)
{
	if (host != NULL) {
		pattern_quote(to, host, "\\*?[]{}:");
		buf_putc(to, ':');
	}
	pattern_quote(to, plugin, "\\*?[]{}:.");
	if (instance != NULL) {
		buf_putc(to, '[');
		pattern_quote(to, instance, "\\*?[]");
		buf_putc(to, ']');
	}
	for (size_t i = 0; i < n_tags; i++) {
		buf_putc(to, i == 0 ? '{' : ',');
		pattern_quote(to, tags[i].key, "\\*?[]{},=");
		buf_putc(to, '=');
		pattern_quote(to, tags[i].value, "\\*?[]{},=");
	}
	if (n_tags > 0)
		buf_putc(to, '}');
}

/* --- life ---------------------------------------------------------------- */

/* The copy of a text at *at, which is moved behind it. */
static const char *
place_text(char **at, const char *s)
{
	char *copy = *at;

	if (s == NULL)
		return NULL;
	*at = stpcpy(copy, s) + 1;
	return copy;
}

static size_t
text_size(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

/* A track and its names, in one piece: there may be very many. */
static struct track *
track_alloc(const char *text, const char *plugin, const char *instance,
    const struct fettle_tag *tags, size_t n_tags)
{
	size_t size = sizeof(struct track) + n_tags * sizeof(*tags) +
		      text_size(text) + text_size(plugin) +
		      text_size(instance);
	struct fettle_tag *copies;
	struct track *t;
	char *at;

	for (size_t i = 0; i < n_tags; i++)
		size += text_size(tags[i].key) + text_size(tags[i].value);
	t = xcalloc(1, size);
	copies = (struct fettle_tag *)(t + 1);
	at = (char *)(copies + n_tags);
	t->text = place_text(&at, text);
	t->plugin = place_text(&at, plugin);
	t->instance = place_text(&at, instance);
	t->tags = copies;
	for (; t->n_tags < n_tags; t->n_tags++)
		copies[t->n_tags] =
		    (struct fettle_tag){ place_text(&at, tags[t->n_tags].key),
			    place_text(&at, tags[t->n_tags].value) };
	return t;
}

static struct track *
track_new(struct engine *e, const char *text, const char *host,
    const char *plugin, const char *instance, const struct fettle_tag *tags,
    size_t n_tags)
{
	struct track *t = track_alloc(text, plugin, instance, tags, n_tags);

	t->stamp = t->late_stamp = STAMP_NONE;
	LIST_INIT(&t->alerts);
	index_put(&e->tracks, t->text, t);
	if (host == NULL)
		return t;
	t->machine = machine_get(e, host);
	LIST_INSERT_HEAD(&t->machine->tracks, t, of_machine);
	return t;
}

struct track *
track_get(struct engine *e, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags)
{
	struct buf text = { 0 };
	struct track *t;

	track_text(&text, host, plugin, instance, tags, n_tags);
	t = index_get(&e->tracks, text.data);
	if (t == NULL)
		t = track_new(
		    e, text.data, host, plugin, instance, tags, n_tags);
	buf_free(&text);
	return t;
}

void
track_release(struct engine *e, struct track *t)
{
	struct machine *m = t->machine;

	if (t->live || !LIST_EMPTY(&t->alerts))
		return;
	index_remove(&e->tracks, t->text);
	if (m != NULL)
		LIST_REMOVE(t, of_machine);
	vec_free(&t->fields);
	vec_free(&t->watches);
	free(t);
	if (m != NULL)
		machine_release(e, m);
}

struct track *
engine_track(struct engine *e, const struct series *s)
{
	struct track *t = track_get(e, s->host->name, s->schema->plugin,
	    s->instance, s->tags, s->n_tags);

	t->live = true;
	if (t->owner != s)
		t->made = 0; /* what it knows of fields is the other's */
	t->owner = s;
	return t;
}

const struct series *
engine_owner(const struct track *t)
{
	return t->owner;
}

/* Of a series that comes and goes as it likes, ok, and nobody knows better. */
static bool
is_idle(const struct alert *a)
{
	const struct row *r;

	if (a->rule == NULL || a->forced || a->rule->missing > 0 ||
	    truth_rank(alert_truth(a)) > RANK_OK)
		return false;
	LIST_FOREACH (r, &a->rows, of_alert) {
		if (r->entry.under_way || !entry_knows_good(&r->entry))
			return false;
	}
	return true;
}

void
engine_untrack(struct engine *e, struct track *t)
{
	struct alert *a, *next;

	assert(t->live);
	for (a = LIST_FIRST(&t->alerts); a != NULL; a = next) {
		next = LIST_NEXT(a, of_track);
		if (is_idle(a))
			alert_close(e, a, CLOSING_SERIES);
	}
	t->live = false;
	t->owner = NULL;
	t->made = 0; /* what it knows of fields is gone with the series */
	track_release(e, t);
}

struct alert *
track_alert(const struct track *t, const char *rule_id, const char *field)
{
	struct alert *a;

	LIST_FOREACH (a, &t->alerts, of_track) {
		if (strcmp(a->field, field) == 0 &&
		    strcmp(a->rule_id, rule_id) == 0)
			return a;
	}
	return NULL;
}

/* --- rules --------------------------------------------------------------- */

/* The track as patterns see it. */
struct disguise {
	struct host host;
	struct schema schema;
};

static struct series
disguise(struct disguise *d, const struct track *t)
{
	static char nobody[] = "";

	*d = (struct disguise){ .schema = {
				    .plugin = (char *)(uintptr_t)t->plugin } };
	d->host.name = t->machine != NULL ? t->machine->name : nobody;
	return (struct series){ .host = &d->host,
		.schema = &d->schema,
		.instance = t->instance,
		.tags = t->tags,
		.n_tags = (uint32_t)t->n_tags };
}

bool
track_meant(const struct track *t, const struct pattern *p, const char *field)
{
	struct disguise d;
	const struct series s = disguise(&d, t);

	return pattern_match(p, &s) && pattern_match_field(p, field);
}

bool
track_applies(const struct track *t, const struct policy *p,
    const struct rule *r, const char *field)
{
	struct disguise d;
	const struct series s = disguise(&d, t);

	return policy_applies(p, r, &s, field);
}

static bool
any_rule(struct engine *e, const struct track *t)
{
	struct disguise d;
	const struct series s = disguise(&d, t);
	size_t n;
	const size_t *places =
	    shelf_find(&e->shelf, t->plugin, t->instance, &n);

	for (size_t i = 0; i < n; i++)
		if (pattern_match(e->policy->rules.v[places[i]]->pattern, &s))
			return true;
	return false;
}

static void
compile(struct engine *e, struct track *t)
{
	t->made = e->generation;
	t->unwatched = !any_rule(e, t);
	t->fields.n = 0;
	t->watches.n = 0;
}

static struct watched_field *
compile_field(
    struct engine *e, struct track *t, const struct fettle_field *field)
{
	const size_t first = t->watches.n;
	struct watched_field *f;
	size_t n;
	const size_t *places =
	    shelf_find(&e->shelf, t->plugin, t->instance, &n);

	for (size_t i = 0; i < n; i++) {
		const struct rule *r = e->policy->rules.v[places[i]];
		struct alert *a;

		if (!track_applies(t, e->policy, r, field->name))
			continue;
		a = track_alert(t, r->id, field->name);
		if (a != NULL && a->rule == NULL)
			a = NULL; /* closed */
		vec_add(&t->watches) = (struct watch){ r, a };
	}
	f = &vec_add(&t->fields);
	*f = (struct watched_field){ field, first, t->watches.n - first };
	return f;
}

/* Lists of a series nearly always have the same fields in the same places. */
static struct watched_field *
field_at(struct engine *e, struct track *t, size_t place,
    const struct fettle_field *field)
{
	if (place < t->fields.n && t->fields.v[place].field == field)
		return &t->fields.v[place];
	for (size_t i = 0; i < t->fields.n; i++)
		if (t->fields.v[i].field == field)
			return &t->fields.v[i];
	return compile_field(e, t, field);
}

/* --- lists --------------------------------------------------------------- */

struct sample {
	int64_t stamp, interval_ns;
	bool gap; /* so long after the one before that rates say nothing */
};

static bool
on_time(int64_t before, int64_t stamp, int64_t interval_ns)
{
	return before != STAMP_NONE &&
	       stamp - before < 3 * interval_ns + interval_ns / 2;
}

/* Late at its own pace, three times in a row: its host's clock went back. */
static bool
went_back(struct engine *e, struct track *t, const struct sample *s)
{
	const int64_t now = now_of(e);
	const bool pace = t->late_n > 0 && s->stamp > t->late_stamp &&
			  on_time(t->late_stamp, s->stamp, s->interval_ns) &&
			  now - t->late_at >= s->interval_ns / 2;

	if (t->machine->local)
		return false;
	t->late_n = pace ? t->late_n + 1 : 1;
	t->late_stamp = s->stamp;
	t->late_at = now;
	if (t->late_n < 3)
		return false;
	engine_shift(e, t->machine, s->stamp - s->interval_ns - t->stamp);
	return true;
}

/* It was kept before it was sent: old news, in whatever order. */
static bool
is_late(struct engine *e, const struct fettle_list *l, int64_t sent_ns)
{
	const bool late = list_late(l, sent_ns) > 0;

	e->late += late;
	return late;
}

static bool
in_order(struct engine *e, struct track *t, struct sample *s)
{
	if (t->stamp != STAMP_NONE && s->stamp <= t->stamp &&
	    !went_back(e, t, s)) {
		e->late++;
		return false;
	}
	s->gap = !on_time(t->stamp, s->stamp, s->interval_ns);
	t->late_n = 0;
	t->stamp = s->stamp;
	t->interval_ns = s->interval_ns;
	return true;
}

/* A counter is compared, and shown, as its rate. */
static struct alert *
open_alert(struct engine *e, struct track *t, const struct rule *r,
    const struct fettle_field *field)
{
	char *unit = xasprintf(
	    "%s%s", field->unit, field->kind != FETTLE_GAUGE ? "/s" : "");
	struct alert *a = alert_open(e, t, r, field->name, unit, false);

	free(unit);
	return a;
}

static void
judge_value(struct engine *e, struct track *t, struct watch *w,
    const struct fettle_field *field, const struct sample *s, double number)
{
	if (isfinite(number)) {
		if (w->alert == NULL)
			w->alert = open_alert(e, t, w->rule, field);
		alert_number(e, w->alert, s->stamp, number, s->interval_ns);
	} else if (w->alert != NULL) {
		alert_heard(e, w->alert);
		level_sample(&w->alert->level, s->interval_ns);
		alert_expect(e, w->alert);
	}
}

static void
judge(struct engine *e, struct track *t, const struct fettle_list *l,
    const struct sample *s)
{
	if (t->made != e->generation)
		compile(e, t);
	if (t->unwatched)
		return;
	for (size_t i = 0; i < l->n; i++) {
		const struct watched_field f =
		    *field_at(e, t, i, l->fields[i]);
		const bool known =
		    !s->gap || l->fields[i]->kind == FETTLE_GAUGE;

		for (size_t k = f.first; k < f.first + f.n; k++)
			judge_value(e, t, &t->watches.v[k], f.field, s,
			    known ? l->rates[i] : NAN);
	}
}

void
engine_list(struct engine *e, struct track *t, const struct fettle_list *l,
    int64_t sent_ns)
{
	struct sample s = { .stamp = l->time_ns,
		.interval_ns = l->interval_ns };
	bool now;

	if (s.interval_ns <= 0)
		s.interval_ns = INTERVAL_S * NS_PER_S;
	if (s.interval_ns > STAMP_INTERVAL_MAX)
		s.interval_ns = STAMP_INTERVAL_MAX;
	if (s.stamp < 0)
		s.stamp = 0;
	if (s.stamp > STAMP_MAX)
		s.stamp = STAMP_MAX;
	now = !is_late(e, l, sent_ns) && in_order(e, t, &s);
	machine_heard(e, t->machine, s.stamp, s.interval_ns, now);
	if (now)
		judge(e, t, l, &s);
	machine_judge(e, t->machine);
}
