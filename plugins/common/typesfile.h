/* SPDX-License-Identifier: MIT */
/* The file types.db, for plugins. */
#ifndef COMMON_TYPESFILE_H
#define COMMON_TYPESFILE_H

#include <fettle/plugin.h>

#include "typesdb.h"

/* A file that is not there is none, and the log is told; so it is of lines
 * that are none.  0, or what fettle_fail returned: then there is nothing to
 * end.  path: "" or NULL for none. */
int typesfile_read(
    struct fettle_ctx *ctx, const char *path, struct typesdb *db);

#endif
