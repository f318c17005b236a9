/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

/* The one of n names nearest to text (Damerau-Levenshtein), or NULL where none
 * is near enough to be what was meant. */
const char *suggest(const char *text, const char *const *names, size_t n);

#endif
