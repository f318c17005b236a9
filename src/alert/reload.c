/* SPDX-License-Identifier: MIT */
/* Another policy takes the place of the one before. */
#include "alert/inside.h"

/* The rule that counts for the alert now, or NULL: nobody is told of this
 * machine that it is silent. */
const struct rule *
rule_of(const struct engine *e, const struct alert *a)
{
	const struct rule *r;

	if (a->forced)
		return a->track->machine != NULL && a->track->machine->local
			   ? NULL
			   : e->policy->hosts;
	r = policy_rule(e->policy, a->rule_id);
	if (r == NULL || !track_applies(a->track, e->policy, r, a->field))
		return NULL;
	return r;
}

static void
adapt_hosts(struct engine *e)
{
	struct machine *m;

	TAILQ_FOREACH (m, &e->hosts, of_all) {
		m->local = strcmp(m->name, e->policy->local) == 0;
		if (!m->local || !m->silent)
			continue;
		m->silent = false;
		mark_machine(e, m);
	}
}

static void
adapt_receivers(struct engine *e)
{
	for (size_t i = 0; i < e->receivers.n; i++)
		e->receivers.v[i]->listed = false;
	for (size_t i = 0; i < e->policy->listeners.n; i++) {
		const struct listener *l = &e->policy->listeners.v[i];
		struct receiver *r = receiver_find(e, l->name);

		if (r == NULL) {
			r = receiver_get(e, l->name);
			mark_receiver(e, r);
		}
		r->listed = true;
		r->severities = l->severities;
		r->pace_ns = l->pace_ns;
	}
}

static void
adapt_alerts(struct engine *e)
{
	struct alert *a, *next;

	for (a = TAILQ_FIRST(&e->alerts); a != NULL; a = next) {
		const struct rule *r = rule_of(e, a);

		next = TAILQ_NEXT(a, of_all);
		if (a->rule == NULL)
			continue;
		if (r == NULL) {
			alert_close(e, a, CLOSING_RULE);
			continue;
		}
		alert_adapt(e, a, r);
		rows_open(e, a);
	}
}

static bool
names(const struct rule *r, const char *receiver)
{
	for (size_t i = 0; i < r->notify.n; i++)
		if (strcmp(r->notify.v[i], receiver) == 0)
			return true;
	return false;
}

static void
adapt_row(struct engine *e, struct row *row, const struct rule *r)
{
	if (!row->receiver->listed) {
		row_drop(e, row);
		return;
	}
	if (r == NULL || !names(r, row->receiver->name)) {
		row_close(e, row, r == NULL ? CLOSING_RULE : CLOSING_NOTIFY);
		return;
	}
	if (row->entry.cooldown_ns != r->cooldown_ns) {
		row->entry.cooldown_ns = r->cooldown_ns;
		mark_row(e, row);
	}
	row_touch(e, row);
}

static void
adapt_rows(struct engine *e)
{
	struct alert *a, *next_alert;
	struct row *r, *next;

	for (a = TAILQ_FIRST(&e->alerts); a != NULL; a = next_alert) {
		const struct rule *rule = rule_of(e, a);

		next_alert = TAILQ_NEXT(a, of_all);
		for (r = LIST_FIRST(&a->rows); r != NULL; r = next) {
			next = LIST_NEXT(r, of_alert);
			adapt_row(e, r, rule);
		}
	}
}

/* Their rows went with adapt_rows. */
static void
drop_receivers(struct engine *e)
{
	for (size_t i = e->receivers.n; i-- > 0;) {
		struct receiver *r = e->receivers.v[i];

		if (r->listed)
			continue;
		vec_remove(&e->receivers, i);
		receiver_free(e, r);
	}
}

void
engine_reload(struct engine *e, const struct policy *p)
{
	struct machine *m;

	e->policy = p;
	shelf_fill(&e->shelf, p);
	e->generation++;
	e->fleet = true;
	e->clock_dirty = true;
	adapt_hosts(e);
	meters_adapt(e);
	adapt_receivers(e);
	adapt_alerts(e);
	adapt_rows(e);
	drop_receivers(e);
	TAILQ_FOREACH (m, &e->hosts, of_all) {
		m->absence_from = STAMP_NONE;
		machine_plan(e, m);
	}
	engine_tick(e);
}
