/* SPDX-License-Identifier: MIT */
/* What --describe prints: options and fields, from the tables alone; no code
 * of a plugin runs. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stdio.h>

#include "plugin/module.h"

enum describe_format { DESCRIBE_TEXT, DESCRIBE_JSON, DESCRIBE_MAN };

/* One plugin, or all that lie in the directory (name NULL).  0, or -1 when
 * stderr says why. */
int describe(struct modules *m, const char *name, enum describe_format format,
    FILE *out);

/* describe_man.c: the manual page fettle-NAME(7). */
void describe_man(const struct plugin *p, FILE *out);

/* Words that the formats share.  An option's range, as "0 to 10 seconds". */
const char *describe_kind(enum fettle_kind kind);
const char *describe_type(enum fettle_type type);
void describe_range(const struct fettle_option *o, char *to, size_t len);

#endif
