/* SPDX-License-Identifier: MIT */
#include "alert/ledger.h"

#include <math.h>
#include <stddef.h>

void
entry_init(struct entry *e, int64_t cooldown_ns)
{
	*e = (struct entry){ .told = truth_good,
		.maybe = truth_none,
		.due = truth_none,
		.refused = truth_none,
		.confirmed_at = STAMP_NONE,
		.ready_at = STAMP_NONE,
		.refused_at = STAMP_NONE,
		.cooldown_ns = cooldown_ns,
		.since = STAMP_NONE,
		.worst = NAN };
}

static bool
is(struct truth t)
{
	return t.level != RANK_NONE;
}

bool
entry_knows_good(const struct entry *e)
{
	return truth_equal(e->told, truth_good) && !is(e->maybe);
}

static enum kind
kind_of(const struct entry *e, struct truth want)
{
	const struct truth told =
	    truth_equal(want, e->told) ? e->maybe : e->told;

	if (want.level > told.level)
		return KIND_FIRING;
	if (want.no_data && !told.no_data)
		return KIND_NO_DATA;
	if (truth_equal(want, truth_good))
		return told.level > RANK_OK ? KIND_RESOLVED : KIND_DATA_BACK;
	if (want.level < told.level)
		return KIND_EASED;
	return told.no_data ? KIND_DATA_BACK : KIND_FIRING;
}

static int64_t
remind_at(const struct entry *e, const struct standing *s)
{
	if (s->remind_ns == 0 || e->confirmed_at == STAMP_NONE ||
	    truth_equal(e->told, truth_good) || e->closing != CLOSING_NOT)
		return STAMP_NEVER;
	return e->confirmed_at + s->remind_ns;
}

struct verdict
entry_owed(const struct entry *e, const struct standing *s)
{
	struct verdict v = { .until = STAMP_NEVER,
		.want = truth_heard(e->told, s->truth, s->severities) };

	if (is(e->maybe) || !truth_equal(v.want, e->told)) {
		v.kind = kind_of(e, v.want);
		v.rise = e->closing == CLOSING_NOT &&
			 truth_rank(v.want) > truth_rank(e->told);
	} else if (truth_rank(e->due) > truth_rank(e->told)) {
		v.kind = KIND_MISSED;
	} else if (s->now >= remind_at(e, s)) {
		v.kind = KIND_REMINDER;
	} else {
		v.until = remind_at(e, s);
		return v;
	}
	if (e->closing != CLOSING_NOT)
		v.kind = KIND_CLOSED;
	v.owed = true;
	return v;
}

static void
hold(struct verdict *v, enum hold why, int64_t until)
{
	v->hold = why;
	v->until = until;
}

void
entry_hold(const struct entry *e, const struct standing *s, struct verdict *v)
{
	const int64_t wait =
	    e->cooldown_ns > s->refused_ns ? e->cooldown_ns : s->refused_ns;

	if (!v->rise && s->unheard)
		hold(v, HOLD_UNHEARD, STAMP_NEVER);
	else if (!v->rise && e->confirmed_at != STAMP_NONE &&
		 s->now < e->confirmed_at + e->cooldown_ns)
		hold(v, HOLD_COOLDOWN, e->confirmed_at + e->cooldown_ns);
	else if (is(e->refused) && truth_equal(e->refused, s->truth) &&
		 s->now < e->refused_at + wait)
		hold(v, HOLD_REFUSED, e->refused_at + wait);
}

double
entry_worse(double a, double b, bool below)
{
	if (isnan(a) || isnan(b))
		return isnan(a) ? b : a;
	return (below ? b < a : b > a) ? b : a;
}

void
entry_moved(struct entry *e, struct truth was, struct truth now,
    unsigned severities, double worst, bool below)
{
	if (!truth_equal(
		truth_seen(was, severities), truth_seen(now, severities)) &&
	    e->changes < UINT32_MAX)
		e->changes++;
	if (e->since != STAMP_NONE)
		e->worst = entry_worse(e->worst, worst, below);
}

static void
settle_ready(
    struct entry *e, const struct verdict *v, int64_t now, int64_t since)
{
	if (e->ready_at == STAMP_NONE)
		e->ready_at = now;
	if (v->kind == KIND_MISSED ||
	    truth_rank(v->want) <= truth_rank(e->due))
		return;
	e->due = v->want;
	if (truth_rank(v->want) > RANK_OK && e->since == STAMP_NONE)
		e->since = since;
}

static void
settle_nothing(struct entry *e)
{
	e->due = truth_none;
	if (!entry_knows_good(e))
		return;
	e->changes = 0;
	e->since = STAMP_NONE;
	e->worst = NAN;
}

bool
entry_settle(
    struct entry *e, const struct verdict *v, int64_t now, int64_t since)
{
	const struct truth due = e->due;
	const int64_t ready_at = e->ready_at;

	if (v->owed && v->hold == HOLD_NONE)
		settle_ready(e, v, now, since);
	else
		e->ready_at = STAMP_NONE;
	if (!v->owed)
		settle_nothing(e);
	return e->ready_at != ready_at || !truth_equal(e->due, due);
}

void
entry_give_up(struct entry *e)
{
	e->due = truth_none;
	e->ready_at = STAMP_NONE;
}

bool
entry_over(const struct entry *e)
{
	return e->closing != CLOSING_NOT && !e->under_way &&
	       entry_knows_good(e);
}

void
entry_begin(
    struct entry *e, const struct verdict *v, struct truth truth, int64_t now)
{
	if (e->ready_at == STAMP_NONE)
		e->ready_at = now;
	if (e->said.kind != v->kind || !truth_equal(e->said.truth, truth))
		e->event++;
	e->said = (struct said){ v->kind, truth, v->want, e->changes };
	e->under_way = true;
}

void
entry_delivered(struct entry *e, int64_t now)
{
	e->told = e->said.seen;
	e->confirmed_at = now;
	e->maybe = e->due = e->refused = truth_none;
	e->ready_at = STAMP_NONE;
	e->changes -= e->said.changes;
	e->alone = false;
	e->under_way = false;
	e->said.kind = KIND_NONE;
	if (!truth_equal(e->told, truth_good))
		return;
	e->since = STAMP_NONE;
	e->worst = NAN;
}

void
entry_unknown(struct entry *e)
{
	const struct truth seen = e->said.seen;

	e->under_way = false;
	if ((!truth_equal(seen, e->told) || is(e->maybe)) &&
	    truth_rank(seen) > truth_rank(e->maybe))
		e->maybe = seen;
}

void
entry_refused(struct entry *e, int64_t now)
{
	e->refused = e->said.truth;
	e->refused_at = now;
	e->alone = false;
	e->under_way = false;
	entry_give_up(e);
}

const char *
kind_name(enum kind k)
{
	static const char *const names[] = {
		[KIND_NONE] = "none",
		[KIND_FIRING] = "firing",
		[KIND_EASED] = "eased",
		[KIND_NO_DATA] = "no data",
		[KIND_DATA_BACK] = "data back",
		[KIND_RESOLVED] = "resolved",
		[KIND_REMINDER] = "reminder",
		[KIND_MISSED] = "missed",
		[KIND_CLOSED] = "closed",
	};

	return names[k];
}

const char *
hold_name(enum hold h)
{
	static const char *const names[] = {
		[HOLD_NONE] = "none",
		[HOLD_SILENCE] = "silence",
		[HOLD_ISOLATED] = "hub isolated",
		[HOLD_GATHERING] = "gathering",
		[HOLD_HOST] = "host silent",
		[HOLD_REPLAY] = "replay",
		[HOLD_UNHEARD] = "not heard yet",
		[HOLD_COOLDOWN] = "cooldown",
		[HOLD_REFUSED] = "refused",
	};

	return names[h];
}

const char *
closing_name(enum closing c)
{
	static const char *const names[] = {
		[CLOSING_NOT] = "open",
		[CLOSING_RULE] = "rule removed",
		[CLOSING_NOTIFY] = "no longer reported here",
		[CLOSING_SERIES] = "no data for too long",
		[CLOSING_HAND] = "forgotten by hand",
		[CLOSING_HOST] = "host not heard for too long",
		[CLOSING_PLUGIN] = "plugin removed",
	};

	return names[c];
}
