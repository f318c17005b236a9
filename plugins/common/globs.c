/* SPDX-License-Identifier: MIT */
#include "common/globs.h"

#include <fnmatch.h>
#include <string.h>

bool
globs_match(const struct fettle_strings *globs, const char *name)
{
	for (size_t i = 0; i < globs->n; i++)
		if (strcmp(globs->v[i], name) == 0 ||
		    fnmatch(globs->v[i], name, 0) == 0)
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
