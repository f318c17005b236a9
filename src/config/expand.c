/* SPDX-License-Identifier: MIT */
#include "config/expand.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/utf8.h"

static bool
is_utf8(const char *s, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* Bytes of the name of a variable at s. */
static size_t
name_length(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	if (*s == '\0' || strchr(first, *s) == NULL)
		return 0;
	return strspn(s, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

static bool
put_variable(struct buf *to, const char *name, size_t *room, struct pos pos,
    struct diags *d)
{
	const char *value = getenv(name);
	size_t len;

	if (value == NULL) {
		diag_error(
		    d, pos, "environment variable '%s' is not set", name);
		return false;
	}
	len = strlen(value);
	if (!is_utf8(value, len)) {
		diag_error(d, pos,
		    "environment variable '%s' is not valid UTF-8", name);
		return false;
	}
	if (len > *room) {
		diag_error(d, pos,
		    "environment variable '%s' is too long for a file of "
		    "at most 1 MiB",
		    name);
		return false;
	}
	*room -= len;
	buf_add(to, value, len);
	return true;
}

/* What stands behind `${' at *s; moves it behind the brace. */
static bool
put_braces(struct buf *to, const char **s, size_t *room, struct pos pos,
    struct diags *d)
{
	const size_t len = name_length(*s);
	char *name;
	bool ok;

	if (len == 0 || (*s)[len] != '}') {
		diag_error(d, pos,
		    "'${' must be followed by the name of an environment "
		    "variable and '}'; write '$$' for a '$'");
		return false;
	}
	name = xstrndup(*s, len);
	*s += len + 1;
	ok = put_variable(to, name, room, pos, d);
	free(name);
	return ok;
}

bool
expand(char **text, size_t *room, bool *any, struct pos pos, struct diags *d)
{
	struct buf to = { 0 };
	const char *s = *text;
	bool ok = true;

	*any = false;
	if (strchr(s, '$') == NULL)
		return true;
	while (*s != '\0') {
		const size_t plain = strcspn(s, "$");

		buf_add(&to, s, plain);
		s += plain;
		if (s[0] == '$' && s[1] == '{') {
			s += 2;
			*any = true;
			ok &= put_braces(&to, &s, room, pos, d);
		} else if (*s == '$') {
			buf_putc(&to, '$');
			s += s[1] == '$' ? 2 : 1;
		}
	}
	free(*text);
	*text = buf_take(&to);
	return ok;
}
