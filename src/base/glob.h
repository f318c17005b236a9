/* SPDX-License-Identifier: MIT */
/* Shell-like patterns: `*' any text, `?' one character, `\' takes the next
 * character as it is.  There are no classes; `/' is a character as any. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

/* Time grows with the product of the lengths at worst, never beyond. */
bool glob_match(const char *pattern, const char *text);

/* Whether the pattern has a `*' or a `?' that counts. */
bool glob_is_pattern(const char *pattern);

#endif
