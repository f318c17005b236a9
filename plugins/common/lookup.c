/* SPDX-License-Identifier: MIT */
#include "common/lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { LOOKUP_FIRST = 64 };

/* Where there is no randomness yet it is the time: nothing waits for it. */
uint64_t
lookup_seed(void)
{
	struct timespec now;
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
		return seed;
	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec;
}

/* Multiplied to 128 bits and folded: a difference of two keys becomes another
 * with every seed, so that none is known to cancel itself out. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ const unsigned __int128 product =
	    (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
lookup_hash(uint64_t seed, const char *s, size_t len)
{
	uint64_t h = seed ^ (len * UINT64_C(0x9e3779b97f4a7c15)), word;

	for (; len >= sizeof(word); s += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = mix(h ^ word, UINT64_C(0xa0761d6478bd642f));
	}
	word = 0;
	memcpy(&word, s, len);
	return mix(h ^ word, UINT64_C(0xe7037ed1a0b428db));
}

int
lookup_init(
    struct lookup *l, uint64_t seed, void (*end)(struct lookup_entry *))
{
	*l = (struct lookup){ .cap = LOOKUP_FIRST, .seed = seed, .end = end };
	l->slots = calloc(l->cap, sizeof(*l->slots));
	if (l->slots != NULL)
		return 0;
	l->cap = 0;
	return -ENOMEM;
}

void
lookup_fini(struct lookup *l)
{
	for (size_t i = 0; i < l->cap; i++)
		if (l->slots[i] != NULL)
			l->end(l->slots[i]);
	free(l->slots);
	*l = (struct lookup){ .cap = 0 };
}

/* Where it is, or belongs. */
static struct lookup_entry **
slot_of(const struct lookup *l, uint64_t hash, const char *key, size_t len)
{
	size_t i = hash & (l->cap - 1);

	while (l->slots[i] != NULL &&
	       (l->slots[i]->hash != hash || l->slots[i]->key_len != len ||
		   memcmp(l->slots[i]->key, key, len) != 0))
		i = (i + 1) & (l->cap - 1);
	return &l->slots[i];
}

struct lookup_entry *
lookup_find(const struct lookup *l, const char *key, size_t len)
{
	return *slot_of(l, lookup_hash(l->seed, key, len), key, len);
}

/* Makes the table anew, with what was heard of since then. */
static bool
rebuild(struct lookup *l, size_t cap, int64_t since_ns)
{
	const struct lookup old = *l;

	l->slots = calloc(cap, sizeof(*l->slots));
	if (l->slots == NULL) {
		l->slots = old.slots;
		return false;
	}
	l->cap = cap;
	l->n = 0;
	for (size_t i = 0; i < old.cap; i++) {
		struct lookup_entry *e = old.slots[i];

		if (e == NULL)
			continue;
		if (e->heard_ns < since_ns) {
			l->end(e);
			continue;
		}
		*slot_of(l, e->hash, e->key, e->key_len) = e;
		l->n++;
	}
	free(old.slots);
	return true;
}

int
lookup_add(struct lookup *l, struct lookup_entry *e)
{
	if (2 * l->n >= l->cap && !rebuild(l, 2 * l->cap, INT64_MIN)) {
		l->end(e);
		return -ENOMEM;
	}
	e->hash = lookup_hash(l->seed, e->key, e->key_len);
	*slot_of(l, e->hash, e->key, e->key_len) = e;
	l->n++;
	return 0;
}

void
lookup_forget(struct lookup *l, int64_t since_ns)
{
	for (size_t i = 0; i < l->cap; i++)
		if (l->slots[i] != NULL && l->slots[i]->heard_ns < since_ns) {
			rebuild(l, l->cap, since_ns);
			return;
		}
}
