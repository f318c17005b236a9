/* SPDX-License-Identifier: MIT */
/* What is only read. */
#include "alerts_ask.h"

#include <string.h>

#include "alerts_own.h"
#include "alerts_pick.h"
#include "base/clock.h"
#include "control/protocol.h"
#include "daemon.h"

enum {
	LISTED_MAX = 2000,  /* alerts in an answer */
	TIMELINE_MAX = 8,   /* changes of each of them */
	EXPLAINED_MAX = 20, /* with all that is known */
};

/* --- reading ------------------------------------------------------------- */

struct telling {
	json_t *timeline;
	bool all; /* what was sent as well */
};

static void
add_event(void *arg, const struct history_event *e)
{
	struct telling *t = arg;

	if (!t->all && e->what != HISTORY_MOVED && e->what != HISTORY_CLOSED)
		return;
	json_array_append_new(t->timeline, alert_event_json(e));
	if (!t->all && json_array_size(t->timeline) > TIMELINE_MAX)
		json_array_remove(t->timeline, 0);
}

static void
add_timelines(json_t *alerts, struct desk *d, bool all)
{
	json_t *o;
	size_t i;

	json_array_foreach (alerts, i, o) {
		struct telling t = { json_array(), all };

		desk_history(d, control_text(o, "rule"),
		    control_text(o, "series"), add_event, &t);
		json_object_set_new(o, "timeline", t.timeline);
	}
}

static json_t *
store_json(struct desk *d)
{
	struct desk_stats stats;

	desk_stats(d, &stats);
	return json_pack("{s:s,s:s}", "state", desk_store_name(stats.store),
	    "why", stats.why);
}

json_t *
alerts_list(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	struct pick p = { .most = LISTED_MAX,
		.ok = json_is_true(json_object_get(request, "all")) };

	pick_alerts(&p, d);
	add_timelines(p.alerts, d, false);
	return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "ok", 1, "now",
	    answer_now(), "alerts", p.alerts, "counts", pick_counts(&p),
	    "left_out", answer_count(p.left_out), "silences",
	    answer_silences(d), "store", store_json(d));
}

json_t *
alerts_silences(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;

	(void)request;
	return json_pack("{s:b,s:o,s:o}", "ok", 1, "now", answer_now(),
	    "silences", answer_silences(d));
}

static void
add_rule_json(void *arg, const struct rule *r, size_t series)
{
	json_t *o = alert_rule_json(r);

	json_object_set_new(o, "series", answer_count(series));
	json_array_append_new(arg, o);
}

static void
count_host(void *arg, const struct host_view *v)
{
	(void)v;
	++*(size_t *)arg;
}

/* The one about hosts is in no mapping of series: it has as many as are
 * known. */
static void
add_hosts_rule(void *arg, const struct engine *e, const struct policy *p)
{
	size_t hosts = 0;

	if (p->hosts == NULL)
		return;
	engine_each_host(e, count_host, &hosts);
	add_rule_json(arg, p->hosts, hosts);
}

json_t *
alerts_rules(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *rules = json_array();

	(void)request;
	desk_each_rule(d, add_rule_json, rules);
	desk_look(d, add_hosts_rule, rules);
	return json_pack("{s:b,s:o}", "ok", 1, "rules", rules);
}

/* --- explain ------------------------------------------------------------- */

struct senders {
	const struct engine *e;
	json_t *all;
};

static void
add_sender(void *arg, const struct receiver_view *v)
{
	struct senders *s = arg;
	const bool later = v->next_ns > clock_wall();

	json_object_set_new(s->all, v->name,
	    json_pack("{s:o,s:o,s:i,s:o}", "ready", answer_count(v->ready),
		"under_way", answer_count(v->under_way), "failures",
		(int)(v->fails & INT32_MAX), "next",
		later ? json_real((double)v->next_ns / (double)NS_PER_S)
		      : json_null()));
}

static void
look_senders(void *arg, const struct engine *e, const struct policy *p)
{
	(void)p;
	engine_each_receiver(e, add_sender, arg);
}

static json_t *
senders_json(struct desk *d)
{
	struct senders s = { .all = json_object() };

	desk_look(d, look_senders, &s);
	return s.all;
}

struct rule_sought {
	const char *id;
	bool found;
};

static void
seek_rule(void *arg, const struct engine *e, const struct policy *p)
{
	struct rule_sought *s = arg;

	(void)e;
	s->found =
	    policy_rule(p, s->id) != NULL ||
	    (p->hosts != NULL && (strcmp(s->id, RULE_HOST_SILENT) == 0 ||
				     strcmp(s->id, RULE_HUB_ISOLATED) == 0));
}

static void
add_series(void *arg, const struct alert_view *v)
{
	struct names_near *n = arg;
	const size_t host = strlen(v->of.host);

	near_add(n, !n->hosts && v->of.series[host] == ':'
			? v->of.series + host + 1
			: v->of.series);
}

static void
add_alerts(void *arg, const struct engine *e, const struct policy *p)
{
	struct names_near *n = arg;

	for (size_t i = 0; i < p->rules.n; i++)
		near_add(n, p->rules.v[i]->id);
	engine_each_alert(e, add_series, n);
}

static json_t *
nothing_to_explain(struct desk *d, const char *what, bool is_rule)
{
	struct names_near n = { .hosts = strchr(what, ':') != NULL };
	struct buf near = { 0 };
	json_t *error;

	if (is_rule)
		return control_error("rule '%s' has met nothing yet: see "
				     "fettlectl alerts --rules",
		    what);
	desk_look(d, add_alerts, &n);
	near_say(&near, &n, what);
	error = control_error(
	    "no rule is '%s', and no rule watches it%s", what, near.data);
	buf_free(&near);
	return error;
}

json_t *
alerts_explain(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *error = NULL;
	const char *what = request_text(request, "what", &error);
	struct pick p = {
		.rule = what, .most = EXPLAINED_MAX, .ok = true, .rows = true
	};
	struct rule_sought sought = { what, false };
	struct pattern *pattern;

	if (what == NULL)
		return error;
	desk_look(d, seek_rule, &sought);
	pattern = request_pattern(what, &error);
	if (pattern == NULL && !sought.found)
		return error;
	json_decref(error);
	p.pattern = pattern;
	pick_alerts(&p, d);
	pattern_free(pattern);
	if (json_array_size(p.alerts) == 0) {
		json_decref(p.alerts);
		return nothing_to_explain(d, what, sought.found);
	}
	add_timelines(p.alerts, d, true);
	return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "ok", 1, "now",
	    answer_now(), "alerts", p.alerts, "silences", answer_silences(d),
	    "left_out", answer_count(p.left_out), "receivers", senders_json(d),
	    "store", store_json(d));
}
