/* SPDX-License-Identifier: MIT */
#include "config/option.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/vec.h"
#include "config/secret.h"
#include "config/suggest.h"
#include "config/value.h"

enum {
	KNOWN_MAX = 12, /* more names than that are no help */
	WHY_MAX = 512,
};

/* Whose options are filled, for messages. */
struct scope {
	const char *what; /* "plugin cpu" */
	const char *path; /* what stands before the names: "tls." */
	bool fallback;	  /* they are defaults */
	struct diags *d;
};

static void fill(const struct scope *s, char *state,
    const struct fettle_options *table, const struct node *map,
    struct pos where, const char *const *others);

/* "option `tls.key' of plugin hub ..." */
static void complain(const struct scope *s, const struct fettle_option *o,
    struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void
complain(const struct scope *s, const struct fettle_option *o, struct pos pos,
    const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	diag_error(s->d, pos, "%soption `%s%s' of %s %s",
	    s->fallback ? "the default of " : "", s->path, o->name, s->what,
	    b.data);
	buf_free(&b);
}

static void
cannot_be(const struct scope *s, const struct fettle_option *o,
    const struct node *n, const char *why)
{
	complain(s, o, n->pos, "cannot be `%s': %s", n->text, why);
}

/* --- lists and tables ---------------------------------------------------- */

static void
check_count(const struct scope *s, const struct fettle_option *o,
    struct pos pos, size_t n)
{
	char why[WHY_MAX];

	if (value_counted(o, n, why, sizeof(why)) < 0)
		complain(s, o, pos, "must have %s items, not %zu", why, n);
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
			complain(s, o, item->pos,
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
		complain(s, o, e->value->pos,
		    "must have a mapping for `%s', not %s", e->key,
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

/* --- secrets ------------------------------------------------------------- */

/* The option's value where it is given as NAME_file or NAME_env. */
static const struct node *
secret_node(const struct node *map, const char *name, const char *suffix)
{
	char *key = xasprintf("%s%s", name, suffix);
	const struct node *n = map ? node_get(map, key) : NULL;

	free(key);
	return n;
}

/* The folder of the file that says so, for the caller to free. */
static char *
folder(struct pos pos)
{
	const char *slash = strrchr(pos.file, '/');

	if (slash == NULL)
		return xstrdup(".");
	return slash == pos.file
		   ? xstrdup("/")
		   : xstrndup(pos.file, (size_t)(slash - pos.file));
}

static int
read_secret_file(const struct node *n, char **out, char *why, size_t len)
{
	char *dir = folder(n->pos);
	const int rc = secret_from_file(n->text, dir, out, why, len);

	free(dir);
	return rc;
}

/* Given as a file, from the environment, or, which is a mistake, here. */
static bool
has_secret(const struct node *map, const char *name)
{
	return secret_node(map, name, "_file") != NULL ||
	       secret_node(map, name, "_env") != NULL ||
	       secret_node(map, name, "") != NULL;
}

static void
fill_secret(const struct scope *s, const struct fettle_option *o,
    const char **text, const struct node *map)
{
	const struct node *here = secret_node(map, o->name, "");
	const struct node *file = secret_node(map, o->name, "_file");
	const struct node *env = secret_node(map, o->name, "_env");
	const struct node *n = file ? file : env;
	char why[WHY_MAX], *secret = NULL;
	int rc;

	if (here != NULL)
		complain(s, o, here->pos,
		    "is a secret, which cannot stand here: put it into a file "
		    "and name that with `%s_file'",
		    o->name);
	if (file != NULL && env != NULL)
		complain(s, o, env->pos,
		    "is given twice, as `%s_file' and as `%s_env'", o->name,
		    o->name);
	if (n == NULL || n->bad)
		return;
	if (!value_fits(FETTLE_T_SECRET, n)) {
		complain(s, o, n->pos, "needs %s, not %s",
		    file ? "the name of a file"
			 : "the name of an environment variable",
		    value_found(n));
		return;
	}
	rc = file ? read_secret_file(n, &secret, why, sizeof(why))
		  : secret_from_env(n->text, &secret, why, sizeof(why));
	if (rc < 0)
		diag_error(s->d, n->pos, "option `%s%s' of %s: %s", s->path,
		    o->name, s->what, why);
	*text = secret;
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
		complain(s, o, n->pos, "must be %s, not %s",
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
	const bool given = secret ? has_secret(map, o->name) : n != NULL;

	if (!given && o->fallback == NULL)
		diag_error(s->d, where,
		    secret ? "%s needs option `%s%s_file'"
			   : "%s needs option `%s%s'",
		    s->what, s->path, o->name);
	else if (secret)
		fill_secret(s, o, (void *)(state + o->offset), map);
	else if (given)
		fill_member(s, o, state + o->offset, n);
	else if (*o->fallback != '\0')
		fill_default(s, o, state + o->offset, where);
}

/* --- what is no option --------------------------------------------------- */

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
		buf_printf(to, "; did you mean `%s'?", near);
	} else if (n == 0) {
		buf_puts(to, "; there are none");
	} else if (n <= KNOWN_MAX) {
		buf_puts(to, "; there are");
		for (size_t i = 0; i < n; i++)
			buf_printf(
			    to, "%s `%s'", i > 0 ? "," : "", names->all.v[i]);
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
	diag_error(s->d, e->pos, "unknown option `%s%s' of %s%s", s->path,
	    e->key, s->what, help.data);
	vec_each (name, &names.all)
		free(*name);
	vec_free(&names.all);
	buf_free(&help);
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
	for (size_t i = 0; map != NULL && i < map->entries.n; i++)
		if (!is_known(table, others, map->entries.v[i].key))
			tell_unknown(s, &map->entries.v[i], table, others);
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

/* --- secrets again ------------------------------------------------------- */

struct fresh {
	const char **text; /* where the old one is */
	char *secret;
};

struct refresh {
	VEC(struct fresh) all;
	char *why;
	size_t len;
};

static int refresh(struct refresh *r, char *state,
    const struct fettle_options *table, const struct node *map);

static int
refresh_secret(struct refresh *r, const char **text, const struct node *file)
{
	char *secret;
	int rc;

	if (file == NULL)
		return 0;
	rc = read_secret_file(file, &secret, r->why, r->len);
	if (rc == 0)
		vec_add(&r->all) = (struct fresh){ text, secret };
	return rc;
}

static int
refresh_tables(struct refresh *r, const struct fettle_option *o,
    const struct fettle_tables *tables, const struct node *map)
{
	int rc = 0;

	for (size_t i = 0; i < tables->n && rc == 0; i++) {
		char *one = row(o, tables, i);

		rc = refresh(r, one, &o->sub, node_get(map, *(char **)one));
	}
	return rc;
}

static int
refresh(struct refresh *r, char *state, const struct fettle_options *table,
    const struct node *map)
{
	int rc = 0;

	if (map == NULL || map->kind != NODE_MAP)
		return 0;
	for (size_t i = 0; i < table->n && rc == 0; i++) {
		const struct fettle_option *o = &table->v[i];
		const struct node *n = node_get(map, o->name);
		char *member = state + o->offset;

		if (o->type == FETTLE_T_SECRET)
			rc = refresh_secret(r, (void *)member,
			    secret_node(map, o->name, "_file"));
		else if (o->type == FETTLE_T_TABLES && n != NULL)
			rc = refresh_tables(r, o, (void *)member, n);
		else if (o->type == FETTLE_T_GROUP)
			rc = refresh(r, member, &o->sub, n);
	}
	return rc;
}

int
option_refresh(void *state, const struct fettle_options *table,
    const struct node *map, bool *changed, char *why, size_t len)
{
	struct refresh r = { .why = why, .len = len };
	const int rc = refresh(&r, state, table, map);
	struct fresh *f;

	*changed = false;
	vec_each (f, &r.all) {
		const char *old = *f->text;

		if (rc == 0) {
			*changed |= strcmp(old, f->secret) != 0;
			*f->text = f->secret;
			f->secret = (char *)(uintptr_t)old;
		}
		secret_free(f->secret);
	}
	vec_free(&r.all);
	return rc;
}
