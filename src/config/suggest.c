/* SPDX-License-Identifier: MIT */
#include "config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum {
	SUGGEST_MAX = 64, /* no name that is meant is longer */
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many characters must be put in, left out, replaced or swapped with
 * their neighbour.  Three rows of the usual table: the one that is filled, the
 * one before, and the one before that for swaps.
 */
static size_t
distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t rows[3][SUGGEST_MAX + 1];

	for (size_t k = 0; k <= blen; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= alen; i++) {
		size_t *row = rows[i % 3];
		const size_t *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t k = 1; k <= blen; k++) {
			row[k] = least(up[k] + 1, row[k - 1] + 1);
			row[k] = least(
			    row[k], up[k - 1] + !same(a[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && same(a[i - 1], b[k - 2]) &&
			    same(a[i - 2], b[k - 1]))
				row[k] = least(row[k], up2[k - 2] + 1);
		}
	}
	return rows[alen % 3][blen];
}

/* `warn' for `warning', which is far in letters. */
static bool
is_short_for(const char *text, size_t len, const char *name)
{
	return len >= 3 && strncasecmp(text, name, len) == 0 &&
	       name[len] != '\0';
}

const char *
suggest(const char *text, const char *const *names, size_t n)
{
	const size_t len = strnlen(text, SUGGEST_MAX + 1);
	const char *best = NULL;
	size_t best_distance = (len + 2) / 3 + 1;

	if (len > SUGGEST_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const size_t nlen = strnlen(names[i], SUGGEST_MAX + 1);
		size_t d;

		if (nlen > SUGGEST_MAX)
			continue;
		d = is_short_for(text, len, names[i])
			? 1
			: distance(text, len, names[i], nlen);
		/* nothing in common is not near, however short */
		if (d < best_distance && d < least(len, nlen)) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}
