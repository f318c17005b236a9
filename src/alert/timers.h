/* SPDX-License-Identifier: MIT */
/* What is to be looked at again, and when: a heap of timers that live in what
 * they are of.  A zeroed timer is not set, zeroed timers are empty. */
#ifndef ALERT_TIMERS_H
#define ALERT_TIMERS_H

#include <stdint.h>

#include "base/vec.h"

struct timer {
	int64_t at;
	size_t place; /* in the heap, from 1; 0: it is not set */
	void *owner;
};

struct timers {
	VEC(struct timer *) heap;
};

/* Sets it anew where it was set. */
void timers_set(struct timers *ts, struct timer *t, int64_t at, void *owner);
/* It may not be set. */
void timers_drop(struct timers *ts, struct timer *t);

/* When the first is due; INT64_MAX: none is set. */
int64_t timers_next(const struct timers *ts);
/* Takes one that is due by then and returns its owner, or NULL. */
void *timers_due(struct timers *ts, int64_t now);

void timers_fini(struct timers *ts);

#endif
