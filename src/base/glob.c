/* SPDX-License-Identifier: MIT */
#include "base/glob.h"

#include <stddef.h>

#include "base/utf8.h"

/* Bytes of the character at s, which may be invalid: then 1. */
static size_t
char_len(const char *s)
{
	size_t have = 0, n;

	while (have < 4 && s[have] != '\0')
		have++;
	n = utf8_sequence(s, have);
	return n > 0 ? n : 1;
}

/* The usual two pointers back: on a mismatch the last `*' takes one more. */
bool
glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		const char *p = pattern;

		if (*p == '*') {
			star = ++pattern;
			resume = text;
			continue;
		}
		if (*p == '?') {
			pattern++;
			text += char_len(text);
			continue;
		}
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == *text) {
			pattern = p + 1;
			text++;
			continue;
		}
		if (star == NULL)
			return false;
		pattern = star;
		text = ++resume;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool
glob_is_pattern(const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		else if (*pattern == '*' || *pattern == '?')
			return true;
	}
	return false;
}
