/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"

struct truth
alert_truth(const struct alert *a)
{
	if (a->forced)
		return (struct truth){ a->forced_rank, false };
	return (struct truth){ level_rank(&a->level), a->no_data };
}

/* --- life ---------------------------------------------------------------- */

struct alert *
alert_anchor(struct engine *e, struct track *t, const char *rule_id,
    const char *field, const char *unit)
{
	struct alert *a = track_alert(t, rule_id, field);

	if (a != NULL)
		return a;
	a = NEW(struct alert);
	a->track = t;
	a->rule_id = xstrdup(rule_id);
	a->series = xasprintf("%s.%s", t->text, field);
	a->field = strrchr(a->series, '.') + 1;
	a->unit = xstrdup(unit);
	a->since = a->changed = STAMP_NONE;
	a->worst = NAN;
	a->level = (struct level){ .basis = { .warning = NAN, .failure = NAN },
		.stamp = STAMP_NONE,
		.number = NAN };
	level_restart(&a->level);
	LIST_INIT(&a->rows);
	LIST_INSERT_HEAD(&t->alerts, a, of_track);
	TAILQ_INSERT_TAIL(&e->alerts, a, of_all);
	return a;
}

void
alert_attach(struct engine *e, struct alert *a, const struct rule *r)
{
	struct machine *m = a->track->machine;

	assert(a->rule == NULL);
	a->rule = r;
	a->loaded = false;
	e->n_alerts++;
	if (m == NULL)
		return;
	TAILQ_INSERT_TAIL(&m->alerts, a, of_machine);
}

static void
begin_anew(struct alert *a, const struct rule *r)
{
	a->since = a->changed = STAMP_NONE;
	a->worst = NAN;
	a->heard = true;
	a->no_data = false;
	a->incident = 0;
	level_init(&a->level, r);
}

static bool
somebody_knows_worse(const struct alert *a)
{
	const struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		if (!entry_knows_good(&r->entry))
			return true;
	}
	return false;
}

struct alert *
alert_open(struct engine *e, struct track *t, const struct rule *r,
    const char *field, const char *unit, bool forced)
{
	const char *id = !forced      ? r->id
			 : t->machine ? RULE_HOST_SILENT
				      : RULE_HUB_ISOLATED;
	struct alert *a = alert_anchor(e, t, id, field, unit);

	alert_attach(e, a, r);
	begin_anew(a, r);
	a->forced = forced;
	a->forced_rank = RANK_OK;
	a->anew = !forced && somebody_knows_worse(a);
	rows_open(e, a);
	mark_alert(e, a);
	return a;
}

/* Freed by its last row, where it has any. */
void
alert_discard(struct engine *e, struct alert *a, enum closing why)
{
	struct row *r = LIST_FIRST(&a->rows), *next;

	unmark(e, RECORD_ALERT, &a->dirty, key_of_alert(a));
	a->loaded = false;
	if (r == NULL) {
		alert_free(e, a);
		return;
	}
	for (; r != NULL; r = next) {
		next = LIST_NEXT(r, of_alert);
		row_close(e, r, why);
	}
}

void
alert_close(struct engine *e, struct alert *a, enum closing why)
{
	struct machine *m = a->track->machine;

	observe_closed(e, a, why);
	timers_drop(&e->alert_timers, &a->absence);
	a->rule = NULL;
	a->track->made = 0;
	e->n_alerts--;
	e->fleet = true;
	if (m != NULL)
		TAILQ_REMOVE(&m->alerts, a, of_machine);
	if (m != NULL && m->silence == a)
		m->silence = NULL;
	if (e->hub == a)
		e->hub = NULL;
	alert_discard(e, a, why);
}

void
alert_free(struct engine *e, struct alert *a)
{
	struct track *t = a->track;

	assert(LIST_EMPTY(&a->rows));
	LIST_REMOVE(a, of_track);
	TAILQ_REMOVE(&e->alerts, a, of_all);
	free(a->rule_id);
	free(a->series);
	free(a->unit);
	free(a);
	track_release(e, t);
}

void
alert_touch(struct engine *e, struct alert *a)
{
	struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		row_touch(e, r);
	}
}

/* --- when samples are missing -------------------------------------------- */

static int64_t
interval_of(const struct alert *a)
{
	return a->level.interval_ns > 0 ? a->level.interval_ns
					: INTERVAL_S * NS_PER_S;
}

/* Whether it is known that no number comes. */
static bool
is_missing(const struct alert *a)
{
	return a->no_data && a->heard;
}

/* The stamp from which on its samples are missing. */
static int64_t
missing_from(const struct alert *a)
{
	return stamp_later(a->level.stamp, a->track->machine->resume) +
	       level_gap(a->rule, interval_of(a));
}

/* For one whose samples are: the stamp from which on they were for too long.
 */
static int64_t
over_from(const struct engine *e, const struct alert *a)
{
	int64_t last = a->level.stamp;

	if (last == STAMP_NONE)
		last = a->changed != STAMP_NONE ? a->changed
						: a->track->machine->resume;
	return last + e->tuning->forget_ns;
}

void
alert_expect(const struct engine *e, const struct alert *a)
{
	struct machine *m = a->track->machine;
	const int64_t from = is_missing(a) ? over_from(e, a) : missing_from(a);

	if (from < m->absence_from)
		m->absence_from = from;
}

/* --- change -------------------------------------------------------------- */

static void
tell_rows(struct engine *e, struct alert *a, struct truth was, struct truth is)
{
	struct row *r;

	LIST_FOREACH (r, &a->rows, of_alert) {
		entry_moved(&r->entry, was, is, r->receiver->severities,
		    a->worst, a->rule->limits.below);
		mark_row(e, r);
		row_touch(e, r);
	}
}

/* After anything that may have changed the truth.  stamp: of the number that
 * did it, or of a forced one now, or STAMP_NONE. */
static void
moved(struct engine *e, struct alert *a, struct truth was, int64_t stamp)
{
	const struct truth is = alert_truth(a);

	if (is.level > RANK_OK && !is.no_data)
		a->worst = entry_worse(
		    a->worst, a->level.number, a->rule->limits.below);
	if (truth_equal(was, is))
		return;
	if (stamp != STAMP_NONE)
		a->changed = stamp;
	if (truth_rank(was) == RANK_OK)
		a->incident++;
	observe_moved(e, a, was);
	tell_rows(e, a, was, is);
	if (truth_rank(is) == RANK_OK) {
		a->since = STAMP_NONE;
		a->worst = NAN;
	}
	mark_alert(e, a);
}

void
alert_heard(struct engine *e, struct alert *a)
{
	if (a->heard)
		return;
	a->heard = true;
	alert_expect(e, a);
	alert_touch(e, a);
}

/* What is said of it is no longer about the one before. */
static void
settled(struct engine *e, struct alert *a)
{
	if (!a->anew)
		return;
	a->anew = false;
	alert_touch(e, a);
}

void
alert_unheard(struct alert *a)
{
	a->heard = false;
	a->track->machine->absence_from = STAMP_NONE;
}

void
alert_number(struct engine *e, struct alert *a, int64_t stamp, double number,
    int64_t interval_ns)
{
	const struct truth was = alert_truth(a);

	level_number(
	    &a->level, a->rule, stamp, number, interval_ns, &a->since);
	a->no_data = false;
	timers_drop(&e->alert_timers, &a->absence);
	alert_heard(e, a);
	if (!level_pending(&a->level))
		settled(e, a);
	moved(e, a, was, stamp);
	alert_expect(e, a);
}

void
alert_force(struct engine *e, struct alert *a, enum rank rank, int64_t since)
{
	const struct truth was = alert_truth(a);

	a->forced_rank = rank;
	if (rank > RANK_OK && a->since == STAMP_NONE)
		a->since = since;
	moved(e, a, was, now_of(e));
}

void
alert_adapt(struct engine *e, struct alert *a, const struct rule *r)
{
	const struct truth was = alert_truth(a);

	a->rule = r;
	if (a->forced)
		return;
	if (level_adapt(&a->level, r))
		mark_alert(e, a);
	if (r->missing == 0)
		a->no_data = false;
	moved(e, a, was, STAMP_NONE);
}

/* --- missing samples ----------------------------------------------------- */

/* Enough were missed, but the number may come yet: it is waited for. */
static void
missed(struct engine *e, struct alert *a, int64_t since)
{
	const int64_t half = interval_of(a) / 2, most = SETTLE_S * NS_PER_S;

	if (a->absence.place == 0) {
		a->missed_at = now_of(e);
		a->missed_since = since;
	}
	timers_set(&e->alert_timers, &a->absence,
	    a->missed_at + (half < most ? half : most), a);
}

/* Looks whether its host has reported without it for too long; closes it if
 * for much too long.  The stamp up to which nothing changes about that. */
int64_t
alert_absence(struct engine *e, struct alert *a)
{
	const struct machine *m = a->track->machine;
	const int64_t limit = missing_from(a);

	if (is_missing(a) && m->newest >= over_from(e, a)) {
		alert_close(e, a, CLOSING_SERIES);
		return STAMP_NEVER;
	}
	if (!is_missing(a) && m->newest >= limit &&
	    !(a->rule->missing == 0 && a->heard)) {
		missed(e, a, stamp_later(a->level.stamp, m->resume));
		return STAMP_NEVER;
	}
	timers_drop(&e->alert_timers, &a->absence);
	if (is_missing(a))
		return over_from(e, a);
	return m->newest >= limit ? STAMP_NEVER : limit;
}

static void
no_data(struct engine *e, struct alert *a)
{
	const struct truth was = alert_truth(a);

	alert_heard(e, a); /* waited long enough */
	settled(e, a);
	a->no_data = a->rule->missing > 0;
	if (a->no_data && a->since == STAMP_NONE)
		a->since = a->missed_since;
	a->track->machine->absence_from = STAMP_NONE;
	moved(e, a, was, a->level.stamp);
}

void
alerts_tick(struct engine *e)
{
	struct alert *a;

	while ((a = timers_due(&e->alert_timers, now_of(e))) != NULL)
		no_data(e, a);
}
