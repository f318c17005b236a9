/* SPDX-License-Identifier: MIT */
#include "common/globs.h"

#include <fnmatch.h>
#include <string.h>

/* Most differ before the first character that means more than itself: to see
 * that takes no fnmatch, which is slow, and large in memory. */
static bool
is_match(const char *glob, const char *name)
{
	const size_t fixed = strcspn(glob, "*?[\\");

	if (strncmp(glob, name, fixed) != 0)
		return false;
	return glob[fixed] == '\0'
		   ? name[fixed] == '\0'
		   : fnmatch(glob + fixed, name + fixed, 0) == 0;
}

bool
globs_match(const struct fettle_strings *globs, const char *name)
{
	for (size_t i = 0; i < globs->n; i++)
		if (strcmp(globs->v[i], name) == 0 ||
		    is_match(globs->v[i], name))
			return true;
	return false;
}

bool
globs_want(const struct fettle_strings *include,
    const struct fettle_strings *exclude, const char *name, bool usual)
{
	if (globs_match(exclude, name))
		return false;
	return include->n > 0 ? globs_match(include, name) : usual;
}
