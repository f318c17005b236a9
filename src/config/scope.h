/* SPDX-License-Identifier: MIT */
/* Whose options are filled: what every message about them begins with. */
#ifndef CONFIG_SCOPE_H
#define CONFIG_SCOPE_H

#include <stdbool.h>

#include <fettle/plugin.h>

#include "config/diag.h"

enum {
	WHY_MAX = 512, /* bytes of a reason */
};

struct scope {
	const char *what; /* "plugin cpu" */
	const char *path; /* what stands before the names: "tls." */
	bool fallback;	  /* they are defaults */
	struct diags *d;
};

/* "option `tls.key' of plugin hub ..." */
void scope_complain(const struct scope *s, const struct fettle_option *o,
    struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
