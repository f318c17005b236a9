/* SPDX-License-Identifier: MIT */
/*
 * The tree of a configuration, every node with its position.  It knows nothing
 * of any option.  node_free frees a whole tree; the names of files in its
 * positions are the root's and go with it.  A key stands once in a mapping,
 * and nothing is nested more than NODE_DEPTH_MAX deep.
 */
#ifndef CONFIG_NODE_H
#define CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "config/diag.h"

#define NODE_DEPTH_MAX 16

enum node_kind {
	NODE_NULL, /* nothing after the colon, ~, or null */
	NODE_TEXT, /* any other scalar */
	NODE_LIST,
	NODE_MAP,
};

struct node;

struct node_entry {
	char *key;
	struct pos pos; /* of the key */
	struct node *value;
};

struct node {
	enum node_kind kind;
	struct pos pos;
	char *text;  /* NODE_TEXT, ${NAME} already replaced */
	bool quoted; /* NODE_TEXT: stood in quotes without a ${NAME}, so it is
		      * no number */
	VEC(struct node *) items;
	VEC(struct node_entry) entries; /* in the order of the file */
	bool bad; /* a mistake in it was told already: say no more of it */
	VEC(char *) files; /* of the root: the names that positions lend */
};

void node_free(struct node *n);

/* The value of a key of a mapping, or NULL. */
struct node *node_get(const struct node *map, const char *key);

/* Whether both say the same, wherever they stand; mappings in any order. */
bool node_equal(const struct node *a, const struct node *b);

#endif
