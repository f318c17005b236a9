/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "deliver/queue.h"
#include "flow/via.h"
#include "lists.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "ffffffffffffffffffffffffffffffff"

static void
a_way_is_longer_by_the_last_queue_and_has_each_once(void **state)
{
	static const char *const before[] = { A, A };
	struct via *v = via_new(before, 2, B), *w = via_new(before, 1, A);

	(void)state;
	assert_int_equal(v->path.n, 2);
	assert_string_equal(v->path.queues[0], A);
	assert_string_equal(v->path.queues[1], B);
	assert_int_equal(w->path.n, 1);
	assert_false(via_same(v, w));
	via_unref(v);
	via_unref(w);
}

static void
no_way_is_the_same_as_one_through_nothing(void **state)
{
	struct via *none = via_new(NULL, 0, NULL), *some = via_new(NULL, 0, A);

	(void)state;
	assert_true(via_same(NULL, none));
	assert_true(via_same(none, NULL));
	assert_false(via_same(NULL, some));
	assert_false(via_same(some, none));
	assert_null(via_ref(NULL));
	via_unref(none);
	via_unref(some);
}

static void
a_way_has_an_end(void **state)
{
	const char *ids[VIA_MAX];
	char text[VIA_MAX][33];
	struct via *v;

	(void)state;
	for (int i = 0; i < VIA_MAX; i++) {
		memset(text[i], 'a' + i % 6, 32);
		text[i][i] = '0';
		text[i][32] = '\0';
		ids[i] = text[i];
	}
	v = via_new(ids, VIA_MAX, ids[3]);
	assert_non_null(v);
	assert_int_equal(v->path.n, VIA_MAX);
	via_unref(v);
	assert_null(via_new(ids, VIA_MAX, A));
}

static struct series_table table;
static struct queue q;

static void
put(int64_t first, size_t n, const char *through)
{
	struct batch *b = lists_batch(&table, "p", first, n);

	b->via = through != NULL ? via_new(NULL, 0, through) : NULL;
	queue_put(&q, b, 0);
	batch_unref(b);
}

static void
take(size_t n, const char *through)
{
	const struct via *v;

	assert_true(queue_take(&q, 100, 1 << 20, false, 0));
	assert_int_equal(q.hand.lists.n, n);
	v = queue_via(&q);
	if (through == NULL)
		assert_null(v);
	else
		assert_string_equal(v->path.queues[0], through);
	queue_dealt(&q, n, FATE_SENT);
}

static void
lists_that_took_different_ways_are_sent_apart(void **state)
{
	(void)state;
	series_init(&table, &lists_limits, NULL);
	queue_init(&q, 1 << 20);
	put(1, 2, NULL);
	put(3, 1, NULL);
	put(4, 1, A);
	put(5, 2, A);
	put(7, 1, B);
	put(8, 1, NULL);
	take(3, NULL);
	take(3, A);
	take(1, B);
	take(1, NULL);
	queue_fini(&q);
	series_fini(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_way_is_longer_by_the_last_queue_and_has_each_once),
		cmocka_unit_test(no_way_is_the_same_as_one_through_nothing),
		cmocka_unit_test(a_way_has_an_end),
		cmocka_unit_test(
		    lists_that_took_different_ways_are_sent_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
