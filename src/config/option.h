/* SPDX-License-Identifier: MIT */
/*
 * Tables of options -> state: parse, default, range, choices, required,
 * unknown.  The tables are the daemon's own (rows of sizeof(struct
 * fettle_option)); what a plugin brought has been copied into such before.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <fettle/plugin.h>

#include "config/node.h"

/*
 * Fills the members of state, which must be zeroed, from the entries of map;
 * NODE_NULL or NULL stands for an empty mapping.  what: how to call it in
 * messages ("plugin cpu").  where: position for a required option that is
 * missing.  others: a NULL-terminated list of keys that belong to somebody
 * else, or NULL.  Mistakes go to d; state is then fit for
 * option_free only.
 */
void option_fill(void *state, const struct fettle_options *table,
    const struct node *map, const char *what, struct pos where,
    const char *const *others, struct diags *d);

/* Gives back what option_fill allocated, secrets overwritten first; all
 * members it filled are zero then. */
void option_free(void *state, const struct fettle_options *table);

/*
 * Reads secrets given as files again.  *changed says whether any differs.
 * 0, or -errno with the reason in why: the old ones stay.  Nobody may be using
 * the state meanwhile.
 */
int option_refresh(void *state, const struct fettle_options *table,
    const struct node *map, bool *changed, char *why, size_t len);

#endif
