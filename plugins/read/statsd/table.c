/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEY_MAX = (STATSD_TAGS_MAX + 1) * 2 * (STATSD_NAME_MAX + 1),
	SET_FIRST = 16,
	SET_SPARSE = 8, /* fewer members than a slot in so many */
};

/* --- sets ---------------------------------------------------------------- */

static size_t
slot_of(const struct statsd_set *set, uint64_t hash)
{
	size_t i = hash & (set->cap - 1);

	while (set->slots[i] != 0 && set->slots[i] != hash)
		i = (i + 1) & (set->cap - 1);
	return i;
}

static bool
set_grow(struct statsd_set *set)
{
	const struct statsd_set old = *set;

	set->cap = old.cap > 0 ? 2 * old.cap : SET_FIRST;
	set->slots = calloc(set->cap, sizeof(*set->slots));
	if (set->slots == NULL) {
		*set = old;
		return false;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i] != 0)
			set->slots[slot_of(set, old.slots[i])] = old.slots[i];
	free(old.slots);
	return true;
}

/* Empty again.  What it needed once, in a burst perhaps, is given back where
 * it has become too large. */
static void
set_clear(struct statsd_set *set)
{
	if (SET_SPARSE * set->n < set->cap) {
		free(set->slots);
		*set = (struct statsd_set){ 0 };
	} else {
		memset(set->slots, 0, set->cap * sizeof(*set->slots));
		set->n = 0;
	}
}

static bool
set_add(struct statsd_table *t, struct statsd_set *set, uint64_t hash)
{
	size_t i;

	hash += hash == 0;
	if (2 * set->n >= set->cap && !set_grow(set))
		return false;
	i = slot_of(set, hash);
	if (set->slots[i] == hash)
		return true;
	if (set->n >= STATSD_MEMBERS_MAX || t->members >= STATSD_MEMBERS_ALL)
		return false;
	set->slots[i] = hash;
	set->n++;
	t->members++;
	return true;
}

/* --- timers -------------------------------------------------------------- */

static uint64_t
chance(struct statsd_table *t)
{
	t->chance ^= t->chance << 13;
	t->chance ^= t->chance >> 7;
	t->chance ^= t->chance << 17;
	return t->chance;
}

/* Every sample has the same chance to be among those that are kept. */
static void
keep_sample(struct statsd_table *t, struct statsd_timer *timer, double value)
{
	timer->offered++;
	if (timer->n == timer->cap && timer->cap < t->samples) {
		const size_t cap = timer->cap > 0 ? 2 * timer->cap : 16;
		double *samples =
		    reallocarray(timer->samples, cap, sizeof(*timer->samples));

		if (samples != NULL) {
			timer->samples = samples;
			timer->cap = cap;
		}
	}
	if (timer->n < timer->cap && timer->n < t->samples) {
		timer->samples[timer->n++] = value;
	} else if (timer->n > 0) {
		const uint64_t i = chance(t) % timer->offered;

		if (i < timer->n)
			timer->samples[i] = value;
	}
}

/* False: the sum would no longer be a number, and is as it was. */
static bool
add(double *sum, double more)
{
	const double all = *sum + more;

	if (isfinite(all))
		*sum = all;
	return isfinite(all);
}

static void
timer_add(struct statsd_table *t, struct statsd_timer *timer, double value,
    double weight)
{
	if (timer->weight == 0)
		timer->min = timer->max = value;
	timer->min = fmin(timer->min, value);
	timer->max = fmax(timer->max, value);
	timer->weight += weight;
	timer->sum += weight * value;
	keep_sample(t, timer, value);
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void
statsd_timer_sort(struct statsd_timer *timer)
{
	if (timer->n > 0)
		qsort(timer->samples, timer->n, sizeof(*timer->samples),
		    compare);
}

double
statsd_percentile(const struct statsd_timer *timer, double percent)
{
	const double rank = ceil(percent / 100 * (double)timer->n);
	const size_t i = rank > 1 ? (size_t)rank - 1 : 0;

	return timer->samples[i < timer->n ? i : timer->n - 1];
}

/* --- entries ------------------------------------------------------------- */

static void
entry_end(struct lookup_entry *row)
{
	struct statsd_entry *e = (struct statsd_entry *)row;

	free(e->timer.samples);
	free(e->set.slots);
	free(e);
}

static size_t
put_text(char *to, struct statsd_text text)
{
	memcpy(to, text.s, text.len);
	to[text.len] = '\0';
	return text.len + 1;
}

/* Name and tags in a row; its length.  A NUL inside would make two things of
 * one name: 0. */
static size_t
make_key(const struct statsd_line *line, char key[KEY_MAX])
{
	size_t len = put_text(key, line->name), texts = 1;

	for (size_t i = 0; i < line->n_tags; i++) {
		len += put_text(key + len, line->tags[i].key);
		len += put_text(key + len, line->tags[i].value);
		texts += 2;
	}
	for (const char *s = key; s < key + len; s += strlen(s) + 1)
		texts--;
	return texts == 0 ? len : 0;
}

static struct statsd_entry *
entry_new(const struct statsd_line *line, const char *key, size_t len)
{
	const size_t head = sizeof(struct statsd_entry) +
			    line->n_tags * sizeof(struct fettle_tag);
	struct statsd_entry *e = calloc(1, head + len);
	char *at;

	if (e == NULL)
		return NULL;
	at = (char *)e + head;
	memcpy(at, key, len);
	e->entry.key = at;
	e->entry.key_len = len;
	e->type = line->type;
	e->n_tags = line->n_tags;
	for (size_t i = 0; i < e->n_tags; i++) {
		at += strlen(at) + 1;
		e->tags[i].key = at;
		at += strlen(at) + 1;
		e->tags[i].value = at;
	}
	return e;
}

/* The entry of a line, made if it is new; NULL: there is none, counted. */
static struct statsd_entry *
entry_of(struct statsd_table *t, const struct statsd_line *line)
{
	char key[KEY_MAX];
	const size_t len = make_key(line, key);
	struct statsd_entry *e;

	if (len == 0) {
		t->malformed++;
		return NULL;
	}
	e = (struct statsd_entry *)lookup_find(&t->names, key, len);
	if (e != NULL) {
		t->conflicts += e->type != line->type;
		return e->type == line->type ? e : NULL;
	}
	e = t->names.n < t->most ? entry_new(line, key, len) : NULL;
	if (e == NULL || lookup_add(&t->names, &e->entry) != 0) {
		t->dropped++;
		return NULL;
	}
	return e;
}

/* --- taking -------------------------------------------------------------- */

/* False: it is too much for what was told before. */
static bool
apply_number(struct statsd_table *t, struct statsd_entry *e,
    struct statsd_text text, double weight)
{
	double number;
	bool sign;

	if (!statsd_number(text, &number, &sign))
		return false;
	if (e->type == STATSD_COUNTER)
		return add(&e->total, weight * number);
	if (e->type == STATSD_GAUGE && sign)
		return add(&e->value, number);
	if (e->type == STATSD_GAUGE)
		e->value = number;
	else if (!add(&e->total, weight))
		return false;
	else
		timer_add(t, &e->timer, number, weight);
	return true;
}

static bool
is_number(struct statsd_text text)
{
	double number;
	bool sign;

	return statsd_number(text, &number, &sign);
}

/* Whether all values of a line are some, so that a line counts or does not. */
static bool
is_sound(struct statsd_line line)
{
	struct statsd_text value;

	while (line.type != STATSD_SET && statsd_value(&line, &value))
		if (!is_number(value))
			return false;
	return true;
}

static void
take_line(struct statsd_table *t, const char *s, size_t len, int64_t now_ns)
{
	struct statsd_line line;
	const enum statsd_verdict verdict = statsd_parse(s, len, &line);
	struct statsd_text value;
	struct statsd_entry *e;

	t->lines++;
	t->other += verdict == STATSD_OTHER;
	if (verdict == STATSD_OTHER)
		return;
	if (verdict == STATSD_MALFORMED || !is_sound(line)) {
		t->malformed++;
		return;
	}
	e = entry_of(t, &line);
	if (e == NULL)
		return;
	e->entry.heard_ns = now_ns;
	while (statsd_value(&line, &value))
		t->dropped +=
		    e->type == STATSD_SET
			? !set_add(t, &e->set,
			      lookup_hash(t->names.seed, value.s, value.len))
			: !apply_number(t, e, value, 1 / line.rate);
}

void
statsd_table_take(
    struct statsd_table *t, const char *data, size_t len, int64_t now_ns)
{
	while (len > 0) {
		const char *newline = memchr(data, '\n', len);
		const size_t whole =
		    newline != NULL ? (size_t)(newline - data) : len;
		const size_t taken = newline != NULL ? whole + 1 : len;
		const bool cr = whole > 0 && data[whole - 1] == '\r';

		if (whole > cr)
			take_line(t, data, whole - cr, now_ns);
		data += taken;
		len -= taken;
	}
}

/* --- life ---------------------------------------------------------------- */

static void
entry_next(struct statsd_entry *e)
{
	e->before = e->total;
	e->timer.n = 0;
	e->timer.offered = 0;
	e->timer.weight = 0;
	e->timer.sum = 0;
	if (e->set.cap > 0)
		set_clear(&e->set);
}

void
statsd_table_next(struct statsd_table *t, int64_t since_ns)
{
	for (size_t i = 0; i < t->names.cap; i++)
		if (t->names.slots[i] != NULL)
			entry_next((struct statsd_entry *)t->names.slots[i]);
	t->members = 0;
	lookup_forget(&t->names, since_ns);
}

int
statsd_table_init(
    struct statsd_table *t, size_t most, size_t samples, uint64_t seed)
{
	*t = (struct statsd_table){
		.most = most, .samples = samples, .chance = seed | 1
	};
	return lookup_init(&t->names, seed, entry_end);
}

void
statsd_table_fini(struct statsd_table *t)
{
	lookup_fini(&t->names);
}
