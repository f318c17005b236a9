/* SPDX-License-Identifier: MIT */
#include "alerts_pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

struct picked {
	json_t *o;
	enum alert_state state;
	int64_t since;
};

/* While the engine is looked at. */
struct looking {
	struct pick *pick;
	const struct engine *e;
	const struct policy *policy;
	enum alert_state state; /* of those that are taken now */
	VEC(struct picked) v;
};

static bool
is_meant(const struct pick *p, const struct subject_view *of)
{
	if (p->pattern == NULL && p->rule == NULL)
		return true;
	return (p->rule != NULL && strcmp(p->rule, of->rule) == 0) ||
	       (p->pattern != NULL && subject_meant(of, p->pattern));
}

static const struct rule *
rule_of(const struct looking *l, const char *id)
{
	if (strcmp(id, RULE_HOST_SILENT) == 0 ||
	    strcmp(id, RULE_HUB_ISOLATED) == 0)
		return l->policy->hosts;
	return policy_rule(l->policy, id);
}

/* Whether it is worth reading of. */
static bool
is_news(const struct pick *p, const struct alert_view *v)
{
	return p->ok || v->incident > 0 || alert_state(v) != ALERT_OK;
}

static void
count(void *arg, const struct alert_view *v)
{
	struct looking *l = arg;

	if (!is_meant(l->pick, &v->of))
		return;
	l->pick->count[alert_state(v)]++;
	l->pick->left_out += is_news(l->pick, v);
}

static void
take(void *arg, const struct alert_view *v)
{
	struct looking *l = arg;
	struct pick *p = l->pick;
	const struct rule *r;
	json_t *o;

	if (alert_state(v) != l->state || l->v.n == p->most ||
	    !is_news(p, v) || !is_meant(p, &v->of))
		return;
	p->left_out--;
	r = rule_of(l, v->of.rule);
	o = alert_json(v, r);
	if (p->rows) {
		json_object_set_new(o, "receivers", json_array());
		json_object_set_new(o, "settings",
		    r != NULL ? alert_rule_json(r) : json_null());
	}
	vec_add(&l->v) = (struct picked){ o, l->state, v->since_ns };
}

/* What is said of an alert, made if it is one that is closed. */
static json_t *
object_of(struct looking *l, const struct row_view *v)
{
	json_t *o;

	for (size_t i = 0; i < l->v.n; i++) {
		o = l->v.v[i].o;
		if (strcmp(json_string_value(json_object_get(o, "series")),
			v->of.series) == 0 &&
		    strcmp(json_string_value(json_object_get(o, "rule")),
			v->of.rule) == 0)
			return o;
	}
	if (v->entry->closing == CLOSING_NOT || l->v.n == l->pick->most)
		return NULL;
	o = alert_json_closed(v);
	json_object_set_new(o, "receivers", json_array());
	vec_add(&l->v) = (struct picked){ o, ALERT_OK, 0 };
	return o;
}

static void
take_row(void *arg, const struct row_view *v)
{
	struct looking *l = arg;
	json_t *o;

	if (!is_meant(l->pick, &v->of))
		return;
	o = object_of(l, v);
	if (o != NULL)
		json_array_append_new(
		    json_object_get(o, "receivers"), alert_row_json(v, l->e));
}

static void
look(void *arg, const struct engine *e, const struct policy *policy)
{
	struct looking *l = arg;

	l->e = e;
	l->policy = policy;
	engine_each_alert(e, count, l);
	for (l->state = ALERT_STATES; l->state-- > ALERT_OK;)
		engine_each_alert(e, take, l);
	if (l->pick->rows)
		engine_each_row(e, take_row, l);
}

static const char *
series_of(const struct picked *p)
{
	return json_string_value(json_object_get(p->o, "series"));
}

/* The worst first; of these the newest. */
static int
compare(const void *left, const void *right)
{
	const struct picked *a = left, *b = right;

	if (a->state != b->state)
		return a->state > b->state ? -1 : 1;
	if (a->since != b->since)
		return a->since > b->since ? -1 : 1;
	return strverscmp(series_of(a), series_of(b));
}

void
pick_alerts(struct pick *p, struct desk *d)
{
	struct looking l = { .pick = p };

	p->alerts = json_array();
	desk_look(d, look, &l);
	if (l.v.n > 0)
		qsort(l.v.v, l.v.n, sizeof(*l.v.v), compare);
	for (size_t i = 0; i < l.v.n; i++)
		json_array_append_new(p->alerts, l.v.v[i].o);
	vec_free(&l.v);
}

size_t
pick_total(const struct pick *p)
{
	size_t sum = 0;

	for (int s = ALERT_OK; s < ALERT_STATES; s++)
		sum += p->count[s];
	return sum;
}

json_t *
pick_counts(const struct pick *p)
{
	json_t *o = json_object();

	for (int s = ALERT_STATES; s-- > ALERT_OK;)
		json_object_set_new(o, alert_state_name((enum alert_state)s),
		    json_integer((json_int_t)p->count[s]));
	return o;
}
