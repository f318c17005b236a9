/* SPDX-License-Identifier: MIT */
/* What of a queue is on disk, or on its way there and back. */
#include "deliver/queue.h"

#include <string.h>

#include "base/alloc.h"

/* How many lists of the hand were gathered or need not be. */
static size_t
hand_begun(const struct queue *q)
{
	const struct hand *h = &q->hand;

	if (h->ordinal == 0)
		return h->lists.n;
	if (q->begun <= h->ordinal + h->done)
		return h->done;
	return q->begun < h->ordinal + h->lists.n
		   ? (size_t)(q->begun - h->ordinal)
		   : h->lists.n;
}

/* The first entry of the ring that has lists to be gathered. */
static size_t
ring_begun(const struct queue *q)
{
	size_t low = 0, high = q->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct queue_entry *e =
		    &q->ring[(q->head + middle) % q->cap];

		if (e->ordinal + e->batch->n > q->begun)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

bool
queue_has_unsaved(const struct queue *q, int64_t *since_ns)
{
	const size_t at = ring_begun(q);

	if (hand_begun(q) < q->hand.lists.n)
		*since_ns = q->hand.since_ns;
	else if (at < q->n)
		*since_ns = q->ring[(q->head + at) % q->cap].entered_ns;
	else
		return false;
	return true;
}

static void
gather_list(
    struct parcel *p, const struct batch *b, const struct fettle_list *list)
{
	vec_add(&p->lists) = list;
	vec_add(&p->via) = b->via != NULL ? &b->via->path : NULL;
}

static void
gather_hand(const struct queue *q, struct parcel *p)
{
	const struct hand *h = &q->hand;
	const size_t from = hand_begun(q);

	p->parts[0].place = h->place;
	p->parts[0].place.number += from;
	p->parts[0].ordinal = h->ordinal + from;
	p->parts[0].n = h->lists.n - from;
	if (from == h->lists.n)
		return;
	for (size_t i = from; i < h->lists.n; i++)
		gather_list(p, h->batches.v[0], h->lists.v[i]);
	for (size_t i = 0; i < h->batches.n; i++)
		vec_add(&p->batches) = batch_ref(h->batches.v[i]);
}

static void
gather_ring(const struct queue *q, struct parcel *p)
{
	const size_t at = ring_begun(q);
	const size_t before = p->lists.n;

	for (size_t i = at; i < q->n; i++) {
		const struct queue_entry *e = &q->ring[(q->head + i) % q->cap];
		uint64_t first = e->ordinal + e->from;

		if (first < q->begun)
			first = q->begun;
		if (p->lists.n == before) {
			memcpy(p->parts[1].place.id, q->id, sizeof(q->id));
			p->parts[1].place.number = first + q->offset;
			p->parts[1].ordinal = first;
		}
		for (uint64_t k = first - e->ordinal; k < e->batch->n; k++)
			gather_list(p, e->batch, e->batch->pubs[k]);
		vec_add(&p->batches) = batch_ref(e->batch);
	}
	p->parts[1].n = p->lists.n - before;
}

void
queue_gather(struct queue *q, struct parcel *p)
{
	gather_hand(q, p);
	gather_ring(q, p);
	q->begun = q->next;
	q->fresh = 0;
}

void
parcel_clear(struct parcel *p)
{
	for (size_t i = 0; i < p->batches.n; i++)
		batch_unref(p->batches.v[i]);
	p->batches.n = 0;
	p->via.n = 0;
	p->lists.n = 0;
	p->parts[0].n = p->parts[1].n = 0;
}

void
parcel_fini(struct parcel *p)
{
	parcel_clear(p);
	vec_free(&p->batches);
	vec_free(&p->via);
	vec_free(&p->lists);
}

void
queue_saved(struct queue *q, const struct saved_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vec_add(&q->rows) = rows[i];
	q->saved = q->begun;
	queue_dealt(q, 0, FATE_SENT); /* some of them may be, by now */
}

void
queue_unsaved(struct queue *q)
{
	const uint64_t keeps = queue_disk_keeps(q);

	/* of the hand: it comes again, and what comes later is purged */
	for (size_t i = 0; i < q->rows.n && q->rows.v[i].row <= keeps; i++)
		vec_add(&q->gone) = q->rows.v[i].row;
	q->rows.n = 0;
	q->begun = q->saved = 0;
	q->fresh = q->bytes;
	if (q->disk.lists > 0)
		queue_renumber(q);
}

uint64_t
queue_unwanted(
    const struct queue *q, uint64_t row, const struct place *place, uint64_t n)
{
	const struct place *e = &q->disk.expects;
	uint64_t unwanted = 0;

	if (strcmp(place->id, e->id) == 0 && place->number < e->number)
		unwanted = e->number - place->number;
	for (size_t i = 0; i < q->disk.cut.n; i++)
		if (q->disk.cut.v[i].row == row)
			unwanted = q->disk.cut.v[i].lists;
	return unwanted < n ? unwanted : n;
}

/* Nothing waits before that row any more. */
static void
have_read(struct queue *q, uint64_t row)
{
	q->disk.read = row;
	while (q->disk.cut.n > 0 && q->disk.cut.v[0].row <= row)
		vec_remove(&q->disk.cut, 0);
	if (row < q->disk.through || q->disk.lists == 0)
		return;
	/* they were to be there */
	q->fates[FATE_CORRUPT] += q->disk.lists;
	q->disk.lists = 0;
}

/* Counts lists that were only on disk; where there are more than one knew of
 * they have entered in an earlier life. */
static void
off_disk(struct queue *q, uint64_t n)
{
	if (n > q->disk.lists) {
		q->entered += n - q->disk.lists;
		q->disk.lists = n;
	}
	q->disk.lists -= n;
}

static bool
is_gone(const struct queue *q, uint64_t row)
{
	for (size_t i = 0; i < q->gone.n; i++)
		if (q->gone.v[i] == row)
			return true;
	return false;
}

void
queue_row_dropped(struct queue *q, uint64_t row, const struct place *place,
    uint64_t n, enum fate fate)
{
	if (q->rows.n > 0 && q->rows.v[0].row == row) {
		vec_remove(&q->rows, 0);
		return;
	}
	if (row <= q->disk.read || row > q->disk.through || is_gone(q, row))
		return;
	n -= queue_unwanted(q, row, place, n);
	off_disk(q, n);
	q->fates[fate] += n;
	have_read(q, row);
}

void
queue_removed(struct queue *q, size_t n)
{
	vec_drop(&q->gone, n);
}

/* Its lists are in memory, or dealt with. */
static bool
is_known(const struct queue *q, uint64_t row)
{
	for (size_t i = 0; i < q->rows.n && q->rows.v[i].row <= row; i++)
		if (q->rows.v[i].row == row)
			return true;
	return is_gone(q, row);
}

void
queue_fetched(struct queue *q, const struct fetched *f, size_t n,
    uint64_t lost, uint64_t row)
{
	/* of a hand that was sent while the disk could not be read? */
	const bool known = is_known(q, row);

	for (size_t i = 0; i < n && known; i++)
		batch_unref(f[i].batch);
	for (size_t i = 0; i < n && !known; i++) {
		vec_add(&q->fetched) = f[i];
		off_disk(q, f[i].batch->n);
		q->disk.expects = f[i].place;
		q->disk.expects.number += f[i].batch->n;
	}
	if (!known) {
		off_disk(q, lost);
		q->fates[FATE_CORRUPT] += lost;
	}
	have_read(q, row);
}

void
queue_disk_lost(struct queue *q)
{
	q->fates[FATE_CORRUPT] += q->disk.lists;
	q->disk.lists = 0;
	q->disk.read = q->disk.through = 0;
	q->trim = 0;
	q->gone.n = 0;
	q->disk.cut.n = 0;
	/* rows of the file that is gone */
	q->hand.row = 0;
	for (size_t i = 0; i < q->fetched.n; i++)
		q->fetched.v[i].row = 0;
}

uint64_t
queue_disk_keeps(const struct queue *q)
{
	return q->disk.lists > 0 ? q->disk.through : q->disk.read;
}

void
queue_disk_found(struct queue *q, uint64_t lists, uint64_t through,
    const struct place *expects)
{
	q->entered += lists;
	q->disk.lists = lists;
	q->disk.read = 0;
	q->disk.through = through;
	q->disk.expects = *expects;
}
