/* SPDX-License-Identifier: MIT */
/* The keys of a mapping that are no options. */
#ifndef CONFIG_KNOWN_H
#define CONFIG_KNOWN_H

#include "config/node.h"
#include "config/scope.h"

/* Tells of each entry of the mapping that is neither an option of the table
 * nor one of others, a NULL-terminated list or NULL. */
void known_check(const struct scope *s, const struct fettle_options *table,
    const struct node *map, const char *const *others);

#endif
