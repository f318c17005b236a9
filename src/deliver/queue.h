/* SPDX-License-Identifier: MIT */
/*
 * What a writer still has to deliver, in memory: batches in order, bounded by
 * the bytes they pin.  Every value list has a number of this queue.  The
 * spool's place is behind the same functions.  Not locked: its writer's lock
 * guards it.
 */
#ifndef DELIVER_QUEUE_H
#define DELIVER_QUEUE_H

#include "base/vec.h"
#include "flow/batch.h"

struct queue_entry {
	struct batch *batch;
	uint32_t skip;	    /* of its lists, taken already */
	int64_t entered_ns; /* monotonic */
};

struct queue {
	char
	    id[33]; /* 32 hexadecimal digits; new when numbering begins anew */
	uint64_t next; /* the number of the next list to enter */
	struct queue_entry *ring;
	size_t head, n, cap;
	size_t bytes, room; /* pinned, and how many may be */
	uint64_t lists;	    /* waiting */
	uint64_t dropped;   /* ever, for want of room */
};

void queue_init(struct queue *q, size_t room);
void queue_fini(struct queue *q);

/* Takes a reference.  Where there is no room the oldest goes. */
void queue_put(struct queue *q, struct batch *b, int64_t now);

/* What was taken out to be sent: lists with consecutive numbers. */
struct hand {
	VEC(const struct fettle_list *) lists;
	VEC(struct batch *) batches; /* held */
	uint64_t seq;		     /* number of lists.v[0] */
};

/* Gives up all that waits: how many lists those were. */
uint64_t queue_clear(struct queue *q);

/* Moves up to max lists from the queue into the empty hand. */
void queue_take(struct queue *q, struct hand *h, size_t max);
/* Everything in the hand is dealt with. */
void hand_clear(struct hand *h);
void hand_fini(struct hand *h);

/* When the oldest that waits entered; INT64_MAX if nothing waits. */
int64_t queue_oldest(const struct queue *q);

#endif
