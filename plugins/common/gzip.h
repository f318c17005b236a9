/* SPDX-License-Identifier: MIT */
#ifndef COMMON_GZIP_H
#define COMMON_GZIP_H

#include <stddef.h>

#include "common/text.h"

/* Appends data as a gzip member.  0, or -ENOMEM: what was appended is of no
 * use. */
int gzip_add(struct text *to, const void *data, size_t len);

#endif
