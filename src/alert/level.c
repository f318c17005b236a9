/* SPDX-License-Identifier: MIT */
#include "alert/level.h"

static void
run_restart(struct run *r)
{
	r->breach = STAMP_NONE;
	r->clear = STAMP_NONE;
}

void
level_init(struct level *l, const struct rule *r)
{
	*l = (struct level){
		.basis = r->limits, .stamp = STAMP_NONE, .number = NAN
	};
	level_restart(l);
}

enum rank
level_rank(const struct level *l)
{
	if (l->failure.set)
		return RANK_FAILURE;
	return l->warning.set ? RANK_WARNING : RANK_OK;
}

bool
run_pending(const struct run *r)
{
	return !r->set && r->breach != STAMP_NONE;
}

bool
level_pending(const struct level *l)
{
	return run_pending(&l->warning) || run_pending(&l->failure);
}

int64_t
level_gap(const struct rule *r, int64_t interval_ns)
{
	const int64_t missing = r->missing > 0 ? r->missing : RULE_MISSING;

	return missing * interval_ns + interval_ns / 2;
}

void
level_sample(struct level *l, int64_t interval_ns)
{
	if (l->stamp == STAMP_NONE || interval_ns > l->interval_ns)
		l->interval_ns = interval_ns;
}

static void
run_breach(struct run *r, int64_t for_ns, int64_t stamp, bool gap)
{
	r->clear = STAMP_NONE;
	if (gap || r->breach == STAMP_NONE)
		r->breach = stamp;
	if (stamp - r->breach >= for_ns)
		r->set = true;
}

static void
run_clear(struct run *r, int64_t clear_for_ns, int64_t stamp, bool gap)
{
	r->breach = STAMP_NONE;
	if (gap || r->clear == STAMP_NONE)
		r->clear = stamp;
	if (stamp - r->clear >= clear_for_ns)
		r->set = false;
}

/* True: the severity has been set just now. */
static bool
run_number(struct run *run, const struct rule *r, double limit, int64_t stamp,
    double number, bool gap)
{
	const double sign = r->limits.below ? -1 : 1;
	const bool was = run->set;

	if (isnan(limit))
		return false;
	if (sign * number >= sign * limit)
		run_breach(run, r->for_ns, stamp, gap);
	else if (sign * number < sign * limit - r->limits.hysteresis)
		run_clear(run, r->clear_for_ns, stamp, gap);
	else
		run_restart(run);
	return run->set && !was;
}

void
level_number(struct level *l, const struct rule *r, int64_t stamp,
    double number, int64_t interval_ns, int64_t *since)
{
	const bool was_ok = level_rank(l) == RANK_OK;
	bool gap, warned, failed;

	level_sample(l, interval_ns);
	gap = l->stamp == STAMP_NONE ||
	      stamp - l->stamp >= level_gap(r, l->interval_ns);
	warned =
	    run_number(&l->warning, r, r->limits.warning, stamp, number, gap);
	failed =
	    run_number(&l->failure, r, r->limits.failure, stamp, number, gap);
	if (was_ok && (warned || failed))
		*since = failed ? l->failure.breach : l->warning.breach;
	l->stamp = stamp;
	l->number = number;
	l->interval_ns = interval_ns;
}

void
level_restart(struct level *l)
{
	run_restart(&l->warning);
	run_restart(&l->failure);
}

static bool
same_limit(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static bool
same_limits(const struct limits_of_rule *a, const struct limits_of_rule *b)
{
	return same_limit(a->warning, b->warning) &&
	       same_limit(a->failure, b->failure) &&
	       a->hysteresis == b->hysteresis && a->below == b->below;
}

static void
run_drop(struct run *r, double limit)
{
	if (!isnan(limit))
		return;
	r->set = false;
	run_restart(r);
}

bool
level_adapt(struct level *l, const struct rule *r)
{
	if (same_limits(&l->basis, &r->limits))
		return false;
	run_drop(&l->warning, r->limits.warning);
	run_drop(&l->failure, r->limits.failure);
	level_restart(l);
	l->basis = r->limits;
	return true;
}

static void
run_recall(struct run *r, bool was_set, double limit, int64_t stamp,
    int64_t clear_for_ns)
{
	const bool cleared =
	    r->clear != STAMP_NONE && stamp - r->clear >= clear_for_ns;

	if (was_set && !cleared && !isnan(limit))
		r->set = true;
}

void
level_recall(struct level *l, const struct level *before, int64_t clear_for_ns)
{
	run_recall(&l->warning, before->warning.set, l->basis.warning,
	    l->stamp, clear_for_ns);
	run_recall(&l->failure, before->failure.set, l->basis.failure,
	    l->stamp, clear_for_ns);
}

void
level_shift(struct level *l, int64_t delta)
{
	l->warning.breach = stamp_shift(l->warning.breach, delta);
	l->warning.clear = stamp_shift(l->warning.clear, delta);
	l->failure.breach = stamp_shift(l->failure.breach, delta);
	l->failure.clear = stamp_shift(l->failure.clear, delta);
	l->stamp = stamp_shift(l->stamp, delta);
}
