/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"

struct row *
row_make(
    struct engine *e, struct alert *a, struct receiver *r, int64_t cooldown)
{
	struct row *row = NEW(struct row);

	row->alert = a;
	row->receiver = r;
	entry_init(&row->entry, cooldown);
	LIST_INSERT_HEAD(&a->rows, row, of_alert);
	e->n_rows++;
	row_touch(e, row);
	return row;
}

void
row_drop(struct engine *e, struct row *r)
{
	struct alert *a = r->alert;

	unmark(e, RECORD_ROW, &r->dirty, key_of_row(r));
	timers_drop(&e->row_timers, &r->timer);
	receiver_ready(r, false);
	if (r->touched > 0)
		e->touched.v[r->touched - 1] = NULL;
	LIST_REMOVE(r, of_alert);
	e->n_rows--;
	free(r);
	if (a->rule == NULL && LIST_EMPTY(&a->rows))
		alert_free(e, a);
}

void
row_touch(struct engine *e, struct row *r)
{
	if (r->touched > 0)
		return;
	vec_add(&e->touched) = r;
	r->touched = e->touched.n;
}

void
row_close(struct engine *e, struct row *r, enum closing why)
{
	if (r->entry.closing == CLOSING_NOT)
		r->entry.closing = why;
	if (entry_over(&r->entry)) {
		row_drop(e, r);
		return;
	}
	r->entry.due = truth_none;
	mark_row(e, r);
	row_touch(e, r);
}

struct row *
row_of(const struct alert *a, const struct receiver *to)
{
	struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		if (r->receiver == to)
			return r;
	}
	return NULL;
}

/* A row for each receiver that the rule names. */
void
rows_open(struct engine *e, struct alert *a)
{
	for (size_t i = 0; i < a->rule->notify.n; i++) {
		struct receiver *to = receiver_find(e, a->rule->notify.v[i]);
		struct row *r;

		if (to == NULL || !to->listed)
			continue;
		r = row_of(a, to);
		if (r == NULL) {
			row_make(e, a, to, a->rule->cooldown_ns);
		} else if (r->entry.closing != CLOSING_NOT) {
			r->entry.closing = CLOSING_NOT;
			mark_row(e, r);
			row_touch(e, r);
		}
	}
}

/* --- what is owed -------------------------------------------------------- */

struct truth
row_truth(const struct row *r)
{
	if (r->entry.closing != CLOSING_NOT || r->alert->rule == NULL)
		return truth_good;
	return alert_truth(r->alert);
}

static bool
hold(struct verdict *v, enum hold why, int64_t until)
{
	v->hold = why;
	v->until = until;
	return true;
}

static bool
hold_host_alert(const struct engine *e, const struct machine *m,
    struct truth truth, struct verdict *v)
{
	if (hub_isolated(e))
		return hold(v, HOLD_ISOLATED, STAMP_NEVER);
	if (truth_rank(truth) > RANK_OK && now_of(e) < m->gather_until)
		return hold(v, HOLD_GATHERING, m->gather_until);
	return false;
}

/* What stops everything, a rise as well. */
static bool
cover(const struct engine *e, const struct row *r, struct truth truth,
    struct verdict *v)
{
	const struct silence *s = silence_of(e, r->alert);
	const struct machine *m = r->alert->track->machine;

	if (s != NULL)
		return hold(v, HOLD_SILENCE, s->end);
	if (r->alert->rule == NULL || m == NULL)
		return false;
	if (r->alert->forced)
		return hold_host_alert(e, m, truth, v);
	if (m->silent && e->policy->hosts != NULL)
		return hold(v, HOLD_HOST, STAMP_NEVER);
	if (now_of(e) < m->settle_until)
		return hold(v, HOLD_REPLAY, m->settle_until);
	return false;
}

/* The one place where it is decided. */
struct verdict
row_verdict(const struct engine *e, const struct row *r)
{
	const struct alert *a = r->alert;
	const struct standing s = { .now = now_of(e),
		.truth = row_truth(r),
		.severities = r->receiver->severities,
		.remind_ns = a->rule != NULL ? a->rule->remind_ns : 0,
		.refused_ns = e->tuning->refused_ns,
		.unheard = a->rule != NULL && (!a->heard || a->anew) };
	struct verdict v = entry_owed(&r->entry, &s);

	if (v.owed && !cover(e, r, s.truth, &v))
		entry_hold(&r->entry, &s, &v);
	return v;
}

/* --- bringing rows up to date -------------------------------------------- */

static bool
for_too_long(const struct engine *e, const struct row *r)
{
	return r->entry.ready_at != STAMP_NONE &&
	       now_of(e) - r->entry.ready_at >= e->tuning->give_up_ns;
}

static void
plan(struct engine *e, struct row *r, const struct verdict *v)
{
	int64_t at = v->until;

	if (v->owed && v->hold == HOLD_NONE)
		at = r->entry.ready_at + e->tuning->give_up_ns;
	if (at == STAMP_NEVER)
		timers_drop(&e->row_timers, &r->timer);
	else
		timers_set(&e->row_timers, &r->timer, at, r);
}

static void
refresh(struct engine *e, struct row *r)
{
	struct verdict v;

	timers_drop(&e->row_timers, &r->timer);
	if (r->entry.under_way)
		return;
	v = row_verdict(e, r);
	if (v.owed && v.hold == HOLD_NONE && for_too_long(e, r)) {
		dead_letter(e, r, r->entry.due, "undeliverable for too long");
		entry_give_up(&r->entry);
		mark_row(e, r);
		v = row_verdict(e, r);
	}
	if (entry_settle(&r->entry, &v, now_of(e), r->alert->since))
		mark_row(e, r);
	if (entry_over(&r->entry) && !v.owed) {
		row_drop(e, r);
		return;
	}
	receiver_ready(r, v.owed && v.hold == HOLD_NONE);
	observe_verdict(e, r, &v);
	plan(e, r, &v);
}

void
rows_tick(struct engine *e)
{
	struct row *r;

	while ((r = timers_due(&e->row_timers, now_of(e))) != NULL)
		row_touch(e, r);
	for (size_t i = 0; i < e->touched.n; i++) {
		r = e->touched.v[i];
		if (r == NULL)
			continue;
		r->touched = 0;
		refresh(e, r);
	}
	e->touched.n = 0;
}
