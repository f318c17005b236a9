/* SPDX-License-Identifier: MIT */
#include "alert/record.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* The first byte of every value. */
enum { FORMAT = 1 };

static bool
is_text(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0 || (unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	}
	return len <= RECORD_TEXT_MAX && s[len] == '\0';
}

bool
record_text(const char *s)
{
	return is_text(s, strlen(s));
}

/* --- writing ------------------------------------------------------------- */

static void
put_u64(struct buf *b, uint64_t v)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> 8 * i);
	buf_add(b, bytes, sizeof(bytes));
}

static void
put_i64(struct buf *b, int64_t v)
{
	put_u64(b, (uint64_t)v);
}

static void
put_u8(struct buf *b, unsigned v)
{
	buf_putc(b, (char)v);
}

static void
put_double(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	put_u64(b, bits);
}

/* With its NUL, so that whoever reads it need not copy. */
static void
put_text(struct buf *b, const char *s)
{
	const size_t len = strlen(s);

	assert(len <= RECORD_TEXT_MAX);
	put_u8(b, (unsigned)(len & 0xff));
	put_u8(b, (unsigned)(len >> 8));
	buf_add(b, s, len + 1);
}

/* What is for people only may be cut. */
static void
put_cut(struct buf *b, const char *s)
{
	char *cut = xstrndup(s, utf8_cut(s, strlen(s), RECORD_TEXT_MAX));

	put_text(b, cut);
	free(cut);
}

static void
put_optional(struct buf *b, const char *s)
{
	put_u8(b, s != NULL);
	if (s != NULL)
		put_text(b, s);
}

/* --- reading ------------------------------------------------------------- */

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

static struct reader
reader_of(const void *data, size_t len)
{
	struct reader r = { data, (const unsigned char *)data + len, false };

	if (len == 0 || *r.at != FORMAT)
		r.bad = true;
	else
		r.at++;
	return r;
}

/* n bytes, or NULL. */
static const unsigned char *
take(struct reader *r, size_t n)
{
	const unsigned char *p = r->at;

	if (r->bad || n > (size_t)(r->end - r->at)) {
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

static bool
whole(const struct reader *r)
{
	return !r->bad && r->at == r->end;
}

static uint64_t
get_u64(struct reader *r)
{
	const unsigned char *p = take(r, 8);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < 8; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* 0 to most. */
static int64_t
get_int(struct reader *r, int64_t most)
{
	const int64_t v = (int64_t)get_u64(r);

	if (v < 0 || v > most)
		r->bad = true;
	return r->bad ? 0 : v;
}

/* A stamp or a moment, or none. */
static int64_t
get_time(struct reader *r)
{
	const int64_t v = (int64_t)get_u64(r);

	if (v != STAMP_NONE && (v < 0 || v > STAMP_MAX))
		r->bad = true;
	return r->bad ? STAMP_NONE : v;
}

static unsigned
get_u8(struct reader *r, unsigned most)
{
	const unsigned char *p = take(r, 1);

	if (p != NULL && *p > most)
		r->bad = true;
	return r->bad ? 0 : *p;
}

static bool
get_bool(struct reader *r)
{
	return get_u8(r, 1) != 0;
}

/* A number or NaN. */
static double
get_double(struct reader *r)
{
	const uint64_t bits = get_u64(r);
	double v;

	memcpy(&v, &bits, sizeof(v));
	if (isinf(v))
		r->bad = true;
	return r->bad ? NAN : v;
}

static const char *
get_text(struct reader *r)
{
	const unsigned char *p = take(r, 2);
	const size_t len = p != NULL ? p[0] | (size_t)p[1] << 8 : 0;

	p = take(r, len + 1);
	if (p == NULL || !is_text((const char *)p, len)) {
		r->bad = true;
		return "";
	}
	return (const char *)p;
}

static const char *
get_name(struct reader *r)
{
	const char *s = get_text(r);

	if (*s == '\0')
		r->bad = true;
	return s;
}

static const char *
get_optional(struct reader *r)
{
	return get_bool(r) ? get_text(r) : NULL;
}

/* --- clock --------------------------------------------------------------- */

void
record_put_clock(struct buf *b, const struct clock_record *c)
{
	put_u8(b, FORMAT);
	put_i64(b, c->now);
	put_i64(b, c->wall);
	put_u8(b, c->clean);
	put_u64(b, c->silences);
	put_u64(b, c->dead);
}

bool
record_get_clock(const void *data, size_t len, struct clock_record *c)
{
	struct reader r = reader_of(data, len);

	c->now = get_int(&r, STAMP_MOMENT_MAX);
	c->wall = get_int(&r, STAMP_MAX);
	c->clean = get_bool(&r);
	c->silences = get_u64(&r);
	c->dead = get_u64(&r);
	return whole(&r);
}

/* --- truth, level, entry ------------------------------------------------- */

static void
put_truth(struct buf *b, struct truth t)
{
	put_u8(b, (unsigned)(t.level + 1));
	put_u8(b, t.no_data);
}

static struct truth
get_truth(struct reader *r, bool optional)
{
	struct truth t;

	t.level = (enum rank)get_u8(r, RANK_FAILURE + 1) - 1;
	t.no_data = get_bool(r);
	if (t.level == RANK_NO_DATA ||
	    (t.level == RANK_NONE && (!optional || t.no_data)))
		r->bad = true;
	return t;
}

static void
put_run(struct buf *b, const struct run *r)
{
	put_u8(b, r->set);
	put_i64(b, r->breach);
	put_i64(b, r->clear);
}

static struct run
get_run(struct reader *r)
{
	struct run run;

	run.set = get_bool(r);
	run.breach = get_time(r);
	run.clear = get_time(r);
	return run;
}

static void
put_level(struct buf *b, const struct level *l)
{
	put_run(b, &l->warning);
	put_run(b, &l->failure);
	put_double(b, l->basis.warning);
	put_double(b, l->basis.failure);
	put_double(b, l->basis.hysteresis);
	put_u8(b, l->basis.below);
	put_i64(b, l->stamp);
	put_double(b, l->number);
	put_i64(b, l->interval_ns);
}

static void
get_level(struct reader *r, struct level *l)
{
	l->warning = get_run(r);
	l->failure = get_run(r);
	l->basis.warning = get_double(r);
	l->basis.failure = get_double(r);
	l->basis.hysteresis = get_double(r);
	l->basis.below = get_bool(r);
	l->stamp = get_time(r);
	l->number = get_double(r);
	l->interval_ns = get_int(r, STAMP_INTERVAL_MAX);
}

static enum closing
get_closing(struct reader *r)
{
	return (enum closing)get_u8(r, CLOSING_PLUGIN);
}

static void
put_said(struct buf *b, const struct said *s)
{
	put_u8(b, s->kind);
	put_truth(b, s->truth);
	put_truth(b, s->seen);
	put_u64(b, s->changes);
}

static void
get_said(struct reader *r, struct said *s)
{
	s->kind = (enum kind)get_u8(r, KIND_CLOSED);
	s->truth = get_truth(r, false);
	s->seen = get_truth(r, false);
	s->changes = (uint32_t)get_int(r, UINT32_MAX);
}

static void
put_entry(struct buf *b, const struct entry *e)
{
	put_truth(b, e->told);
	put_truth(b, e->maybe);
	put_truth(b, e->due);
	put_truth(b, e->refused);
	put_i64(b, e->confirmed_at);
	put_i64(b, e->ready_at);
	put_i64(b, e->refused_at);
	put_i64(b, e->cooldown_ns);
	put_u64(b, e->changes);
	put_i64(b, e->since);
	put_double(b, e->worst);
	put_u8(b, e->closing);
	put_u8(b, e->alone);
	put_u64(b, e->event);
	put_said(b, &e->said);
	put_u8(b, e->under_way);
}

static void
get_entry(struct reader *r, struct entry *e)
{
	e->told = get_truth(r, false);
	e->maybe = get_truth(r, true);
	e->due = get_truth(r, true);
	e->refused = get_truth(r, true);
	e->confirmed_at = get_time(r);
	e->ready_at = get_time(r);
	e->refused_at = get_time(r);
	e->cooldown_ns = get_int(r, STAMP_SPAN_MAX);
	e->changes = (uint32_t)get_int(r, UINT32_MAX);
	e->since = get_time(r);
	e->worst = get_double(r);
	e->closing = get_closing(r);
	e->alone = get_bool(r);
	e->event = (uint32_t)get_int(r, UINT32_MAX);
	get_said(r, &e->said);
	e->under_way = get_bool(r);
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
	put_text(b, s->rule);
	put_text(b, s->host);
	put_text(b, s->plugin);
	put_optional(b, s->instance);
	put_u8(b, (unsigned)s->n_tags);
	for (size_t i = 0; i < s->n_tags; i++) {
		put_text(b, s->tags[i].key);
		put_text(b, s->tags[i].value);
	}
	put_text(b, s->field);
	put_text(b, s->unit);
}

static void
get_subject(struct reader *r, struct subject *s)
{
	s->rule = get_name(r);
	s->host = get_text(r);
	s->plugin = get_name(r);
	s->instance = get_optional(r);
	s->n_tags = get_u8(r, NAMES_TAGS_MAX);
	for (size_t i = 0; i < s->n_tags; i++) {
		s->tags[i].key = get_name(r);
		s->tags[i].value = get_text(r);
	}
	s->field = get_name(r);
	s->unit = get_text(r);
	if (strchr(s->field, '.') != NULL)
		r->bad = true;
}

/* --- alert, row ---------------------------------------------------------- */

void
record_put_alert(struct buf *b, const struct alert_record *a)
{
	put_u8(b, FORMAT);
	put_subject(b, &a->of);
	put_u8(b, a->forced);
	put_truth(b, (struct truth){ a->forced_rank, a->no_data });
	put_level(b, &a->level);
	put_i64(b, a->since);
	put_i64(b, a->changed);
	put_double(b, a->worst);
	put_u64(b, a->incident);
}

bool
record_get_alert(const void *data, size_t len, struct alert_record *a)
{
	struct reader r = reader_of(data, len);
	struct truth t;

	get_subject(&r, &a->of);
	a->forced = get_bool(&r);
	t = get_truth(&r, false);
	a->forced_rank = t.level;
	a->no_data = t.no_data;
	get_level(&r, &a->level);
	a->since = get_time(&r);
	a->changed = get_time(&r);
	a->worst = get_double(&r);
	a->incident = get_u64(&r);
	return whole(&r);
}

void
record_put_row(struct buf *b, const struct row_record *row)
{
	put_u8(b, FORMAT);
	put_subject(b, &row->of);
	put_text(b, row->receiver);
	put_entry(b, &row->entry);
}

bool
record_get_row(const void *data, size_t len, struct row_record *row)
{
	struct reader r = reader_of(data, len);

	get_subject(&r, &row->of);
	row->receiver = get_name(&r);
	get_entry(&r, &row->entry);
	return whole(&r);
}

/* --- receiver, host, silence, dead letter -------------------------------- */

void
record_put_receiver(struct buf *b, const struct receiver_record *rc)
{
	put_u8(b, FORMAT);
	put_text(b, rc->name);
	put_i64(b, rc->free_at);
	put_i64(b, rc->blocked_until);
	put_u64(b, rc->fails);
	put_u8(b, rc->pending);
}

bool
record_get_receiver(const void *data, size_t len, struct receiver_record *rc)
{
	struct reader r = reader_of(data, len);

	rc->name = get_name(&r);
	rc->free_at = get_int(&r, STAMP_MAX);
	rc->blocked_until = get_int(&r, STAMP_MAX);
	rc->fails = (uint32_t)get_int(&r, UINT32_MAX);
	rc->pending = get_bool(&r);
	return whole(&r);
}

void
record_put_host(struct buf *b, const struct host_record *h)
{
	put_u8(b, FORMAT);
	put_text(b, h->name);
	put_u8(b, h->silent);
	put_i64(b, h->silent_at);
	put_i64(b, h->shortest_ns);
}

bool
record_get_host(const void *data, size_t len, struct host_record *h)
{
	struct reader r = reader_of(data, len);

	h->name = get_name(&r);
	h->silent = get_bool(&r);
	h->silent_at = get_int(&r, STAMP_MAX);
	h->shortest_ns = get_int(&r, STAMP_MAX);
	return whole(&r);
}

void
record_put_silence(struct buf *b, const struct silence_record *s)
{
	put_u8(b, FORMAT);
	put_u64(b, s->number);
	put_text(b, s->pattern);
	put_text(b, s->why);
	put_i64(b, s->begun);
	put_i64(b, s->end);
}

bool
record_get_silence(const void *data, size_t len, struct silence_record *s)
{
	struct reader r = reader_of(data, len);

	s->number = get_u64(&r);
	s->pattern = get_name(&r);
	s->why = get_text(&r);
	s->begun = get_int(&r, STAMP_MAX);
	s->end = get_int(&r, STAMP_MAX);
	return whole(&r);
}

void
record_put_meter(struct buf *b, const struct meter_record *m)
{
	put_u8(b, FORMAT);
	put_text(b, m->plugin);
}

bool
record_get_meter(const void *data, size_t len, struct meter_record *m)
{
	struct reader r = reader_of(data, len);

	m->plugin = get_name(&r);
	return whole(&r);
}

char *
dead_key(uint64_t number)
{
	return xasprintf("%020llu", (unsigned long long)number);
}

void
record_put_dead(struct buf *b, const struct dead_record *d)
{
	put_u8(b, FORMAT);
	put_u64(b, d->number);
	put_i64(b, d->at);
	put_text(b, d->rule);
	put_cut(b, d->series);
	put_text(b, d->receiver);
	put_text(b, d->why);
	put_truth(b, d->truth);
}

bool
record_get_dead(const void *data, size_t len, struct dead_record *d)
{
	struct reader r = reader_of(data, len);

	d->number = get_u64(&r);
	d->at = get_int(&r, STAMP_MAX);
	d->rule = get_name(&r);
	d->series = get_name(&r);
	d->receiver = get_name(&r);
	d->why = get_text(&r);
	d->truth = get_truth(&r, true);
	return whole(&r);
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
	put_u8(b, e->what);
	put_i64(b, positive(e->time_ns));
	put_truth(b, e->was);
	put_truth(b, e->is);
	put_double(b, isinf(e->number) ? NAN : e->number);
	put_u8(b, e->kind);
	put_u8(b, e->hold);
	put_i64(b, positive(e->until_ns));
	put_u8(b, e->closing);
	put_i64(b, positive(e->took_ns));
	put_u8(b, (unsigned)e->answer);
	put_optional(b, e->receiver);
	put_optional(b, e->words);
}

static void
get_event(struct reader *r, struct history_event *e)
{
	e->what = (enum history_what)get_u8(r, HISTORY_CLOSED);
	e->time_ns = get_int(r, STAMP_MAX);
	e->was = get_truth(r, true);
	e->is = get_truth(r, true);
	e->number = get_double(r);
	e->kind = (enum kind)get_u8(r, KIND_CLOSED);
	e->hold = (enum hold)get_u8(r, HOLD_REFUSED);
	e->until_ns = get_int(r, STAMP_MAX);
	e->closing = get_closing(r);
	e->took_ns = get_int(r, STAMP_MAX);
	e->answer = (int)get_u8(r, FETTLE_UNKNOWN);
	e->receiver = get_optional(r);
	e->words = get_optional(r);
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
	put_u8(b, FORMAT);
	put_u8(b, (unsigned)(p->n - first));
	for (; first < p->n; first++)
		put_event(b, &p->events[first]);
}

bool
record_get_past(const void *data, size_t len, struct past_record *p)
{
	struct reader r = reader_of(data, len);

	if (len > RECORD_PAST_MAX + 2)
		return false;
	p->n = get_u8(&r, HISTORY_EVENTS);
	for (size_t i = 0; i < p->n && !r.bad; i++)
		get_event(&r, &p->events[i]);
	return whole(&r);
}
