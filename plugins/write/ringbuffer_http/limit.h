/* SPDX-License-Identifier: MIT */
/*
 * How often somebody may do something: a bucket of some tokens for each party,
 * to which one comes back at a time.  There are as many buckets as there are;
 * who was seen longest ago gives his up.  Not locked.
 */
#ifndef HUB_LIMIT_H
#define HUB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { LIMIT_SETS = 256, LIMIT_WAYS = 4 };

struct limit_bucket {
	uint64_t party;
	int64_t full_ns; /* when it is full again */
	int64_t seen_ns;
	uint64_t held; /* refused since one was granted */
	bool used;
};

struct limit {
	int64_t burst, each_ns;
	struct limit_bucket buckets[LIMIT_SETS][LIMIT_WAYS];
};

void limit_init(struct limit *l, int64_t burst, int64_t each_ns);
/* Takes one, now being any clock that does not go back.  *held is how many
 * were refused before, where it is granted. */
bool limit_take(
    struct limit *l, uint64_t party, int64_t now_ns, uint64_t *held);

#endif
