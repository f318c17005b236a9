/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Room for len more and the NUL. */
static char *
buf_room(struct buf *b, size_t len)
{
	const size_t need = b->len + len + 1;

	if (need > b->cap) {
		b->cap = need > 2 * b->cap ? need + 64 : 2 * b->cap;
		b->data = xreallocarray(b->data, b->cap, 1);
	}
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *to = buf_room(b, len);

	if (len > 0)
		memcpy(to, data, len);
	to[len] = '\0';
	b->len += len;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *to = buf_room(b, 80);
	int n;

	va_copy(again, ap);
	n = vsnprintf(to, b->cap - b->len, fmt, ap);
	if (n >= 0 && (size_t)n >= b->cap - b->len) {
		to = buf_room(b, (size_t)n);
		n = vsnprintf(to, b->cap - b->len, fmt, again);
	}
	va_end(again);
	if (n > 0)
		b->len += (size_t)n;
	b->data[b->len] = '\0';
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	*buf_room(b, 0) = '\0';
}

char *
buf_take(struct buf *b)
{
	char *data;

	buf_room(b, 0)[0] = '\0';
	data = b->data;
	memset(b, 0, sizeof(*b));
	return data;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
