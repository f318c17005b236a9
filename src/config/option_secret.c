/* SPDX-License-Identifier: MIT */
#include "config/option_secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "config/option.h"
#include "config/secret.h"
#include "config/value.h"

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

bool
option_has_secret(const struct node *map, const char *name)
{
	return secret_node(map, name, "_file") != NULL ||
	       secret_node(map, name, "_env") != NULL ||
	       secret_node(map, name, "") != NULL;
}

void
option_fill_secret(const struct scope *s, const struct fettle_option *o,
    const char **text, const struct node *map)
{
	const struct node *here = secret_node(map, o->name, "");
	const struct node *file = secret_node(map, o->name, "_file");
	const struct node *env = secret_node(map, o->name, "_env");
	const struct node *n = file ? file : env;
	char why[WHY_MAX], *secret = NULL;
	int rc;

	if (here != NULL)
		scope_complain(s, o, here->pos,
		    "is a secret, which cannot stand here: put it into a file "
		    "and name that with '%s_file'",
		    o->name);
	if (file != NULL && env != NULL)
		scope_complain(s, o, env->pos,
		    "is given twice, as '%s_file' and as '%s_env'", o->name,
		    o->name);
	if (n == NULL || n->bad)
		return;
	if (!value_fits(FETTLE_T_SECRET, n)) {
		scope_complain(s, o, n->pos, "needs %s, not %s",
		    file ? "the name of a file"
			 : "the name of an environment variable",
		    value_found(n));
		return;
	}
	rc = file ? read_secret_file(n, &secret, why, sizeof(why))
		  : secret_from_env(n->text, &secret, why, sizeof(why));
	if (rc < 0)
		diag_error(s->d, n->pos, "option '%s%s' of %s: %s", s->path,
		    o->name, s->what, why);
	*text = secret;
}

/* --- again --------------------------------------------------------------- */

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
		char *one = (char *)tables->v + i * o->sub_size;

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
			*changed |= old == NULL || strcmp(old, f->secret) != 0;
			*f->text = f->secret;
			f->secret = (char *)(uintptr_t)old;
		}
		secret_free(f->secret);
	}
	vec_free(&r.all);
	return rc;
}
