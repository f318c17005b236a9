/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <string.h>

void
limit_init(struct limit *l, int64_t burst, int64_t each_ns)
{
	memset(l, 0, sizeof(*l));
	l->burst = burst;
	l->each_ns = each_ns;
}

/* The set that a party's bucket is in: neighbours spread. */
static size_t
set_of(uint64_t party)
{
	return (size_t)((party * UINT64_C(0x9e3779b97f4a7c15)) >> 56) %
	       LIMIT_SETS;
}

static struct limit_bucket *
get(struct limit *l, uint64_t party)
{
	struct limit_bucket *set = l->buckets[set_of(party)], *oldest = set;

	for (int i = 0; i < LIMIT_WAYS; i++) {
		if (set[i].used && set[i].party == party)
			return &set[i];
		if (!set[i].used ||
		    (oldest->used && set[i].seen_ns < oldest->seen_ns))
			oldest = &set[i];
	}
	*oldest = (struct limit_bucket){ .party = party, .used = true };
	return oldest;
}

static int64_t
wait_for(const struct limit *l, const struct limit_bucket *b, int64_t now_ns)
{
	const int64_t wait = b->full_ns - now_ns - (l->burst - 1) * l->each_ns;

	return wait > 0 ? wait : 0;
}

bool
limit_take(struct limit *l, uint64_t party, int64_t now_ns, uint64_t *held)
{
	struct limit_bucket *b = get(l, party);

	b->seen_ns = now_ns;
	if (b->full_ns < now_ns)
		b->full_ns = now_ns;
	if (wait_for(l, b, now_ns) > 0) {
		b->held++;
		return false;
	}
	b->full_ns += l->each_ns;
	*held = b->held;
	b->held = 0;
	return true;
}
