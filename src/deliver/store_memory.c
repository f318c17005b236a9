/* SPDX-License-Identifier: MIT */
/* A store that ends with the process: rows and records in order, and what has
 * to be undone while a transaction lasts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "deliver/store_backend.h"

struct entry {
	uint64_t row; /* 0 for a record */
	char *key;    /* "" for a row */
	uint32_t crc;
	size_t len;
	unsigned char body[];
};

/* Sorted.  What is taken from the front leaves a gap there, so that logs may
 * be long. */
struct sorted {
	struct entry **v;
	size_t gap, n, cap; /* the first is v[gap], the last v[gap + n - 1] */
};

/* A change, so that it can be undone.  Either may be NULL. */
struct change {
	struct sorted *of;
	struct entry *added, *removed;
};

struct memory {
	struct sorted rows, records;
	uint64_t bytes;
	VEC(struct change) changes;
};

/* --- sorted -------------------------------------------------------------- */

static int
compare(const struct entry *e, uint64_t row, const char *key)
{
	if (e->row != row)
		return e->row < row ? -1 : 1;
	return strcmp(e->key, key);
}

/* Where the first is that is not before row and key; n: none is. */
static size_t
lower(const struct sorted *s, uint64_t row, const char *key)
{
	size_t from = 0, to = s->n;

	while (from < to) {
		const size_t middle = from + (to - from) / 2;

		if (compare(s->v[s->gap + middle], row, key) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct entry *
get_at(const struct sorted *s, size_t i)
{
	return i < s->n ? s->v[s->gap + i] : NULL;
}

static void
make_room(struct sorted *s)
{
	if (s->gap + s->n < s->cap)
		return;
	if (s->gap < s->cap / 2 || s->cap == 0) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = xreallocarray(s->v, s->cap, sizeof(struct entry *));
	}
	memmove(s->v, s->v + s->gap, s->n * sizeof(struct entry *));
	s->gap = 0;
}

static void
put(struct memory *m, struct sorted *s, struct entry *e)
{
	const size_t i = lower(s, e->row, e->key);
	struct entry **at;

	if (i == 0 && s->gap > 0) {
		s->gap--;
		at = s->v + s->gap;
	} else {
		make_room(s);
		at = s->v + s->gap + i;
		memmove(at + 1, at, (s->n - i) * sizeof(struct entry *));
	}
	*at = e;
	s->n++;
	m->bytes += sizeof(*e) + strlen(e->key) + e->len;
}

static struct entry *
take_at(struct memory *m, struct sorted *s, size_t i)
{
	struct entry **at = s->v + s->gap + i, *e = *at;

	s->n--;
	if (i == 0)
		s->gap++;
	else
		memmove(at, at + 1, (s->n - i) * sizeof(struct entry *));
	m->bytes -= sizeof(*e) + strlen(e->key) + e->len;
	return e;
}

/* The entry of exactly that row and key, out of s; NULL: there is none. */
static struct entry *
take(struct memory *m, struct sorted *s, uint64_t row, const char *key)
{
	const size_t i = lower(s, row, key);
	const struct entry *e = get_at(s, i);

	return e != NULL && compare(e, row, key) == 0 ? take_at(m, s, i)
						      : NULL;
}

static struct entry *
new_entry(const struct store_item *item)
{
	const char *key = item->key != NULL ? item->key : "";
	struct entry *e = xmalloc(sizeof(*e) + item->len);

	e->row = item->row;
	e->key = xstrdup(key);
	e->crc = item->crc;
	e->len = item->len;
	if (item->len > 0)
		memcpy(e->body, item->body, item->len);
	return e;
}

static void
free_entry(struct entry *e)
{
	if (e != NULL)
		free(e->key);
	free(e);
}

static void
fini_sorted(struct sorted *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_entry(s->v[s->gap + i]);
	free(s->v);
}

/* --- the backend --------------------------------------------------------- */

static int
memory_open(
    void **b, const struct store_options *options, char *why, size_t len)
{
	(void)options;
	(void)why;
	(void)len;
	*b = NEW(struct memory);
	return 0;
}

static int
memory_close(void *b, bool keep)
{
	struct memory *m = b;

	(void)keep;
	fini_sorted(&m->rows);
	fini_sorted(&m->records);
	vec_free(&m->changes);
	free(m);
	return 0;
}

static int
memory_begin(void *b, bool sync)
{
	(void)b;
	(void)sync;
	return 0;
}

static int
memory_commit(void *b)
{
	struct memory *m = b;

	for (size_t i = 0; i < m->changes.n; i++)
		free_entry(m->changes.v[i].removed);
	m->changes.n = 0;
	return 0;
}

static void
memory_rollback(void *b)
{
	struct memory *m = b;

	while (m->changes.n > 0) {
		const struct change c = m->changes.v[--m->changes.n];

		if (c.added != NULL)
			free_entry(take(m, c.of, c.added->row, c.added->key));
		if (c.removed != NULL)
			put(m, c.of, c.removed);
	}
}

static int
memory_append(void *b, const struct store_item *item)
{
	struct memory *m = b;
	struct entry *e = new_entry(item);

	put(m, &m->rows, e);
	vec_add(&m->changes) = (struct change){ &m->rows, e, NULL };
	return 0;
}

static void
lend(const struct entry *e, struct store_item *item)
{
	*item = (struct store_item){ .row = e->row,
		.key = e->row != 0 ? NULL : e->key,
		.crc = e->crc,
		.body = e->body,
		.len = e->len };
}

static int
memory_next(void *b, uint64_t after, uint64_t last, struct store_item *item)
{
	const struct memory *m = b;
	const struct entry *e =
	    get_at(&m->rows, lower(&m->rows, after + 1, ""));

	if (e == NULL || e->row > last)
		return -ENOENT;
	lend(e, item);
	return 0;
}

static int
memory_remove(void *b, uint64_t first, uint64_t last)
{
	struct memory *m = b;
	const size_t i = lower(&m->rows, first, "");
	const struct entry *e;
	int n = 0;

	for (; (e = get_at(&m->rows, i)) != NULL && e->row <= last; n++)
		vec_add(&m->changes) =
		    (struct change){ &m->rows, NULL, take_at(m, &m->rows, i) };
	return n;
}

static int
memory_set(void *b, const struct store_item *item)
{
	struct memory *m = b;
	struct entry *was = take(m, &m->records, 0, item->key);
	struct entry *e = new_entry(item);

	put(m, &m->records, e);
	vec_add(&m->changes) = (struct change){ &m->records, e, was };
	return 0;
}

static int
memory_get(void *b, const char *key, struct store_item *item)
{
	const struct memory *m = b;
	const struct entry *e =
	    get_at(&m->records, lower(&m->records, 0, key));

	if (e == NULL || strcmp(e->key, key) != 0)
		return -ENOENT;
	lend(e, item);
	return 0;
}

static int
memory_unset(void *b, const char *key)
{
	struct memory *m = b;
	struct entry *was = take(m, &m->records, 0, key);

	if (was == NULL)
		return -ENOENT;
	vec_add(&m->changes) = (struct change){ &m->records, NULL, was };
	return 0;
}

static int
memory_each(void *b, const char *prefix, store_item_fn *fn, void *arg)
{
	const struct memory *m = b;
	const size_t n = strlen(prefix);
	const struct entry *e;
	struct store_item item;

	for (size_t i = lower(&m->records, 0, prefix);
	     (e = get_at(&m->records, i)) != NULL &&
	     strncmp(e->key, prefix, n) == 0;
	     i++) {
		int rc;

		lend(e, &item);
		rc = fn(arg, &item);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
memory_size(void *b, uint64_t *bytes)
{
	const struct memory *m = b;

	*bytes = m->bytes;
	return 0;
}

const struct store_backend store_memory = {
	.release = PACKAGE_VERSION,
	.open = memory_open,
	.close = memory_close,
	.begin = memory_begin,
	.commit = memory_commit,
	.rollback = memory_rollback,
	.append = memory_append,
	.next = memory_next,
	.remove = memory_remove,
	.set = memory_set,
	.get = memory_get,
	.unset = memory_unset,
	.each = memory_each,
	.size = memory_size,
};
