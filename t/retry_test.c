/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <math.h>

#include "base/clock.h"
#include "chance.h"
#include "deliver/retry.h"

static void
waits_grow_from_a_second_to_a_minute(void **state)
{
	static const int64_t most[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };

	(void)state;
	for (uint64_t n = 1; n <= 9; n++) {
		assert_int_equal(
		    retry_wait(n, 0, UINT32_MAX), most[n - 1] * NS_PER_S);
		assert_int_equal(retry_wait(n, 0, 0), 0);
	}
	assert_int_equal(retry_wait(UINT64_MAX, 0, UINT32_MAX), 60 * NS_PER_S);
}

static void
any_wait_within_the_bound_is_as_likely(void **state)
{
	int quarters[4] = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		const int64_t wait =
		    retry_wait(5, 0, (uint32_t)chance_next(&seed));

		assert_in_range(wait, 0, 16 * NS_PER_S);
		quarters[wait == 16 * NS_PER_S ? 3 : wait / (4 * NS_PER_S)]++;
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(quarters[i], 800, 1200);
}

static void
what_a_server_asks_for_is_granted_up_to_ten_minutes(void **state)
{
	(void)state;
	assert_int_equal(retry_wait(1, 30, 0), 30 * NS_PER_S);
	assert_int_equal(retry_wait(1, 0.5, 0), NS_PER_S / 2);
	assert_int_equal(retry_wait(7, 30, UINT32_MAX), 60 * NS_PER_S);
	assert_int_equal(retry_wait(1, 601, 0), 600 * NS_PER_S);
	assert_int_equal(retry_wait(1, 1e300, 0), 600 * NS_PER_S);
	assert_int_equal(retry_wait(1, INFINITY, 0), 600 * NS_PER_S);
	assert_int_equal(retry_wait(1, -5, UINT32_MAX), NS_PER_S);
	assert_int_equal(retry_wait(1, NAN, UINT32_MAX), NS_PER_S);
}

static void
whatever_is_asked_the_wait_has_bounds(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		const uint64_t n = 1 + chance_of(&seed, 100);
		const double after = (double)chance_of(&seed, 2000) - 100;
		const uint32_t r = (uint32_t)chance_next(&seed);
		const double least = after > 600 ? 600 : after;
		int64_t wait = retry_wait(n, after, r);

		assert_in_range(wait, 0, 600 * NS_PER_S);
		assert_true((double)wait >= least * 1e9);
		assert_true(after > 60 || wait <= 60 * NS_PER_S);
		wait = retry_unauthorised(after, r);
		assert_in_range(wait, 54 * NS_PER_S, 600 * NS_PER_S);
		assert_true((double)wait >= least * 1e9);
		assert_true(after > 54 || wait <= 66 * NS_PER_S);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_grow_from_a_second_to_a_minute),
		cmocka_unit_test(any_wait_within_the_bound_is_as_likely),
		cmocka_unit_test(
		    what_a_server_asks_for_is_granted_up_to_ten_minutes),
		cmocka_unit_test(whatever_is_asked_the_wait_has_bounds),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
