/* SPDX-License-Identifier: MIT */
/* The numbers in the kernel's text files, at a fraction of what sscanf takes.
 * The text ends with a newline or a NUL. */
#ifndef READ_SCAN_H
#define READ_SCAN_H

#include <stdbool.h>
#include <stdint.h>

/* The whole number that follows the blanks at *p, which moves behind it;
 * false, and *n 0, where there is none.  Modulo 2^64. */
static inline bool
scan_number(const char **p, uint64_t *n)
{
	const char *s = *p;
	const char *digits;

	while (*s == ' ' || *s == '\t')
		s++;
	digits = s;
	for (*n = 0; *s >= '0' && *s <= '9'; s++)
		*n = 10 * *n + (uint64_t)(*s - '0');
	*p = s;
	return s > digits;
}

/* The same of a number with a point and at most nine digits behind it, or with
 * none: "0.25", "7".  No locale is asked. */
static inline bool
scan_decimal(const char **p, double *n)
{
	uint64_t whole, part = 0;
	double scale = 1;
	const char *s;

	*n = 0;
	if (!scan_number(p, &whole))
		return false;
	s = *p;
	if (*s == '.')
		for (s++; *s >= '0' && *s <= '9' && scale < 1e9; s++) {
			part = 10 * part + (uint64_t)(*s - '0');
			scale *= 10;
		}
	*n = ((double)whole * scale + (double)part) / scale;
	*p = s;
	return true;
}

#endif
