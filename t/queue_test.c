/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "chance.h"
#include "deliver/queue.h"
#include "lists.h"

static struct series_table table;
static struct queue q;
static size_t each; /* bytes of a batch of one list */

static int
begin(void **state)
{
	struct batch *b;

	(void)state;
	series_init(&table, &lists_limits, NULL);
	b = lists_batch(&table, "p", 0, 1);
	each = b->bytes;
	batch_unref(b);
	queue_init(&q, 1 << 20);
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
put(int64_t first, size_t n, int64_t now)
{
	struct batch *b = lists_batch(&table, "p", first, n);

	queue_put(&q, b, now);
	batch_unref(b);
}

static void
check_hand(int64_t first, size_t n)
{
	assert_int_equal(queue_in_hand(&q), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(lists_number(q.hand.lists.v[q.hand.done + i]),
		    first + (int64_t)i);
}

/* Deals with the hand, takes the next one, and checks that it holds first,
 * first + 1, ... */
static void
take(size_t max, int64_t first, size_t n)
{
	queue_dealt(&q, queue_in_hand(&q), FATE_SENT);
	assert_int_equal(queue_take(&q, max, SIZE_MAX, false, 0), n > 0);
	check_hand(first, n);
}

static void
a_queue_has_an_id_of_its_own(void **state)
{
	struct queue other;

	(void)state;
	queue_init(&other, 1);
	assert_int_equal(strspn(q.id, "0123456789abcdef"), 32);
	assert_int_equal(strlen(q.id), 32);
	assert_string_not_equal(q.id, other.id);
	queue_fini(&other);
}

static void
what_is_put_is_taken_in_order_with_its_numbers(void **state)
{
	(void)state;
	put(1, 3, 0);
	put(4, 2, 0);
	assert_int_equal(q.lists, 5);
	take(100, 1, 5);
	assert_int_equal(q.hand.place.number, 1);
	assert_int_equal(q.hand.batches.n, 2);
	assert_int_equal(q.lists, 0);
	assert_int_equal(q.bytes, 0);
	put(6, 1, 0);
	take(100, 6, 1);
	assert_int_equal(q.hand.place.number, 6);
	take(100, 0, 0);
}

static void
a_batch_may_be_taken_in_parts(void **state)
{
	(void)state;
	put(1, 10, 0);
	put(11, 3, 0);
	take(4, 1, 4);
	assert_int_equal(q.hand.place.number, 1);
	assert_int_equal(q.lists, 9);
	take(4, 5, 4);
	assert_int_equal(q.hand.place.number, 5);
	take(4, 9, 4);
	assert_int_equal(q.hand.place.number, 9);
	assert_int_equal(q.hand.batches.n, 2);
	take(4, 13, 1);
	assert_int_equal(q.hand.place.number, 13);
	assert_int_equal(q.n, 0);
	assert_int_equal(q.bytes, 0);
}

static void
what_is_in_hand_is_dealt_with_bit_by_bit(void **state)
{
	(void)state;
	put(1, 10, 0);
	take(6, 1, 6);
	assert_int_equal(queue_waiting(&q), 10);
	queue_dealt(&q, 2, FATE_SENT);
	check_hand(3, 4);
	queue_dealt(&q, 1, FATE_REFUSED);
	check_hand(4, 3);
	assert_int_equal(queue_waiting(&q), 7);
	assert_int_equal(queue_oldest_ordinal(&q), 4);
	queue_dealt(&q, 3, FATE_TOO_LARGE);
	assert_int_equal(queue_in_hand(&q), 0);
	assert_int_equal(q.fates[FATE_SENT], 2);
	assert_int_equal(q.fates[FATE_REFUSED], 1);
	assert_int_equal(q.fates[FATE_TOO_LARGE], 3);
	assert_string_equal(q.sent.id, q.id);
	assert_int_equal(q.sent.number, 7);
	take(100, 7, 4);
}

static void
a_hand_is_bounded_by_what_it_pins(void **state)
{
	(void)state;
	for (int i = 1; i <= 10; i++)
		put(i, 1, 0);
	assert_true(queue_take(&q, 100, 3 * each, false, 0));
	check_hand(1, 3);
	queue_dealt(&q, 3, FATE_SENT);
	assert_true(queue_take(&q, 100, 1, false, 0)); /* one, at least */
	check_hand(4, 1);
}

static void
numbering_may_begin_anew_with_what_was_not_taken(void **state)
{
	char id[33];

	(void)state;
	memcpy(id, q.id, sizeof(id));
	put(1, 10, 0);
	take(4, 1, 4);
	queue_renumber(&q);
	assert_string_not_equal(q.id, id);
	assert_string_equal(q.hand.place.id, id);
	assert_int_equal(q.hand.place.number, 1);
	take(4, 5, 4);
	assert_string_equal(q.hand.place.id, q.id);
	assert_int_equal(q.hand.place.number, 1);
	take(4, 9, 2);
	assert_int_equal(q.hand.place.number, 5);
}

static void
numbering_may_go_on_where_an_earlier_life_ended(void **state)
{
	const struct place next = { "0123456789abcdef0123456789abcdef", 700 };

	(void)state;
	put(1, 3, 0);
	queue_adopt(&q, &next);
	take(2, 1, 2);
	assert_string_equal(q.hand.place.id, next.id);
	assert_int_equal(q.hand.place.number, 700);
	take(2, 3, 1);
	assert_int_equal(q.hand.place.number, 702);
}

static void
where_there_is_no_room_the_oldest_goes(void **state)
{
	(void)state;
	q.room = 3 * each;
	for (int i = 1; i <= 10; i++)
		put(i, 1, 0);
	assert_int_equal(q.fates[FATE_FULL], 7);
	assert_int_equal(q.bytes, 3 * each);
	take(100, 8, 3);
	assert_int_equal(q.hand.place.number, 8); /* the numbers were used */
	put(11, 100, 0);			  /* too large, but alone */
	assert_int_equal(q.fates[FATE_FULL], 7);
	assert_int_equal(q.lists, 100);
	put(111, 1, 0);
	assert_int_equal(q.fates[FATE_FULL], 107);
	take(100, 111, 1);
	assert_int_equal(q.hand.place.number, 111);
}

static void
of_a_batch_in_parts_only_the_rest_is_dropped(void **state)
{
	(void)state;
	put(1, 10, 0);
	take(4, 1, 4);
	q.room = each;
	put(11, 1, 0);
	assert_int_equal(q.fates[FATE_FULL], 6);
	assert_int_equal(lists_number(q.hand.lists.v[3]), 4);
	take(100, 11, 1);
	assert_int_equal(q.hand.place.number, 11);
}

static void
it_is_known_since_when_the_oldest_waits(void **state)
{
	(void)state;
	assert_int_equal(queue_oldest(&q), INT64_MAX);
	put(1, 2, 50);
	put(3, 1, 60);
	assert_int_equal(queue_oldest(&q), 50);
	take(1, 1, 1);
	assert_int_equal(queue_oldest(&q), 50);
	take(1, 2, 1);
	assert_int_equal(queue_oldest(&q), 50);
	take(1, 3, 1);
	assert_int_equal(queue_oldest(&q), 60);
	take(1, 0, 0);
	assert_int_equal(queue_oldest(&q), INT64_MAX);
}

/* --- against a naive model ----------------------------------------------- */

/* The batches that wait, as the numbers of their lists; which are those of the
 * queue too. */
struct model {
	struct {
		uint64_t first, n;
		size_t bytes;
	} batches[1000];
	size_t from, to;
	uint64_t next, dropped;
	size_t bytes;
};

static void
model_put(struct model *m, uint64_t n, size_t bytes)
{
	while (m->from < m->to && m->bytes + bytes > q.room) {
		m->dropped += m->batches[m->from].n;
		m->bytes -= m->batches[m->from++].bytes;
	}
	m->batches[m->to].first = m->next;
	m->batches[m->to].n = n;
	m->batches[m->to++].bytes = bytes;
	m->next += n;
	m->bytes += bytes;
}

/* How many of max are there to be taken; *first: the first. */
static size_t
model_take(struct model *m, size_t max, uint64_t *first)
{
	size_t n = 0;

	*first = m->from < m->to ? m->batches[m->from].first : m->next;
	while (n < max && m->from < m->to) {
		m->batches[m->from].first++;
		n++;
		if (--m->batches[m->from].n == 0)
			m->bytes -= m->batches[m->from++].bytes;
	}
	return n;
}

static uint64_t
model_waiting(const struct model *m)
{
	uint64_t n = 0;

	for (size_t i = m->from; i < m->to; i++)
		n += m->batches[i].n;
	return n;
}

static void
whatever_happens_is_what_a_simple_mind_expects(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct model m = { .next = 1 };
		uint64_t s = seed, first;

		q.room = 20 * each;
		for (int step = 0; step < 1000; step++) {
			const size_t n = 1 + chance_of(&s, 12);

			if (chance_of(&s, 2) == 0) {
				struct batch *b = lists_batch(
				    &table, "p", (int64_t)m.next, n);

				model_put(&m, n, b->bytes);
				queue_put(&q, b, 0);
				batch_unref(b);
			} else {
				const size_t there = model_take(&m, n, &first);

				take(n, (int64_t)first, there);
				assert_true(there == 0 ||
					    q.hand.place.number == first);
			}
			assert_int_equal(q.lists, model_waiting(&m));
			assert_int_equal(q.fates[FATE_FULL], m.dropped);
			assert_int_equal(q.bytes, m.bytes);
			assert_int_equal(q.next, m.next);
			assert_int_equal(q.entered, q.fates[FATE_SENT] +
							q.fates[FATE_FULL] +
							queue_waiting(&q));
		}
		end(state);
		begin(state);
	}
}

#define QUEUE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(a_queue_has_an_id_of_its_own),
		QUEUE_TEST(what_is_put_is_taken_in_order_with_its_numbers),
		QUEUE_TEST(a_batch_may_be_taken_in_parts),
		QUEUE_TEST(what_is_in_hand_is_dealt_with_bit_by_bit),
		QUEUE_TEST(a_hand_is_bounded_by_what_it_pins),
		QUEUE_TEST(numbering_may_begin_anew_with_what_was_not_taken),
		QUEUE_TEST(numbering_may_go_on_where_an_earlier_life_ended),
		QUEUE_TEST(where_there_is_no_room_the_oldest_goes),
		QUEUE_TEST(of_a_batch_in_parts_only_the_rest_is_dropped),
		QUEUE_TEST(it_is_known_since_when_the_oldest_waits),
		QUEUE_TEST(whatever_happens_is_what_a_simple_mind_expects),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
