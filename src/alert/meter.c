/* SPDX-License-Identifier: MIT */
/*
 * The plugins that measure this machine.  They are kept, so that a start knows
 * as well as a reload which of them are gone.
 */
#include <stdlib.h>

#include "alert/inside.h"

static struct meter *
find(const struct engine *e, const char *plugin)
{
	for (size_t i = 0; i < e->meters.n; i++)
		if (strcmp(e->meters.v[i]->plugin, plugin) == 0)
			return e->meters.v[i];
	return NULL;
}

struct meter *
meter_get(struct engine *e, const char *plugin)
{
	struct meter *m = find(e, plugin);

	if (m != NULL)
		return m;
	m = NEW(struct meter);
	m->plugin = xstrdup(plugin);
	vec_add(&e->meters) = m;
	return m;
}

static void
drop(struct engine *e, const char *plugin)
{
	for (size_t i = 0; i < e->meters.n; i++) {
		struct meter *m = e->meters.v[i];

		if (strcmp(m->plugin, plugin) != 0)
			continue;
		vec_remove(&e->meters, i);
		unmark(e, RECORD_METER, &m->dirty, m->plugin);
		free(m);
		return;
	}
}

void
meters_free(struct engine *e)
{
	while (e->meters.n > 0)
		drop(e, e->meters.v[0]->plugin);
	vec_free(&e->meters);
}

void
meters_adapt(struct engine *e)
{
	const struct policy *p = e->policy;

	for (size_t i = 0; i < p->meters.n; i++) {
		struct meter *m;

		if (find(e, p->meters.v[i]) != NULL)
			continue;
		m = meter_get(e, p->meters.v[i]);
		mark_dirty(e, RECORD_METER, &m->dirty, m);
	}
}

/* Closes what it watched. */
static void
close_alerts(struct engine *e, const char *plugin)
{
	struct machine *m = index_get(&e->machines, e->policy->local);
	struct alert *a, *next;

	if (m == NULL)
		return;
	m->kept = true;
	for (a = TAILQ_FIRST(&m->alerts); a != NULL; a = next) {
		next = TAILQ_NEXT(a, of_machine);
		if (!a->forced && strcmp(a->track->plugin, plugin) == 0)
			alert_close(e, a, CLOSING_PLUGIN);
	}
	m->kept = false;
	machine_release(e, m);
}

void
engine_retire(struct engine *e, const char *plugin)
{
	close_alerts(e, plugin);
	drop(e, plugin);
	engine_tick(e);
}

void
meters_retire(struct engine *e, const struct engine *known)
{
	for (size_t i = known->meters.n; i-- > 0;)
		if (!policy_meter(e->policy, known->meters.v[i]->plugin))
			engine_retire(e, known->meters.v[i]->plugin);
}
