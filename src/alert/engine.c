/* SPDX-License-Identifier: MIT */
#include "alert/inside.h"

const struct tuning tuning_default = {
	.forget_ns = 7 * 86400 * NS_PER_S,
	.give_up_ns = 86400 * NS_PER_S,
	.refused_ns = 3600 * NS_PER_S,
	.fold = 5,
	.fold_most = 50,
};

/* --- life ---------------------------------------------------------------- */

struct engine *
engine_new(const struct policy *p, const struct tuning *t)
{
	struct engine *e = NEW(struct engine);

	e->policy = p;
	e->tuning = t;
	e->generation = 1;
	shelf_fill(&e->shelf, p);
	TAILQ_INIT(&e->alerts);
	TAILQ_INIT(&e->hosts);
	return e;
}

static void
free_track_alerts(struct engine *e)
{
	struct alert *a, *next_alert;
	struct row *r, *next;

	for (a = TAILQ_FIRST(&e->alerts); a != NULL; a = next_alert) {
		next_alert = TAILQ_NEXT(a, of_all);
		for (r = LIST_FIRST(&a->rows); r != NULL; r = next) {
			const bool last = LIST_NEXT(r, of_alert) == NULL;

			next = LIST_NEXT(r, of_alert);
			if (last && a->rule == NULL)
				a = NULL;
			row_drop(e, r);
		}
		if (a == NULL)
			continue;
		if (a->rule != NULL)
			alert_close(e, a, CLOSING_RULE);
		else
			alert_free(e, a);
	}
}

static void
free_hosts(struct engine *e)
{
	struct machine *m, *next_machine;
	struct track *t, *next;

	for (m = TAILQ_FIRST(&e->hosts); m != NULL; m = next_machine) {
		next_machine = TAILQ_NEXT(m, of_all);
		m->kept = true;
		for (t = LIST_FIRST(&m->tracks); t != NULL; t = next) {
			next = LIST_NEXT(t, of_machine);
			t->live = false;
			track_release(e, t);
		}
		machine_free(e, m);
	}
}

void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	free_track_alerts(e);
	free_hosts(e);
	for (size_t i = 0; i < e->silences.n; i++)
		silence_free(e, e->silences.v[i]);
	for (size_t i = 0; i < e->receivers.n; i++)
		receiver_free(e, e->receivers.v[i]);
	meters_free(e);
	changes_drop(e);
	vec_free(&e->silences);
	vec_free(&e->receivers);
	vec_free(&e->touched);
	vec_free(&e->marks);
	vec_free(&e->changes);
	timers_fini(&e->machine_timers);
	timers_fini(&e->alert_timers);
	timers_fini(&e->row_timers);
	shelf_fini(&e->shelf);
	index_fini(&e->tracks);
	index_fini(&e->machines);
	free(e);
}

/* --- time ---------------------------------------------------------------- */

void
engine_at(struct engine *e, int64_t boot_ns, int64_t wall_ns)
{
	e->boot = boot_ns;
	e->wall = wall_ns;
}

int64_t
engine_now(const struct engine *e)
{
	return now_of(e);
}

int64_t
wall_of(const struct engine *e, int64_t moment)
{
	return e->wall + (moment - now_of(e));
}

int64_t
since_wall(const struct engine *e, const struct alert *a, int64_t since)
{
	if (since == STAMP_NONE)
		return 0;
	return a->forced ? wall_of(e, since) : since;
}

static void
shift_alert(struct engine *e, struct alert *a, int64_t delta)
{
	struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		r->entry.since = stamp_shift(r->entry.since, delta);
		mark_row(e, r);
	}
	if (a->rule == NULL)
		return;
	level_shift(&a->level, delta);
	a->since = stamp_shift(a->since, delta);
	a->changed = stamp_shift(a->changed, delta);
	a->missed_since = stamp_shift(a->missed_since, delta);
	mark_alert(e, a);
}

void
engine_shift(struct engine *e, struct machine *m, int64_t delta)
{
	struct track *t;
	struct alert *a;

	LIST_FOREACH (t, &m->tracks, of_machine) {
		t->stamp = stamp_shift(t->stamp, delta);
		LIST_FOREACH (a, &t->alerts, of_track) {
			if (!a->forced)
				shift_alert(e, a, delta);
		}
	}
	m->newest = stamp_shift(m->newest, delta);
	m->resume = stamp_shift(m->resume, delta);
	m->absence_from = STAMP_NONE;
}

void
engine_shift_local(struct engine *e, int64_t delta)
{
	struct machine *m = index_get(&e->machines, e->policy->local);

	if (m != NULL)
		engine_shift(e, m, delta);
}

void
engine_step(struct engine *e, int64_t delta_ns)
{
	engine_shift_local(e, delta_ns);
	e->clock_dirty = true;
}

void
engine_tick(struct engine *e)
{
	machines_tick(e);
	alerts_tick(e);
	silences_tick(e);
	rows_tick(e);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
boot_of(const struct engine *e, int64_t moment)
{
	return moment == STAMP_NEVER ? INT64_MAX : moment - e->offset;
}

int64_t
engine_due(const struct engine *e)
{
	int64_t at = timers_next(&e->machine_timers);

	at = sooner(at, timers_next(&e->alert_timers));
	at = sooner(at, timers_next(&e->row_timers));
	if (e->touched.n > 0 || e->fleet)
		at = now_of(e);
	return boot_of(e, at);
}

int64_t
engine_ready(const struct engine *e, const char *receiver)
{
	const struct receiver *to = receiver_find(e, receiver);

	return to != NULL ? boot_of(e, receiver_wake(to)) : INT64_MAX;
}

int64_t
engine_wake(const struct engine *e)
{
	int64_t at = engine_due(e);

	for (size_t i = 0; i < e->receivers.n; i++)
		at = sooner(at, boot_of(e, receiver_wake(e->receivers.v[i])));
	return at;
}

size_t
engine_forget(struct engine *e, const struct pattern *p)
{
	struct alert *a, *next;
	size_t n = machines_forget(e, p);

	for (a = TAILQ_FIRST(&e->alerts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, of_all);
		if (a->rule == NULL || a->forced ||
		    !track_meant(a->track, p, a->field))
			continue;
		alert_close(e, a, CLOSING_HAND);
		n++;
	}
	engine_tick(e);
	return n;
}
