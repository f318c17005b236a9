/* SPDX-License-Identifier: MIT */
/* The part of option.h that is about secrets. */
#ifndef CONFIG_OPTION_SECRET_H
#define CONFIG_OPTION_SECRET_H

#include "config/node.h"
#include "config/scope.h"

/* Whether the mapping, or NULL, gives it: as a file, from the environment, or,
 * which is a mistake, as it is. */
bool option_has_secret(const struct node *map, const char *name);

/* Reads it; *text is to be given to secret_free. */
void option_fill_secret(const struct scope *s, const struct fettle_option *o,
    const char **text, const struct node *map);

#endif
