/* SPDX-License-Identifier: MIT */
/* The value of one option: text -> member, with choices and range. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <fettle/plugin.h>

#include "config/node.h"

/* What people are told that such an option is: "a duration such as 10s". */
const char *value_wanted(enum fettle_type type);

/* What a node is, for people: "a list", "quoted text". */
const char *value_found(const struct node *n);

/* Whether n can be such an option at all. */
bool value_fits(enum fettle_type type, const struct node *n);

/*
 * For the types that are one scalar but secrets: fills the member, which a
 * string allocates.  0, or -EINVAL, and why; a string is then not allocated.
 */
int value_parse(const struct fettle_option *o, void *member, const char *text,
    char *why, size_t len);

/* Whether the text is one of the option's choices, if it has any; -EINVAL, and
 * why. */
int value_chosen(
    const struct fettle_option *o, const char *text, char *why, size_t len);

/* Whether the number of items is in the range; -EINVAL, and how many there
 * must be in why: "from 1 to 3". */
int value_counted(
    const struct fettle_option *o, size_t n, char *why, size_t len);

/* Bytes of the member; 0 for a group, whose size is its own. */
size_t value_size(enum fettle_type type);

#endif
