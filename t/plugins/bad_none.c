/* SPDX-License-Identifier: MIT */
/* bad_none: a shared object that is no plugin. */
#include <fettle/plugin.h>

FETTLE_API int bad_none_does_nothing(void);

int
bad_none_does_nothing(void)
{
	return 0;
}
