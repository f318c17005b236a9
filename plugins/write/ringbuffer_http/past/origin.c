/* SPDX-License-Identifier: MIT */
#include "origin.h"

#include <errno.h>
#include <string.h>

#include "memory.h"
#include "oldest.h"
#include "tier.h"

enum { FIRST_BUCKETS = 64 };

int
origins_init(struct past *p)
{
	struct origins *os = &p->origins;
	const size_t size = FIRST_BUCKETS * sizeof *os->buckets;

	TAILQ_INIT(&os->young);
	TAILQ_INIT(&os->old);
	os->n_buckets = FIRST_BUCKETS;
	os->buckets = memory_get(&p->bytes, size);
	os->numbers = memory_get(&p->bytes, size);
	return os->buckets != NULL && os->numbers != NULL ? 0 : -ENOMEM;
}

void
origins_fini(struct past *p)
{
	struct origins *os = &p->origins;

	while (os->buckets != NULL && os->numbers != NULL && os->n > 0)
		origin_drop(p, !TAILQ_EMPTY(&os->young)
				   ? TAILQ_FIRST(&os->young)
				   : TAILQ_FIRST(&os->old));
	if (os->buckets != NULL)
		memory_put(&p->bytes, os->buckets);
	if (os->numbers != NULL)
		memory_put(&p->bytes, os->numbers);
}

/* --- finding ------------------------------------------------------------- */

static uint64_t
hash_of(const struct past *p, const struct fettle_list *l)
{
	uint64_t h = word_hash(p->words.seed, l->host);

	h = word_hash(h, l->plugin);
	h = word_hash(
	    h + (l->instance != NULL), l->instance != NULL ? l->instance : "");
	for (size_t i = 0; i < l->n_tags; i++)
		h = word_hash(word_hash(h, l->tags[i].key), l->tags[i].value);
	return h;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
is_of(const struct fettle_list *l, const struct origin *o)
{
	if (o->n_tags != l->n_tags || strcmp(o->host, l->host) != 0 ||
	    strcmp(o->plugin, l->plugin) != 0 ||
	    !same_text(o->instance, l->instance))
		return false;
	for (size_t i = 0; i < l->n_tags; i++)
		if (strcmp(o->tags[i].key, l->tags[i].key) != 0 ||
		    strcmp(o->tags[i].value, l->tags[i].value) != 0)
			return false;
	return true;
}

static struct origin **
numbers_of(struct origins *os, uint32_t number)
{
	return &os->numbers[number & (os->n_buckets - 1)];
}

static void
forget_number(struct origins *os, struct origin *o)
{
	struct origin **at = numbers_of(os, o->number);

	if (o->number == 0)
		return;
	while (*at != o)
		at = &(*at)->next_number;
	*at = o->next_number;
	o->number = 0;
}

static void
learn_number(struct origins *os, struct origin *o, uint32_t number)
{
	struct origin **at = numbers_of(os, number);

	if (number == 0)
		return;
	o->number = number;
	o->next_number = *at;
	*at = o;
}

struct origin *
origin_find(struct past *p, const struct fettle_list *l)
{
	struct origins *os = &p->origins;
	struct origin *o = NULL;
	uint64_t hash;

	if (l->series != 0)
		o = *numbers_of(os, l->series);
	for (; o != NULL; o = o->next_number)
		if (o->number == l->series)
			return o;
	hash = hash_of(p, l);
	o = os->buckets[hash & (os->n_buckets - 1)];
	while (o != NULL && (o->hash != hash || !is_of(l, o)))
		o = o->next;
	if (o != NULL && l->series != 0) {
		forget_number(os, o);
		learn_number(os, o, l->series);
	}
	return o;
}

/* --- making -------------------------------------------------------------- */

/* The text twice: it may be the first in a table that doubles. */
static size_t
word_growth(const struct past *p, const char *text)
{
	return text == NULL ? 0
			    : memory_cost(strlen(text) + 17) +
				  (p->words.n + 32 < p->words.n_buckets
					  ? 0
					  : memory_cost(2 * sizeof(void *) *
							p->words.n_buckets) /
						8);
}

size_t
origin_growth(const struct past *p, const struct fettle_list *l,
    const struct fettle_field *f)
{
	size_t n = memory_cost(sizeof(struct origin)) +
		   memory_cost(sizeof(struct trace)) +
		   memory_cost(sizeof(struct trace *) * 16) +
		   memory_cost(l->n_tags * sizeof *l->tags);

	for (unsigned k = 0; k < TIERS; k++)
		n += oldest_growth(&p->oldest[k], p->n_series + 1);
	if (p->origins.n >= p->origins.n_buckets)
		n +=
		    2 * memory_cost(2 * p->origins.n_buckets * sizeof(void *));
	n += word_growth(p, l->host) + word_growth(p, l->plugin) +
	     word_growth(p, l->instance) + word_growth(p, l->instance_name) +
	     word_growth(p, f->name) + word_growth(p, f->unit) +
	     word_growth(p, f->help);
	for (size_t i = 0; i < l->n_tags; i++)
		n += word_growth(p, l->tags[i].key) +
		     word_growth(p, l->tags[i].value);
	return n;
}

/* Where there is no memory the rows become longer. */
static void
grow(struct past *p)
{
	struct origins *os = &p->origins;
	const size_t n = 2 * os->n_buckets;
	struct origin **by_name = memory_get(&p->bytes, n * sizeof *by_name);
	struct origin **by_number =
	    memory_get(&p->bytes, n * sizeof *by_number);
	struct origin *o, *next;

	if (by_name == NULL || by_number == NULL) {
		if (by_name != NULL)
			memory_put(&p->bytes, by_name);
		if (by_number != NULL)
			memory_put(&p->bytes, by_number);
		return;
	}
	for (size_t i = 0; i < os->n_buckets; i++)
		for (o = os->buckets[i]; o != NULL; o = next) {
			next = o->next;
			o->next = by_name[o->hash & (n - 1)];
			by_name[o->hash & (n - 1)] = o;
			if (o->number == 0)
				continue;
			o->next_number = by_number[o->number & (n - 1)];
			by_number[o->number & (n - 1)] = o;
		}
	memory_put(&p->bytes, os->buckets);
	memory_put(&p->bytes, os->numbers);
	os->buckets = by_name;
	os->numbers = by_number;
	os->n_buckets = n;
}

/* Keeps a word; false: no memory. */
static bool
keep(struct past *p, const char **to, const char *text)
{
	*to = word_get(&p->words, text);
	return *to != NULL || text == NULL;
}

static bool
keep_tags(struct past *p, struct origin *o, const struct fettle_list *l)
{
	if (l->n_tags == 0)
		return true;
	o->tags = memory_get(&p->bytes, l->n_tags * sizeof *o->tags);
	if (o->tags == NULL)
		return false;
	for (; o->n_tags < l->n_tags; o->n_tags++) {
		struct fettle_tag *tag = &o->tags[o->n_tags];

		if (!keep(p, &tag->key, l->tags[o->n_tags].key))
			return false;
		if (!keep(p, &tag->value, l->tags[o->n_tags].value)) {
			word_put(&p->words, tag->key);
			return false;
		}
	}
	return true;
}

static void
trace_free(struct past *p, struct trace *t)
{
	word_put(&p->words, t->field);
	word_put(&p->words, t->unit);
	word_put(&p->words, t->help);
	memory_put(&p->bytes, t);
}

static void
origin_free(struct past *p, struct origin *o)
{
	for (size_t i = 0; i < o->n; i++)
		trace_free(p, o->traces[i]);
	if (o->traces != NULL)
		memory_put(&p->bytes, o->traces);
	for (size_t i = 0; i < o->n_tags; i++) {
		word_put(&p->words, o->tags[i].key);
		word_put(&p->words, o->tags[i].value);
	}
	if (o->tags != NULL)
		memory_put(&p->bytes, o->tags);
	word_put(&p->words, o->host);
	word_put(&p->words, o->plugin);
	word_put(&p->words, o->instance);
	word_put(&p->words, o->instance_name);
	memory_put(&p->bytes, o);
}

struct origin *
origin_new(struct past *p, const struct fettle_list *l, int64_t now)
{
	struct origins *os = &p->origins;
	struct origin *o = memory_get(&p->bytes, sizeof *o), **at;

	if (o == NULL)
		return NULL;
	if (!keep(p, &o->host, l->host) || !keep(p, &o->plugin, l->plugin) ||
	    !keep(p, &o->instance, l->instance) ||
	    !keep(p, &o->instance_name, l->instance_name) ||
	    !keep_tags(p, o, l)) {
		origin_free(p, o);
		return NULL;
	}
	if (++os->n > os->n_buckets)
		grow(p);
	o->born = o->heard = now;
	o->ages = &os->young;
	TAILQ_INSERT_TAIL(o->ages, o, age);
	o->hash = hash_of(p, l);
	at = &os->buckets[o->hash & (os->n_buckets - 1)];
	o->next = *at;
	*at = o;
	learn_number(os, o, l->series);
	return o;
}

void
origin_touch(struct past *p, struct origin *o, int64_t now)
{
	struct origins *os = &p->origins;

	TAILQ_REMOVE(o->ages, o, age);
	o->heard = now;
	if (now - o->born >= PAST_HOUR)
		o->ages = &os->old;
	TAILQ_INSERT_TAIL(o->ages, o, age);
}

/* --- series -------------------------------------------------------------- */

struct trace *
origin_trace(const struct origin *o, const char *field, size_t hint)
{
	if (hint < o->n && strcmp(o->traces[hint]->field, field) == 0)
		return o->traces[hint];
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->traces[i]->field, field) == 0)
			return o->traces[i];
	return NULL;
}

struct trace *
origin_trace_new(
    struct past *p, struct origin *o, const struct fettle_field *f)
{
	struct trace *t, **v;

	for (unsigned k = 0; k < TIERS; k++)
		if (oldest_reserve(p, k, p->n_series + 1) < 0)
			return NULL;
	v = memory_again(&p->bytes, o->traces, (o->n + 1) * sizeof *v);
	if (v == NULL)
		return NULL;
	o->traces = v;
	t = memory_get(&p->bytes, sizeof *t);
	if (t == NULL)
		return NULL;
	if (!keep(p, &t->field, f->name) || !keep(p, &t->unit, f->unit) ||
	    !keep(p, &t->help, f->help)) {
		trace_free(p, t);
		return NULL;
	}
	t->origin = o;
	t->kind = (uint32_t)f->kind;
	t->id = p->next_id++;
	t->seen = PAST_NEVER;
	o->traces[o->n++] = t;
	p->n_series++;
	return t;
}

/* --- the end ------------------------------------------------------------- */

void
origin_drop(struct past *p, struct origin *o)
{
	struct origins *os = &p->origins;
	struct origin **at = &os->buckets[o->hash & (os->n_buckets - 1)];

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	forget_number(os, o);
	TAILQ_REMOVE(o->ages, o, age);
	os->n--;
	for (size_t i = 0; i < o->n; i++) {
		for (unsigned k = 0; k < TIERS; k++)
			while (o->traces[i]->tiers[k].first != NULL)
				tier_drop_first(p, o->traces[i], k);
		p->reserved -= o->traces[i]->reserved;
	}
	p->n_series -= o->n;
	o->gone = true;
	if (o->uses == 0)
		origin_free(p, o);
}

void
origin_release(struct past *p, struct origin *o)
{
	if (--o->uses == 0 && o->gone)
		origin_free(p, o);
}
