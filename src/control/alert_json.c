/* SPDX-License-Identifier: MIT */
#include "control/alert_json.h"

#include <math.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/line_json.h"

/* --- pieces -------------------------------------------------------------- */

static json_t *
seconds(int64_t ns)
{
	return json_real((double)ns / (double)NS_PER_S);
}

/* 0, or no stamp: there is none. */
static json_t *
time_or_null(int64_t ns)
{
	return ns > 0 && ns != STAMP_NEVER ? seconds(ns) : json_null();
}

static json_t *
real_or_null(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static json_t *
number_or_null(uint64_t n)
{
	return n > 0 ? json_integer((json_int_t)n) : json_null();
}

/* Text of any origin. */
static json_t *
text_or_null(const char *s)
{
	return s != NULL ? line_json(s) : json_null();
}

/* A name as it is: what asks for it by that name is to find it. */
static json_t *
name_or_null(const char *s)
{
	json_t *name = s != NULL ? json_string(s) : NULL;

	return name != NULL ? name : text_or_null(s);
}

static json_t *
truth_or_null(struct truth t)
{
	return t.level == RANK_NONE ? json_null() : json_string(truth_name(t));
}

static const char *
rank_name(enum rank r)
{
	return truth_name((struct truth){ r, false });
}

/* --- what the case is ---------------------------------------------------- */

enum alert_state
alert_state(const struct alert_view *v)
{
	switch (truth_rank(v->truth)) {
	case RANK_FAILURE:
		return v->truth.no_data ? ALERT_NO_DATA : ALERT_FAILURE;
	case RANK_WARNING:
		return v->truth.no_data ? ALERT_NO_DATA : ALERT_WARNING;
	case RANK_NO_DATA:
		return ALERT_NO_DATA;
	default:
		return v->level != NULL && level_pending(v->level)
			   ? ALERT_PENDING
			   : ALERT_OK;
	}
}

const char *
alert_state_name(enum alert_state s)
{
	static const char *const names[] = { [ALERT_OK] = "ok",
		[ALERT_PENDING] = "pending",
		[ALERT_NO_DATA] = "no-data",
		[ALERT_WARNING] = "warning",
		[ALERT_FAILURE] = "failure" };

	return names[s];
}

/* What it will be, if numbers go on as they are. */
struct outlook {
	enum rank rank; /* RANK_NONE: what it is */
	int64_t from, at;
};

static void
consider(struct outlook *o, enum rank rank, const struct run *run,
    const struct rule *r)
{
	const int64_t at = run->breach + r->for_ns;

	if (run_pending(run) && (o->rank == RANK_NONE || at < o->at))
		*o = (struct outlook){ rank, run->breach, at };
}

static struct outlook
easing(const struct level *l, const struct rule *r)
{
	const struct run *run = l->failure.set ? &l->failure : &l->warning;
	const bool warning = l->failure.set && l->warning.set &&
			     (l->warning.clear == STAMP_NONE ||
				 l->warning.clear > l->failure.clear);

	if (!run->set || run->clear == STAMP_NONE)
		return (struct outlook){ .rank = RANK_NONE };
	return (struct outlook){ warning ? RANK_WARNING : RANK_OK, run->clear,
		run->clear + r->clear_for_ns };
}

static struct outlook
outlook_of(const struct alert_view *v, const struct rule *r)
{
	struct outlook o = { .rank = RANK_NONE };

	if (v->level == NULL || r == NULL || v->truth.no_data)
		return o;
	consider(&o, RANK_FAILURE, &v->level->failure, r);
	consider(&o, RANK_WARNING, &v->level->warning, r);
	return o.rank != RANK_NONE ? o : easing(v->level, r);
}

static json_t *
outlook_json(const struct outlook *o)
{
	if (o->rank == RANK_NONE)
		return json_null();
	return json_pack("{s:s,s:o,s:o}", "state", rank_name(o->rank), "from",
	    time_or_null(o->from), "at", time_or_null(o->at));
}

/* The limit that its state is about. */
static double
limit_of(const struct alert_view *v, const struct outlook *o)
{
	const struct limits_of_rule *l = &v->level->basis;
	const bool pending = v->truth.level == RANK_OK;

	if (v->truth.level == RANK_FAILURE || isnan(l->warning) ||
	    (pending && o->rank == RANK_FAILURE))
		return l->failure;
	return l->warning;
}

static json_t *
tags_json(const struct subject_view *v)
{
	json_t *o = json_object();

	for (size_t i = 0; i < v->n_tags; i++)
		json_object_set_new(
		    o, v->tags[i].key, name_or_null(v->tags[i].value));
	return o;
}

static json_t *
subject_json(const struct subject_view *v)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "rule",
	    name_or_null(v->rule), "series", name_or_null(v->series), "host",
	    name_or_null(v->host), "plugin", name_or_null(v->plugin),
	    "instance", name_or_null(v->instance), "tags", tags_json(v),
	    "field", name_or_null(v->field), "unit", name_or_null(v->unit));
}

static void
add_numbers(json_t *o, const struct alert_view *v, const struct outlook *next)
{
	const struct level *l = v->level;

	json_object_set_new(
	    o, "value", real_or_null(l != NULL ? l->number : NAN));
	json_object_set_new(
	    o, "value_time", time_or_null(l != NULL ? l->stamp : 0));
	json_object_set_new(
	    o, "limit", real_or_null(l != NULL ? limit_of(v, next) : NAN));
	json_object_set_new(
	    o, "below", json_boolean(l != NULL && l->basis.below));
	json_object_set_new(o, "worst", real_or_null(v->worst));
}

json_t *
alert_json(const struct alert_view *v, const struct rule *r)
{
	const struct outlook next = outlook_of(v, r);
	const enum alert_state state = alert_state(v);
	json_t *o = subject_json(&v->of);

	json_object_set_new(o, "state", json_string(alert_state_name(state)));
	json_object_set_new(
	    o, "level", json_string(rank_name(v->truth.level)));
	json_object_set_new(o, "since",
	    time_or_null(state == ALERT_PENDING ? next.from : v->since_ns));
	add_numbers(o, v, &next);
	json_object_set_new(o, "next", outlook_json(&next));
	json_object_set_new(o, "silence", number_or_null(v->silence));
	json_object_set_new(o, "incident", number_or_null(v->incident));
	json_object_set_new(
	    o, "message", text_or_null(r != NULL ? r->message : NULL));
	return o;
}

json_t *
alert_json_closed(const struct row_view *v)
{
	json_t *o = subject_json(&v->of);

	json_object_set_new(o, "state", json_string("closed"));
	json_object_set_new(
	    o, "why", json_string(closing_name(v->entry->closing)));
	return o;
}

/* --- what happened ------------------------------------------------------- */

static void
add_truth(struct buf *to, struct truth t)
{
	if (!t.no_data)
		buf_puts(to, truth_name(t));
	else if (t.level > RANK_OK)
		buf_printf(to, "no data, held at %s", rank_name(t.level));
	else
		buf_puts(to, "no data");
}

static const char *
hold_words(enum hold h)
{
	static const char *const words[] = {
		[HOLD_NONE] = "nothing",
		[HOLD_SILENCE] = "silence",
		[HOLD_ISOLATED] = "most hosts are silent",
		[HOLD_GATHERING] = "it is seen who else falls silent",
		[HOLD_HOST] = "its host is silent",
		[HOLD_REPLAY] = "its host catches up",
		[HOLD_UNHEARD] = "no number has said so yet",
		[HOLD_COOLDOWN] = "cooldown",
		[HOLD_REFUSED] = "the same was refused",
	};

	return words[h];
}

static const char *
failed_words(int answer)
{
	switch (answer) {
	case FETTLE_TOO_LARGE:
	case FETTLE_REFUSED:
		return "refused";
	case FETTLE_UNAUTHORISED:
		return "not let in";
	case FETTLE_UNKNOWN:
		return "sent, perhaps delivered";
	default:
		return "not delivered, to be tried again";
	}
}

/* ": 200 ok (84.0 ms)" */
static void
add_answer(struct buf *to, const struct history_event *e)
{
	if (e->words != NULL && e->words[0] != '\0')
		buf_printf(to, ": %s", e->words);
	if (e->took_ns <= 0)
		return;
	buf_puts(to, " (");
	human_duration(to, (double)e->took_ns / (double)NS_PER_S);
	buf_putc(to, ')');
}

static void
add_sentence(struct buf *to, const struct history_event *e)
{
	if (e->receiver != NULL)
		buf_printf(to, "%s: ", e->receiver);
	switch (e->what) {
	case HISTORY_MOVED:
		add_truth(to, e->is);
		buf_puts(to, ", was ");
		add_truth(to, e->was);
		break;
	case HISTORY_HELD:
		buf_printf(to, "%s held back: %s", kind_name(e->kind),
		    hold_words(e->hold));
		break;
	case HISTORY_SENT:
		buf_printf(to, "%s sent (", kind_name(e->kind));
		add_truth(to, e->is);
		buf_putc(to, ')');
		break;
	case HISTORY_DELIVERED:
		buf_printf(to, "%s delivered", kind_name(e->kind));
		add_answer(to, e);
		break;
	case HISTORY_FAILED:
		buf_printf(
		    to, "%s %s", kind_name(e->kind), failed_words(e->answer));
		add_answer(to, e);
		break;
	case HISTORY_CLOSED:
		buf_printf(
		    to, "watched no longer: %s", closing_name(e->closing));
		break;
	}
}

/* Of the API: one word. */
static const char *
event_state(const struct history_event *e)
{
	const struct truth t = e->what == HISTORY_CLOSED ? e->was : e->is;

	if (t.no_data)
		return "no-data";
	return truth_name(t);
}

json_t *
alert_event_json(const struct history_event *e)
{
	const bool moved =
	    e->what == HISTORY_MOVED || e->what == HISTORY_CLOSED;
	struct buf text = { 0 };
	json_t *o;

	add_sentence(&text, e);
	o = json_pack("{s:o,s:s,s:o,s:o,s:o}", "time", seconds(e->time_ns),
	    "what", history_name(e->what), "state",
	    moved ? json_string(event_state(e)) : json_null(), "value",
	    real_or_null(e->what == HISTORY_MOVED ? e->number : NAN), "text",
	    text_or_null(text.data));
	buf_free(&text);
	if (e->receiver != NULL)
		json_object_set_new(o, "receiver", name_or_null(e->receiver));
	if (e->what == HISTORY_HELD)
		json_object_set_new(o, "until", time_or_null(e->until_ns));
	return o;
}

/* --- who knows what ------------------------------------------------------ */

static void
add_owed(json_t *o, const struct row_view *v, const struct engine *e)
{
	const struct verdict *d = &v->verdict;
	const bool held = d->owed && d->hold != HOLD_NONE;
	const int64_t until = engine_wall(e, d->until);

	json_object_set_new(o, "owed",
	    d->owed ? json_string(kind_name(d->kind)) : json_null());
	json_object_set_new(
	    o, "hold", held ? json_string(hold_name(d->hold)) : json_null());
	json_object_set_new(
	    o, "why", held ? json_string(hold_words(d->hold)) : json_null());
	json_object_set_new(
	    o, "until", held ? time_or_null(until) : json_null());
	json_object_set_new(
	    o, "reminder", d->owed ? json_null() : time_or_null(until));
}

json_t *
alert_row_json(const struct row_view *v, const struct engine *e)
{
	const struct entry *entry = v->entry;
	json_t *o = json_pack("{s:o,s:o,s:o,s:o,s:b,s:i,s:o}", "receiver",
	    name_or_null(v->receiver), "told", truth_or_null(entry->told),
	    "told_at", time_or_null(engine_wall(e, entry->confirmed_at)),
	    "maybe", truth_or_null(entry->maybe), "under_way",
	    entry->under_way, "changes", (int)(entry->changes & INT32_MAX),
	    "silence", number_or_null(v->silence));

	add_owed(o, v, e);
	return o;
}

/* --- the rest ------------------------------------------------------------ */

json_t *
alert_silence_json(const struct silence_view *v)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "number",
	    number_or_null(v->number), "pattern", name_or_null(v->pattern),
	    "reason", text_or_null(v->why), "from", time_or_null(v->begun_ns),
	    "until", time_or_null(v->end_ns));
}

json_t *
alert_rule_json(const struct rule *r)
{
	json_t *notify = json_array(), *o;

	for (size_t i = 0; i < r->notify.n; i++)
		json_array_append_new(notify, name_or_null(r->notify.v[i]));
	o = json_pack("{s:o,s:o,s:o,s:b,s:o}", "rule", name_or_null(r->id),
	    "warning", real_or_null(r->limits.warning), "failure",
	    real_or_null(r->limits.failure), "below", r->limits.below,
	    "hysteresis", real_or_null(r->limits.hysteresis));
	json_object_set_new(o, "for", seconds(r->for_ns));
	json_object_set_new(o, "clear_for", seconds(r->clear_for_ns));
	json_object_set_new(
	    o, "missing", json_integer((json_int_t)r->missing));
	json_object_set_new(o, "remind", seconds(r->remind_ns));
	json_object_set_new(o, "cooldown", seconds(r->cooldown_ns));
	json_object_set_new(o, "notify", notify);
	return o;
}
