/* SPDX-License-Identifier: MIT */
#include "alerts_ask.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alerts_pick.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "config/suggest.h"
#include "control/protocol.h"
#include "daemon.h"

enum {
	LISTED_MAX = 2000,     /* alerts in an answer */
	TIMELINE_MAX = 8,      /* changes of each of them */
	EXPLAINED_MAX = 20,    /* with all that is known */
	NAMED_MAX = 20,	       /* of what a silence meets */
	CANDIDATES_MAX = 2000, /* for what may have been meant */
	NUMBERS_MAX = 20,      /* silences that are named in an error */
	TEST_WAIT_S = 30,
};

/* A silence is no way to switch something off. */
#define SILENCE_MAX_S (366.0 * 86400)

/* --- pieces -------------------------------------------------------------- */

static json_t *
now_json(void)
{
	return json_real((double)clock_wall() / (double)NS_PER_S);
}

static json_t *
count_json(size_t n)
{
	return json_integer((json_int_t)n);
}

/* "kept": whether it is on disk; "why" not. */
static void
add_kept(json_t *o, struct desk *d, bool kept)
{
	struct desk_stats stats;
	const char *why;

	json_object_set_new(o, "kept", json_boolean(kept));
	if (kept)
		return;
	desk_stats(d, &stats);
	why = stats.why;
	if (why[0] == '\0')
		why = stats.store == DESK_STORE_NONE
			  ? "there is no state directory"
			  : "the disk has not answered yet";
	json_object_set_new(o, "why", json_string(why));
}

static int
characters(const char *s, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* The text of a request that must be there; NULL and an error if it is not. */
static const char *
need_text(const json_t *request, const char *key, json_t **error)
{
	const char *text = control_text(request, key);

	if (text != NULL && text[0] != '\0')
		return text;
	*error = control_error("the request has no text \"%s\"", key);
	return NULL;
}

static struct pattern *
parse_pattern(const char *text, json_t **error)
{
	struct pattern *p;
	char why[256];
	size_t at;

	p = pattern_parse_at(text, &at, why, sizeof(why));
	if (p == NULL)
		*error = control_error("pattern `%s', character %d: %s", text,
		    characters(text, at) + 1, why);
	return p;
}

/* --- names that may have been meant -------------------------------------- */

struct names_near {
	VEC(char *) v;
	bool hosts; /* series with their hosts */
};

static void
add_candidate(struct names_near *n, const char *name)
{
	if (n->v.n < CANDIDATES_MAX)
		vec_add(&n->v) = xstrdup(name);
}

static void
add_series(void *arg, const struct alert_view *v)
{
	struct names_near *n = arg;
	const size_t host = strlen(v->of.host);

	add_candidate(n, !n->hosts && v->of.series[host] == ':'
			     ? v->of.series + host + 1
			     : v->of.series);
}

static void
add_alerts(void *arg, const struct engine *e, const struct policy *p)
{
	struct names_near *n = arg;

	for (size_t i = 0; i < p->rules.n; i++)
		add_candidate(n, p->rules.v[i]->id);
	engine_each_alert(e, add_series, n);
}

static void
add_receivers(void *arg, const struct engine *e, const struct policy *p)
{
	(void)e;
	for (size_t i = 0; i < p->listeners.n; i++)
		add_candidate(arg, p->listeners.v[i].name);
}

/* "; did you mean `x'?", or nothing. */
static void
add_near(struct buf *to, struct names_near *n, const char *text)
{
	const char *near = suggest(text, (const char *const *)n->v.v, n->v.n);

	buf_puts(to, "");
	if (near != NULL)
		buf_printf(to, "; did you mean `%s'?", near);
	for (size_t i = 0; i < n->v.n; i++)
		free(n->v.v[i]);
	vec_free(&n->v);
}

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

	json_array_foreach(alerts, i, o)
	{
		struct telling t = { json_array(), all };

		desk_history(d, control_text(o, "rule"),
		    control_text(o, "series"), add_event, &t);
		json_object_set_new(o, "timeline", t.timeline);
	}
}

static void
add_silence(void *arg, const struct silence_view *v)
{
	json_array_append_new(arg, alert_silence_json(v));
}

static void
look_silences(void *arg, const struct engine *e, const struct policy *p)
{
	(void)p;
	engine_each_silence(e, add_silence, arg);
}

static json_t *
silences_json(struct desk *d)
{
	json_t *silences = json_array();

	desk_look(d, look_silences, silences);
	return silences;
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
	    now_json(), "alerts", p.alerts, "counts", pick_counts(&p),
	    "left_out", count_json(p.left_out), "silences", silences_json(d),
	    "store", store_json(d));
}

json_t *
alerts_silences(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;

	(void)request;
	return json_pack("{s:b,s:o,s:o}", "ok", 1, "now", now_json(),
	    "silences", silences_json(d));
}

static void
add_rule_json(void *arg, const struct rule *r, size_t series)
{
	json_t *o = alert_rule_json(r);

	json_object_set_new(o, "series", count_json(series));
	json_array_append_new(arg, o);
}

json_t *
alerts_rules(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *rules = json_array();

	(void)request;
	desk_each_rule(d, add_rule_json, rules);
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
	    json_pack("{s:o,s:o,s:i,s:o}", "ready", count_json(v->ready),
		"under_way", count_json(v->under_way), "failures",
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

static json_t *
nothing_to_explain(struct desk *d, const char *what, bool is_rule)
{
	struct names_near n = { .hosts = strchr(what, ':') != NULL };
	struct buf near = { 0 };
	json_t *error;

	if (is_rule)
		return control_error("rule `%s' has met no number yet: see "
				     "fettlectl alerts --rules",
		    what);
	desk_look(d, add_alerts, &n);
	add_near(&near, &n, what);
	error = control_error(
	    "no rule is `%s', and no rule watches it%s", what, near.data);
	buf_free(&near);
	return error;
}

json_t *
alerts_explain(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *error = NULL;
	const char *what = need_text(request, "what", &error);
	struct pick p = {
		.rule = what, .most = EXPLAINED_MAX, .ok = true, .rows = true
	};
	struct rule_sought sought = { what, false };
	struct pattern *pattern;

	if (what == NULL)
		return error;
	desk_look(d, seek_rule, &sought);
	pattern = parse_pattern(what, &error);
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
	    now_json(), "alerts", p.alerts, "silences", silences_json(d),
	    "left_out", count_json(p.left_out), "receivers", senders_json(d),
	    "store", store_json(d));
}

/* --- silences ------------------------------------------------------------ */

/* NAN and an error where it is none. */
static double
silence_span(const json_t *request, json_t **error)
{
	const json_t *span = json_object_get(request, "for");
	const double s = json_is_number(span) ? json_number_value(span) : 0;

	if (s > 0 && s <= SILENCE_MAX_S)
		return s;
	*error = control_error("\"for\" must be seconds, more than 0 and at "
			       "most %.0f: a silence has an end",
	    SILENCE_MAX_S);
	return NAN;
}

static void
has_rules(void *arg, const struct engine *e, const struct policy *p)
{
	(void)e;
	*(bool *)arg = p->rules.n > 0 || p->hosts != NULL;
}

/* Without a rule its time would not even pass. */
static bool
may_silence(struct desk *d, json_t **error)
{
	bool yes = false;

	desk_look(d, has_rules, &yes);
	if (!yes)
		*error = control_error("there is no rule, so there is nothing "
				       "to silence: see thresholds in "
				       "fettle.yaml(5)");
	return yes;
}

/* What it meets now: how many, and some of them. */
static void
add_met(json_t *answer, struct desk *d, const char *text)
{
	struct pick p = { .most = NAMED_MAX, .ok = true };
	struct pattern *pattern;
	json_t *error = NULL;

	pattern = parse_pattern(text, &error);
	p.pattern = pattern;
	pick_alerts(&p, d);
	pattern_free(pattern);
	json_object_set_new(answer, "counts", pick_counts(&p));
	json_object_set_new(answer, "alerts", p.alerts);
	json_object_set_new(answer, "left_out", count_json(p.left_out));
}

static json_t *
silence_answer(struct desk *d, const json_t *request, uint64_t number,
    double span, bool kept)
{
	const char *text = control_text(request, "pattern");
	json_t *o;

	if (number == 0)
		return control_error("the silence was not taken: there are "
				     "too many, or its texts are no plain "
				     "text");
	o = json_pack("{s:b,s:o,s:I,s:O,s:O,s:o}", "ok", 1, "now", now_json(),
	    "number", (json_int_t)number, "pattern",
	    json_object_get(request, "pattern"), "reason",
	    json_object_get(request, "reason"), "until",
	    json_real((double)clock_wall() / (double)NS_PER_S + span));
	add_kept(o, d, kept);
	add_met(o, d, text);
	return o;
}

json_t *
alerts_silence(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *error = NULL;
	const char *text = need_text(request, "pattern", &error), *why;
	struct pattern *pattern;
	bool kept = false;
	uint64_t number;
	double span;

	why = error == NULL ? need_text(request, "reason", &error) : NULL;
	span = error == NULL ? silence_span(request, &error) : NAN;
	if (error != NULL)
		return error;
	pattern = parse_pattern(text, &error);
	if (pattern == NULL || !may_silence(d, &error)) {
		pattern_free(pattern);
		return error;
	}
	number = desk_silence(
	    d, pattern, text, why, (int64_t)(span * (double)NS_PER_S), &kept);
	return silence_answer(d, request, number, span, kept);
}

static json_t *
no_such_silence(struct desk *d, json_int_t number)
{
	json_t *silences = silences_json(d), *error, *o;
	struct buf there = { 0 };
	size_t i;

	json_array_foreach(silences, i, o)
	{
		if (i >= NUMBERS_MAX)
			break;
		buf_printf(&there, "%s%" JSON_INTEGER_FORMAT,
		    i > 0 ? ", " : "; there is ",
		    json_integer_value(json_object_get(o, "number")));
	}
	error = control_error("there is no silence %" JSON_INTEGER_FORMAT "%s",
	    number, there.len > 0 ? there.data : "");
	json_decref(silences);
	buf_free(&there);
	return error;
}

json_t *
alerts_unsilence(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	const json_t *number = json_object_get(request, "number");
	const json_int_t n = json_integer_value(number);
	bool kept = false;
	json_t *o;

	if (!json_is_integer(number))
		return control_error(
		    "the request has no \"number\" of a silence");
	if (n <= 0 || !desk_unsilence(d, (uint64_t)n, &kept))
		return no_such_silence(d, n);
	o = json_pack("{s:b,s:I}", "ok", 1, "number", n);
	add_kept(o, d, kept);
	return o;
}

/* --- forget, test -------------------------------------------------------- */

json_t *
alerts_forget(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	json_t *error = NULL, *o;
	const char *text = need_text(request, "pattern", &error);
	struct pattern *pattern =
	    text != NULL ? parse_pattern(text, &error) : NULL;
	bool kept = false;
	size_t n;

	if (pattern == NULL)
		return error;
	n = desk_forget(d, pattern, &kept);
	pattern_free(pattern);
	o = json_pack("{s:b,s:o}", "ok", 1, "forgotten", count_json(n));
	add_kept(o, d, kept || n == 0);
	return o;
}

static const char *
answer_name(int answer)
{
	static const char *const names[] = { [FETTLE_DELIVERED] = "delivered",
		[FETTLE_RETRY] = "retry",
		[FETTLE_TOO_LARGE] = "too large",
		[FETTLE_REFUSED] = "refused",
		[FETTLE_UNAUTHORISED] = "unauthorised",
		[FETTLE_UNKNOWN] = "unknown" };

	return answer >= 0 && answer <= FETTLE_UNKNOWN ? names[answer]
						       : names[FETTLE_RETRY];
}

static json_t *
no_such_receiver(struct desk *d, const char *name)
{
	struct names_near n = { 0 };
	struct buf near = { 0 };
	json_t *error;

	desk_look(d, add_receivers, &n);
	if (n.v.n == 0)
		return control_error("there is no receiver: a section of a "
				     "plugin that notifies, such as slack or "
				     "smtp, is one");
	add_near(&near, &n, name);
	error = control_error("there is no receiver `%s'%s", name, near.data);
	buf_free(&near);
	return error;
}

static json_t *
tested(const char *name, int answer, const char *said, double took)
{
	json_t *o;

	if (answer == FETTLE_DELIVERED)
		o = json_pack("{s:b}", "ok", 1);
	else if (answer == FETTLE_UNKNOWN)
		o = control_error("nobody knows whether %s took the test%s%s",
		    name, said[0] != '\0' ? ": " : "", said);
	else
		o = control_error("%s did not take the test: %s%s%s", name,
		    answer_name(answer), said[0] != '\0' ? ": " : "", said);
	json_object_set_new(o, "receiver", json_string(name));
	json_object_set_new(o, "answer", json_string(answer_name(answer)));
	json_object_set_new(o, "said", json_string(said));
	json_object_set_new(o, "took", json_real(took));
	return o;
}

json_t *
alerts_test(void *daemon, const json_t *request)
{
	struct desk *d = ((struct daemon *)daemon)->desk;
	const int64_t begun = clock_mono();
	json_t *error = NULL;
	const char *name = need_text(request, "receiver", &error);
	char said[256] = "";
	int answer = 0;

	if (name == NULL)
		return error;
	switch (desk_test(d, name, begun + TEST_WAIT_S * NS_PER_S, &answer,
	    said, sizeof(said))) {
	case DESK_NO_RECEIVER:
		return no_such_receiver(d, name);
	case DESK_TEST_LATE:
		return control_error("%s has not answered within %d s; the "
				     "test may still arrive",
		    name, TEST_WAIT_S);
	case DESK_TESTED:
		break;
	}
	return tested(name, answer, said,
	    (double)(clock_mono() - begun) / (double)NS_PER_S);
}
