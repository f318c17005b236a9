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
hand_clear(struct hand *h)
{
	for (size_t i = 0; i < h->batches.n; i++)
		batch_unref(h->batches.v[i]);
	h->batches.n = 0;
	h->lists.n = 0;
	h->done = 0;
	h->ordinal = 0;
	h->row = 0;
}

void
queue_fini(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		batch_unref(q->ring[(q->head + i) % q->cap].batch);
	for (size_t i = 0; i < q->fetched.n; i++)
		batch_unref(q->fetched.v[i].batch);
	hand_clear(&q->hand);
	vec_free(&q->hand.batches);
	vec_free(&q->hand.lists);
	vec_free(&q->fetched);
	vec_free(&q->rows);
	vec_free(&q->gone);
	vec_free(&q->disk.cut);
	free(q->ring);
	memset(q, 0, sizeof(*q));
}

/* The ordinal of the first list in the ring, or of the next to enter. */
static uint64_t
first_ordinal(const struct queue *q)
{
	const struct queue_entry *e = &q->ring[q->head];

	return q->n > 0 ? e->ordinal + e->from : q->next;
}

void
queue_renumber(struct queue *q)
{
	make_id(q->id);
	q->offset = 1 - first_ordinal(q);
}

void
queue_adopt(struct queue *q, const struct place *next)
{
	memcpy(q->id, next->id, sizeof(q->id));
	q->offset = next->number - first_ordinal(q);
}

/* --- the ring ------------------------------------------------------------ */

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

/* The reference goes to the caller. */
static struct batch *
pop(struct queue *q)
{
	struct batch *b = q->ring[q->head].batch;

	q->bytes -= b->bytes;
	q->head = (q->head + 1) % q->cap;
	q->n--;
	return b;
}

/* Forgets the lists before an ordinal: how many. */
static uint64_t
skip_to(struct queue *q, uint64_t ordinal)
{
	uint64_t n = 0;

	while (q->n > 0 && first_ordinal(q) < ordinal) {
		struct queue_entry *e = &q->ring[q->head];
		const uint64_t left = e->batch->n - e->from,
			       some = ordinal - e->ordinal - e->from;

		if (some < left) {
			e->from += (uint32_t)some;
			n += some;
		} else {
			n += left;
			batch_unref(pop(q));
		}
	}
	q->lists -= n;
	return n;
}

/* The first row that has the list of that ordinal or one behind it. */
static size_t
row_from(const struct queue *q, uint64_t ordinal)
{
	size_t low = 0, high = q->rows.n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (q->rows.v[middle].end > ordinal)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* What the row has stays only there. */
static void
leave_row(struct queue *q, size_t at)
{
	const struct saved_row row = q->rows.v[at];
	const uint64_t first = first_ordinal(q);

	if (q->disk.lists == 0) {
		memcpy(q->disk.expects.id, q->id, sizeof(q->id));
		q->disk.expects.number = first + q->offset;
		q->disk.read = row.row - 1;
	} else if (row.from < first) { /* sent past the disk meanwhile */
		vec_add(&q->disk.cut) =
		    (struct cut_row){ row.row, first - row.from };
	}
	q->disk.through = row.row;
	q->disk.lists += skip_to(q, row.end);
	vec_remove(&q->rows, at);
}

/* Takes the oldest lists out of the ring that can be: those of a row, or the
 * rest of a batch.  False: they are on their way to disk. */
static bool
displace(struct queue *q, enum fate fate)
{
	const struct queue_entry *e = &q->ring[q->head];
	const uint64_t first = first_ordinal(q);
	const size_t at = row_from(q, first);
	uint64_t end = e->ordinal + e->batch->n;

	if (at < q->rows.n && q->rows.v[at].from <= first) {
		leave_row(q, at);
		return true;
	}
	if (first >= q->saved && first < q->begun)
		return false;
	if (at < q->rows.n && q->rows.v[at].from < end)
		end = q->rows.v[at].from;
	q->fates[fate] += skip_to(q, end);
	q->unsafe++;
	return true;
}

/* False: not even by twice the room. */
static bool
make_room(struct queue *q, size_t need)
{
	while (q->n > 0 && q->bytes + need > q->room)
		if (!displace(q, FATE_FULL))
			return q->bytes + need <= 2 * q->room;
	return true;
}

void
queue_put(struct queue *q, struct batch *b, int64_t now)
{
	q->entered += b->n;
	if (!make_room(q, b->bytes)) {
		q->fates[FATE_FULL] += b->n;
		q->unsafe++;
		return;
	}
	if (q->n == q->cap)
		grow(q);
	q->ring[(q->head + q->n++) % q->cap] =
	    (struct queue_entry){ batch_ref(b), 0, q->next, now };
	q->bytes += b->bytes;
	q->fresh += b->bytes;
	q->lists += b->n;
	q->next += b->n;
}

/* --- the hand ------------------------------------------------------------ */

/* How much more the hand may hold. */
struct measure {
	size_t lists, bytes;
};

/* Adds lists of a batch, from the first on, as far as they fit; the batch is
 * held once more if any do.  How many. */
static uint32_t
hand_add(struct hand *h, struct batch *b, uint32_t from, struct measure *left)
{
	const size_t each = b->bytes / b->n;
	uint32_t i = from;

	for (; i < b->n && left->lists > 0; i++) {
		if (h->lists.n > 0 && left->bytes < each)
			break;
		vec_add(&h->lists) = b->pubs[i];
		left->lists--;
		left->bytes -= each < left->bytes ? each : left->bytes;
	}
	if (i > from)
		vec_add(&h->batches) = batch_ref(b);
	return i - from;
}

/* Lists that took another way are sent apart, or all would seem to have taken
 * both. */
static bool
goes_along(const struct hand *h, const struct batch *b)
{
	return h->batches.n == 0 || via_same(h->batches.v[0]->via, b->via);
}

static void
take_ring(struct queue *q, struct measure *left)
{
	struct hand *h = &q->hand;

	h->ordinal = first_ordinal(q);
	h->since_ns = q->ring[q->head].entered_ns;
	memcpy(h->place.id, q->id, sizeof(q->id));
	h->place.number = h->ordinal + q->offset;
	while (q->n > 0) {
		struct queue_entry *e = &q->ring[q->head];
		uint32_t n;

		if (!goes_along(h, e->batch))
			break;
		n = hand_add(h, e->batch, e->from, left);
		q->lists -= n;
		e->from += n;
		if (e->from < e->batch->n)
			break;
		batch_unref(pop(q));
	}
}

static bool
follows(const struct hand *h, const struct fetched *f)
{
	return strcmp(h->place.id, f->place.id) == 0 &&
	       h->place.number + h->lists.n == f->place.number + f->from &&
	       goes_along(h, f->batch);
}

static void
take_fetched(struct queue *q, struct measure *left, int64_t now)
{
	struct hand *h = &q->hand;
	size_t i = 0;

	h->ordinal = 0;
	h->since_ns = now;
	h->place = q->fetched.v[0].place;
	h->place.number += q->fetched.v[0].from;
	for (; i < q->fetched.n && follows(h, &q->fetched.v[i]); i++) {
		struct fetched *f = &q->fetched.v[i];

		f->from += hand_add(h, f->batch, f->from, left);
		if (f->from < f->batch->n)
			break;
		batch_unref(f->batch);
		if (f->row != 0)
			h->row = f->row;
	}
	vec_drop(&q->fetched, i);
}

bool
queue_take(
    struct queue *q, size_t most, size_t bytes, bool skip_disk, int64_t now)
{
	struct measure left = { most, bytes };

	if (q->fetched.n > 0)
		take_fetched(q, &left, now);
	else if ((q->disk.lists == 0 || skip_disk) && q->n > 0)
		take_ring(q, &left);
	return q->hand.lists.n > 0;
}

size_t
queue_in_hand(const struct queue *q)
{
	return q->hand.lists.n - q->hand.done;
}

/* The ordinal of the oldest that came from the ring and is still here. */
static uint64_t
outstanding(const struct queue *q)
{
	return queue_in_hand(q) > 0 && q->hand.ordinal != 0
		   ? q->hand.ordinal + q->hand.done
		   : first_ordinal(q);
}

bool
queue_is_safe(const struct queue *q, uint64_t ordinal)
{
	return q->saved >= ordinal || outstanding(q) >= ordinal;
}

/* Whether lists that come from disk wait, in rows before that one. */
static bool
is_behind(const struct queue *q, uint64_t row)
{
	return q->fetched.n > 0 ||
	       (queue_in_hand(q) > 0 && q->hand.ordinal == 0) ||
	       (q->disk.lists > 0 && row > q->disk.read);
}

/* Rows all of whose lists are dealt with may go: each alone where there are
 * others before it that may not, which is so of what was sent while the disk
 * could not be read. */
static void
trim_rows(struct queue *q)
{
	const uint64_t done = outstanding(q);
	size_t n = 0;

	for (; n < q->rows.n && q->rows.v[n].end <= done; n++)
		if (is_behind(q, q->rows.v[n].row))
			vec_add(&q->gone) = q->rows.v[n].row;
		else
			q->trim = q->rows.v[n].row;
	vec_drop(&q->rows, n);
}

void
queue_dealt(struct queue *q, size_t n, enum fate fate)
{
	struct hand *h = &q->hand;

	q->fates[fate] += n;
	h->done += n;
	if (n > 0) {
		q->sent = h->place;
		q->sent.number += h->done;
	}
	if (h->done == h->lists.n) {
		if (h->row != 0)
			q->trim = h->row;
		hand_clear(h);
	}
	trim_rows(q);
}

/* --- what there is ------------------------------------------------------- */

static uint64_t
fetched_lists(const struct queue *q)
{
	uint64_t n = 0;

	for (size_t i = 0; i < q->fetched.n; i++)
		n += q->fetched.v[i].batch->n - q->fetched.v[i].from;
	return n;
}

uint64_t
queue_waiting(const struct queue *q)
{
	return q->lists + queue_in_hand(q) + fetched_lists(q) + q->disk.lists;
}

int64_t
queue_oldest(const struct queue *q)
{
	if (queue_in_hand(q) > 0)
		return q->hand.since_ns;
	return q->n > 0 ? q->ring[q->head].entered_ns : INT64_MAX;
}

static uint64_t
ordinal_of(const struct queue *q, const struct place *p)
{
	return strcmp(p->id, q->id) == 0 ? p->number - q->offset : 0;
}

uint64_t
queue_oldest_ordinal(const struct queue *q)
{
	const struct hand *h = &q->hand;

	if (queue_in_hand(q) > 0)
		return (h->ordinal != 0 ? h->ordinal
					: ordinal_of(q, &h->place)) +
		       h->done;
	if (q->fetched.n > 0)
		return ordinal_of(q, &q->fetched.v[0].place);
	if (q->disk.lists > 0)
		return ordinal_of(q, &q->disk.expects);
	return first_ordinal(q);
}

bool
queue_has_id(const struct queue *q, const char *id)
{
	if (strcmp(q->id, id) == 0 || strcmp(q->hand.place.id, id) == 0 ||
	    strcmp(q->disk.expects.id, id) == 0 || strcmp(q->sent.id, id) == 0)
		return true;
	for (size_t i = 0; i < q->fetched.n; i++)
		if (strcmp(q->fetched.v[i].place.id, id) == 0)
			return true;
	return false;
}

struct via *
queue_via(const struct queue *q)
{
	return q->hand.batches.n > 0 ? q->hand.batches.v[0]->via : NULL;
}

/* Of the rest of the hand: what came from disk is there, and so is what has a
 * row. */
static uint64_t
hand_unsaved(const struct queue *q)
{
	const uint64_t first = q->hand.ordinal + q->hand.done,
		       end = q->hand.ordinal + q->hand.lists.n;
	uint64_t n = 0;

	if (q->hand.ordinal == 0)
		return 0;
	for (uint64_t o = first; o < end; o++) {
		const size_t at = row_from(q, o);

		n += at == q->rows.n || q->rows.v[at].from > o;
	}
	return n;
}

uint64_t
queue_give_up(struct queue *q)
{
	const uint64_t before = q->fates[FATE_DRAIN], lost = hand_unsaved(q);

	q->fates[FATE_DRAIN] += lost;
	q->disk.lists += queue_in_hand(q) - lost + fetched_lists(q);
	hand_clear(&q->hand);
	for (size_t i = 0; i < q->fetched.n; i++)
		batch_unref(q->fetched.v[i].batch);
	q->fetched.n = 0;
	q->saved = q->begun; /* nothing is on its way any more */
	while (q->n > 0)
		displace(q, FATE_DRAIN);
	return q->fates[FATE_DRAIN] - before;
}
