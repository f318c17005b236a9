/* SPDX-License-Identifier: MIT */
/* What leaves a queue for the disk and comes back, against a disk that is an
 * array here: whatever happens nothing is sent twice, nothing is lost without
 * being counted, and the order is kept. */
#include "test.h"

#include <string.h>

#include "chance.h"
#include "deliver/queue.h"
#include "lists.h"

static struct series_table table;
static struct queue q;
static size_t each; /* bytes of a batch of one list */

/* The disk. */
struct row {
	uint64_t id;
	struct place place;
	int64_t first; /* the number in its first list */
	size_t n;
};

static struct row rows[100000];
static size_t n_rows, first_row;
static uint64_t next_row;

/* What was sent. */
static int64_t last_sent;
static uint64_t n_sent;

static int
begin(void **state)
{
	struct batch *b;

	(void)state;
	series_init(&table, &lists_limits, NULL);
	b = lists_batch(&table, "p", 0, 1);
	each = b->bytes;
	batch_unref(b);
	queue_init(&q, 20 * each);
	n_rows = first_row = 0;
	next_row = 1;
	last_sent = 0;
	n_sent = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	queue_fini(&q);
	series_fini(&table);
	return 0;
}

static void
check_sums(void)
{
	uint64_t sum = queue_waiting(&q);

	for (int i = 0; i < FATE_N; i++)
		sum += q.fates[i];
	assert_int_equal(q.entered, sum);
	assert_int_equal(q.fates[FATE_SENT], n_sent);
}

static void
put(int64_t first, size_t n)
{
	struct batch *b = lists_batch(&table, "p", first, n);

	queue_put(&q, b, 0);
	batch_unref(b);
}

static void
append_row(struct place place, uint64_t ordinal, int64_t first, size_t n,
    struct saved_row *saved)
{
	assert_true(n_rows < sizeof(rows) / sizeof(*rows));
	rows[n_rows++] = (struct row){ next_row, place, first, n };
	*saved = (struct saved_row){ next_row++, ordinal, ordinal + n };
}

/* Writes what is unsaved, in rows of a few lists. */
static void
write_parcel(struct parcel *p, uint64_t *chance)
{
	struct saved_row saved[1000];
	size_t n = 0, at = 0;

	for (int i = 0; i < 2; i++) {
		struct place place = p->parts[i].place;
		uint64_t ordinal = p->parts[i].ordinal;

		for (size_t left = p->parts[i].n; left > 0;) {
			size_t some = 1 + chance_of(chance, 15);

			some = some < left ? some : left;
			append_row(place, ordinal,
			    lists_number(p->lists.v[at]), some, &saved[n++]);
			assert_int_equal(
			    lists_number(p->lists.v[at]) + (int64_t)some - 1,
			    lists_number(p->lists.v[at + some - 1]));
			at += some;
			left -= some;
			ordinal += some;
			place.number += some;
		}
	}
	assert_int_equal(at, p->lists.n);
	queue_saved(&q, saved, n);
}

static void
trim_disk(void)
{
	while (first_row < n_rows && rows[first_row].id <= q.trim)
		first_row++;
	q.trim = 0;
}

static void
save(uint64_t *chance)
{
	struct parcel p = { 0 };

	queue_gather(&q, &p);
	trim_disk();
	if (chance_of(chance, 2)) /* something comes while it is written */
		put((int64_t)q.entered + 1, 1 + chance_of(chance, 5));
	write_parcel(&p, chance);
	parcel_fini(&p);
}

/* The next row, as the keeper reads it. */
static void
fetch(void)
{
	struct fetched f;
	uint64_t skip;
	size_t i = first_row;

	while (i < n_rows && rows[i].id <= q.disk.read)
		i++;
	assert_true(i < n_rows);
	skip = queue_unwanted(&q, rows[i].id, &rows[i].place, rows[i].n);
	f = (struct fetched){ .place = rows[i].place, .row = rows[i].id };
	f.place.number += skip;
	if (skip < rows[i].n)
		f.batch = lists_batch(&table, "p",
		    rows[i].first + (int64_t)skip, rows[i].n - skip);
	queue_fetched(&q, &f, skip < rows[i].n, 0, rows[i].id);
}

static void
take(uint64_t *chance)
{
	if (queue_in_hand(&q) == 0)
		queue_take(&q, 1 + chance_of(chance, 20),
		    (1 + chance_of(chance, 30)) * each, false, 0);
	if (queue_in_hand(&q) == 0 && q.disk.lists > 0)
		fetch();
}

/* Some of the hand is delivered: in order, and nothing twice. */
static void
deal(uint64_t *chance)
{
	const size_t n = chance_of(chance, queue_in_hand(&q) + 1);

	for (size_t i = 0; i < n; i++) {
		const struct fettle_list *l = q.hand.lists.v[q.hand.done + i];

		assert_true(lists_number(l) > last_sent);
		last_sent = lists_number(l);
		assert_int_equal(
		    q.hand.place.number + q.hand.done + i, last_sent);
	}
	n_sent += n;
	queue_dealt(&q, n, FATE_SENT);
}

static void
drop_row(void)
{
	const struct row *r = &rows[first_row];

	if (first_row == n_rows)
		return;
	queue_row_dropped(&q, r->id, &r->place, r->n, FATE_AGE);
	first_row++;
}

static void
step(uint64_t *chance)
{
	switch (chance_of(chance, 12)) {
	case 0:
	case 1:
	case 2:
	case 3:
		put((int64_t)q.entered + 1, 1 + chance_of(chance, 12));
		break;
	case 4:
	case 5:
		save(chance);
		break;
	case 6:
	case 7:
	case 8:
		take(chance);
		break;
	case 9:
		trim_disk();
		break;
	default:
		deal(chance);
	}
}

/* Until nothing is left: all that was not dropped has been sent. */
static void
empty(uint64_t *chance)
{
	for (int i = 0; i < 100000 && queue_waiting(&q) > 0; i++) {
		take(chance);
		deal(chance);
		check_sums();
	}
	assert_int_equal(queue_waiting(&q), 0);
	trim_disk();
	queue_dealt(&q, 0, FATE_SENT);
	trim_disk();
	assert_int_equal(first_row, n_rows);
}

static void
nothing_is_sent_twice_or_lost_where_the_disk_works(void **state)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		uint64_t chance = seed;

		/* so that nothing has to be dropped before it is saved */
		q.room = chance_of(&chance, 2) ? SIZE_MAX / 4 : 200 * each;
		for (int i = 0; i < 400; i++) {
			int64_t since;

			step(&chance);
			check_sums();
			if (q.bytes > q.room / 2 &&
			    queue_has_unsaved(&q, &since))
				save(&chance);
		}
		empty(&chance);
		assert_int_equal(q.fates[FATE_FULL], 0);
		assert_int_equal(q.fates[FATE_CORRUPT], 0);
		assert_int_equal(n_sent, q.entered);
		end(state);
		begin(state);
	}
}

static void
what_is_dropped_is_counted_whatever_happens(void **state)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		uint64_t chance = seed;

		for (int i = 0; i < 400; i++) {
			step(&chance);
			if (chance_of(&chance, 20) == 0)
				drop_row();
			check_sums();
		}
		empty(&chance);
		end(state);
		begin(state);
	}
}

static void
what_leaves_memory_comes_back_from_disk(void **state)
{
	uint64_t chance = 1;

	(void)state;
	for (int i = 1; i <= 20; i++)
		put(i, 1);
	save(&chance);
	put((int64_t)q.entered + 1, 15); /* the oldest go */
	assert_true(q.disk.lists > 0);
	assert_int_equal(q.fates[FATE_FULL], 0);
	assert_int_equal(queue_waiting(&q), q.entered);
	assert_false(queue_take(&q, 100, SIZE_MAX, false, 0));
	empty(&chance);
	assert_int_equal(n_sent, q.entered);
}

static void
what_is_not_saved_is_dropped_where_there_is_no_room(void **state)
{
	(void)state;
	for (int i = 1; i <= 30; i++)
		put(i, 1);
	assert_int_equal(q.fates[FATE_FULL], 10);
	assert_int_equal(q.unsafe, 10);
	check_sums();
}

static void
what_is_being_saved_stays_and_what_comes_is_refused(void **state)
{
	struct parcel p = { 0 };
	uint64_t chance = 1;

	(void)state;
	for (int i = 1; i <= 20; i++)
		put(i, 1);
	queue_gather(&q, &p);
	for (int i = 21; i <= 60; i++) /* the disk takes its time */
		put(i, 1);
	assert_int_equal(q.fates[FATE_FULL], 20);
	assert_int_equal(q.lists, 40);
	write_parcel(&p, &chance);
	parcel_fini(&p);
	assert_true(queue_is_safe(&q, 21));
	assert_false(queue_is_safe(&q, 22));
	check_sums();
}

static void
a_disk_that_fails_leaves_what_is_in_memory_and_a_new_id(void **state)
{
	uint64_t chance = 1, waiting;
	char id[33];

	(void)state;
	memcpy(id, q.id, sizeof(id));
	for (int i = 1; i <= 20; i++)
		put(i, 1);
	save(&chance);
	for (int i = 0; i < 10; i++)
		put((int64_t)q.entered + 1, 1);
	waiting = q.disk.lists;
	assert_true(waiting > 0);
	queue_unsaved(&q);
	assert_string_not_equal(q.id, id);
	assert_true(queue_take(&q, 100, SIZE_MAX, true, 0));
	assert_int_equal(q.hand.place.number, 1);
	assert_string_equal(q.hand.place.id, q.id);
	n_sent += queue_in_hand(&q);
	queue_dealt(&q, queue_in_hand(&q), FATE_SENT);
	check_sums();
	assert_int_equal(queue_waiting(&q), waiting);
	assert_int_equal(queue_disk_keeps(&q), q.disk.through);
	/* it is back, but begun anew */
	queue_disk_lost(&q);
	assert_int_equal(q.fates[FATE_CORRUPT], waiting);
	assert_int_equal(queue_waiting(&q), 0);
	check_sums();
}

static void
what_is_sent_past_a_disk_that_cannot_be_read_does_not_come_again(void **state)
{
	uint64_t chance = 1, row;

	(void)state;
	for (int i = 1; i <= 20; i++)
		put(i, 1);
	save(&chance);
	put((int64_t)q.entered + 1, 15); /* the oldest go */
	assert_true(q.disk.lists > 0);
	queue_unsaved(&q);
	assert_true(queue_take(&q, 1, SIZE_MAX, true, 0));
	save(&chance); /* the hand too, in a row of its own */
	row = q.rows.v[0].row;
	put((int64_t)q.entered + 1, 15); /* others behind it go */
	assert_true(row < q.disk.through);
	queue_dealt(&q, 1, FATE_SENT);
	queue_unsaved(&q); /* again */
	assert_int_equal(q.gone.n, 1);
	assert_int_equal(q.gone.v[0], row);
	queue_row_dropped(&q, row, &(struct place){ 0 }, 1, FATE_FULL);
	assert_int_equal(q.fates[FATE_FULL], 0);
	while (q.disk.lists > 0)
		fetch();
	for (size_t i = 0; i < q.fetched.n; i++)
		assert_int_not_equal(q.fetched.v[i].row, row);
	n_sent = 1;
	check_sums();
	queue_removed(&q, 1);
	assert_int_equal(q.gone.n, 0);
}

static void
what_is_sent_while_it_is_saved_does_not_come_again(void **state)
{
	struct parcel p = { 0 };
	struct saved_row saved;

	(void)state;
	queue_disk_found(&q, 10, 1, &(struct place){ "of another life", 1 });
	next_row = 2;
	put(1, 20);
	queue_gather(&q, &p);
	assert_true(queue_take(&q, 8, SIZE_MAX, true, 0));
	n_sent = 8;
	queue_dealt(&q, 8, FATE_SENT);
	append_row(p.parts[1].place, p.parts[1].ordinal, 1, 20, &saved);
	queue_saved(&q, &saved, 1);
	parcel_fini(&p);
	put(21, 15); /* the rest goes */
	assert_int_equal(q.disk.lists, 10 + 12);
	assert_int_equal(queue_unwanted(&q, 2, &rows[0].place, 20), 8);
	queue_row_dropped(&q, 1, &(struct place){ 0 }, 10, FATE_AGE);
	fetch();
	assert_int_equal(q.fetched.v[0].place.number, 9);
	assert_int_equal(lists_number(q.fetched.v[0].batch->pubs[0]), 9);
	assert_int_equal(q.disk.cut.n, 0);
	check_sums();
}

static void
what_an_earlier_life_left_comes_first(void **state)
{
	const struct place old = { "0123456789abcdef0123456789abcdef", 100 },
			   sent = { "0123456789abcdef0123456789abcdef", 103 };
	struct saved_row ignored;
	uint64_t chance = 1;

	(void)state;
	append_row(old, 0, 100, 10, &ignored);
	put(1000, 3);
	queue_disk_found(&q, 10, 1, &sent);
	assert_int_equal(q.entered, 13);
	assert_false(queue_take(&q, 100, SIZE_MAX, false, 0));
	fetch();
	assert_true(queue_take(&q, 100, SIZE_MAX, false, 0));
	assert_int_equal(queue_in_hand(&q), 7);
	assert_int_equal(q.hand.place.number, 103);
	assert_int_equal(lists_number(q.hand.lists.v[0]), 103);
	queue_dealt(&q, 7, FATE_SENT);
	assert_int_equal(q.trim, 1);
	n_sent = 7;
	check_sums();
	take(&chance);
	assert_int_equal(lists_number(q.hand.lists.v[0]), 1000);
	assert_string_equal(q.hand.place.id, q.id);
}

static void
what_cannot_be_read_is_counted(void **state)
{
	const struct place old = { "0123456789abcdef0123456789abcdef", 100 };

	(void)state;
	queue_disk_found(&q, 30, 3, &(struct place){ 0 });
	queue_row_dropped(&q, 1, &old, 10, FATE_CORRUPT);
	assert_int_equal(queue_waiting(&q), 20);
	queue_row_dropped(&q, 2, &old, 0, FATE_CORRUPT); /* who knows */
	queue_fetched(&q, NULL, 0, 4, 3);
	assert_int_equal(queue_waiting(&q), 0);
	assert_int_equal(q.fates[FATE_CORRUPT], 30);
	check_sums();
}

static void
at_the_end_what_is_saved_stays_on_disk(void **state)
{
	uint64_t chance = 1;

	(void)state;
	put(1, 10);
	queue_take(&q, 4, SIZE_MAX, false, 0);
	save(&chance);
	put((int64_t)q.entered + 1, 5);
	assert_int_equal(queue_give_up(&q), 5);
	assert_int_equal(q.disk.lists, queue_waiting(&q));
	check_sums();
}

#define DISK_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(nothing_is_sent_twice_or_lost_where_the_disk_works),
		DISK_TEST(what_is_dropped_is_counted_whatever_happens),
		DISK_TEST(what_leaves_memory_comes_back_from_disk),
		DISK_TEST(what_is_not_saved_is_dropped_where_there_is_no_room),
		DISK_TEST(what_is_being_saved_stays_and_what_comes_is_refused),
		DISK_TEST(
		    a_disk_that_fails_leaves_what_is_in_memory_and_a_new_id),
		DISK_TEST(
		    what_is_sent_past_a_disk_that_cannot_be_read_does_not_come_again),
		DISK_TEST(what_is_sent_while_it_is_saved_does_not_come_again),
		DISK_TEST(what_an_earlier_life_left_comes_first),
		DISK_TEST(what_cannot_be_read_is_counted),
		DISK_TEST(at_the_end_what_is_saved_stays_on_disk),
	};

	return cmocka_run_group_tests_name("queue_disk", tests, NULL, NULL);
}
