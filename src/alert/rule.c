/* SPDX-License-Identifier: MIT */
#include "alert/rule.h"

#include <assert.h>
#include <stdio.h>

#include "alert/record.h"
#include "base/clock.h"

enum { COOLDOWN_S = 300, REMIND_LEAST_S = 60 };

#define RULE_SPAN_MAX (INT64_C(366) * 86400 * NS_PER_S)

/* --- rules --------------------------------------------------------------- */

static struct rule *
rule_blank(const char *id)
{
	struct rule *r = NEW(struct rule);

	r->id = xstrdup(id);
	r->limits.warning = r->limits.failure = NAN;
	r->missing = RULE_MISSING;
	r->cooldown_ns = COOLDOWN_S * NS_PER_S;
	return r;
}

struct rule *
rule_new_hosts(void)
{
	return rule_blank(RULE_HOST_SILENT);
}

/* As short as it can be, and never the same for two. */
static char *
make_id(const char *pattern, const char *name)
{
	return name != NULL ? xasprintf("%s (%s)", pattern, name)
			    : xstrdup(pattern);
}

static bool
is_reserved(const char *id)
{
	return strcmp(id, RULE_HOST_SILENT) == 0 ||
	       strcmp(id, RULE_HUB_ISOLATED) == 0;
}

struct rule *
rule_new(const char *pattern, const char *name, char *why, size_t len)
{
	struct pattern *p;
	struct rule *r;
	char *id;

	if (!record_text(pattern) || (name != NULL && !record_text(name))) {
		snprintf(why, len, "it is too long or no plain text");
		return NULL;
	}
	if (name == NULL && is_reserved(pattern)) {
		snprintf(why, len, "it is the name of the rule for hosts");
		return NULL;
	}
	if (strlen(pattern) + (name != NULL ? strlen(name) + 3 : 0) >
	    RULE_ID_MAX) {
		snprintf(why, len, "it has more than %d bytes", RULE_ID_MAX);
		return NULL;
	}
	p = pattern_parse(pattern, why, len);
	if (p == NULL)
		return NULL;
	id = make_id(pattern, name);
	r = rule_blank(id);
	free(id);
	r->pattern = p;
	r->pattern_text = xstrdup(pattern);
	r->name = name != NULL ? xstrdup(name) : NULL;
	return r;
}

void
rule_free(struct rule *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->notify.n; i++)
		free(r->notify.v[i]);
	vec_free(&r->notify);
	pattern_free(r->pattern);
	free(r->id);
	free(r->pattern_text);
	free(r->name);
	free(r->message);
	free(r);
}

void
rule_notify(struct rule *r, const char *listener)
{
	vec_add(&r->notify) = xstrdup(listener);
}

static bool
fail(char *why, size_t len, const char *what)
{
	snprintf(why, len, "%s", what);
	return false;
}

bool
rule_check(const struct rule *r, char *why, size_t len)
{
	const struct limits_of_rule *l = &r->limits;
	const double sign = l->below ? -1 : 1;

	if (r->pattern != NULL && isnan(l->warning) && isnan(l->failure))
		return fail(
		    why, len, "it has neither a warning nor a failure");
	if (sign * l->failure < sign * l->warning)
		return fail(
		    why, len, "the failure is milder than the warning");
	if (l->hysteresis < 0)
		return fail(why, len, "the hysteresis is below 0");
	if (r->remind_ns != 0 && r->remind_ns < REMIND_LEAST_S * NS_PER_S)
		return fail(why, len, "reminders come a minute apart or more");
	if (r->for_ns > RULE_SPAN_MAX || r->clear_for_ns > RULE_SPAN_MAX ||
	    r->remind_ns > RULE_SPAN_MAX || r->cooldown_ns > RULE_SPAN_MAX)
		return fail(why, len, "nothing takes more than a year");
	if (r->missing > RULE_MISSING_MAX)
		return fail(why, len, "missing is 1000 at most");
	return true;
}

/* --- policies ------------------------------------------------------------ */

struct policy *
policy_new(const char *local)
{
	struct policy *p = NEW(struct policy);

	p->local = xstrdup(local);
	return p;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->rules.n; i++)
		rule_free(p->rules.v[i]);
	for (size_t i = 0; i < p->listeners.n; i++)
		free(p->listeners.v[i].name);
	for (size_t i = 0; i < p->meters.n; i++)
		free(p->meters.v[i]);
	vec_free(&p->rules);
	vec_free(&p->listeners);
	vec_free(&p->meters);
	rule_free(p->hosts);
	free(p->local);
	free(p);
}

void
policy_listen(
    struct policy *p, const char *name, unsigned severities, int64_t pace_ns)
{
	assert(record_text(name));
	vec_add(&p->listeners) =
	    (struct listener){ xstrdup(name), severities, pace_ns };
}

void
policy_measure(struct policy *p, const char *plugin)
{
	assert(record_text(plugin));
	if (!policy_meter(p, plugin))
		vec_add(&p->meters) = xstrdup(plugin);
}

bool
policy_meter(const struct policy *p, const char *plugin)
{
	for (size_t i = 0; i < p->meters.n; i++)
		if (strcmp(p->meters.v[i], plugin) == 0)
			return true;
	return false;
}

const struct rule *
policy_rule(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->rules.n; i++)
		if (strcmp(p->rules.v[i]->id, id) == 0)
			return p->rules.v[i];
	return NULL;
}

const struct listener *
policy_listener(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->listeners.n; i++)
		if (strcmp(p->listeners.v[i].name, name) == 0)
			return &p->listeners.v[i];
	return NULL;
}

static bool
same_name(const struct rule *a, const struct rule *b)
{
	if (a->name == NULL || b->name == NULL)
		return a->name == b->name;
	return strcmp(a->name, b->name) == 0;
}

static bool
means(const struct rule *r, const struct series *s, const char *field)
{
	return pattern_match(r->pattern, s) &&
	       pattern_match_field(r->pattern, field);
}

bool
policy_applies(const struct policy *p, const struct rule *r,
    const struct series *s, const char *field)
{
	if (!means(r, s, field))
		return false;
	for (size_t i = 0; i < p->rules.n; i++) {
		const struct rule *other = p->rules.v[i];

		if (other != r && same_name(other, r) &&
		    means(other, s, field) &&
		    pattern_compare(other->pattern, r->pattern) > 0)
			return false;
	}
	return true;
}

static bool
tie(const struct rule *a, const struct rule *b)
{
	if (strcmp(a->id, b->id) == 0)
		return true;
	return same_name(a, b) && pattern_overlap(a->pattern, b->pattern) &&
	       pattern_compare(a->pattern, b->pattern) == 0;
}

void
policy_check(const struct policy *p, struct diags *d)
{
	for (size_t i = 0; i < p->rules.n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct rule *a = p->rules.v[i];
			const struct rule *b = p->rules.v[j];

			if (tie(a, b))
				diag_error(d, a->pos,
				    "threshold '%s' and '%s' (line %u) may "
				    "mean the same series, and neither is "
				    "more specific",
				    a->pattern_text, b->pattern_text,
				    b->pos.line);
		}
}
