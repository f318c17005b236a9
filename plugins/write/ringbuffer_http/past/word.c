/* SPDX-License-Identifier: MIT */
#include "word.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/lookup.h"
#include "memory.h"

enum { FIRST_BUCKETS = 64 };

struct word {
	struct word *next; /* in its bucket */
	uint32_t hash, uses;
	char text[];
};

int
words_init(struct words *w, size_t *bytes, uint64_t seed)
{
	*w = (struct words){ .bytes = bytes, .seed = seed };
	w->buckets = memory_get(bytes, FIRST_BUCKETS * sizeof *w->buckets);
	if (w->buckets == NULL)
		return -ENOMEM;
	w->n_buckets = FIRST_BUCKETS;
	return 0;
}

void
words_fini(struct words *w)
{
	if (w->buckets != NULL)
		memory_put(w->bytes, w->buckets);
	w->buckets = NULL;
}

uint64_t
word_hash(uint64_t seed, const char *text)
{
	return lookup_hash(seed, text, strlen(text));
}

/* Where there is no memory the rows become longer. */
static void
grow(struct words *w)
{
	const size_t n = 2 * w->n_buckets;
	struct word **to = memory_get(w->bytes, n * sizeof *to), *next;

	if (to == NULL)
		return;
	for (size_t i = 0; i < w->n_buckets; i++)
		for (struct word *x = w->buckets[i]; x != NULL; x = next) {
			next = x->next;
			x->next = to[x->hash & (n - 1)];
			to[x->hash & (n - 1)] = x;
		}
	memory_put(w->bytes, w->buckets);
	w->buckets = to;
	w->n_buckets = n;
}

const char *
word_get(struct words *w, const char *text)
{
	struct word **at, *x;
	uint32_t hash;
	size_t len;

	if (text == NULL)
		return NULL;
	hash = (uint32_t)word_hash(w->seed, text);
	at = &w->buckets[hash & (w->n_buckets - 1)];
	for (x = *at; x != NULL; x = x->next)
		if (x->hash == hash && strcmp(x->text, text) == 0) {
			x->uses++;
			return x->text;
		}
	len = strlen(text);
	x = memory_get(w->bytes, sizeof *x + len + 1);
	if (x == NULL)
		return NULL;
	memcpy(x->text, text, len + 1);
	x->hash = hash;
	x->uses = 1;
	x->next = *at;
	*at = x;
	if (++w->n > w->n_buckets)
		grow(w);
	return x->text;
}

void
word_put(struct words *w, const char *word)
{
	struct word **at, *x;

	if (word == NULL)
		return;
	x = (struct word *)(uintptr_t)(word - offsetof(struct word, text));
	if (--x->uses > 0)
		return;
	at = &w->buckets[x->hash & (w->n_buckets - 1)];
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	w->n--;
	memory_put(w->bytes, x);
}
