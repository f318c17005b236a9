/* SPDX-License-Identifier: MIT */
/* Which of the things that a plugin finds are wanted, by lists of names and
 * patterns that users write: fnmatch(3) over whole names, without flags.  A
 * name is also its own pattern. */
#ifndef COMMON_GLOBS_H
#define COMMON_GLOBS_H

#include <fettle/plugin.h>

/* Whether one of them is of this name. */
bool globs_match(const struct fettle_strings *globs, const char *name);

/* What is named in include is wanted, whatever it is; where that is empty,
 * what is usual.  What is named in exclude never is. */
bool globs_want(const struct fettle_strings *include,
    const struct fettle_strings *exclude, const char *name, bool usual);

#endif
