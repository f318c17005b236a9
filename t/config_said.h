/* SPDX-License-Identifier: MIT */
/* What a configuration is told to be wrong, for the tests of it. */
#ifndef T_CONFIG_SAID_H
#define T_CONFIG_SAID_H

#include "test.h"

#include <string.h>

#include "base/buf.h"
#include "config/diag.h"

static inline void
said_add(void *arg, const char *text)
{
	buf_puts(arg, text);
	buf_putc(arg, '\n');
}

/* That d says these lines and nothing else, notes too. */
static inline void
assert_said(const struct diags *d, const char *lines)
{
	struct buf b = { 0 };

	buf_puts(&b, "");
	diags_each(d, 1, said_add, &b);
	assert_string_equal(b.data, lines);
	buf_free(&b);
}

#endif
