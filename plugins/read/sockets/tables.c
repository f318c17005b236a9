/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <string.h>

#include "../scan.h"

struct word {
	const char *at;
	size_t n;
};

/* The next word of a line; false at its end. */
static bool
word_next(const char **p, struct word *w)
{
	*p += strspn(*p, " \t");
	w->at = *p;
	w->n = strcspn(*p, " \t\n");
	*p += w->n;
	return w->n > 0;
}

static bool
word_is(const struct word *w, const char *text)
{
	return strncmp(w->at, text, w->n) == 0 && text[w->n] == '\0';
}

/* The first word, without its colon; false: it has none. */
static bool
word_group(const char **p, struct word *w)
{
	if (!word_next(p, w) || w->at[w->n - 1] != ':')
		return false;
	w->n--;
	return true;
}

/* What follows the newline; NULL: there is none, the line does not count. */
static const char *
line_end(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline != NULL ? newline + 1 : NULL;
}

static void
fulfil(const struct wish *wishes, size_t n, const struct word *group,
    const struct word *key, const struct word *number, struct found *found)
{
	const char *p = number->at;
	uint64_t count;

	for (size_t i = 0; i < n; i++) {
		if (!word_is(key, wishes[i].key) ||
		    !word_is(group, wishes[i].group))
			continue;
		if (scan_number(&p, &count) && p == number->at + number->n)
			found[wishes[i].slot] = (struct found){ true, count };
		return;
	}
}

static bool
is_wished(const struct wish *wishes, size_t n, const struct word *group)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(group, wishes[i].group))
			return true;
	return false;
}

void
tables_pairs(
    const char *text, const struct wish *wishes, size_t n, struct found *found)
{
	struct word group, key, number;
	const char *next, *p;

	for (; (next = line_end(text)) != NULL; text = next) {
		p = text;
		if (!word_group(&p, &group))
			continue;
		while (word_next(&p, &key) && word_next(&p, &number))
			fulfil(wishes, n, &group, &key, &number, found);
	}
}

void
tables_columns(
    const char *text, const struct wish *wishes, size_t n, struct found *found)
{
	struct word group, again, key, number;
	const char *below, *next, *keys, *numbers;

	for (; (below = line_end(text)) != NULL; text = next) {
		next = below;
		keys = text;
		numbers = below;
		if (!word_group(&keys, &group) ||
		    !is_wished(wishes, n, &group) || line_end(below) == NULL ||
		    !word_group(&numbers, &again) || again.n != group.n ||
		    memcmp(again.at, group.at, group.n) != 0)
			continue;
		next = line_end(below);
		while (word_next(&keys, &key) && word_next(&numbers, &number))
			fulfil(wishes, n, &group, &key, &number, found);
	}
}

void
tables_lines(
    const char *text, const struct wish *wishes, size_t n, struct found *found)
{
	const struct word none = { "", 0 };
	struct word key, number;
	const char *next, *p;

	for (; (next = line_end(text)) != NULL; text = next) {
		p = text;
		if (word_next(&p, &key) && word_next(&p, &number))
			fulfil(wishes, n, &none, &key, &number, found);
	}
}
