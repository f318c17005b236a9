/* SPDX-License-Identifier: MIT */
/* Moments as clients write them: seconds since 1970, or ISO 8601. */
#ifndef HUB_WHEN_H
#define HUB_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "reader.h"

#define WHEN_NS INT64_C(1000000000) /* in a second */

/* Nanoseconds of a number of seconds, at least 1 (0 would mean "now" further
 * on), at most INT64_MAX: what is out of range is too old or in the future. */
int64_t when_number(const struct reader_number *n);

/* Either of the two; s may be changed.  False if it is neither. */
bool when_text(char *s, int64_t *ns);

/* 2026-11-22T13:45:01.123+01:00, with T or a space, any fraction, Z, an
 * offset or neither: then it is UTC.  False if it is none. */
bool when_iso(const char *s, int64_t *ns);

#endif
