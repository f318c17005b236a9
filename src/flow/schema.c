/* SPDX-License-Identifier: MIT */
#include "flow/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { LAYOUTS_MAX = 8 };

static struct schema *
schema_new(
    const struct series_table *t, const char *plugin, const struct intern *how)
{
	struct schema *s = NEW(struct schema);

	s->plugin = xstrdup(plugin);
	if (how->declaring != NULL && how->plugin != NULL &&
	    strcmp(how->declaring->name, plugin) == 0)
		s->declared = how->declaring;
	else if (t->modules != NULL)
		s->declared = modules_loaded(t->modules, plugin);
	if (s->declared == NULL)
		return s;
	for (uint32_t i = 0; i < s->declared->d.fields.n; i++)
		vec_add(&s->fields) = s->declared->fields[i];
	if (s->declared->d.instance_name != NULL)
		s->instance_name = xstrdup(s->declared->d.instance_name);
	return s;
}

/* Declared fields are their plugin's, the others counted. */
static bool
is_declared(const struct schema *s, const struct fettle_field *f)
{
	return s->declared != NULL && plugin_field(s->declared, f->name) == f;
}

void
schema_free(struct fields *fields, struct schema *s)
{
	for (size_t i = 0; i < s->fields.n; i++)
		if (!is_declared(s, s->fields.v[i]))
			fields_put(fields, s->fields.v[i]);
	for (size_t i = 0; i < s->layouts.n; i++)
		free(s->layouts.v[i]);
	vec_free(&s->fields);
	vec_free(&s->layouts);
	vec_free(&s->layout_sizes);
	free(s->instance_name);
	free(s->plugin);
	free(s);
}

const struct fettle_field *
schema_field(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->fields.n; i++)
		if (strcmp(s->fields.v[i]->name, name) == 0)
			return s->fields.v[i];
	return NULL;
}

/* Each field once; so few that comparing them is cheap. */
static bool
has_twice(const struct fettle_list *l)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(l->fields[i]->name, l->fields[k]->name) ==
			    0)
				return true;
	return false;
}

/* Whether the fields of a list could all be taken. */
static enum drop
check_fields(const struct series_table *t, const struct schema *s,
    const struct fettle_list *l)
{
	const size_t limit = (size_t)t->limits.fields;
	const struct fettle_field *f;
	size_t new = 0;

	if (l->n > s->fields.n + limit)
		return DROP_FIELDS;
	for (size_t i = 0; i < l->n; i++) {
		if (!field_name_ok(l->fields[i]->name) ||
		    l->fields[i]->unit == NULL ||
		    strlen(l->fields[i]->unit) > (size_t)t->limits.name ||
		    !utf8_is_name(
			l->fields[i]->unit, strlen(l->fields[i]->unit)))
			return DROP_NAME;
		f = schema_field(s, l->fields[i]->name);
		if (f != NULL && !field_same(f, l->fields[i]))
			return DROP_CONFLICT;
		new += f == NULL;
	}
	if (has_twice(l))
		return DROP_CONFLICT;
	return new > 0 && s->fields.n + new > limit ? DROP_FIELDS : DROP_NONE;
}

enum drop
schema_get(struct series_table *t, struct host *h, const char *plugin,
    const struct intern *how, const struct fettle_list *l, struct schema **out)
{
	struct schema *s;
	enum drop why;

	for (size_t i = 0; i < h->schemas.n; i++) {
		s = h->schemas.v[i];
		if (strcmp(s->plugin, plugin) != 0)
			continue;
		*out = s;
		return check_fields(t, s, l);
	}
	s = schema_new(t, plugin, how);
	why = check_fields(t, s, l);
	if (why != DROP_NONE) {
		schema_free(&t->fields, s);
		return why;
	}
	*out = vec_add(&h->schemas) = s;
	return DROP_NONE;
}

static void
add_fields(
    struct series_table *t, struct schema *s, const struct fettle_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (schema_field(s, l->fields[i]->name) == NULL)
			vec_add(&s->fields) =
			    fields_get(&t->fields, l->fields[i]);
}

static bool
layout_is(
    const struct fettle_field *const *layout, const struct fettle_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (layout[i] != l->fields[i] &&
		    !field_same(layout[i], l->fields[i]))
			return false;
	return true;
}

static const struct fettle_field *const *
keep_layout(struct schema *s, const struct fettle_list *l)
{
	const struct fettle_field **layout;

	for (size_t i = 0; i < s->layouts.n; i++)
		if (s->layout_sizes.v[i] == l->n &&
		    layout_is(s->layouts.v[i], l))
			return s->layouts.v[i];
	if (s->layouts.n == LAYOUTS_MAX)
		return NULL;
	layout = xcalloc(l->n, sizeof(*layout));
	for (size_t i = 0; i < l->n; i++)
		layout[i] = schema_field(s, l->fields[i]->name);
	vec_add(&s->layout_sizes) = l->n;
	return vec_add(&s->layouts) = layout;
}

static void
remember(struct intern *how, struct series *series,
    const struct fettle_list *l, const struct fettle_field *const *layout)
{
	series->layout = layout;
	series->n_layout = l->n;
	how->last_fields = l->fields;
	how->last_n = l->n;
	how->last_schema = series->schema;
	how->last_layout = layout;
}

enum drop
schema_layout(struct series_table *t, struct intern *how,
    struct series *series, const struct fettle_list *l,
    const struct fettle_field *const **layout)
{
	struct schema *s = series->schema;
	enum drop why;

	/* the same array as for the list before, in the same call */
	if (how->last_layout != NULL && how->last_fields == l->fields &&
	    how->last_n == l->n && how->last_schema == s) {
		*layout = how->last_layout;
		return DROP_NONE;
	}
	if (s->declared != NULL && l->fields == s->declared->fields) {
		*layout = l->fields;
		remember(how, series, l, *layout);
		return DROP_NONE;
	}
	if (series->layout != NULL && series->n_layout == l->n &&
	    layout_is(series->layout, l)) {
		*layout = series->layout;
		remember(how, series, l, *layout);
		return DROP_NONE;
	}
	why = check_fields(t, s, l);
	if (why != DROP_NONE)
		return why;
	add_fields(t, s, l);
	if (s->instance_name == NULL && l->instance_name != NULL &&
	    field_name_ok(l->instance_name))
		s->instance_name = xstrdup(l->instance_name);
	*layout = keep_layout(s, l);
	remember(how, series, l, *layout);
	return DROP_NONE;
}
