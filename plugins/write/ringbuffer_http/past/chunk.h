/* SPDX-License-Identifier: MIT */
/*
 * Some steps of a series in a row, at equal distances: an hour as collected,
 * four of minutes, a day of 15 minutes, or less where its bytes are full.
 * A tier is the chunks of a series in the order they were made; the last one
 * may be open, and grows.
 */
#ifndef PAST_CHUNK_H
#define PAST_CHUNK_H

#include <stdbool.h>

#include "codec.h"

enum {
	TIER_RAW,
	TIER_MINUTE,
	TIER_QUARTER,
	TIERS,

	CHUNK_BYTES_MAX = 620,
	CHUNK_STEPS_MAX = 1 << 15,
};

/* What each tier is: ms. */
struct tier_rule {
	int64_t width; /* that a number stands for at least */
	int64_t keeps; /* how far back it reaches */
	int64_t spans; /* how much time a chunk has at most */
	unsigned codes;
};

extern const struct tier_rule tier_rules[TIERS];

struct chunk {
	struct chunk *next;
	int64_t base;	   /* time of the first step, ms */
	uint32_t interval; /* between two, ms */
	uint32_t steps;
	uint16_t len, max; /* bytes there are, and room */
	uint8_t data[];
};

/* Just behind the last step. */
static inline int64_t
chunk_end(const struct chunk *c)
{
	return c->base + (int64_t)c->steps * c->interval;
}

/* Whether what came from a file is a chunk of that tier: every step in
 * it is one that may be. */
bool chunk_is_sound(const struct chunk *c, unsigned tier);

/* What a step says.  The raw tier has three times the same. */
struct chunk_number {
	double mean, min, max;
};

/* The mean of n numbers, n above 0: between the least and the greatest, also
 * where their sum was more than a double holds. */
double chunk_mean(double sum, double n, double min, double max);

/* Walks over the steps that have numbers. */
struct chunk_walk {
	struct codec_reader reader;
	const struct chunk *chunk;
	uint32_t step; /* behind those of next */
};

void chunk_walk(struct chunk_walk *w, const struct chunk *c, unsigned tier);
/* n steps of the same number from time on; false at the end. */
bool chunk_next(struct chunk_walk *w, int64_t *time, uint32_t *n,
    struct chunk_number *number);

/* The codes of a step of that tier. */
void chunk_codes(
    unsigned tier, const struct chunk_number *number, int32_t *codes);

#endif
