/* SPDX-License-Identifier: MIT */
/*
 * Memory or death: these never return NULL.  Where there is none left the
 * process says so in one line and exits 1; sizes that come from outside are
 * bounded by whoever reads them, before anything is allocated.  What they
 * return is given back with free.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* n * size bytes; an overflow of the product is out of memory too. */
void *xreallocarray(void *old, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define NEW(type) ((type *)xcalloc(1, sizeof(type)))

#endif
