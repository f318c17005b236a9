/* SPDX-License-Identifier: MIT */
/* Names, each kept once and counted how often it is used.  Under the lock of
 * the past. */
#ifndef PAST_WORD_H
#define PAST_WORD_H

#include <stddef.h>
#include <stdint.h>

struct word;

struct words {
	struct word **buckets;
	size_t n, n_buckets;
	uint64_t seed;
	size_t *bytes; /* where their bytes are counted */
};

/* 0 or -ENOMEM. */
int words_init(struct words *w, size_t *bytes, uint64_t seed);
/* No word is used any more. */
void words_fini(struct words *w);

/* One more use of a word; NULL gives NULL, and where there is no memory. */
const char *word_get(struct words *w, const char *text);
/* One less; NULL is fine. */
void word_put(struct words *w, const char *word);

uint64_t word_hash(uint64_t seed, const char *text);

#endif
