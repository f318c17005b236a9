/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <string.h>

#include "hex.h"

/* Bytes of the UTF-8 sequence at u, 0 if it is none.  The NUL behind the text
 * ends every sequence that the text cuts. */
static size_t
utf8_len(const unsigned char *u)
{
	if (u[0] < 0xc2 || u[0] > 0xf4 || (u[1] & 0xc0) != 0x80)
		return 0;
	if (u[0] < 0xe0)
		return 2;
	if ((u[2] & 0xc0) != 0x80)
		return 0;
	if (u[0] < 0xf0) {
		/* overlong, surrogate */
		if ((u[0] == 0xe0 && u[1] < 0xa0) ||
		    (u[0] == 0xed && u[1] > 0x9f))
			return 0;
		return 3;
	}
	if ((u[3] & 0xc0) != 0x80 || (u[0] == 0xf0 && u[1] < 0x90) ||
	    (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return 4;
}

/* The number of four hexadecimal digits, or -1. */
static int32_t
hex4(const char *s)
{
	int32_t n = 0;

	for (int i = 0; i < 4; i++) {
		const int digit = hex_digit(s[i]);

		if (digit < 0)
			return -1;
		n = n << 4 | digit;
	}
	return n;
}

static char *
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* At the u of \uXXXX; a pair of surrogates is one character.  Returns where
 * the writing goes on, NULL for a mistake. */
static char *
unescape_unicode(struct reader *r, char *to)
{
	const int32_t a = hex4(r->p + 1);
	int32_t b = 0;

	if (a < 0) {
		reader_fail(r, "four hexadecimal digits are expected");
		return NULL;
	}
	if (a == 0) {
		reader_fail(r, "U+0000 is not taken");
		return NULL;
	}
	if (a >= 0xd800 && a < 0xe000) {
		if (a < 0xdc00 && r->p[5] == '\\' && r->p[6] == 'u')
			b = hex4(r->p + 7);
		if (b < 0xdc00 || b > 0xdfff) {
			reader_fail(r, "half a surrogate pair");
			return NULL;
		}
		r->p += 11;
		return put_utf8(to, 0x10000u + (((uint32_t)a & 0x3ff) << 10 |
						   ((uint32_t)b & 0x3ff)));
	}
	r->p += 5;
	return put_utf8(to, (uint32_t)a);
}

/* Behind a backslash. */
static char *
unescape(struct reader *r, char *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (*r->p == 'u')
		return unescape_unicode(r, to);
	found = *r->p != '\0' ? strchr(from, *r->p) : NULL;
	if (found == NULL) {
		reader_fail(r, "no such escape");
		return NULL;
	}
	r->p++;
	*to++ = into[found - from];
	return to;
}

/* The rest of a string, from the first byte that is not plain. */
static bool
string_rest(struct reader *r, char *to)
{
	for (;;) {
		const unsigned char c = (unsigned char)*r->p;
		size_t n = 1;

		if (c == '"')
			break;
		if (c == '\\') {
			r->p++;
			to = unescape(r, to);
			if (to == NULL)
				return false;
			continue;
		}
		if (c < 0x20)
			return reader_fail(
			    r, "a control character in a string");
		if (c >= 0x80) {
			n = utf8_len((const unsigned char *)r->p);
			if (n == 0)
				return reader_fail(r, "invalid UTF-8");
		}
		while (n-- > 0)
			*to++ = *r->p++;
	}
	*to = '\0';
	r->p++;
	return true;
}

bool
reader_string(struct reader *r, struct reader_string *s)
{
	char *p;

	if (reader_peek(r) != READER_STRING)
		return r->what == NULL &&
		       reader_fail(r, "a string is expected");
	p = s->s = ++r->p;
	while ((unsigned char)(*p - 0x20) < 0x5f && *p != '"' && *p != '\\')
		p++;
	r->p = p;
	if (*p == '"') {
		*p = '\0';
		r->p++;
		s->len = (size_t)(p - s->s);
		return true;
	}
	if (!string_rest(r, p))
		return false;
	s->len = strlen(s->s);
	return true;
}
