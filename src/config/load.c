/* SPDX-License-Identifier: MIT */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"

/* Takes the key out of the root; its value is the caller's to free, or NULL
 * where there is none.  *pos: of the key. */
static struct node *
take_include(struct node *root, struct pos *pos)
{
	for (size_t i = 0; i < root->entries.n; i++) {
		const struct node_entry e = root->entries.v[i];

		if (strcmp(e.key, "include") != 0)
			continue;
		*pos = e.pos;
		free(e.key);
		vec_remove(&root->entries, i);
		return e.value;
	}
	return NULL;
}

struct node *
config_parse(const char *name, const char *text, size_t len, struct diags *d)
{
	struct node *root = yaml_read(name, text, len, d);
	struct node *include = NULL;
	struct pos pos;

	if (root != NULL)
		include = take_include(root, &pos);
	if (include != NULL)
		diag_error(d, pos, "`include' is not possible here");
	node_free(include);
	return root;
}
