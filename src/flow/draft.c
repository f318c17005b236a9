/* SPDX-License-Identifier: MIT */
#include "flow/draft.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow/names.h"

void
draft_reset(struct draft *d)
{
	arena_reset(&d->arena);
	d->lists.n = 0;
	d->error = 0;
	d->why[0] = '\0';
}

void
draft_fini(struct draft *d)
{
	arena_free(&d->arena);
	vec_free(&d->lists);
}

__attribute__((format(printf, 2, 3))) static int
fail(struct draft *d, const char *fmt, ...)
{
	va_list ap;

	if (d->error == 0) {
		d->error = EINVAL;
		va_start(ap, fmt);
		vsnprintf(d->why, sizeof(d->why), fmt, ap);
		va_end(ap);
	}
	return -EINVAL;
}

static const char *
keep(struct draft *d, const char *s)
{
	return s != NULL ? arena_strdup(&d->arena, s) : NULL;
}

static struct fettle_list *
add_list(struct draft *d, const char *instance, size_t n)
{
	struct fettle_list *l = arena_alloc(&d->arena, sizeof(*l));

	memset(l, 0, sizeof(*l));
	l->size = sizeof(*l);
	l->instance = keep(d, instance);
	l->n = n;
	vec_add(&d->lists) = l;
	return l;
}

static int
check_count(struct draft *d, const struct plugin *p, size_t n)
{
	if (n == p->d.fields.n)
		return 0;
	return fail(d, "%zu values submitted for %u declared fields", n,
	    p->d.fields.n);
}

int
draft_reals(struct draft *d, const struct plugin *p, const char *instance,
    const double *reals, size_t n)
{
	struct fettle_value *values;
	struct fettle_list *l;

	if (check_count(d, p, n) < 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (p->fields[i]->kind == FETTLE_COUNTER)
			return fail(d,
			    "%s is a counter: fettle_submit takes "
			    "reals only",
			    p->fields[i]->name);
	values = arena_alloc(&d->arena, n * sizeof(*values));
	for (size_t i = 0; i < n; i++) {
		values[i] = fettle_gauge(reals[i]);
		values[i].kind = p->fields[i]->kind;
	}
	l = add_list(d, instance, n);
	l->fields = p->fields;
	l->values = values;
	return 0;
}

int
draft_values(struct draft *d, const struct plugin *p, const char *instance,
    const struct fettle_value *values, size_t n)
{
	struct fettle_list *l, given = { .size = sizeof(given),
		.fields = p->fields,
		.values = values,
		.n = n };
	char why[128];

	if (check_count(d, p, n) < 0)
		return -EINVAL;
	if (list_check(&given, why, sizeof(why)) < 0)
		return fail(d, "%s", why);
	l = add_list(d, instance, n);
	l->fields = p->fields;
	l->values = memcpy(arena_alloc(&d->arena, n * sizeof(*values)), values,
	    n * sizeof(*values));
	return 0;
}

/* Fields that the plugin declares are meant by name; others are copied. */
static const struct fettle_field *
keep_field(
    struct draft *d, const struct plugin *p, const struct fettle_field *f)
{
	const struct fettle_field *declared = plugin_field(p, f->name);
	struct fettle_field *copy;

	if (declared != NULL && declared->kind == f->kind)
		return declared;
	if (!(p->d.flags & FETTLE_DYNAMIC)) {
		if (declared != NULL)
			fail(d, "%s is declared of another kind", f->name);
		else
			fail(d,
			    "%s is not declared, and the plugin is not "
			    "FETTLE_DYNAMIC",
			    f->name);
		return NULL;
	}
	copy = arena_alloc(&d->arena, sizeof(*copy));
	memset(copy, 0, sizeof(*copy));
	copy->name = keep(d, f->name);
	copy->kind = f->kind;
	copy->unit = keep(d, f->unit);
	copy->help = keep(d, f->help);
	return copy;
}

static const struct fettle_field *const *
keep_fields(
    struct draft *d, const struct plugin *p, const struct fettle_list *from)
{
	const struct fettle_field **fields =
	    arena_alloc(&d->arena, from->n * sizeof(*fields));

	for (size_t i = 0; i < from->n; i++) {
		fields[i] = keep_field(d, p, from->fields[i]);
		if (fields[i] == NULL)
			return NULL;
	}
	return fields;
}

static const struct fettle_tag *
keep_tags(struct draft *d, const struct fettle_list *from)
{
	struct fettle_tag *tags =
	    arena_alloc(&d->arena, from->n_tags * sizeof(*tags));

	for (size_t i = 0; i < from->n_tags; i++) {
		tags[i].key = keep(d, from->tags[i].key);
		tags[i].value = keep(d, from->tags[i].value);
	}
	return tags;
}

/* Copies only what the plugin's own version of the struct has. */
int
draft_list(
    struct draft *d, const struct plugin *p, const struct fettle_list *theirs)
{
	struct fettle_list from = { 0 }, *l;
	const struct fettle_field *const *fields;
	char why[128];

	memcpy(&from, theirs,
	    theirs->size < sizeof(from) ? theirs->size : sizeof(from));
	if (list_check(&from, why, sizeof(why)) < 0)
		return fail(d, "%s", why);
	if (from.n_tags > NAMES_TAGS_MAX)
		return fail(
		    d, "%zu tags, over %d", from.n_tags, NAMES_TAGS_MAX);
	fields = keep_fields(d, p, &from);
	if (fields == NULL)
		return -EINVAL;
	l = add_list(d, from.instance, from.n);
	l->host = keep(d, from.host);
	l->plugin = keep(d, from.plugin);
	l->tags = keep_tags(d, &from);
	l->n_tags = from.n_tags;
	l->time_ns = from.time_ns;
	l->interval_ns = from.interval_ns;
	l->instance_name = keep(d, from.instance_name);
	l->fields = fields;
	l->values =
	    memcpy(arena_alloc(&d->arena, from.n * sizeof(*from.values)),
		from.values, from.n * sizeof(*from.values));
	return 0;
}
