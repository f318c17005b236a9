/* SPDX-License-Identifier: MIT */
#include "alert/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert/piece.h"
#include "base/alloc.h"

bool
record_text(const char *s)
{
	return piece_is_text(s, strlen(s));
}

/* --- clock --------------------------------------------------------------- */

void
record_put_clock(struct buf *b, const struct clock_record *c)
{
	pieces_begin(b);
	piece_put_i64(b, c->now);
	piece_put_i64(b, c->wall);
	piece_put_u8(b, c->clean);
	piece_put_u64(b, c->silences);
	piece_put_u64(b, c->dead);
}

bool
record_get_clock(const void *data, size_t len, struct clock_record *c)
{
	struct pieces r = pieces_of(data, len);

	c->now = piece_get_int(&r, STAMP_MOMENT_MAX);
	c->wall = piece_get_int(&r, STAMP_MAX);
	c->clean = piece_get_bool(&r);
	c->silences = piece_get_u64(&r);
	c->dead = piece_get_u64(&r);
	return pieces_end(&r);
}

/* --- truth, level, entry ------------------------------------------------- */

static void
put_truth(struct buf *b, struct truth t)
{
	piece_put_u8(b, (unsigned)(t.level + 1));
	piece_put_u8(b, t.no_data);
}

static struct truth
get_truth(struct pieces *r, bool optional)
{
	struct truth t;

	t.level = (enum rank)piece_get_u8(r, RANK_FAILURE + 1) - 1;
	t.no_data = piece_get_bool(r);
	if (t.level == RANK_NO_DATA ||
	    (t.level == RANK_NONE && (!optional || t.no_data)))
		r->bad = true;
	return t;
}

static void
put_run(struct buf *b, const struct run *r)
{
	piece_put_u8(b, r->set);
	piece_put_i64(b, r->breach);
	piece_put_i64(b, r->clear);
}

static struct run
get_run(struct pieces *r)
{
	struct run run;

	run.set = piece_get_bool(r);
	run.breach = piece_get_time(r);
	run.clear = piece_get_time(r);
	return run;
}

static void
put_level(struct buf *b, const struct level *l)
{
	put_run(b, &l->warning);
	put_run(b, &l->failure);
	piece_put_double(b, l->basis.warning);
	piece_put_double(b, l->basis.failure);
	piece_put_double(b, l->basis.hysteresis);
	piece_put_u8(b, l->basis.below);
	piece_put_i64(b, l->stamp);
	piece_put_double(b, l->number);
	piece_put_i64(b, l->interval_ns);
}

static void
get_level(struct pieces *r, struct level *l)
{
	l->warning = get_run(r);
	l->failure = get_run(r);
	l->basis.warning = piece_get_double(r);
	l->basis.failure = piece_get_double(r);
	l->basis.hysteresis = piece_get_double(r);
	l->basis.below = piece_get_bool(r);
	l->stamp = piece_get_time(r);
	l->number = piece_get_double(r);
	l->interval_ns = piece_get_int(r, STAMP_INTERVAL_MAX);
}

static enum closing
get_closing(struct pieces *r)
{
	return (enum closing)piece_get_u8(r, CLOSING_PLUGIN);
}

static void
put_said(struct buf *b, const struct said *s)
{
	piece_put_u8(b, s->kind);
	put_truth(b, s->truth);
	put_truth(b, s->seen);
	piece_put_u64(b, s->changes);
}

static void
get_said(struct pieces *r, struct said *s)
{
	s->kind = (enum kind)piece_get_u8(r, KIND_CLOSED);
	s->truth = get_truth(r, false);
	s->seen = get_truth(r, false);
	s->changes = (uint32_t)piece_get_int(r, UINT32_MAX);
}

static void
put_entry(struct buf *b, const struct entry *e)
{
	put_truth(b, e->told);
	put_truth(b, e->maybe);
	put_truth(b, e->due);
	put_truth(b, e->refused);
	piece_put_i64(b, e->confirmed_at);
	piece_put_i64(b, e->ready_at);
	piece_put_i64(b, e->refused_at);
	piece_put_i64(b, e->cooldown_ns);
	piece_put_u64(b, e->changes);
	piece_put_i64(b, e->since);
	piece_put_double(b, e->worst);
	piece_put_u8(b, e->closing);
	piece_put_u8(b, e->alone);
	piece_put_u64(b, e->event);
	put_said(b, &e->said);
	piece_put_u8(b, e->under_way);
}

static void
get_entry(struct pieces *r, struct entry *e)
{
	e->told = get_truth(r, false);
	e->maybe = get_truth(r, true);
	e->due = get_truth(r, true);
	e->refused = get_truth(r, true);
	e->confirmed_at = piece_get_time(r);
	e->ready_at = piece_get_time(r);
	e->refused_at = piece_get_time(r);
	e->cooldown_ns = piece_get_int(r, STAMP_SPAN_MAX);
	e->changes = (uint32_t)piece_get_int(r, UINT32_MAX);
	e->since = piece_get_time(r);
	e->worst = piece_get_double(r);
	e->closing = get_closing(r);
	e->alone = piece_get_bool(r);
	e->event = (uint32_t)piece_get_int(r, UINT32_MAX);
	get_said(r, &e->said);
	e->under_way = piece_get_bool(r);
	if (e->said.changes > e->changes && e->under_way)
		r->bad = true;
	if (!truth_equal(e->refused, truth_none) &&
	    e->refused_at == STAMP_NONE)
		r->bad = true;
}

/* --- subject ------------------------------------------------------------- */

static void
put_subject(struct buf *b, const struct subject *s)
{
	piece_put_text(b, s->rule);
	piece_put_text(b, s->host);
	piece_put_text(b, s->plugin);
	piece_put_optional(b, s->instance);
	piece_put_u8(b, (unsigned)s->n_tags);
	for (size_t i = 0; i < s->n_tags; i++) {
		piece_put_text(b, s->tags[i].key);
		piece_put_text(b, s->tags[i].value);
	}
	piece_put_text(b, s->field);
	piece_put_text(b, s->unit);
}

static void
get_subject(struct pieces *r, struct subject *s)
{
	s->rule = piece_get_name(r);
	s->host = piece_get_text(r);
	s->plugin = piece_get_name(r);
	s->instance = piece_get_optional(r);
	s->n_tags = piece_get_u8(r, NAMES_TAGS_MAX);
	for (size_t i = 0; i < s->n_tags; i++) {
		s->tags[i].key = piece_get_name(r);
		s->tags[i].value = piece_get_text(r);
	}
	s->field = piece_get_name(r);
	s->unit = piece_get_text(r);
	if (strchr(s->field, '.') != NULL)
		r->bad = true;
}

/* --- alert, row ---------------------------------------------------------- */

void
record_put_alert(struct buf *b, const struct alert_record *a)
{
	pieces_begin(b);
	put_subject(b, &a->of);
	piece_put_u8(b, a->forced);
	put_truth(b, (struct truth){ a->forced_rank, a->no_data });
	put_level(b, &a->level);
	piece_put_i64(b, a->since);
	piece_put_i64(b, a->changed);
	piece_put_double(b, a->worst);
	piece_put_u64(b, a->incident);
}

bool
record_get_alert(const void *data, size_t len, struct alert_record *a)
{
	struct pieces r = pieces_of(data, len);
	struct truth t;

	get_subject(&r, &a->of);
	a->forced = piece_get_bool(&r);
	t = get_truth(&r, false);
	a->forced_rank = t.level;
	a->no_data = t.no_data;
	get_level(&r, &a->level);
	a->since = piece_get_time(&r);
	a->changed = piece_get_time(&r);
	a->worst = piece_get_double(&r);
	a->incident = piece_get_u64(&r);
	return pieces_end(&r);
}

void
record_put_row(struct buf *b, const struct row_record *row)
{
	pieces_begin(b);
	put_subject(b, &row->of);
	piece_put_text(b, row->receiver);
	put_entry(b, &row->entry);
}

bool
record_get_row(const void *data, size_t len, struct row_record *row)
{
	struct pieces r = pieces_of(data, len);

	get_subject(&r, &row->of);
	row->receiver = piece_get_name(&r);
	get_entry(&r, &row->entry);
	return pieces_end(&r);
}

/* --- receiver, host, silence, dead letter -------------------------------- */

void
record_put_receiver(struct buf *b, const struct receiver_record *rc)
{
	pieces_begin(b);
	piece_put_text(b, rc->name);
	piece_put_i64(b, rc->free_at);
	piece_put_i64(b, rc->blocked_until);
	piece_put_u64(b, rc->fails);
	piece_put_u8(b, rc->pending);
}

bool
record_get_receiver(const void *data, size_t len, struct receiver_record *rc)
{
	struct pieces r = pieces_of(data, len);

	rc->name = piece_get_name(&r);
	rc->free_at = piece_get_int(&r, STAMP_MAX);
	rc->blocked_until = piece_get_int(&r, STAMP_MAX);
	rc->fails = (uint32_t)piece_get_int(&r, UINT32_MAX);
	rc->pending = piece_get_bool(&r);
	return pieces_end(&r);
}

void
record_put_host(struct buf *b, const struct host_record *h)
{
	pieces_begin(b);
	piece_put_text(b, h->name);
	piece_put_u8(b, h->silent);
	piece_put_i64(b, h->silent_at);
	piece_put_i64(b, h->shortest_ns);
}

bool
record_get_host(const void *data, size_t len, struct host_record *h)
{
	struct pieces r = pieces_of(data, len);

	h->name = piece_get_name(&r);
	h->silent = piece_get_bool(&r);
	h->silent_at = piece_get_int(&r, STAMP_MAX);
	h->shortest_ns = piece_get_int(&r, STAMP_MAX);
	return pieces_end(&r);
}

void
record_put_silence(struct buf *b, const struct silence_record *s)
{
	pieces_begin(b);
	piece_put_u64(b, s->number);
	piece_put_text(b, s->pattern);
	piece_put_text(b, s->why);
	piece_put_i64(b, s->begun);
	piece_put_i64(b, s->end);
}

bool
record_get_silence(const void *data, size_t len, struct silence_record *s)
{
	struct pieces r = pieces_of(data, len);

	s->number = piece_get_u64(&r);
	s->pattern = piece_get_name(&r);
	s->why = piece_get_text(&r);
	s->begun = piece_get_int(&r, STAMP_MAX);
	s->end = piece_get_int(&r, STAMP_MAX);
	return pieces_end(&r);
}

void
record_put_meter(struct buf *b, const struct meter_record *m)
{
	pieces_begin(b);
	piece_put_text(b, m->plugin);
}

bool
record_get_meter(const void *data, size_t len, struct meter_record *m)
{
	struct pieces r = pieces_of(data, len);

	m->plugin = piece_get_name(&r);
	return pieces_end(&r);
}

char *
dead_key(uint64_t number)
{
	return xasprintf("%020llu", (unsigned long long)number);
}

void
record_put_dead(struct buf *b, const struct dead_record *d)
{
	pieces_begin(b);
	piece_put_u64(b, d->number);
	piece_put_i64(b, d->at);
	piece_put_text(b, d->rule);
	piece_put_cut(b, d->series);
	piece_put_text(b, d->receiver);
	piece_put_text(b, d->why);
	put_truth(b, d->truth);
}

bool
record_get_dead(const void *data, size_t len, struct dead_record *d)
{
	struct pieces r = pieces_of(data, len);

	d->number = piece_get_u64(&r);
	d->at = piece_get_int(&r, STAMP_MAX);
	d->rule = piece_get_name(&r);
	d->series = piece_get_name(&r);
	d->receiver = piece_get_name(&r);
	d->why = piece_get_text(&r);
	d->truth = get_truth(&r, true);
	return pieces_end(&r);
}

/* --- what happened ------------------------------------------------------- */

static int64_t
positive(int64_t v)
{
	return v < 0 ? 0 : v > STAMP_MAX ? STAMP_MAX : v;
}

static void
put_event(struct buf *b, const struct history_event *e)
{
	piece_put_u8(b, e->what);
	piece_put_i64(b, positive(e->time_ns));
	put_truth(b, e->was);
	put_truth(b, e->is);
	piece_put_double(b, isinf(e->number) ? NAN : e->number);
	piece_put_u8(b, e->kind);
	piece_put_u8(b, e->hold);
	piece_put_i64(b, positive(e->until_ns));
	piece_put_u8(b, e->closing);
	piece_put_i64(b, positive(e->took_ns));
	piece_put_u8(b, (unsigned)e->answer);
	piece_put_optional(b, e->receiver);
	piece_put_optional(b, e->words);
}

static void
get_event(struct pieces *r, struct history_event *e)
{
	e->what = (enum history_what)piece_get_u8(r, HISTORY_CLOSED);
	e->time_ns = piece_get_int(r, STAMP_MAX);
	e->was = get_truth(r, true);
	e->is = get_truth(r, true);
	e->number = piece_get_double(r);
	e->kind = (enum kind)piece_get_u8(r, KIND_CLOSED);
	e->hold = (enum hold)piece_get_u8(r, HOLD_REFUSED);
	e->until_ns = piece_get_int(r, STAMP_MAX);
	e->closing = get_closing(r);
	e->took_ns = piece_get_int(r, STAMP_MAX);
	e->answer = (int)piece_get_u8(r, FETTLE_UNKNOWN);
	e->receiver = piece_get_optional(r);
	e->words = piece_get_optional(r);
}

void
record_put_past(struct buf *b, const struct past_record *p)
{
	struct buf event = { 0 };
	size_t bytes = 0, first = p->n;

	for (; first > 0; first--) {
		buf_clear(&event);
		put_event(&event, &p->events[first - 1]);
		bytes += event.len;
		if (bytes > RECORD_PAST_MAX)
			break;
	}
	buf_free(&event);
	pieces_begin(b);
	piece_put_u8(b, (unsigned)(p->n - first));
	for (; first < p->n; first++)
		put_event(b, &p->events[first]);
}

bool
record_get_past(const void *data, size_t len, struct past_record *p)
{
	struct pieces r = pieces_of(data, len);

	if (len > RECORD_PAST_MAX + 2)
		return false;
	p->n = piece_get_u8(&r, HISTORY_EVENTS);
	for (size_t i = 0; i < p->n && !r.bad; i++)
		get_event(&r, &p->events[i]);
	return pieces_end(&r);
}
