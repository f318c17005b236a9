/* SPDX-License-Identifier: MIT */
/*
 * YAML text -> tree.  Of YAML it takes mappings, lists and scalars; no
 * anchors, aliases, tags, second documents.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/node.h"

/* Bytes of a file, and as many more may come from ${NAME}. */
#define YAML_SIZE_MAX ((size_t)1 << 20)

/*
 * The NODE_MAP that the text says, empty where it says nothing; what was a
 * mistake in it is marked bad and told to d.  NULL, and one message, where it
 * is no YAML, no mapping, or over a limit.
 */
struct node *yaml_read(
    const char *file, const char *text, size_t len, struct diags *d);

#endif
