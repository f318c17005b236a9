/* SPDX-License-Identifier: MIT */
/* What changes something: it returns when that is on disk, or says that it is
 * not. */
#include "alerts_ask.h"

#include <math.h>

#include "alerts_own.h"
#include "alerts_pick.h"
#include "base/clock.h"
#include "control/protocol.h"
#include "daemon.h"

enum {
	NAMED_MAX = 20,	  /* of what a silence meets */
	NUMBERS_MAX = 20, /* silences that are named in an error */
	TEST_WAIT_S = 30,
};

#define SILENCE_MAX_S (CONTROL_SILENCE_DAYS * 86400.0)

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

	pattern = request_pattern(text, &error);
	p.pattern = pattern;
	pick_alerts(&p, d);
	pattern_free(pattern);
	json_object_set_new(answer, "counts", pick_counts(&p));
	json_object_set_new(answer, "alerts", p.alerts);
	json_object_set_new(answer, "left_out", answer_count(p.left_out));
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
	o = json_pack("{s:b,s:o,s:I,s:O,s:O,s:o}", "ok", 1, "now",
	    answer_now(), "number", (json_int_t)number, "pattern",
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
	const char *text = request_text(request, "pattern", &error), *why;
	struct pattern *pattern;
	bool kept = false;
	uint64_t number;
	double span;

	why = error == NULL ? request_text(request, "reason", &error) : NULL;
	span = error == NULL ? silence_span(request, &error) : NAN;
	if (error != NULL)
		return error;
	pattern = request_pattern(text, &error);
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
	json_t *silences = answer_silences(d), *error, *o;
	struct buf there = { 0 };
	size_t i;

	json_array_foreach (silences, i, o) {
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
	const char *text = request_text(request, "pattern", &error);
	struct pattern *pattern =
	    text != NULL ? request_pattern(text, &error) : NULL;
	bool kept = false;
	size_t n;

	if (pattern == NULL)
		return error;
	n = desk_forget(d, pattern, &kept);
	pattern_free(pattern);
	o = json_pack("{s:b,s:o}", "ok", 1, "forgotten", answer_count(n));
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

static void
add_receivers(void *arg, const struct engine *e, const struct policy *p)
{
	(void)e;
	for (size_t i = 0; i < p->listeners.n; i++)
		near_add(arg, p->listeners.v[i].name);
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
	near_say(&near, &n, name);
	error = control_error("there is no receiver '%s'%s", name, near.data);
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
	const char *name = request_text(request, "receiver", &error);
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
