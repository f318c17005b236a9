/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"

/* --- life ---------------------------------------------------------------- */

struct machine *
machine_get(struct engine *e, const char *name)
{
	struct machine *m = index_get(&e->machines, name);

	if (m != NULL)
		return m;
	m = NEW(struct machine);
	m->name = xstrdup(name);
	m->local = strcmp(name, e->policy->local) == 0;
	m->newest = m->resume = STAMP_NONE;
	m->absence_from = STAMP_NONE;
	TAILQ_INIT(&m->alerts);
	LIST_INIT(&m->tracks);
	index_put(&e->machines, m->name, m);
	TAILQ_INSERT_TAIL(&e->hosts, m, of_all);
	return m;
}

void
machine_free(struct engine *e, struct machine *m)
{
	assert(TAILQ_EMPTY(&m->alerts) && LIST_EMPTY(&m->tracks));
	timers_drop(&e->machine_timers, &m->timer);
	index_remove(&e->machines, m->name);
	TAILQ_REMOVE(&e->hosts, m, of_all);
	if (m->known)
		unmark(e, RECORD_HOST, &m->dirty, xstrdup(m->name));
	free(m->name);
	free(m);
}

void
machine_release(struct engine *e, struct machine *m)
{
	if (LIST_EMPTY(&m->tracks) && !m->kept)
		machine_free(e, m);
}

/* It is heard for the first time since nobody knows when. */
static void
know(struct engine *e, struct machine *m)
{
	m->known = true;
	m->silent = false;
	m->newest = m->resume = STAMP_NONE;
	m->newest_at = m->silent_at = 0;
	m->gather_until = m->settle_until = 0;
	m->shortest_ns = 0;
	m->heard_at = now_of(e);
	m->absence_from = STAMP_NONE;
	mark_machine(e, m);
}

static size_t
forget(struct engine *e, struct machine *m, enum closing why)
{
	struct alert *a = TAILQ_FIRST(&m->alerts), *next;
	size_t n = 0;

	m->kept = true; /* it outlives its alerts */
	for (; a != NULL; a = next) {
		next = TAILQ_NEXT(a, of_machine);
		alert_close(e, a, why);
		n++;
	}
	timers_drop(&e->machine_timers, &m->timer);
	unmark(e, RECORD_HOST, &m->dirty, xstrdup(m->name));
	m->known = false;
	m->kept = false;
	machine_release(e, m);
	return n;
}

size_t
machines_forget(struct engine *e, const struct pattern *p)
{
	struct machine *m, *next;
	size_t n = 0;

	for (m = TAILQ_FIRST(&e->hosts); m != NULL; m = next) {
		next = TAILQ_NEXT(m, of_all);
		if (m->silent && m->silence != NULL &&
		    track_meant(m->silence->track, p, m->silence->field))
			n += forget(e, m, CLOSING_HAND);
	}
	return n;
}

static void
touch_all(struct engine *e, struct machine *m)
{
	struct alert *a;

	TAILQ_FOREACH (a, &m->alerts, of_machine) {
		alert_touch(e, a);
	}
}

/* --- being heard --------------------------------------------------------- */

static int64_t
silence_limit(const struct engine *e, const struct machine *m)
{
	const int64_t least = HOST_LEAST_S * NS_PER_S;
	const int64_t gap = level_gap(e->policy->hosts, m->shortest_ns);

	return gap > least ? gap : least;
}

/* One that was silent before the start gets its time to be heard. */
static int64_t
forget_at(const struct engine *e, const struct machine *m)
{
	return stamp_later(m->silent_at + e->tuning->forget_ns,
	    e->started + silence_limit(e, m));
}

/* Whether it is told when it falls silent. */
static bool
watched(const struct machine *m)
{
	return m->silence != NULL && !m->local;
}

/* One that is not watched is known for as long, or nobody would ever be rid of
 * what was wrong with it. */
static int64_t
due_at(const struct engine *e, const struct machine *m)
{
	if (!watched(m))
		return m->heard_at + e->tuning->forget_ns;
	return m->silent ? forget_at(e, m) : m->heard_at + silence_limit(e, m);
}

void
machine_plan(struct engine *e, struct machine *m)
{
	if (m->known)
		timers_set(&e->machine_timers, &m->timer, due_at(e, m), m);
	else
		timers_drop(&e->machine_timers, &m->timer);
}

/* Whether it still came when the host was heard last. */
static bool
went_on(const struct track *t, const struct machine *m)
{
	const int64_t gap = 3 * t->interval_ns + t->interval_ns / 2;

	return t->interval_ns > 0 && m->newest - t->stamp < gap;
}

/* It outlives a restart: who comes every hour is not silent after a minute. */
static void
set_pace(struct engine *e, struct machine *m, int64_t shortest_ns)
{
	if (m->shortest_ns == shortest_ns)
		return;
	m->shortest_ns = shortest_ns;
	mark_machine(e, m);
}

/* What came often and comes no more, or less often now, says nothing of when
 * the host is to be heard. */
static void
learn_pace(struct engine *e, struct machine *m)
{
	const struct track *t;
	int64_t shortest = INT64_MAX;

	if (m->newest == STAMP_NONE)
		return;
	LIST_FOREACH (t, &m->tracks, of_machine) {
		if (went_on(t, m) && t->interval_ns < shortest)
			shortest = t->interval_ns;
	}
	if (shortest < INT64_MAX)
		set_pace(e, m, shortest);
}

/* Until when nothing is told, for the host catches up; now: it does not. */
static int64_t
settle_until(const struct engine *e, const struct machine *m, int64_t stamp)
{
	const int64_t now = now_of(e), most = SETTLE_S * NS_PER_S;
	const int64_t wait = m->shortest_ns + m->shortest_ns / 2;
	const int64_t quiet = now - m->newest_at;

	if (m->newest != STAMP_NONE &&
	    quiet < 3 * m->shortest_ns + m->shortest_ns / 2 &&
	    2 * quiet >= stamp - m->newest)
		return now;
	return now + (wait < most ? wait : most);
}

static void
settle(struct engine *e, struct machine *m, int64_t stamp)
{
	const int64_t now = now_of(e), until = settle_until(e, m, stamp);
	const bool was = now < m->settle_until, is = now < until;

	m->settle_until = until;
	if (was != is)
		touch_all(e, m);
}

/* Whether the whole host paused before that stamp. */
static bool
paused(const struct machine *m, int64_t stamp)
{
	return m->newest == STAMP_NONE ||
	       stamp - m->newest >= m->shortest_ns + m->shortest_ns / 2;
}

/* Its stamps go on. */
static void
advance(struct engine *e, struct machine *m, int64_t stamp)
{
	if (paused(m, stamp))
		learn_pace(e, m);
	if (paused(m, stamp)) {
		/* the whole host paused: every series gets its time again */
		m->resume = stamp;
		m->absence_from = STAMP_NONE;
	}
	if (!m->local)
		settle(e, m, stamp);
	m->newest = stamp;
	m->newest_at = now_of(e);
}

static void
watch(struct engine *e, struct machine *m)
{
	struct track *t = track_get(e, m->name, "host", NULL, NULL, 0);

	m->silence = alert_open(e, t, e->policy->hosts, "silent", "", true);
	e->fleet = true;
	machine_plan(e, m);
}

static void
back(struct engine *e, struct machine *m)
{
	m->silent = false;
	e->fleet = true;
	mark_machine(e, m);
	touch_all(e, m);
	machine_plan(e, m);
	alert_force(e, m->silence, RANK_OK, STAMP_NONE);
}

void
machine_heard(struct engine *e, struct machine *m, int64_t stamp,
    int64_t interval_ns, bool in_order)
{
	bool shorter;

	if (!m->known)
		know(e, m);
	m->heard_at = now_of(e);
	shorter = m->shortest_ns == 0 || interval_ns < m->shortest_ns;
	if (shorter)
		set_pace(e, m, interval_ns);
	if (in_order && (m->newest == STAMP_NONE || stamp > m->newest))
		advance(e, m, stamp);
	if (!m->local && e->policy->hosts != NULL && m->silence == NULL)
		watch(e, m);
	if (watched(m) && m->silent)
		back(e, m);
	else if (shorter)
		machine_plan(e, m);
}

/* --- what falls silent --------------------------------------------------- */

static void
fall_silent(struct engine *e, struct machine *m)
{
	struct alert *a;

	m->silent = true;
	m->silent_at = now_of(e);
	m->gather_until = now_of(e) + GATHER_S * NS_PER_S;
	e->fleet = true;
	mark_machine(e, m);
	TAILQ_FOREACH (a, &m->alerts, of_machine) {
		if (!a->forced)
			alert_unheard(a);
	}
	touch_all(e, m);
	alert_force(e, m->silence, RANK_FAILURE, m->heard_at);
	machine_plan(e, m);
}

static void
machine_due(struct engine *e, struct machine *m)
{
	if (!m->silent && now_of(e) >= due_at(e, m))
		learn_pace(e, m);
	if (now_of(e) < due_at(e, m))
		machine_plan(e, m);
	else if (watched(m) && !m->silent)
		fall_silent(e, m);
	else
		forget(e, m, CLOSING_HOST);
}

static bool
cut_off(const struct engine *e)
{
	const struct machine *m;
	size_t n = 0, silent = 0;

	TAILQ_FOREACH (m, &e->hosts, of_all) {
		n += watched(m);
		silent += watched(m) && m->silent;
	}
	return n >= 3 && 2 * silent > n;
}

bool
hub_isolated(const struct engine *e)
{
	return e->hub != NULL && e->hub->forced_rank > RANK_OK;
}

/* Those still silent when the hub no longer is wait to see who follows. */
static void
release_hosts(struct engine *e, bool isolated)
{
	struct machine *m;

	TAILQ_FOREACH (m, &e->hosts, of_all) {
		if (m->silent && !isolated)
			m->gather_until = now_of(e) + GATHER_S * NS_PER_S;
		if (m->silence != NULL)
			alert_touch(e, m->silence);
	}
}

static void
judge_fleet(struct engine *e)
{
	const bool isolated = cut_off(e);

	if (isolated && e->hub == NULL)
		e->hub =
		    alert_open(e, track_get(e, NULL, "hub", NULL, NULL, 0),
			e->policy->hosts, "isolated", "", true);
	if (hub_isolated(e) == isolated)
		return;
	release_hosts(e, isolated);
	alert_force(e, e->hub, isolated ? RANK_FAILURE : RANK_OK, now_of(e));
}

void
machines_tick(struct engine *e)
{
	struct machine *m;

	while ((m = timers_due(&e->machine_timers, now_of(e))) != NULL)
		machine_due(e, m);
	if (e->fleet && e->policy->hosts != NULL)
		judge_fleet(e);
	e->fleet = false;
}

/* --- missing samples ----------------------------------------------------- */

void
machine_judge(struct engine *e, struct machine *m)
{
	struct alert *a, *next;
	int64_t from = STAMP_NEVER;

	if (m->newest == STAMP_NONE || m->newest < m->absence_from)
		return;
	m->absence_from = STAMP_NEVER;
	for (a = TAILQ_FIRST(&m->alerts); a != NULL; a = next) {
		int64_t at;

		next = TAILQ_NEXT(a, of_machine);
		if (a->forced)
			continue;
		at = alert_absence(e, a);
		if (at < from)
			from = at;
	}
	if (from < m->absence_from)
		m->absence_from = from;
}
