/* SPDX-License-Identifier: MIT */
#include "common/roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct roster_row *
roster_at(const struct roster *r, size_t i)
{
	return (struct roster_row *)(void *)(r->rows + i * r->size);
}

void
roster_begin(struct roster *r)
{
	r->reading++;
	r->next = 0;
}

/* Where it is, or r->n. */
static size_t
roster_find(const struct roster *r, const char *name)
{
	if (r->next < r->n && strcmp(roster_at(r, r->next)->name, name) == 0)
		return r->next;
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(roster_at(r, i)->name, name) == 0)
			return i;
	return r->n;
}

static int
roster_grow(struct roster *r)
{
	const size_t cap = r->cap > 0 ? 2 * r->cap : 8;
	char *rows = reallocarray(r->rows, cap, r->size);

	if (rows == NULL)
		return -ENOMEM;
	r->rows = rows;
	r->cap = cap;
	return 0;
}

/* Makes room where the next one is expected. */
static int
roster_insert(struct roster *r)
{
	char *at;

	if (r->n == r->cap && roster_grow(r) != 0)
		return -ENOMEM;
	at = r->rows + r->next * r->size;
	memmove(at + r->size, at, (r->n - r->next) * r->size);
	r->n++;
	return 0;
}

static void
roster_set(
    const struct roster *r, struct roster_row *row, const char *name, size_t n)
{
	memset(row, 0, r->size);
	memcpy(row->name, name, n);
	row->fresh = true;
}

int
roster_take(struct roster *r, const char *name, uint64_t id, void **row)
{
	const size_t n = strlen(name);
	size_t i = roster_find(r, name);
	const bool known = i < r->n;
	struct roster_row *found;

	if (n >= ROSTER_NAME)
		return -ENAMETOOLONG;
	if (known && roster_at(r, i)->reading == r->reading)
		return -EEXIST;
	if (!known) {
		if (roster_insert(r) != 0)
			return -ENOMEM;
		i = r->next;
	}
	found = roster_at(r, i);
	found->fresh = false;
	if (!known || found->id != id)
		roster_set(r, found, name, n);
	found->id = id;
	found->reading = r->reading;
	r->next = i + 1;
	*row = found;
	return 0;
}

void
roster_end(struct roster *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (roster_at(r, i)->reading != r->reading)
			continue;
		if (kept != i)
			memcpy(roster_at(r, kept), roster_at(r, i), r->size);
		kept++;
	}
	r->n = kept;
}

void
roster_fini(struct roster *r)
{
	free(r->rows);
	*r = (struct roster){ .size = r->size };
}
