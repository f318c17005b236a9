/* SPDX-License-Identifier: MIT */
/* Going on where it was left, or killed. */
#include "alert/inside.h"

enum { BLIND_S = 366 * 86400 };

/*
 * Nothing that is stored is later than the clock that was stored with it,
 * but where that record was lost, or the file was changed by somebody
 * else.
 */
static void
clip(int64_t *moment, int64_t most)
{
	if (*moment > most)
		*moment = most;
}

static void
clip_rows(struct engine *e, struct alert *a)
{
	struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		clip(&r->entry.confirmed_at, now_of(e));
		clip(&r->entry.ready_at, now_of(e));
		clip(&r->entry.refused_at, now_of(e));
	}
}

static void
clip_all(struct engine *e)
{
	struct machine *m;
	struct alert *a;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		clip_rows(e, a);
		if (!a->forced)
			continue;
		clip(&a->since, now_of(e));
		clip(&a->changed, now_of(e));
	}
	TAILQ_FOREACH (m, &e->hosts, of_all) {
		clip(&m->silent_at, now_of(e));
	}
	for (size_t i = 0; i < e->receivers.n; i++) {
		struct receiver *r = e->receivers.v[i];

		clip(&r->free_at, now_of(e) + r->pace_ns);
		clip(&r->blocked_until, now_of(e) + AFTER_MOST_S * NS_PER_S);
	}
	for (size_t i = 0; i < e->silences.n; i++) {
		struct silence *s = e->silences.v[i];
		const int64_t length = s->end - s->begun;

		clip(&s->begun, now_of(e));
		clip(&s->end, s->begun + length);
	}
}

/* What was judged before the start is not judged again. */
void
alert_take_up(struct engine *e, struct alert *a, bool runs)
{
	struct track *t = a->track;
	const struct rule *r = rule_of(e, a);

	a->heard = a->forced;
	if (!runs) {
		a->level.stamp = STAMP_NONE;
		level_restart(&a->level);
	}
	if (!a->forced)
		t->stamp = stamp_later(
		    t->stamp, stamp_later(a->level.stamp, a->changed));
	if (r == NULL) {
		alert_discard(e, a, CLOSING_RULE);
		return;
	}
	alert_attach(e, a, r);
	if (a->forced && t->machine != NULL)
		t->machine->silence = a;
	else if (a->forced)
		e->hub = a;
}

static void
take_up_alerts(struct engine *e, bool runs)
{
	struct alert *a, *next;

	for (a = TAILQ_FIRST(&e->alerts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, of_all);
		if (a->loaded)
			alert_take_up(e, a, runs);
		else
			alert_discard(e, a, CLOSING_SERIES);
	}
}

static void
take_up_hosts(struct engine *e)
{
	struct machine *m;

	TAILQ_FOREACH (m, &e->hosts, of_all) {
		m->heard_at = now_of(e);
		m->gather_until = now_of(e) + GATHER_S * NS_PER_S;
	}
}

/* Killed while messages were under way: nobody knows whether they arrived. */
static void
take_up_receivers(struct engine *e)
{
	struct alert *a;
	struct row *r;

	TAILQ_FOREACH (a, &e->alerts, of_all) {
		LIST_FOREACH (r, &a->rows, of_alert) {
			if (r->entry.under_way)
				vec_add(&r->receiver->under_way) = r;
		}
	}
	for (size_t i = 0; i < e->receivers.n; i++)
		if (e->receivers.v[i]->pending ||
		    e->receivers.v[i]->under_way.n > 0)
			receiver_unknown(e, e->receivers.v[i]);
}

/* The alert clock where it was left, and the time since.  A wall clock that
 * began in 1970 and was set then is no reason to let it run away. */
int64_t
clock_resumed(const struct engine *e, int64_t gone)
{
	int64_t now = e->saved.now;

	clip(&gone, STAMP_SPAN_MAX);
	if (gone > 0)
		now += gone;
	clip(&now, STAMP_MOMENT_MAX - STAMP_SPAN_MAX);
	return now;
}

/* Far enough from 0 for moments before the start. */
void
engine_start_blind(struct engine *e, int64_t boot_ns, int64_t wall_ns)
{
	e->saved.now = BLIND_S * NS_PER_S;
	e->saved.wall = wall_ns;
	e->loaded_clock = true;
	engine_start(e, boot_ns, wall_ns);
}

void
engine_start(struct engine *e, int64_t boot_ns, int64_t wall_ns)
{
	const int64_t gone = wall_ns - e->saved.wall;
	const bool back = e->loaded_clock && gone < 0;

	engine_at(e, boot_ns, wall_ns);
	e->offset = -boot_ns;
	if (e->loaded_clock)
		e->offset += clock_resumed(e, gone);
	e->started = now_of(e);
	clip_all(e);
	take_up_receivers(e);
	take_up_alerts(e, e->saved.clean && !back);
	take_up_hosts(e);
	if (back)
		engine_shift_local(e, gone);
	e->saved.clean = false;
	engine_reload(e, e->policy);
	meters_retire(e, e);
}
