/* SPDX-License-Identifier: MIT */
/* What --describe prints: options and fields, as text or JSON, from the tables
 * alone; no code of a plugin runs. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

#include "plugin/module.h"

/* One plugin, or all that lie in the directory (name NULL).  0, or -1 when
 * stderr says why. */
int describe(struct modules *m, const char *name, bool json, FILE *out);

#endif
