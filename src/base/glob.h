/* SPDX-License-Identifier: MIT */
/* Shell-like patterns: `*' any text, `?' one character, `\' takes the next
 * character as it is.  There are no classes; `/' is a character as any. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Time grows with the product of the lengths at worst, never beyond. */
bool glob_match(const char *pattern, const char *text);

/* Whether the pattern has a `*' or a `?' that counts. */
bool glob_is_pattern(const char *pattern);

/* How much it says: 0 for `*' alone, more the more characters of its own it
 * has, SIZE_MAX if it is no pattern at all. */
size_t glob_weight(const char *pattern);

/* Whether there may be a text that both match.  Time and memory grow with the
 * product of the lengths. */
bool glob_overlap(const char *a, const char *b);

#endif
