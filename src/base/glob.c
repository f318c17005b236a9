/* SPDX-License-Identifier: MIT */
#include "base/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* Bytes of the character at s, which may be invalid: then 1. */
static size_t
char_len(const char *s)
{
	size_t have = 0, n;

	while (have < 4 && s[have] != '\0')
		have++;
	n = utf8_sequence(s, have);
	return n > 0 ? n : 1;
}

/* The usual two pointers back: on a mismatch the last `*' takes one more. */
bool
glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		const char *p = pattern;

		if (*p == '*') {
			star = ++pattern;
			resume = text;
			continue;
		}
		if (*p == '?') {
			pattern++;
			text += char_len(text);
			continue;
		}
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == *text) {
			pattern = p + 1;
			text++;
			continue;
		}
		if (star == NULL)
			return false;
		pattern = star;
		text = ++resume;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool
glob_is_pattern(const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		else if (*pattern == '*' || *pattern == '?')
			return true;
	}
	return false;
}

/* One step of a pattern: `*', `?', or the n bytes of a character. */
struct step {
	const char *text;
	size_t n;
	bool star, any;
};

/* The step at *p, which it leaves behind. */
static struct step
step_at(const char **p)
{
	struct step s = { 0 };

	s.star = **p == '*';
	s.any = **p == '?';
	if (**p == '\\' && (*p)[1] != '\0')
		++*p;
	s.text = *p;
	s.n = s.star || s.any ? 1 : char_len(*p);
	*p += s.n;
	return s;
}

size_t
glob_weight(const char *pattern)
{
	size_t weight = 0;

	if (!glob_is_pattern(pattern))
		return SIZE_MAX;
	while (*pattern != '\0') {
		const struct step s = step_at(&pattern);

		weight += !s.star && !s.any;
	}
	return weight;
}

/* The steps of a pattern; *n says how many. */
static struct step *
steps_of(const char *pattern, size_t *n)
{
	struct step *steps = xcalloc(strlen(pattern) + 1, sizeof(*steps));

	for (*n = 0; *pattern != '\0'; ++*n)
		steps[*n] = step_at(&pattern);
	return steps;
}

static bool
same_step(const struct step *a, const struct step *b)
{
	return a->any || b->any ||
	       (a->n == b->n && memcmp(a->text, b->text, a->n) == 0);
}

/* row[j] says whether what is left of a and b from j on overlap; below is the
 * same for the next step of a. */
static void
overlap_row(const struct step *a, bool end, const struct step *b, size_t n,
    const bool *below, bool *row)
{
	for (size_t j = n + 1; j-- > 0;) {
		const bool b_left = j < n;

		row[j] = end && !b_left;
		if (!end && a->star)
			row[j] = below[j] || (b_left && row[j + 1]);
		else if (b_left && b[j].star)
			row[j] = row[j + 1] || (!end && below[j]);
		else if (!end && b_left)
			row[j] = same_step(a, &b[j]) && below[j + 1];
	}
}

static bool
is_plain(char c)
{
	return c != '*' && c != '?' && c != '\\';
}

static bool
steps_overlap(const char *a, const char *b)
{
	size_t n_a, n_b;
	struct step *steps_a = steps_of(a, &n_a), *steps_b = steps_of(b, &n_b);
	bool *below = xcalloc(n_b + 1, sizeof(*below));
	bool *row = xcalloc(n_b + 1, sizeof(*row)), overlap;

	for (size_t i = n_a + 1; i-- > 0;) {
		overlap_row(&steps_a[i], i == n_a, steps_b, n_b, below, row);
		memcpy(below, row, (n_b + 1) * sizeof(*row));
	}
	overlap = row[0];
	free(row);
	free(below);
	free(steps_a);
	free(steps_b);
	return overlap;
}

/* How both begin nearly always decides, and thousands of rules are compared
 * with each other. */
bool
glob_overlap(const char *a, const char *b)
{
	while (*a == *b && *a != '\0' && is_plain(*a)) {
		a++;
		b++;
	}
	if (is_plain(*a) && is_plain(*b))
		return *a == *b;
	return steps_overlap(a, b);
}
