/* SPDX-License-Identifier: MIT */
#include "alert/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "flow/hash.h"

struct index_entry {
	const char *text; /* NULL: free */
	void *thing;
	uint64_t hash;
};

enum { SLOTS_LEAST = 16 };

static uint64_t
hash_of(const char *text)
{
	return hash_string(hash_seed(), text);
}

/* The slot of the text, or the free one where it would be. */
static struct index_entry *
find(const struct index *ix, const char *text, uint64_t hash)
{
	size_t i = hash & (ix->n_slots - 1);

	while (ix->slots[i].text != NULL &&
	       (ix->slots[i].hash != hash ||
		   strcmp(ix->slots[i].text, text) != 0))
		i = (i + 1) & (ix->n_slots - 1);
	return &ix->slots[i];
}

void *
index_get(const struct index *ix, const char *text)
{
	if (ix->n == 0)
		return NULL;
	return find(ix, text, hash_of(text))->thing;
}

static void
grow(struct index *ix)
{
	const struct index old = *ix;

	ix->n_slots = old.n_slots > 0 ? 2 * old.n_slots : SLOTS_LEAST;
	ix->slots = xcalloc(ix->n_slots, sizeof(*ix->slots));
	for (size_t i = 0; i < old.n_slots; i++)
		if (old.slots[i].text != NULL)
			*find(ix, old.slots[i].text, old.slots[i].hash) =
			    old.slots[i];
	free(old.slots);
}

void
index_put(struct index *ix, const char *text, void *thing)
{
	const uint64_t hash = hash_of(text);
	struct index_entry *e;

	if (4 * (ix->n + 1) > 3 * ix->n_slots)
		grow(ix);
	e = find(ix, text, hash);
	assert(e->text == NULL && thing != NULL);
	*e = (struct index_entry){ text, thing, hash };
	ix->n++;
}

/* What stands behind a slot that became free may belong into it. */
static void
close_up(struct index *ix, size_t hole)
{
	const size_t mask = ix->n_slots - 1;

	for (size_t i = (hole + 1) & mask; ix->slots[i].text != NULL;
	     i = (i + 1) & mask) {
		const size_t home = ix->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ix->slots[hole] = ix->slots[i];
		hole = i;
	}
	ix->slots[hole] = (struct index_entry){ 0 };
}

void
index_remove(struct index *ix, const char *text)
{
	struct index_entry *e = find(ix, text, hash_of(text));

	assert(e->text != NULL);
	close_up(ix, (size_t)(e - ix->slots));
	ix->n--;
}

void
index_fini(struct index *ix)
{
	free(ix->slots);
	*ix = (struct index){ 0 };
}
