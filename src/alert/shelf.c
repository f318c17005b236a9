/* SPDX-License-Identifier: MIT */
#include "alert/shelf.h"

#include <stdlib.h>

#include "base/alloc.h"

struct board {
	char *name;
	VEC(size_t) rules;
};

static char *
name_of(const char *plugin, const char *instance)
{
	return instance != NULL ? xasprintf("%s\t%s", plugin, instance)
				: xstrdup(plugin);
}

static struct board *
board_new(struct shelf *s, char *name)
{
	struct board *b = NEW(struct board);

	b->name = name;
	vec_add(&s->all) = b;
	return b;
}

/* Takes over the name. */
static struct board *
board_of(struct shelf *s, char *name)
{
	struct board *b = index_get(&s->by_name, name);

	if (b != NULL) {
		free(name);
		return b;
	}
	b = board_new(s, name);
	index_put(&s->by_name, b->name, b);
	return b;
}

void
shelf_fini(struct shelf *s)
{
	for (size_t i = 0; i < s->all.n; i++) {
		vec_free(&s->all.v[i]->rules);
		free(s->all.v[i]->name);
		free(s->all.v[i]);
	}
	index_fini(&s->by_name);
	vec_free(&s->all);
	vec_free(&s->found);
	s->rest = NULL;
}

void
shelf_fill(struct shelf *s, const struct policy *p)
{
	shelf_fini(s);
	s->rest = board_new(s, NULL);
	for (size_t i = 0; i < p->rules.n; i++) {
		const struct pattern *pattern = p->rules.v[i]->pattern;
		const char *plugin = pattern_one_plugin(pattern);
		struct board *b = s->rest;

		if (plugin != NULL)
			b = board_of(
			    s, name_of(plugin, pattern_one_instance(pattern)));
		vec_add(&b->rules) = i;
	}
}

static void
add_board(struct shelf *s, const struct board *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; i < b->rules.n; i++)
		vec_add(&s->found) = b->rules.v[i];
}

static void
add_named(struct shelf *s, const char *plugin, const char *instance)
{
	char *name = name_of(plugin, instance);

	add_board(s, index_get(&s->by_name, name));
	free(name);
}

static int
by_place(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

const size_t *
shelf_find(
    struct shelf *s, const char *plugin, const char *instance, size_t *n)
{
	s->found.n = 0;
	add_board(s, s->rest);
	add_named(s, plugin, NULL);
	if (instance != NULL)
		add_named(s, plugin, instance);
	if (s->found.n > 1)
		qsort(s->found.v, s->found.n, sizeof(*s->found.v), by_place);
	*n = s->found.n;
	return s->found.v;
}
