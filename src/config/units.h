/* SPDX-License-Identifier: MIT */
/* Numbers with units, as people write them.  Each returns 0, or -EINVAL and
 * says in why what would have been right.  The whole text must be a number. */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "500ms", "10s", "5m", "1h", "7d", "1h30m", "1.5s"; a unit is needed but for
 * 0.  Nanoseconds. */
int units_duration(const char *text, int64_t *ns, char *why, size_t len);
/* "4096", "64KiB", "1GiB", "10MB", "1.5 GiB".  Bytes. */
int units_size(const char *text, uint64_t *bytes, char *why, size_t len);
int units_integer(const char *text, int64_t *number, char *why, size_t len);
/* Finite only. */
int units_real(const char *text, double *number, char *why, size_t len);
/* true, false, yes, no, on, off; nothing else. */
int units_bool(const char *text, int *truth, char *why, size_t len);

#endif
