/* SPDX-License-Identifier: MIT */
/* When instances are read, and what their lists are stamped with.  See
 * pool_life_test.c for the rest. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "fake_clock.h"
#include "jobs.h"

enum { TEN = 10 };

static void
start(void)
{
	assert_int_equal(pool_start(&jobs.pool), 0);
}

/* Time goes by, then s has been read so often in all, and nothing is due. */
static void
pass(int64_t ns, const struct subject *s, int reads)
{
	fake_clock_advance(ns);
	jobs_await(&s->reads, reads);
	jobs_await_rest();
}

static void
check_stamp(int64_t after_epoch)
{
	assert_int_equal(jobs_take_one().time_ns, JOBS_EPOCH + after_epoch);
}

/* --- due ----------------------------------------------------------------- */

static void
it_is_opened_and_read_at_once_and_then_on_the_grid(void **state)
{
	struct subject *s = jobs_subject("s");
	struct read_list l;

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	assert_int_equal(s->opened, 1);
	assert_int_equal(s->at[0], 1000 * NS_PER_S);
	l = jobs_take_one();
	assert_string_equal(l.host, "here");
	assert_string_equal(l.instance, "s");
	assert_int_equal(l.time_ns, JOBS_EPOCH);
	assert_int_equal(l.interval_ns, TEN * NS_PER_S);
	fake_clock_advance(TEN * NS_PER_S - JOBS_PAST - 1);
	jobs_nothing(s);
	pass(1, s, 2);
	check_stamp(TEN * NS_PER_S);
	fake_clock_advance(TEN * NS_PER_S - 1);
	jobs_nothing(s);
	pass(1, s, 3);
	check_stamp(2 * TEN * NS_PER_S);
	jobs_stop();
	assert_int_equal(s->closed, 1);
}

static void
those_of_equal_intervals_are_due_together(void **state)
{
	struct subject *a = jobs_subject("a");
	struct subject *b = jobs_subject("b");
	struct read_list lists[3];

	(void)state;
	jobs_add(a, TEN * NS_PER_S, 0);
	start();
	pass(0, a, 1);
	fake_clock_advance(2 * NS_PER_S);
	jobs_add(b, TEN * NS_PER_S, 0);
	pass(0, b, 1);
	assert_int_equal(jobs_take(lists, 3), 2);
	assert_int_equal(lists[0].time_ns, JOBS_EPOCH);
	assert_int_equal(lists[1].time_ns, JOBS_EPOCH);
	pass(TEN * NS_PER_S - JOBS_PAST - 2 * NS_PER_S, b, 2);
	assert_int_equal(jobs_count(&a->reads), 2);
	assert_int_equal(a->at[1], b->at[1]);
	assert_int_equal(jobs_take(lists, 3), 2);
	assert_string_equal(lists[0].instance, "a"); /* in their order */
	assert_int_equal(lists[0].time_ns, JOBS_EPOCH + TEN * NS_PER_S);
	assert_int_equal(lists[1].time_ns, JOBS_EPOCH + TEN * NS_PER_S);
	jobs_stop();
}

static void
intervals_may_differ(void **state)
{
	static const int64_t intervals[] = { NS_PER_S / 10, NS_PER_S,
		7 * NS_PER_S, 3600 * NS_PER_S };
	struct subject *s[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		s[i] = jobs_subject("s");
		jobs_add(s[i], intervals[i], 0);
	}
	start();
	for (size_t i = 0; i < 4; i++)
		pass(0, s[i], 1);
	for (int n = 2; n <= 101; n++) /* tenths of a second */
		pass(NS_PER_S / 10, s[0], n);
	assert_int_equal(jobs_count(&s[1]->reads), 11);
	for (int n = 1; n < 11; n++) /* on full seconds, in wall time */
		assert_int_equal(
		    (s[1]->at[n] + JOBS_EPOCH + JOBS_PAST - 1000 * NS_PER_S) %
			NS_PER_S,
		    0);
	assert_in_range(jobs_count(&s[2]->reads), 2, 3);
	assert_int_equal(jobs_count(&s[3]->reads), 1);
	jobs_stop();
}

static void
what_was_missed_is_not_made_up_for(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	check_stamp(0);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	check_stamp(TEN * NS_PER_S);
	/* as if the machine had stood still for 57 s */
	pass(57 * NS_PER_S, s, 3);
	check_stamp(60 * NS_PER_S);
	jobs_nothing(s);
	pass(3 * NS_PER_S, s, 4);
	check_stamp(70 * NS_PER_S);
	jobs_stop();
}

static void
a_source_is_only_opened(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_add(s, NS_PER_S, JOBS_SOURCE);
	start();
	jobs_await(&s->opened, 1);
	jobs_await_rest();
	fake_clock_advance(100 * NS_PER_S);
	jobs_nothing(s);
	assert_int_equal(s->reads, 0);
	jobs_stop();
	assert_int_equal(s->closed, 1);
}

static void
whoever_was_slow_goes_last(void **state)
{
	struct subject *slow = jobs_subject("slow");
	struct subject *quick = jobs_subject("quick");
	struct read_list lists[3];

	(void)state;
	slow->takes_ns = 11 * NS_PER_MS;
	jobs_add(slow, TEN * NS_PER_S, 0);
	jobs_add(quick, TEN * NS_PER_S, 0);
	start();
	pass(0, quick, 1);
	pass(0, slow, 1);
	assert_int_equal(jobs_take(lists, 3), 2);
	pass(TEN * NS_PER_S - JOBS_PAST, slow, 2);
	assert_int_equal(jobs_take(lists, 3), 2);
	assert_string_equal(lists[0].instance, "quick");
	assert_string_equal(lists[1].instance, "slow");
	jobs_stop();
}

/* --- failures ------------------------------------------------------------ */

/* It fails all the time; how many intervals pass until it is read again. */
static void
check_gaps(struct subject *s, int reads, const int *gaps, int n)
{
	for (int i = 0; i < n; i++) {
		fake_clock_advance(gaps[i] * TEN * NS_PER_S - 1);
		jobs_nothing(s);
		pass(1, s, reads + i + 1);
	}
}

static void
reads_that_fail_back_off_to_six_intervals(void **state)
{
	static const int gaps[] = { 1, 2, 4, 6, 6, 6 };
	struct subject *s = jobs_subject("s");
	struct read_list lists[3];

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	s->reads_that_fail = 6;
	pass(TEN * NS_PER_S, s, 3); /* the first to fail */
	assert_int_equal(jobs_take(lists, 3), 2);
	check_gaps(s, 3, gaps, 6);
	check_stamp((2 + 1 + 2 + 4 + 6 + 6 + 6) * TEN * NS_PER_S);
	pass(TEN * NS_PER_S, s, 10); /* as usual again */
	check_stamp((3 + 1 + 2 + 4 + 6 + 6 + 6) * TEN * NS_PER_S);
	jobs_stop();
}

static void
reads_that_fail_from_the_first_on_back_off_alike(void **state)
{
	static const int gaps[] = { 2, 4, 6, 6 };
	struct subject *s = jobs_subject("s");
	struct read_list lists[1];

	(void)state;
	s->reads_that_fail = 100;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	check_gaps(s, 2, gaps, 4);
	assert_int_equal(jobs_take(lists, 1), 0);
	jobs_stop();
}

static void
what_cannot_be_opened_is_tried_again_after_a_second_and_more(void **state)
{
	static const int waits[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct subject *s = jobs_subject("s");

	(void)state;
	s->opens_that_fail = 8;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	for (int n = 0; n < 8; n++) {
		jobs_await(&s->opened, n + 1);
		jobs_await_rest();
		fake_clock_advance(waits[n] * NS_PER_S - 1);
		jobs_nothing(s);
		assert_int_equal(jobs_count(&s->opened), n + 1);
		fake_clock_advance(1);
	}
	pass(0, s, 1);
	assert_int_equal(s->opened, 9);
	jobs_stop();
	assert_int_equal(s->closed, 1);
}

/* --- stamps -------------------------------------------------------------- */

static void
the_clock_may_be_set_without_a_change_of_pace(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	check_stamp(0);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	check_stamp(TEN * NS_PER_S);
	fake_clock_step(3 * NS_PER_S); /* a third of an interval */
	pass(TEN * NS_PER_S, s, 3);
	check_stamp(2 * TEN * NS_PER_S);
	fake_clock_step(3600 * NS_PER_S);
	pass(TEN * NS_PER_S, s, 4);
	check_stamp(3630 * NS_PER_S);
	fake_clock_step(-3606 * NS_PER_S);
	pass(TEN * NS_PER_S, s, 5);
	check_stamp(40 * NS_PER_S);
	jobs_stop();
	for (int n = 2; n < 5; n++)
		assert_int_equal(s->at[n] - s->at[n - 1], TEN * NS_PER_S);
}

static void
a_read_that_is_late_is_stamped_with_its_due_time(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	while (jobs_take(&(struct read_list){ 0 }, 1) > 0)
		continue;
	for (int n = 3; n < 10; n++) { /* now 9.9 s late, now in time */
		pass(n % 2 ? 19900 * NS_PER_MS : 100 * NS_PER_MS, s, n);
		check_stamp((n - 1) * TEN * NS_PER_S);
	}
	jobs_stop();
}

static int64_t
apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

/* A read every interval or so while somebody plays with the clock; interval
 * in tenths of a second. */
static void
play(uint64_t seed)
{
	const uint64_t said = seed;
	const int64_t interval =
	    (1 + (int64_t)chance_of(&seed, 100)) * NS_PER_S / 10;
	struct subject *s = jobs_subject("s");
	int64_t last = 0, due = 0;
	int reads = 1;

	fake_clock_step((int64_t)chance_of(&seed, 1000) * NS_PER_S / 100);
	jobs_add(s, interval, 0);
	start();
	pass(0, s, reads);
	last = jobs_take_one().time_ns;
	due = 1000 * NS_PER_S - (JOBS_EPOCH + JOBS_PAST) % interval;
	for (; reads < 60;) {
		const int64_t late =
		    chance_of(&seed, 3) == 0
			? (int64_t)chance_of(&seed, (size_t)interval)
			: 0;
		int64_t stamp, wall;

		if (chance_of(&seed, 4) == 0)
			fake_clock_step(
			    (int64_t)chance_of(&seed, (size_t)interval * 6) -
			    3 * interval);
		due += interval;
		pass(due + late - clock_mono(), s, ++reads);
		wall = clock_wall() - late;
		stamp = jobs_take_one().time_ns;
		if (stamp % interval != 0 || stamp == last ||
		    apart(stamp, wall) > interval)
			fail_msg("seed %d, read %d: stamp %f at %f after %f",
			    (int)said, reads, (double)stamp / 1e9,
			    (double)wall / 1e9, (double)last / 1e9);
		last = stamp;
	}
	jobs_stop();
}

static void
stamps_are_on_the_grid_near_the_truth_and_never_twice(void **state)
{
	for (uint64_t seed = 1; seed <= 15; seed++) {
		play(seed);
		jobs_end(state);
		jobs_begin(state);
	}
}

static void
a_new_name_of_the_machine_holds_from_the_next_read_on(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	assert_string_equal(jobs_take_one().host, "here");
	pool_host(&jobs.pool, "there");
	assert_string_equal(pool_get_host(&jobs.pool), "there");
	/* as every reload does: each is kept once */
	pool_host(&jobs.pool, "here");
	pool_host(&jobs.pool, "there");
	assert_int_equal(jobs.pool.hosts.n, 2);
	pass(TEN * NS_PER_S - JOBS_PAST, s, 2);
	assert_string_equal(jobs_take_one().host, "there");
	jobs_stop();
}

static void
the_grid_may_begin_now(void **state)
{
	struct subject *s = jobs_subject("s");

	(void)state;
	pool_align(&jobs.pool);
	jobs_add(s, TEN * NS_PER_S, 0);
	start();
	pass(0, s, 1);
	check_stamp(0);
	fake_clock_advance(TEN * NS_PER_S - 1);
	jobs_nothing(s);
	pass(1, s, 2);
	check_stamp(TEN * NS_PER_S);
	jobs_stop();
}

#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, jobs_begin, jobs_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(it_is_opened_and_read_at_once_and_then_on_the_grid),
		POOL_TEST(those_of_equal_intervals_are_due_together),
		POOL_TEST(intervals_may_differ),
		POOL_TEST(what_was_missed_is_not_made_up_for),
		POOL_TEST(a_source_is_only_opened),
		POOL_TEST(whoever_was_slow_goes_last),
		POOL_TEST(reads_that_fail_back_off_to_six_intervals),
		POOL_TEST(reads_that_fail_from_the_first_on_back_off_alike),
		POOL_TEST(
		    what_cannot_be_opened_is_tried_again_after_a_second_and_more),
		POOL_TEST(the_clock_may_be_set_without_a_change_of_pace),
		POOL_TEST(a_read_that_is_late_is_stamped_with_its_due_time),
		POOL_TEST(
		    stamps_are_on_the_grid_near_the_truth_and_never_twice),
		POOL_TEST(
		    a_new_name_of_the_machine_holds_from_the_next_read_on),
		POOL_TEST(the_grid_may_begin_now),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
