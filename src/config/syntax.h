/* SPDX-License-Identifier: MIT */
/* What libyaml finds wrong, in words that say what to do. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <stdbool.h>

/* The words for a problem of libyaml's (NULL: it ran out of memory), or NULL
 * where there are none.  *at_begin: they are better said where the thing began
 * than where libyaml gave up. */
const char *syntax_words(const char *problem, bool *at_begin);

#endif
