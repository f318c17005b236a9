/* SPDX-License-Identifier: MIT */
#include "deliver/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

/* Random enough to be nobody else's; it is no secret. */
static void
make_id(char id[33])
{
	uint64_t word[2];

	if (getrandom(word, sizeof(word), GRND_NONBLOCK) != sizeof(word)) {
		word[0] = (uint64_t)clock_wall();
		word[1] = (uint64_t)clock_mono();
	}
	snprintf(id, 33, "%016llx%016llx", (unsigned long long)word[0],
	    (unsigned long long)word[1]);
}

void
queue_init(struct queue *q, size_t room)
{
	memset(q, 0, sizeof(*q));
	q->room = room;
	q->next = 1;
	make_id(q->id);
}

static void
pop(struct queue *q)
{
	struct queue_entry *e = &q->ring[q->head];

	q->bytes -= e->batch->bytes;
	q->lists -= e->batch->n - e->skip;
	q->head = (q->head + 1) % q->cap;
	q->n--;
}

/* Gives up the oldest batch: how many lists of it waited. */
static uint64_t
drop_oldest(struct queue *q)
{
	const struct queue_entry e = q->ring[q->head];
	const uint64_t n = e.batch->n - e.skip;

	pop(q);
	batch_unref(e.batch);
	return n;
}

uint64_t
queue_clear(struct queue *q)
{
	uint64_t n = 0;

	while (q->n > 0)
		n += drop_oldest(q);
	return n;
}

void
queue_fini(struct queue *q)
{
	queue_clear(q);
	free(q->ring);
	memset(q, 0, sizeof(*q));
}

static void
grow(struct queue *q)
{
	const size_t cap = q->cap ? 2 * q->cap : 16;
	struct queue_entry *ring = xreallocarray(NULL, cap, sizeof(*ring));

	for (size_t i = 0; i < q->n; i++)
		ring[i] = q->ring[(q->head + i) % q->cap];
	free(q->ring);
	q->ring = ring;
	q->head = 0;
	q->cap = cap;
}

void
queue_put(struct queue *q, struct batch *b, int64_t now)
{
	while (q->n > 0 && q->bytes + b->bytes > q->room)
		q->dropped += drop_oldest(q);
	if (q->n == q->cap)
		grow(q);
	q->ring[(q->head + q->n++) % q->cap] =
	    (struct queue_entry){ batch_ref(b), 0, now };
	q->bytes += b->bytes;
	q->lists += b->n;
	q->next += b->n;
}

void
queue_take(struct queue *q, struct hand *h, size_t max)
{
	h->seq = q->next - q->lists;
	while (q->n > 0 && h->lists.n < max) {
		struct queue_entry *e = &q->ring[q->head];
		struct batch *b = e->batch;
		uint32_t i = e->skip;

		for (; i < b->n && h->lists.n < max; i++)
			vec_add(&h->lists) = b->pubs[i];
		if (i == b->n) {
			pop(q);
		} else {
			batch_ref(b);
			q->lists -= i - e->skip;
			e->skip = i;
		}
		vec_add(&h->batches) = b;
	}
}

void
hand_clear(struct hand *h)
{
	for (size_t i = 0; i < h->batches.n; i++)
		batch_unref(h->batches.v[i]);
	h->batches.n = 0;
	h->lists.n = 0;
}

void
hand_fini(struct hand *h)
{
	hand_clear(h);
	vec_free(&h->batches);
	vec_free(&h->lists);
}

int64_t
queue_oldest(const struct queue *q)
{
	return q->n > 0 ? q->ring[q->head].entered_ns : INT64_MAX;
}
