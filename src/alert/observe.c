/* SPDX-License-Identifier: MIT */
/* Tells who looks on.  Nothing of it changes what the engine does. */
#include "alert/inside.h"

void
engine_observe(struct engine *e, const struct observer *o)
{
	e->observer = *o;
}

void
observe_moved(const struct engine *e, const struct alert *a, struct truth was)
{
	const struct observer *o = &e->observer;

	if (o->moved != NULL)
		o->moved(o->arg, a->rule_id, a->series, was, alert_truth(a),
		    a->forced ? NAN : a->level.number);
}

void
observe_closed(const struct engine *e, const struct alert *a, enum closing why)
{
	const struct observer *o = &e->observer;

	if (o->closed != NULL)
		o->closed(o->arg, a->rule_id, a->series, alert_truth(a), why);
}

void
observe_verdict(const struct engine *e, struct row *r, const struct verdict *v)
{
	const struct observer *o = &e->observer;
	const enum hold held = v->owed ? v->hold : HOLD_NONE;
	const enum kind kind = held != HOLD_NONE ? v->kind : KIND_NONE;
	const bool is_news = held != r->held || kind != r->held_kind;

	r->held = held;
	r->held_kind = kind;
	if (o->held == NULL || held == HOLD_NONE || !is_news)
		return;
	o->held(o->arg, r->alert->rule_id, r->alert->series, r->receiver->name,
	    v, v->until == STAMP_NEVER ? 0 : wall_of(e, v->until));
}
