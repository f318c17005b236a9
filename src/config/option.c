/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "config/known.h"
#include "config/option_secret.h"
#include "config/scope.h"
#include "config/secret.h"
#include "config/value.h"

static void fill(const struct scope *s, char *state,
    const struct fettle_options *table, const struct node *map,
    struct pos where, const char *const *others);

static void
cannot_be(const struct scope *s, const struct fettle_option *o,
    const struct node *n, const char *why)
{
	scope_complain(s, o, n->pos, "cannot be '%s': %s", n->text, why);
}

/* --- lists and tables ---------------------------------------------------- */

static void
check_count(const struct scope *s, const struct fettle_option *o,
    struct pos pos, size_t n)
{
	char why[WHY_MAX];

	if (value_counted(o, n, why, sizeof(why)) < 0)
		scope_complain(
		    s, o, pos, "must have %s items, not %zu", why, n);
}

static void
fill_strings(const struct scope *s, const struct fettle_option *o,
    struct fettle_strings *strings, const struct node *n)
{
	const bool one = n->kind != NODE_LIST;
	const size_t count = one ? 1 : n->items.n;
	const char **v = xcalloc(count, sizeof(*v));
	char why[WHY_MAX];

	*strings = (struct fettle_strings){ .v = v };
	for (size_t i = 0; i < count; i++) {
		const struct node *item = one ? n : n->items.v[i];

		if (item->bad)
			continue;
		if (!value_fits(FETTLE_T_STRING, item))
			scope_complain(s, o, item->pos,
			    "has %s where text should be", value_found(item));
		else if (value_chosen(o, item->text, why, sizeof(why)) < 0)
			cannot_be(s, o, item, why);
		else
			v[strings->n++] = xstrdup(item->text);
	}
	check_count(s, o, n->pos, count);
}

static void
free_strings(struct fettle_strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free((char *)(uintptr_t)strings->v[i]);
	free((void *)(uintptr_t)strings->v);
}

static char *
row(const struct fettle_option *o, const struct fettle_tables *tables,
    size_t i)
{
	return (char *)tables->v + i * o->sub_size;
}

static void
fill_row(const struct scope *s, const struct fettle_option *o, char *to,
    const struct node_entry *e)
{
	char *path = xasprintf("%s%s.%s.", s->path, o->name, e->key);
	const struct scope inner = { s->what, path, false, s->d };

	*(const char **)to = xstrdup(e->key);
	if (!e->value->bad && !value_fits(FETTLE_T_GROUP, e->value))
		scope_complain(s, o, e->value->pos,
		    "must have a mapping for '%s', not %s", e->key,
		    value_found(e->value));
	else if (!e->value->bad)
		fill(&inner, to, &o->sub, e->value, e->pos, NULL);
	free(path);
}

static void
fill_tables(const struct scope *s, const struct fettle_option *o,
    struct fettle_tables *tables, const struct node *n)
{
	tables->v = xcalloc(n->entries.n, o->sub_size);
	tables->n = n->entries.n;
	for (size_t i = 0; i < tables->n; i++)
		fill_row(s, o, row(o, tables, i), &n->entries.v[i]);
	check_count(s, o, n->pos, tables->n);
}

static void
free_tables(const struct fettle_option *o, struct fettle_tables *tables)
{
	for (size_t i = 0; i < tables->n; i++) {
		char *one = row(o, tables, i);

		free(*(char **)one);
		option_free(one, &o->sub);
	}
	free(tables->v);
}

static void
fill_group(const struct scope *s, const struct fettle_option *o, char *member,
    const struct node *n)
{
	char *path = xasprintf("%s%s.", s->path, o->name);
	const struct scope inner = { s->what, path, false, s->d };

	fill(&inner, member, &o->sub, n, n->pos, NULL);
	free(path);
}

/* --- one option ---------------------------------------------------------- */

static void
fill_scalar(const struct scope *s, const struct fettle_option *o, char *member,
    const struct node *n)
{
	char why[WHY_MAX];

	if (value_parse(o, member, n->text, why, sizeof(why)) < 0)
		cannot_be(s, o, n, why);
}

static void
fill_member(const struct scope *s, const struct fettle_option *o, char *member,
    const struct node *n)
{
	if (n->bad)
		return;
	if (!value_fits(o->type, n)) {
		scope_complain(s, o, n->pos, "must be %s, not %s",
		    value_wanted(o->type), value_found(n));
		return;
	}
	switch (o->type) {
	case FETTLE_T_STRINGS:
		fill_strings(s, o, (void *)member, n);
		break;
	case FETTLE_T_TABLES:
		fill_tables(s, o, (void *)member, n);
		break;
	case FETTLE_T_GROUP:
		fill_group(s, o, member, n);
		break;
	default:
		fill_scalar(s, o, member, n);
	}
}

/* "[a, b]": no text in it has a comma. */
static void
add_items(struct node *list, const char *text)
{
	char *copy = xstrndup(text + 1, strcspn(text + 1, "]")), *rest = copy;
	const char *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		struct node *n = NEW(struct node);

		n->kind = NODE_TEXT;
		n->pos = list->pos;
		n->text = xstrdup(item + strspn(item, " "));
		vec_add(&list->items) = n;
	}
	free(copy);
}

/* A default is what might stand in the file, and is read as if it did. */
static void
fill_default(const struct scope *s, const struct fettle_option *o,
    char *member, struct pos where)
{
	const struct scope inner = { s->what, s->path, true, s->d };
	struct node *n = NEW(struct node);

	n->pos = where;
	if (o->type == FETTLE_T_STRINGS && *o->fallback == '[') {
		n->kind = NODE_LIST;
		add_items(n, o->fallback);
	} else {
		n->kind = NODE_TEXT;
		n->text = xstrdup(o->fallback);
	}
	fill_member(&inner, o, member, n);
	node_free(n);
}

static void
fill_option(const struct scope *s, const struct fettle_option *o, char *state,
    const struct node *map, struct pos where)
{
	const bool secret = o->type == FETTLE_T_SECRET;
	const struct node *n = map ? node_get(map, o->name) : NULL;
	const bool given =
	    secret ? option_has_secret(map, o->name) : n != NULL;

	if (!given && o->fallback == NULL)
		diag_error(s->d, where,
		    secret ? "%s needs option '%s%s_file'"
			   : "%s needs option '%s%s'",
		    s->what, s->path, o->name);
	else if (secret)
		option_fill_secret(s, o, (void *)(state + o->offset), map);
	else if (given)
		fill_member(s, o, state + o->offset, n);
	else if (*o->fallback != '\0')
		fill_default(s, o, state + o->offset, where);
}

/* --- all of them --------------------------------------------------------- */

/* map: NULL for an empty one. */
static void
fill(const struct scope *s, char *state, const struct fettle_options *table,
    const struct node *map, struct pos where, const char *const *others)
{
	assert(table->n == 0 || table->size == sizeof(*table->v));
	if (map != NULL && map->kind == NODE_NULL)
		map = NULL;
	for (size_t i = 0; i < table->n; i++)
		fill_option(s, &table->v[i], state, map, where);
	if (map != NULL)
		known_check(s, table, map, others);
}

void
option_fill(void *state, const struct fettle_options *table,
    const struct node *map, const char *what, struct pos where,
    const char *const *others, struct diags *d)
{
	const struct scope s = { what, "", false, d };

	if (map != NULL && map->bad)
		return;
	if (map != NULL && !value_fits(FETTLE_T_GROUP, map))
		diag_error(d, map->pos,
		    "%s must be a mapping of its options, not %s", what,
		    value_found(map));
	else
		fill(&s, state, table, map, where, others);
}

static void
free_member(const struct fettle_option *o, void *member)
{
	switch (o->type) {
	case FETTLE_T_STRING:
		free(*(char **)member);
		break;
	case FETTLE_T_SECRET:
		secret_free(*(char **)member);
		break;
	case FETTLE_T_STRINGS:
		free_strings(member);
		break;
	case FETTLE_T_TABLES:
		free_tables(o, member);
		break;
	case FETTLE_T_GROUP:
		option_free(member, &o->sub);
		break;
	default:
		break;
	}
	memset(member, 0, value_size(o->type));
}

void
option_free(void *state, const struct fettle_options *table)
{
	for (size_t i = 0; i < table->n; i++)
		free_member(&table->v[i], (char *)state + table->v[i].offset);
}
