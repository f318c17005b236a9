/* SPDX-License-Identifier: MIT */
/*
 * A growing string.  Zeroed is empty.  data is NUL-terminated after any call
 * here, and never NULL after the first; len does not count the NUL.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Empty again, memory kept. */
void buf_clear(struct buf *b);
/* The string is the caller's to free, b is empty. */
char *buf_take(struct buf *b);
void buf_free(struct buf *b);

#endif
