/* SPDX-License-Identifier: MIT */
#include "config/syntax.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *problem, *text;
	bool at_begin;
} problems[] = {
	{ "did not find expected alphabetic or numeric character",
	    "text that begins with '*' or '&' must be in quotes", true },
	{ "found character that cannot start any token",
	    "text cannot begin like this: indent with spaces, not tabs, and "
	    "put text that begins with a sign in quotes",
	    false },
	{ "found a tab character that violates indentation",
	    "indent with spaces, not tabs", false },
	{ "found a tab character where an indentation space is expected",
	    "indent with spaces, not tabs", false },
	{ "mapping values are not allowed in this context",
	    "no ':' can stand here: check the indentation, and put text that "
	    "has ': ' in quotes",
	    false },
	{ "mapping keys are not allowed in this context",
	    "no key can stand here: check the indentation", false },
	{ "block sequence entries are not allowed in this context",
	    "no list can begin here: its first '-' needs a line of its own",
	    false },
	{ "could not find expected ':'", "this key has no ':' after it",
	    true },
	{ "did not find expected key",
	    "a key was expected here: check the indentation", false },
	{ "did not find expected '-' indicator",
	    "a '-' was expected here, as in the list's lines before", false },
	{ "did not find expected ',' or ']'",
	    "this list has no ',' or ']' where one is needed; put text that "
	    "has one of [ ] { } , in quotes",
	    true },
	{ "did not find expected ',' or '}'",
	    "this mapping has no ',' or '}' where one is needed; put text "
	    "that has one of [ ] { } , in quotes",
	    true },
	{ "did not find expected node content", "a value was expected here",
	    false },
	{ "found unexpected end of stream", "this quote is never closed",
	    true },
	{ "found unexpected document indicator", "this quote is never closed",
	    true },
	{ "found unknown escape character",
	    "no such escape in double quotes: write '\\\\' for a backslash, "
	    "or use single quotes",
	    false },
	{ "did not find expected <document start>",
	    "nothing can follow here: check the indentation", false },
	{ "found undefined tag handle",
	    "a tag is not allowed; put text that begins with '!' in quotes",
	    false },
	{ "did not find expected tag URI",
	    "a tag is not allowed; put text that begins with '!' in quotes",
	    true },
	{ "control characters are not allowed",
	    "a control character is not allowed", false },
	{ "invalid leading UTF-8 octet", "this is not UTF-8", false },
	{ "invalid trailing UTF-8 octet", "this is not UTF-8", false },
	{ "incomplete UTF-8 octet sequence", "this is not UTF-8", false },
	{ "invalid length of a UTF-8 sequence", "this is not UTF-8", false },
	{ "invalid Unicode character", "this is not UTF-8", false },
};

const char *
syntax_words(const char *problem, bool *at_begin)
{
	*at_begin = false;
	for (size_t i = 0; i < sizeof(problems) / sizeof(*problems); i++)
		if (problem != NULL &&
		    strcmp(problems[i].problem, problem) == 0) {
			*at_begin = problems[i].at_begin;
			return problems[i].text;
		}
	return NULL;
}
