/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <string.h>

#include "../scan.h"

/* NAME:PASSWORD:NUMBER: and more; false: it is another one's, or no user's. */
static bool
line_is_of(const char *line, size_t len, uid_t uid)
{
	const char *colon = memchr(line, ':', len), *p;
	uint64_t number;

	if (colon == NULL || colon == line)
		return false;
	p = memchr(colon + 1, ':', len - (size_t)(colon + 1 - line));
	if (p == NULL)
		return false;
	p++;
	return scan_number(&p, &number) && *p == ':' && number == uid;
}

bool
users_name(const char *passwd, uid_t uid, char *name, size_t size)
{
	for (const char *line = passwd; *line != '\0';) {
		const size_t len = strcspn(line, "\n");
		const size_t n = strcspn(line, ":");

		if (line_is_of(line, len, uid)) {
			if (n >= size)
				return false;
			memcpy(name, line, n);
			name[n] = '\0';
			return true;
		}
		line += len + (line[len] == '\n');
	}
	return false;
}
