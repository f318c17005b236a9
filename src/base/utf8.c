/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdint.h>

size_t
utf8_sequence(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n;
	uint32_t c;

	if (len == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	n = u[0] >= 0xf0 ? 4 : u[0] >= 0xe0 ? 3 : 2;
	if (u[0] < 0xc2 || u[0] > 0xf4 || n > len)
		return 0;
	c = u[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	/* overlong, surrogate, beyond the last plane */
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return n;
}

/* C0, DEL, and the C1 controls U+0080 to U+009F. */
static bool
is_control(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	return n == 2 && u[0] == 0xc2 && u[1] < 0xa0;
}

/* Of a sequence of 2 or 3 bytes. */
static unsigned
code_point(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	return n == 2 ? (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu)
		      : (u[0] & 0x0fu) << 12 | (u[1] & 0x3fu) << 6 |
			    (u[2] & 0x3fu);
}

/* They turn or break a line for the reader. */
static bool
is_direction(const char *s, size_t n)
{
	const unsigned c = n == 2 || n == 3 ? code_point(s, n) : 0;

	return c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool
utf8_is_name(const char *s, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0 || is_control(s + i, n) || s[i] == '\\')
			return false;
	}
	return true;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool
utf8_is_escaped(const char *s, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0 || is_control(s + i, n))
			return false;
		if (s[i] != '\\')
			continue;
		if (len - i < 4 || s[i + 1] != 'x' || !is_hex(s[i + 2]) ||
		    !is_hex(s[i + 3]))
			return false;
		n = 4;
	}
	return true;
}

static void
add_hex(struct buf *to, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "\\x%02x", (unsigned char)s[i]);
}

void
utf8_add_name(struct buf *to, const char *s, size_t len)
{
	size_t n;

	buf_add(to, "", 0);
	for (size_t i = 0; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n > 0 && !is_control(s + i, n) && s[i] != '\\') {
			buf_add(to, s + i, n);
			continue;
		}
		n = n > 0 ? n : 1;
		add_hex(to, s + i, n);
	}
}

void
utf8_add_line(struct buf *to, const char *s, size_t len)
{
	size_t n;

	buf_add(to, "", 0);
	for (size_t i = 0; i < len; i += n) {
		n = utf8_sequence(s + i, len - i);
		if (n == 0 || is_control(s + i, n)) {
			n = n > 0 ? n : 1;
			add_hex(to, s + i, n);
		} else if (is_direction(s + i, n)) {
			buf_printf(to, "\\u{%x}", code_point(s + i, n));
		} else {
			buf_add(to, s + i, n);
		}
	}
}

size_t
utf8_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}
