/* SPDX-License-Identifier: MIT */
#include "flow/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "flow/hash.h"

struct interned_field {
	struct fettle_field pub; /* first: found from its address */
	size_t refs;
	uint64_t hash;
	struct interned_field *next;
	char text[];
};

bool
field_same(const struct fettle_field *a, const struct fettle_field *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->unit, b->unit) == 0;
}

static bool
same_help(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct interned_field *
field_new(const struct fettle_field *like)
{
	const size_t name = strlen(like->name) + 1,
		     unit = strlen(like->unit) + 1,
		     help = like->help ? strlen(like->help) + 1 : 0;
	struct interned_field *f = xcalloc(1, sizeof(*f) + name + unit + help);

	memcpy(f->text, like->name, name);
	memcpy(f->text + name, like->unit, unit);
	f->pub.name = f->text;
	f->pub.unit = f->text + name;
	f->pub.kind = like->kind;
	if (help > 0) {
		memcpy(f->text + name + unit, like->help, help);
		f->pub.help = f->text + name + unit;
	}
	return f;
}

static void
fields_grow(struct fields *t)
{
	const size_t n = t->n_buckets ? 2 * t->n_buckets : 64;
	struct interned_field **to = xcalloc(n, sizeof *to), *f, *next;

	for (size_t i = 0; i < t->n_buckets; i++) {
		for (f = t->buckets[i]; f != NULL; f = next) {
			next = f->next;
			f->next = to[f->hash % n];
			to[f->hash % n] = f;
		}
	}
	free(t->buckets);
	t->buckets = to;
	t->n_buckets = n;
}

const struct fettle_field *
fields_get(struct fields *t, const struct fettle_field *like)
{
	const uint64_t hash =
	    hash_string(hash_string(hash_seed(), like->name), like->unit);
	struct interned_field *f;

	if (t->n >= t->n_buckets)
		fields_grow(t);
	for (f = t->buckets[hash % t->n_buckets]; f != NULL; f = f->next)
		if (f->hash == hash && field_same(&f->pub, like) &&
		    same_help(f->pub.help, like->help))
			break;
	if (f == NULL) {
		f = field_new(like);
		f->hash = hash;
		f->next = t->buckets[hash % t->n_buckets];
		t->buckets[hash % t->n_buckets] = f;
		t->n++;
	}
	f->refs++;
	return &f->pub;
}

void
fields_put(struct fields *t, const struct fettle_field *field)
{
	struct interned_field *f = (struct interned_field *)(uintptr_t)field,
			      **at;

	if (--f->refs > 0)
		return;
	for (at = &t->buckets[f->hash % t->n_buckets]; *at != f;)
		at = &(*at)->next;
	*at = f->next;
	t->n--;
	free(f);
}

void
fields_fini(struct fields *t)
{
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}
