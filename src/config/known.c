/* SPDX-License-Identifier: MIT */
#include "config/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/vec.h"
#include "config/suggest.h"

enum {
	KNOWN_MAX = 12, /* more names than that are no help */
};

static bool
is_option(const struct fettle_option *o, const char *key)
{
	const size_t n = strlen(o->name);

	if (strncmp(key, o->name, n) != 0)
		return false;
	key += n;
	return *key == '\0' ||
	       (o->type == FETTLE_T_SECRET &&
		   (strcmp(key, "_file") == 0 || strcmp(key, "_env") == 0));
}

static bool
is_known(const struct fettle_options *table, const char *const *others,
    const char *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (is_option(&table->v[i], key))
			return true;
	for (; others != NULL && *others != NULL; others++)
		if (strcmp(*others, key) == 0)
			return true;
	return false;
}

struct names {
	VEC(char *) all;
};

static void
add_names(struct names *names, const struct fettle_options *table,
    const char *const *others)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct fettle_option *o = &table->v[i];

		if (o->type != FETTLE_T_SECRET) {
			vec_add(&names->all) = xstrdup(o->name);
			continue;
		}
		vec_add(&names->all) = xasprintf("%s_file", o->name);
		vec_add(&names->all) = xasprintf("%s_env", o->name);
	}
	for (; others != NULL && *others != NULL; others++)
		vec_add(&names->all) = xstrdup(*others);
}

/* The one that was meant, or all there are if that is a help. */
static void
add_help(struct buf *to, const struct names *names, const char *key)
{
	const size_t n = names->all.n;
	const char *near = suggest(key, (const char *const *)names->all.v, n);

	if (near != NULL) {
		buf_printf(to, "; did you mean '%s'?", near);
	} else if (n == 0) {
		buf_puts(to, "; there are none");
	} else if (n <= KNOWN_MAX) {
		buf_puts(to, "; there are");
		for (size_t i = 0; i < n; i++)
			buf_printf(
			    to, "%s '%s'", i > 0 ? "," : "", names->all.v[i]);
	}
}

static void
tell_unknown(const struct scope *s, const struct node_entry *e,
    const struct fettle_options *table, const char *const *others)
{
	struct names names = { 0 };
	struct buf help = { 0 };
	char **name;

	buf_puts(&help, "");
	add_names(&names, table, others);
	add_help(&help, &names, e->key);
	diag_error(s->d, e->pos, "unknown option '%s%s' of %s%s", s->path,
	    e->key, s->what, help.data);
	vec_each (name, &names.all)
		free(*name);
	vec_free(&names.all);
	buf_free(&help);
}

void
known_check(const struct scope *s, const struct fettle_options *table,
    const struct node *map, const char *const *others)
{
	const struct node_entry *e;

	vec_each (e, &map->entries)
		if (!is_known(table, others, e->key))
			tell_unknown(s, e, table, others);
}
