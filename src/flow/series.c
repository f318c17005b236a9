/* SPDX-License-Identifier: MIT */
#include "flow/series.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "flow/era.h"
#include "flow/filter.h"
#include "flow/hash.h"
#include "flow/names.h"
#include "flow/schema.h"

enum { GRAVES_MAX = 256 }; /* then the era ends before the next sweep */

static const char *const drop_names[DROP_N] = {
	[DROP_NONE] = "none",
	[DROP_QUEUE] = "queue",
	[DROP_HOSTS] = "hosts",
	[DROP_SERIES] = "series",
	[DROP_FIELDS] = "fields",
	[DROP_NAME] = "name",
	[DROP_CONFLICT] = "conflict",
	[DROP_TIME] = "time",
	[DROP_EMPTY] = "empty",
};

const char *
drop_name(enum drop reason)
{
	return drop_names[reason];
}

void
series_init(struct series_table *t, const struct limits *limits,
    const struct modules *modules)
{
	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	t->limits = *limits;
	t->modules = modules;
	t->next_number = 1;
	t->n_buckets = 64;
	t->buckets = xcalloc(t->n_buckets, sizeof(*t->buckets));
	t->era = era_new(t);
}

static void
free_series(struct series_table *t, void *what)
{
	struct series *s = what;

	if (t->forget != NULL)
		t->forget(s);
	if (s->watched != NULL)
		t->filter->forget(t->filter, s);
	free(s);
}

static void
free_schema(struct series_table *t, void *what)
{
	series_lock(t);
	schema_free(&t->fields, what);
	series_unlock(t);
}

static void
free_host(struct series_table *t, void *what)
{
	struct host *h = what;

	for (size_t i = 0; i < h->schemas.n; i++)
		free_schema(t, h->schemas.v[i]);
	vec_free(&h->schemas);
	free(h->tags);
	free(h->slots);
	free(h->name);
	free(h);
}

static void
free_tags(struct series_table *t, void *what)
{
	(void)t;
	free(what);
}

void
series_fini(struct series_table *t)
{
	struct host *h, *next;
	struct era *era = t->era;

	for (size_t i = 0; i < t->n_buckets; i++)
		for (h = t->buckets[i]; h != NULL; h = next) {
			next = h->next;
			for (size_t k = 0; k < h->n_slots; k++)
				if (h->slots[k] != NULL)
					free_series(t, h->slots[k]);
			free_host(t, h);
		}
	era_leave(era);
	free(t->buckets);
	fields_fini(&t->fields);
	pthread_mutex_destroy(&t->lock);
}

void
series_lock(struct series_table *t)
{
	pthread_mutex_lock(&t->lock);
}

/* Ends the era if it has many graves; they open when its batches are gone. */
void
series_unlock(struct series_table *t)
{
	struct era *old = NULL;

	if (era_graves(t->era) > GRAVES_MAX) {
		old = t->era;
		t->era = era_end(t, old);
	}
	pthread_mutex_unlock(&t->lock);
	era_leave(old);
}

/* --- hosts --------------------------------------------------------------- */

static struct host *
find_host(struct series_table *t, const char *name, uint64_t hash)
{
	struct host *h = t->buckets[hash % t->n_buckets];

	while (h != NULL && (h->hash != hash || strcmp(h->name, name) != 0))
		h = h->next;
	return h;
}

struct host *
series_host(struct series_table *t, const char *name)
{
	return find_host(t, name, hash_string(hash_seed(), name));
}

static void
grow_buckets(struct series_table *t)
{
	const size_t n = 2 * t->n_buckets;
	struct host **to = xcalloc(n, sizeof(*to)), *h, *next;

	for (size_t i = 0; i < t->n_buckets; i++)
		for (h = t->buckets[i]; h != NULL; h = next) {
			next = h->next;
			h->next = to[h->hash % n];
			to[h->hash % n] = h;
		}
	free(t->buckets);
	t->buckets = to;
	t->n_buckets = n;
}

static struct host *
get_host(struct series_table *t, const char *name)
{
	const uint64_t hash = hash_string(hash_seed(), name);
	struct host *h = find_host(t, name, hash);

	if (h != NULL || t->n_hosts >= (size_t)t->limits.hosts)
		return h;
	if (t->n_hosts >= t->n_buckets)
		grow_buckets(t);
	h = NEW(struct host);
	h->name = xstrdup(name);
	h->hash = hash;
	h->escaped = strchr(name, '\\') != NULL;
	h->next = t->buckets[hash % t->n_buckets];
	t->buckets[hash % t->n_buckets] = h;
	t->n_hosts++;
	return h;
}

static bool
same_tags(const struct fettle_tag *a, const struct fettle_tag *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].key, b[i].key) != 0 ||
		    strcmp(a[i].value, b[i].value) != 0)
			return false;
	return true;
}

/* One allocation: the set, then the texts. */
static struct tagset *
tagset_new(const struct fettle_tag *tags, size_t n)
{
	size_t size = sizeof(struct tagset) + n * sizeof(struct fettle_tag);
	struct tagset *set;
	char *text;

	for (size_t i = 0; i < n; i++)
		size += strlen(tags[i].key) + strlen(tags[i].value) + 2;
	set = xcalloc(1, size);
	text = (char *)&set->v[n];
	set->n = n;
	for (size_t i = 0; i < n; i++) {
		set->v[i].key = text;
		text = stpcpy(text, tags[i].key) + 1;
		set->v[i].value = text;
		text = stpcpy(text, tags[i].value) + 1;
	}
	return set;
}

static void
set_tags(struct series_table *t, struct host *h, const struct names *names)
{
	const size_t had = h->tags ? h->tags->n : 0;

	if (had == names->n_tags &&
	    (had == 0 || same_tags(h->tags->v, names->tags, had)))
		return;
	if (h->tags != NULL)
		era_bury(t->era, h->tags, free_tags);
	h->tags =
	    names->n_tags > 0 ? tagset_new(names->tags, names->n_tags) : NULL;
}

enum drop
series_host_tags(struct series_table *t, struct intern *how, const char *host,
    const struct fettle_tag *tags, size_t n)
{
	const struct fettle_list none = { .size = sizeof(none) };
	struct names names;
	struct host *h = NULL;
	enum drop why = DROP_NAME;

	if (names_init(&names, &none, host, "x", how->relayed,
		(size_t)t->limits.name) &&
	    names_tags(
		&names, tags, n, how->relayed, (size_t)t->limits.name)) {
		h = get_host(t, names.host);
		why = h != NULL ? DROP_NONE : DROP_HOSTS;
	}
	if (h != NULL)
		set_tags(t, h, &names);
	names_fini(&names);
	return why;
}

/* --- series -------------------------------------------------------------- */

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
series_is(const struct series *s, const char *plugin, const char *instance,
    const struct fettle_tag *tags, size_t n_tags)
{
	return s->n_tags == n_tags && same_text(s->instance, instance) &&
	       strcmp(s->schema->plugin, plugin) == 0 &&
	       same_tags(s->tags, tags, n_tags);
}

static uint64_t
hash_names(const struct names *n)
{
	uint64_t h = hash_string(hash_seed(), n->plugin);

	if (n->instance != NULL)
		h = hash_string(h, n->instance);
	for (size_t i = 0; i < n->n_tags; i++)
		h = hash_string(
		    hash_string(h, n->tags[i].key), n->tags[i].value);
	return h;
}

static struct series *
find_series(const struct host *h, const struct names *n, uint64_t hash)
{
	const size_t mask = h->n_slots - 1;
	struct series *s;

	for (size_t i = hash & mask; h->n_slots > 0; i = (i + 1) & mask) {
		s = h->slots[i];
		if (s == NULL)
			break;
		if (s->hash == hash &&
		    series_is(s, n->plugin, n->instance, n->tags, n->n_tags))
			return s;
	}
	return NULL;
}

static void
put_slot(struct host *h, struct series *s)
{
	const size_t mask = h->n_slots - 1;
	size_t i = s->hash & mask;

	while (h->slots[i] != NULL)
		i = (i + 1) & mask;
	h->slots[i] = s;
}

static void
resize_slots(struct host *h, size_t n)
{
	struct series **old = h->slots;
	const size_t n_old = h->n_slots;

	h->slots = xcalloc(n, sizeof(*h->slots));
	h->n_slots = n;
	for (size_t i = 0; i < n_old; i++)
		if (old[i] != NULL)
			put_slot(h, old[i]);
	free(old);
}

/* One allocation: the series, its tags, the texts. */
static struct series *
series_new(const struct names *n)
{
	size_t size = sizeof(struct series) + n->n_tags * sizeof(*n->tags);
	struct fettle_tag *tags;
	struct series *s;
	char *text;

	size += n->instance ? strlen(n->instance) + 1 : 0;
	for (size_t i = 0; i < n->n_tags; i++)
		size += strlen(n->tags[i].key) + strlen(n->tags[i].value) + 2;
	s = xcalloc(1, size);
	s->n_tags = (uint32_t)n->n_tags;
	s->escaped = n->escaped;
	tags = (struct fettle_tag *)(void *)s->text;
	text = (char *)&tags[n->n_tags];
	s->tags = tags;
	for (size_t i = 0; i < n->n_tags; i++) {
		tags[i].key = text;
		text = stpcpy(text, n->tags[i].key) + 1;
		tags[i].value = text;
		text = stpcpy(text, n->tags[i].value) + 1;
	}
	if (n->instance != NULL)
		s->instance = strcpy(text, n->instance);
	return s;
}

static struct series *
add_series(struct series_table *t, struct host *h, struct schema *schema,
    const struct names *names, uint64_t hash)
{
	struct series *s = series_new(names);

	s->hash = hash;
	s->number = t->next_number++;
	s->host = h;
	s->schema = schema;
	schema->n_series++;
	if (2 * (h->n + 1) > h->n_slots)
		resize_slots(h, h->n_slots ? 2 * h->n_slots : 16);
	put_slot(h, s);
	h->n++;
	t->n_series++;
	return s;
}

/* --- one list ------------------------------------------------------------ */

/* Names as they came are enough for what was here just before. */
static struct series *
guess(const struct series_table *t, const struct fettle_list *l,
    const char *host, const char *plugin)
{
	const struct host *h = t->last_host;
	struct series *s;

	if (h == NULL || h->escaped || strcmp(h->name, host) != 0 ||
	    h->last == NULL)
		return NULL;
	s = h->last->follower;
	if (s == NULL || s->escaped ||
	    !series_is(s, plugin,
		l->instance != NULL && *l->instance ? l->instance : NULL,
		l->tags, l->n_tags))
		return NULL;
	return s;
}

static void
followed(struct host *h, struct series *s)
{
	if (h->last != NULL && h->last->follower != s)
		h->last->follower = s;
	h->last = s;
}

static enum drop
look_up(struct series_table *t, struct intern *how,
    const struct fettle_list *l, const struct names *names,
    struct series **series)
{
	struct host *h = get_host(t, names->host);
	struct schema *schema;
	enum drop why;
	uint64_t hash;

	if (h == NULL)
		return DROP_HOSTS;
	t->last_host = h;
	hash = hash_names(names);
	*series = find_series(h, names, hash);
	if (*series != NULL)
		return DROP_NONE;
	if (t->n_series >= (size_t)t->limits.series ||
	    h->n >= (size_t)t->limits.series_per_host)
		return DROP_SERIES;
	why = schema_get(t, h, names->plugin, how, l, &schema);
	if (why == DROP_NONE)
		*series = add_series(t, h, schema, names, hash);
	return why;
}

enum drop
series_intern(struct series_table *t, struct intern *how,
    const struct fettle_list *l, struct series **series,
    const struct fettle_field *const **layout)
{
	const char *host = l->host != NULL ? l->host : how->own_host;
	const char *plugin = l->plugin != NULL ? l->plugin : how->plugin;
	struct series *s = NULL;
	struct names names;
	enum drop why;

	if (host != NULL && plugin != NULL)
		s = guess(t, l, host, plugin);
	if (s == NULL) {
		why = DROP_NAME;
		if (names_init(&names, l, host, plugin, how->relayed,
			(size_t)t->limits.name))
			why = look_up(t, how, l, &names, &s);
		names_fini(&names);
		if (why != DROP_NONE)
			return why;
	}
	why = schema_layout(t, how, s, l, layout);
	if (why != DROP_NONE)
		return why;
	followed(s->host, s);
	s->seen_ns = how->now_ns;
	s->host->seen_ns = how->now_ns;
	s->host->seen_wall_ns = how->now_wall_ns;
	if (how->relayed && l->n_host_tags > 0 &&
	    (s->host->tags == NULL || s->host->tags->n != l->n_host_tags ||
		!same_tags(s->host->tags->v, l->host_tags, l->n_host_tags)))
		series_host_tags(
		    t, how, s->host->name, l->host_tags, l->n_host_tags);
	*series = s;
	return DROP_NONE;
}

const struct fettle_field *
series_field(const struct series *s, const char *name)
{
	return schema_field(s->schema, name);
}

void
series_dropped(struct series_table *t, enum drop reason, uint64_t n)
{
	t->dropped[reason] += n;
}

void
series_each(
    struct series_table *t, void (*each)(void *, struct series *), void *arg)
{
	for (size_t i = 0; i < t->n_buckets; i++)
		for (struct host *h = t->buckets[i]; h != NULL; h = h->next)
			for (size_t k = 0; k < h->n_slots; k++)
				if (h->slots[k] != NULL)
					each(arg, h->slots[k]);
}

/* --- forgetting ---------------------------------------------------------- */

static void
sweep_schemas(struct series_table *t, struct host *h)
{
	for (size_t i = 0; i < h->schemas.n;) {
		struct schema *s = h->schemas.v[i];

		if (s->n_series > 0) {
			i++;
			continue;
		}
		vec_remove(&h->schemas, i);
		era_bury(t->era, s, free_schema);
	}
}

/* Takes out what is old; whoever points to a follower forgets it. */
static void
sweep_host(struct series_table *t, struct host *h, int64_t before)
{
	struct series **old = h->slots, *s;
	const size_t n_old = h->n_slots;
	size_t gone = 0;

	for (size_t i = 0; i < n_old; i++)
		gone += old[i] != NULL && old[i]->seen_ns < before;
	if (gone == 0)
		return;
	h->slots = xcalloc(n_old, sizeof(*h->slots));
	h->last = NULL;
	for (size_t i = 0; i < n_old; i++) {
		s = old[i];
		if (s == NULL)
			continue;
		s->follower = NULL;
		if (s->seen_ns >= before) {
			put_slot(h, s);
			continue;
		}
		s->schema->n_series--;
		era_bury(t->era, s, free_series);
	}
	free(old);
	sweep_schemas(t, h);
	h->n -= gone;
	t->n_series -= gone;
}

void
series_sweep(struct series_table *t, int64_t now_ns, int64_t age_ns)
{
	struct host **at, *h;
	struct era *old;

	series_lock(t);
	t->last_host = NULL;
	for (size_t i = 0; i < t->n_buckets; i++)
		for (at = &t->buckets[i]; (h = *at) != NULL;) {
			sweep_host(t, h, now_ns - age_ns);
			if (h->n > 0 || h->seen_ns >= now_ns - age_ns) {
				at = &h->next;
				continue;
			}
			*at = h->next;
			t->n_hosts--;
			era_bury(t->era, h, free_host);
		}
	old = t->era;
	t->era = era_end(t, old);
	series_unlock(t);
	era_leave(old);
}
