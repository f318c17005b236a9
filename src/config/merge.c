/* SPDX-License-Identifier: MIT */
#include "config/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct node_entry *
find(struct node *map, const char *key)
{
	struct node_entry *e;

	vec_each (e, &map->entries)
		if (strcmp(e->key, key) == 0)
			return e;
	return NULL;
}

static void
note(const char *path, struct pos was, struct pos is, struct diags *d)
{
	diag_note(d, was, "'%s' is replaced in %s:%u:%u", path, is.file,
	    is.line, is.column);
	diag_note(d, is, "'%s' replaces that of %s:%u:%u", path, was.file,
	    was.line, was.column);
}

/* Moves the entries of from; path: of the mapping, "plugins.". */
static void merge_entries(
    struct node *to, struct node *from, const char *path, struct diags *d);

/* Lays e over old, which has its key; e is used up. */
static void
merge_entry(struct node_entry *old, struct node_entry *e, const char *path,
    struct diags *d)
{
	char *name = xasprintf("%s%s", path, e->key);
	char *below = xasprintf("%s.", name);
	struct node_entry gone = *e;

	if (old->value->kind == NODE_MAP && e->value->kind == NODE_MAP) {
		merge_entries(old->value, e->value, below, d);
	} else if (old->value->kind != NODE_MAP ||
		   e->value->kind != NODE_NULL) {
		if (old->value->kind != NODE_NULL)
			note(name, old->pos, e->pos, d);
		gone = *old;
		*old = *e;
	}
	free(gone.key);
	node_free(gone.value);
	free(name);
	free(below);
}

static void
merge_entries(
    struct node *to, struct node *from, const char *path, struct diags *d)
{
	struct node_entry *e;

	vec_each (e, &from->entries) {
		struct node_entry *old = find(to, e->key);

		if (old != NULL)
			merge_entry(old, e, path, d);
		else
			vec_add(&to->entries) = *e;
	}
	from->entries.n = 0;
}

void
merge(struct node *to, struct node *from, struct diags *d)
{
	char **file;

	merge_entries(to, from, "", d);
	vec_each (file, &from->files)
		vec_add(&to->files) = *file;
	from->files.n = 0;
	node_free(from);
}
