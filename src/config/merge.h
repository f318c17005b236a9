/* SPDX-License-Identifier: MIT */
/* One tree laid over another. */
#ifndef CONFIG_MERGE_H
#define CONFIG_MERGE_H

#include "config/node.h"

/*
 * Moves what the mapping from says into the mapping to, both roots: mappings
 * merge, everything else replaces what to said there, which is noted at both
 * places; nothing in place of a mapping leaves it.  from is freed, its names
 * of files go to to.
 */
void merge(struct node *to, struct node *from, struct diags *d);

#endif
