/* SPDX-License-Identifier: MIT */
#include "config/node.h"

#include <stdlib.h>
#include <string.h>

/* Never deeper than NODE_DEPTH_MAX, so these may call themselves. */
void
node_free(struct node *n)
{
	struct node **item;
	struct node_entry *e;
	char **file;

	if (n == NULL)
		return;
	vec_each (item, &n->items)
		node_free(*item);
	vec_each (e, &n->entries) {
		free(e->key);
		node_free(e->value);
	}
	vec_each (file, &n->files)
		free(*file);
	vec_free(&n->items);
	vec_free(&n->entries);
	vec_free(&n->files);
	free(n->text);
	free(n);
}

struct node *
node_get(const struct node *map, const char *key)
{
	const struct node_entry *e;

	vec_each (e, &map->entries)
		if (strcmp(e->key, key) == 0)
			return e->value;
	return NULL;
}

static bool
same_items(const struct node *a, const struct node *b)
{
	if (a->items.n != b->items.n)
		return false;
	for (size_t i = 0; i < a->items.n; i++)
		if (!node_equal(a->items.v[i], b->items.v[i]))
			return false;
	return true;
}

/* Keys stand once, so equal numbers and all of a in b is enough. */
static bool
same_entries(const struct node *a, const struct node *b)
{
	const struct node_entry *e;

	if (a->entries.n != b->entries.n)
		return false;
	vec_each (e, &a->entries) {
		const struct node *other = node_get(b, e->key);

		if (other == NULL || !node_equal(e->value, other))
			return false;
	}
	return true;
}

bool
node_equal(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NODE_TEXT:
		return a->quoted == b->quoted && strcmp(a->text, b->text) == 0;
	case NODE_LIST:
		return same_items(a, b);
	case NODE_MAP:
		return same_entries(a, b);
	case NODE_NULL:
		break;
	}
	return true;
}
