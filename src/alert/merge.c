/* SPDX-License-Identifier: MIT */
/*
 * What could not be read before the start, and could later: what was known
 * then is known again, where nothing newer is.  Numbers that came since are
 * newer than a level, a message than what a receiver was told.
 */
#include <stdlib.h>

#include "alert/inside.h"

/* From the alert clock of the one to that of the other. */
static int64_t
between_clocks(const struct engine *e, const struct engine *before)
{
	const int64_t gone = e->wall - before->saved.wall;

	if (!before->loaded_clock)
		return 0;
	return now_of(e) - clock_resumed(before, gone);
}

/* A moment by the other clock; never one to come. */
static int64_t
moment(const struct engine *e, int64_t at, int64_t delta)
{
	const int64_t shifted = stamp_shift(at, delta);

	return shifted > now_of(e) ? now_of(e) : shifted;
}

/* --- silences, hosts ----------------------------------------------------- */

static bool
is_taken(const struct engine *e, uint64_t number)
{
	for (size_t i = 0; i < e->silences.n; i++)
		if (e->silences.v[i]->number == number)
			return true;
	return false;
}

static void
merge_silence(struct engine *e, struct silence *s, int64_t delta)
{
	const int64_t length = s->end - s->begun;

	s->begun = moment(e, s->begun, delta);
	s->end = stamp_shift(s->end, delta);
	if (s->end - s->begun > length)
		s->end = s->begun + length;
	if (is_taken(e, s->number))
		s->number = ++e->saved.silences;
	silence_add(e, s);
	mark_dirty(e, RECORD_SILENCE, &s->dirty, s);
}

static void
merge_silences(struct engine *e, struct engine *before, int64_t delta)
{
	if (before->saved.silences > e->saved.silences)
		e->saved.silences = before->saved.silences;
	while (before->silences.n > 0 && e->silences.n < SILENCES_MAX) {
		struct silence *s = before->silences.v[0];

		vec_remove(&before->silences, 0);
		merge_silence(e, s, delta);
	}
}

static void
merge_hosts(struct engine *e, const struct engine *before, int64_t delta)
{
	const struct machine *was;

	TAILQ_FOREACH (was, &before->hosts, of_all) {
		struct machine *m;

		if (!was->known)
			continue;
		m = machine_get(e, was->name);
		if (m->known)
			continue;
		m->known = true;
		m->silent = was->silent;
		m->shortest_ns = was->shortest_ns;
		m->silent_at = moment(e, was->silent_at, delta);
		m->heard_at = now_of(e);
		m->gather_until = now_of(e) + GATHER_S * NS_PER_S;
		mark_machine(e, m);
	}
}

/* --- rows ---------------------------------------------------------------- */

/* Whether it says no more than that nothing was told. */
static bool
knows_nothing(const struct entry *entry)
{
	return entry->confirmed_at == STAMP_NONE && !entry->under_way &&
	       truth_equal(entry->maybe, truth_none);
}

static uint32_t
sum(uint32_t a, uint32_t b)
{
	return b < UINT32_MAX - a ? a + b : UINT32_MAX;
}

static void
merge_row(
    struct engine *e, struct alert *a, const struct row *was, int64_t delta)
{
	const struct receiver *to = receiver_find(e, was->receiver->name);
	struct entry known = was->entry;
	struct row *r;

	if (to == NULL)
		return;
	known.confirmed_at = moment(e, known.confirmed_at, delta);
	known.ready_at = moment(e, known.ready_at, delta);
	known.refused_at = moment(e, known.refused_at, delta);
	if (was->alert->forced)
		known.since = moment(e, known.since, delta);
	if (known.under_way)
		entry_unknown(&known);
	r = row_of(a, to);
	if (r == NULL) {
		r = row_make(e, a, receiver_get(e, to->name), 0);
	} else if (knows_nothing(&r->entry)) {
		known.changes = sum(known.changes, r->entry.changes);
		known.closing = r->entry.closing;
	} else {
		return;
	}
	r->entry = known;
	mark_row(e, r);
	row_touch(e, r);
}

static void
merge_rows(
    struct engine *e, struct alert *a, const struct alert *was, int64_t delta)
{
	const struct row *r;

	LIST_FOREACH (r, &was->rows, of_alert) {
		merge_row(e, a, r, delta);
	}
}

/* --- alerts -------------------------------------------------------------- */

/* It has gone on since, from nothing. */
static void
merge_alert(struct alert *a, const struct alert *was)
{
	const bool fired = truth_rank(alert_truth(a)) > RANK_OK;
	const bool firing = truth_rank(alert_truth(was)) > RANK_OK;

	if (!a->forced)
		level_recall(&a->level, &was->level, a->rule->clear_for_ns);
	/* one that went on through it all is still the same incident */
	a->incident += was->incident - (fired && firing ? 1 : 0);
	if (!firing || truth_rank(alert_truth(a)) == RANK_OK)
		return;
	if (!a->forced)
		a->since = was->since;
	a->worst = entry_worse(a->worst, was->worst, a->rule->limits.below);
}

/* It has not come since: as at the start. */
static void
revive_alert(
    struct engine *e, struct alert *a, const struct alert *was, int64_t delta)
{
	a->forced = was->forced;
	a->forced_rank = was->forced_rank;
	a->no_data = was->no_data;
	a->level = was->level;
	a->since = was->since;
	a->changed = was->changed;
	if (was->forced) {
		a->since = moment(e, was->since, delta);
		a->changed = moment(e, was->changed, delta);
	}
	a->worst = was->worst;
	a->incident = was->incident;
	alert_take_up(e, a, false);
}

static struct alert *
anchor(struct engine *e, const struct alert *was)
{
	const struct track *t = was->track;
	struct track *to =
	    track_get(e, t->machine != NULL ? t->machine->name : NULL,
		t->plugin, t->instance, t->tags, t->n_tags);

	return alert_anchor(e, to, was->rule_id, was->field, was->unit);
}

static void
merge_one(struct engine *e, const struct alert *was, int64_t delta)
{
	struct alert *a = anchor(e, was);
	const bool is_new = a->rule == NULL && LIST_EMPTY(&a->rows);

	merge_rows(e, a, was, delta);
	if (a->rule != NULL && was->loaded) {
		merge_alert(a, was);
		mark_alert(e, a);
		alert_touch(e, a);
	} else if (is_new && was->loaded) {
		revive_alert(e, a, was, delta);
	} else if (is_new) {
		alert_discard(e, a, CLOSING_SERIES);
	}
}

void
engine_merge(struct engine *e, struct engine *before)
{
	const int64_t delta = between_clocks(e, before);
	const struct alert *a;

	merge_silences(e, before, delta);
	merge_hosts(e, before, delta);
	TAILQ_FOREACH (a, &before->alerts, of_all) {
		merge_one(e, a, delta);
	}
	e->saved.dead += before->saved.dead;
	e->clock_dirty = true;
	engine_reload(e, e->policy);
	meters_retire(e, before);
}
