/* SPDX-License-Identifier: MIT */
/* Chance that repeats itself: the same seed, the same numbers.  A test that
 * uses it says its seed where it fails. */
#ifndef T_CHANCE_H
#define T_CHANCE_H

#include <stdint.h>

static inline uint64_t
chance_next(uint64_t *seed)
{
	uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* 0 to n - 1. */
static inline size_t
chance_of(uint64_t *seed, size_t n)
{
	return (size_t)(chance_next(seed) >> 16) % n;
}

#endif
