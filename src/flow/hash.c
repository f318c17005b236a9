/* SPDX-License-Identifier: MIT */
#include "flow/hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t seed;
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void
make_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)clock_mono() * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t
hash_seed(void)
{
	pthread_once(&seeded, make_seed);
	return seed;
}

/* Multiplied to 128 bits and folded: every bit reaches every other. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ const unsigned __int128 product =
	    (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
hash_bytes(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t word;

	h ^= len;
	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = mix(h ^ word, UINT64_C(0xa0761d6478bd642f));
	}
	word = 0;
	memcpy(&word, p, len);
	return mix(h ^ word, UINT64_C(0xe7037ed1a0b428db));
}

uint64_t
hash_string(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}
