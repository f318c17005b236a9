/* SPDX-License-Identifier: MIT */
#include "config/scope.h"

#include <stdarg.h>

#include "base/buf.h"

void
scope_complain(const struct scope *s, const struct fettle_option *o,
    struct pos pos, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	diag_error(s->d, pos, "%soption '%s%s' of %s %s",
	    s->fallback ? "the default of " : "", s->path, o->name, s->what,
	    b.data);
	buf_free(&b);
}
