/* SPDX-License-Identifier: MIT */
/*
 * [HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD], with `*' and `?' inside each
 * part: which series are meant, as in the configuration of the daemon.
 */
#ifndef COMMON_SELECTOR_H
#define COMMON_SELECTOR_H

#include <fettle/plugin.h>

struct selector;

/* NULL: no memory, and why (of len bytes) is empty; or text is no pattern. */
struct selector *selector_new(const char *text, char *why, size_t len);
void selector_free(struct selector *s);

/* Whether a list has fields that are meant; its names and tags count.  A
 * plugin alone means all of it; with a field but without brackets, only what
 * has no instance. */
bool selector_meets(const struct selector *s, const struct fettle_list *l);
bool selector_meets_field(const struct selector *s, const char *field);

/* One part: `*' any text, `?' one character, `\' takes the next as it is. */
bool selector_glob(const char *pattern, const char *text);

#endif
