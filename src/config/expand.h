/* SPDX-License-Identifier: MIT */
/* ${NAME} in values: replaced from the environment. */
#ifndef CONFIG_EXPAND_H
#define CONFIG_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "config/diag.h"

/*
 * Replaces every ${NAME} in *text, which is on the heap and may be replaced
 * itself; `$$' becomes `$', any other `$' stays.  What is put in is never
 * looked at again and takes its length from *room.  *any: whether there was a
 * name.  false where there was a mistake, which is in d.
 */
bool expand(
    char **text, size_t *room, bool *any, struct pos pos, struct diags *d);

#endif
