/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>

#include "alert/inside.h"

/* --- life ---------------------------------------------------------------- */

struct receiver *
receiver_find(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->receivers.n; i++)
		if (strcmp(e->receivers.v[i]->name, name) == 0)
			return e->receivers.v[i];
	return NULL;
}

struct receiver *
receiver_get(struct engine *e, const char *name)
{
	struct receiver *r = receiver_find(e, name);

	if (r != NULL)
		return r;
	r = NEW(struct receiver);
	r->name = xstrdup(name);
	r->severities = SEVERITIES_ALL;
	vec_add(&e->receivers) = r;
	return r;
}

/* It has no rows any more. */
void
receiver_free(struct engine *e, struct receiver *r)
{
	assert(r->ready.n == 0);
	unmark(e, RECORD_RECEIVER, &r->dirty, xstrdup(r->name));
	vec_free(&r->ready);
	vec_free(&r->under_way);
	free(r->name);
	free(r);
}

void
receiver_ready(struct row *r, bool ready)
{
	struct receiver *to = r->receiver;

	if ((r->ready > 0) == ready)
		return;
	if (ready) {
		vec_add(&to->ready) = r;
		r->ready = to->ready.n;
		return;
	}
	to->ready.v[r->ready - 1] = to->ready.v[--to->ready.n];
	to->ready.v[r->ready - 1]->ready = r->ready;
	r->ready = 0;
}

int64_t
receiver_wake(const struct receiver *r)
{
	if (r->serial != 0 || r->ready.n == 0 || !r->listed)
		return STAMP_NEVER;
	return stamp_later(r->free_at, r->blocked_until);
}

/* --- what goes first ----------------------------------------------------- */

/* A row that may be sent, and what its place in the queue depends on. */
struct queued {
	struct row *row;
	enum rank rank;
	bool rise;
};

static int
by_text(const struct alert *a, const struct alert *b)
{
	const int rule = strcmp(a->rule_id, b->rule_id);

	return rule != 0 ? rule : strcmp(a->series, b->series);
}

/* Rises first, then the worst, then the oldest. */
static int
compare(const void *left, const void *right)
{
	const struct queued *a = left, *b = right;

	if (a->rise != b->rise)
		return a->rise ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	if (a->row->entry.ready_at != b->row->entry.ready_at)
		return a->row->entry.ready_at < b->row->entry.ready_at ? -1
								       : 1;
	return by_text(a->row->alert, b->row->alert);
}

static struct queued *
queue_of(const struct receiver *to)
{
	struct queued *q = xcalloc(to->ready.n, sizeof(*q));

	for (size_t i = 0; i < to->ready.n; i++) {
		struct row *r = to->ready.v[i];

		q[i].row = r;
		q[i].rank = truth_rank(
		    truth_heard(r->entry.told, row_truth(r), to->severities));
		q[i].rise = q[i].rank > truth_rank(r->entry.told);
	}
	qsort(q, to->ready.n, sizeof(*q), compare);
	return q;
}

/* How many of the first go together.  One that was among several that were
 * refused goes alone, before all others. */
static size_t
together(const struct engine *e, struct queued *q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (q[i].row->entry.alone) {
			q[0] = q[i];
			return 1;
		}
	if (n <= e->tuning->fold)
		return 1;
	return n < e->tuning->fold_most ? n : e->tuning->fold_most;
}

/* --- sending ------------------------------------------------------------- */

static void
begin_row(struct engine *e, struct row *r)
{
	const struct alert *a = r->alert;
	const struct verdict v = row_verdict(e, r);

	assert(v.owed && v.hold == HOLD_NONE);
	if (a->rule != NULL) {
		if (r->entry.since == STAMP_NONE)
			r->entry.since = a->since;
		r->entry.worst = entry_worse(
		    r->entry.worst, a->worst, a->rule->limits.below);
	}
	entry_begin(&r->entry, &v, row_truth(r), now_of(e));
	receiver_ready(r, false);
	timers_drop(&e->row_timers, &r->timer);
	mark_row(e, r);
	vec_add(&r->receiver->under_way) = r;
}

static struct message *
begin(struct engine *e, struct receiver *to)
{
	struct queued *q = queue_of(to);
	struct message *m = NEW(struct message);

	m->serial = to->serial = ++e->serial;
	m->receiver = message_copy(m, to->name);
	m->n = together(e, q, to->ready.n);
	m->items = arena_alloc(&m->arena, m->n * sizeof(*m->items));
	for (size_t i = 0; i < m->n; i++) {
		begin_row(e, q[i].row);
		message_describe(e, m, &m->items[i], q[i].row);
	}
	free(q);
	mark_receiver(e, to);
	return m;
}

struct message *
engine_begin(struct engine *e, const char *receiver)
{
	struct receiver *to = receiver_find(e, receiver);

	if (to == NULL || to->serial != 0 || !to->listed)
		return NULL;
	engine_tick(e);
	if (receiver_wake(to) > now_of(e))
		return NULL;
	return begin(e, to);
}

/* --- answers ------------------------------------------------------------- */

/* first, twice that, ... s, after that many failures in a row. */
static int64_t
backoff(unsigned fails, int64_t first)
{
	int64_t wait = first;

	while (fails-- > 1 && wait < BACKOFF_MOST_S)
		wait *= 2;
	return (wait < BACKOFF_MOST_S ? wait : BACKOFF_MOST_S) * NS_PER_S;
}

/* Up to a quarter less, so that not all come back at once. */
static int64_t
spread(int64_t wait, uint32_t random)
{
	return wait - (int64_t)((double)(wait / 4) *
				((double)random / (double)UINT32_MAX));
}

static void
fail(struct engine *e, struct receiver *r, int64_t wait)
{
	r->blocked_until = now_of(e) + wait;
	mark_receiver(e, r);
}

static void
wait_unknown(struct engine *e, struct receiver *r, uint32_t random)
{
	r->fails++;
	fail(e, r, spread(backoff(r->fails, UNKNOWN_LEAST_S), random));
}

static void
wait_busy(struct engine *e, struct receiver *r, int64_t after, uint32_t random)
{
	int64_t wait;

	r->fails++;
	wait = spread(backoff(r->fails, 1), random);
	if (after > AFTER_MOST_S * NS_PER_S)
		after = AFTER_MOST_S * NS_PER_S;
	fail(e, r, after > wait ? after : wait);
}

static void
end_row(struct engine *e, struct row *r)
{
	r->entry.under_way = false;
	mark_row(e, r);
	row_touch(e, r);
}

/* Before its rows are settled: the answer never came. */
void
receiver_unknown(struct engine *e, struct receiver *r)
{
	for (size_t i = 0; i < r->under_way.n; i++) {
		entry_unknown(&r->under_way.v[i]->entry);
		end_row(e, r->under_way.v[i]);
	}
	r->under_way.n = 0;
	r->serial = 0;
	r->pending = false;
	wait_unknown(e, r, 0);
}

static void
refused(struct engine *e, struct receiver *to)
{
	const bool several = to->under_way.n > 1;

	for (size_t i = 0; i < to->under_way.n; i++) {
		struct row *r = to->under_way.v[i];

		if (several) {
			r->entry.alone = true;
			continue;
		}
		dead_letter(e, r, r->entry.said.seen, "refused");
		entry_refused(&r->entry, now_of(e));
	}
}

static void
answered(struct engine *e, struct receiver *to, enum answer answer,
    int64_t after, uint32_t random)
{
	switch (answer) {
	case ANSWER_DELIVERED:
		for (size_t i = 0; i < to->under_way.n; i++)
			entry_delivered(&to->under_way.v[i]->entry, now_of(e));
		to->fails = 0;
		break;
	case ANSWER_UNKNOWN:
		for (size_t i = 0; i < to->under_way.n; i++)
			entry_unknown(&to->under_way.v[i]->entry);
		wait_unknown(e, to, random);
		break;
	case ANSWER_NOT:
		wait_busy(e, to, after, random);
		break;
	case ANSWER_DENIED:
		to->fails++;
		fail(e, to, DENIED_S * NS_PER_S);
		break;
	case ANSWER_REFUSED:
		to->fails = 0;
		refused(e, to);
		break;
	}
}

void
engine_sent(struct engine *e, const char *receiver)
{
	struct receiver *to = receiver_find(e, receiver);

	if (to != NULL)
		to->free_at = now_of(e) + to->pace_ns;
}

void
engine_answer(struct engine *e, const char *receiver, uint64_t serial,
    enum answer answer, int64_t after_ns, uint32_t random)
{
	struct receiver *to = receiver_find(e, receiver);

	if (to == NULL || serial == 0 || to->serial != serial)
		return;
	answered(e, to, answer, after_ns, random);
	for (size_t i = 0; i < to->under_way.n; i++)
		end_row(e, to->under_way.v[i]);
	to->under_way.n = 0;
	to->serial = 0;
	to->free_at = now_of(e) + to->pace_ns;
	mark_receiver(e, to);
	engine_tick(e);
}
