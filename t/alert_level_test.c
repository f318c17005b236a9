/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "alert/level.h"
#include "base/clock.h"
#include "chance.h"

enum { INTERVAL_S = 10 };

static struct rule *rule;
static struct level level;
static int64_t since;

static int
begin(void **state)
{
	char why[256];

	(void)state;
	rule = rule_new("cpu.percent", NULL, why, sizeof(why));
	assert_non_null(rule);
	rule->limits.warning = 80;
	rule->limits.failure = 90;
	level_init(&level, rule);
	since = STAMP_NONE;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	rule_free(rule);
	return 0;
}

static enum rank
say(int64_t second, double number)
{
	level_number(&level, rule, second * NS_PER_S, number,
	    INTERVAL_S * NS_PER_S, &since);
	return level_rank(&level);
}

static void
a_number_at_the_limit_sets_at_once(void **state)
{
	(void)state;
	assert_int_equal(say(0, 79.9), RANK_OK);
	assert_int_equal(say(10, 80), RANK_WARNING);
	assert_int_equal(since, 10 * NS_PER_S);
	assert_int_equal(say(20, 90), RANK_FAILURE);
	assert_int_equal(since, 10 * NS_PER_S); /* was not ok before */
	assert_int_equal(say(30, 89.9), RANK_WARNING);
	assert_int_equal(say(40, 79.9), RANK_OK);
}

static void
below_turns_everything_round(void **state)
{
	(void)state;
	rule->limits = (struct limits_of_rule){
		.warning = 20, .failure = 10, .hysteresis = 5, .below = true
	};
	assert_int_equal(say(0, 20.1), RANK_OK);
	assert_int_equal(say(10, 20), RANK_WARNING);
	assert_int_equal(say(20, 10), RANK_FAILURE);
	assert_int_equal(say(30, 15), RANK_FAILURE);
	assert_int_equal(say(40, 15.1), RANK_WARNING);
	assert_int_equal(say(50, 25), RANK_WARNING);
	assert_int_equal(say(60, 25.1), RANK_OK);
}

static void
since_is_where_the_run_of_the_worst_began(void **state)
{
	(void)state;
	rule->for_ns = 20 * NS_PER_S;
	say(0, 95);
	say(10, 95);
	assert_int_equal(since, STAMP_NONE);
	assert_int_equal(say(20, 95), RANK_FAILURE);
	assert_int_equal(since, 0);
}

static void
a_gap_is_a_moment_of_the_larger_interval(void **state)
{
	(void)state;
	rule->for_ns = 30 * NS_PER_S;
	say(0, 95);
	assert_int_equal(say(34, 95), RANK_FAILURE); /* under 35 s */
	level_init(&level, rule);
	say(0, 95);
	assert_int_equal(say(35, 95), RANK_OK);
	level_init(&level, rule);
	say(0, 95);
	level_sample(&level, 20 * NS_PER_S); /* NaN of a slower list */
	assert_int_equal(say(69, 95), RANK_FAILURE);
}

static void
missing_0_counts_as_3_for_gaps(void **state)
{
	(void)state;
	rule->missing = 0;
	assert_int_equal(level_gap(rule, 10 * NS_PER_S), 35 * NS_PER_S);
	rule->missing = 1;
	assert_int_equal(level_gap(rule, 10 * NS_PER_S), 15 * NS_PER_S);
	rule->missing = RULE_MISSING_MAX;
	assert_true(level_gap(rule, STAMP_INTERVAL_MAX) > 0);
}

static void
a_restart_breaks_runs_and_keeps_levels(void **state)
{
	(void)state;
	say(0, 95);
	rule->for_ns = rule->clear_for_ns = 20 * NS_PER_S;
	say(10, 50);
	say(20, 50);
	level_restart(&level);
	assert_int_equal(say(30, 50), RANK_FAILURE);
	assert_int_equal(say(40, 50), RANK_FAILURE);
	assert_int_equal(say(50, 50), RANK_OK);
}

static void
a_severity_that_is_gone_is_not_set(void **state)
{
	(void)state;
	say(0, 95);
	assert_false(level_adapt(&level, rule));
	rule->limits.failure = NAN;
	assert_true(level_adapt(&level, rule));
	assert_int_equal(level_rank(&level), RANK_WARNING);
	rule->limits.warning = 99;
	assert_true(level_adapt(&level, rule));
	assert_int_equal(level_rank(&level), RANK_WARNING);
	assert_int_equal(say(10, 95), RANK_OK);
}

static void
a_shift_of_all_stamps_changes_nothing(void **state)
{
	const int64_t hour = 3600;

	(void)state;
	rule->for_ns = 20 * NS_PER_S;
	say(hour, 95);
	say(hour + 10, 95);
	level_shift(&level, -hour * NS_PER_S);
	assert_int_equal(say(19, 95), RANK_OK);
	assert_int_equal(say(20, 95), RANK_FAILURE);
}

/* --- against the definition ---------------------------------------------- */

enum { NUMBERS = 120 };

struct told {
	int64_t stamp;
	double number;
	bool gap; /* before it */
};

static bool
breaches(double number, double limit)
{
	return number >= limit;
}

static bool
clears(double number, double limit)
{
	return number < limit - 5;
}

/* There is one among the last from which on all pass, none after a gap, and
 * they span so long. */
static bool
spans(const struct told *v, int n, bool (*passes)(double, double),
    double limit, int64_t need)
{
	for (int i = n - 1; i >= 0 && passes(v[i].number, limit); i--) {
		if (v[n - 1].stamp - v[i].stamp >= need)
			return true;
		if (v[i].gap)
			return false;
	}
	return false;
}

static void
define(bool *set, const struct told *v, int n, double limit)
{
	if (spans(v, n, breaches, limit, rule->for_ns))
		*set = true;
	else if (spans(v, n, clears, limit, rule->clear_for_ns))
		*set = false;
}

static void
one_history(uint64_t seed)
{
	static const int64_t spans_s[] = { 0, 10, 20, 30, 60 };
	static const double numbers[] = { 50, 74, 75, 78, 80, 84, 85, 88, 90,
		95 };
	struct told v[NUMBERS];
	bool warned = false, failed = false;
	int64_t stamp = 1000;
	uint64_t s = seed;

	rule->limits.hysteresis = 5;
	rule->for_ns = spans_s[chance_of(&s, 5)] * NS_PER_S;
	rule->clear_for_ns = spans_s[chance_of(&s, 5)] * NS_PER_S;
	level_init(&level, rule);
	for (int n = 0; n < NUMBERS; n++) {
		const int64_t step =
		    chance_of(&s, 8) > 0 ? 10 : 5 + (int64_t)chance_of(&s, 60);
		const double number = chance_of(&s, 3) > 0 && n > 0
					  ? v[n - 1].number
					  : numbers[chance_of(&s, 10)];

		stamp += step;
		v[n] = (struct told){ stamp * NS_PER_S, number, step >= 35 };
		define(&warned, v, n + 1, 80);
		define(&failed, v, n + 1, 90);
		say(stamp, number);
		if (level.warning.set != warned || level.failure.set != failed)
			fail_msg("seed %d, number %d", (int)seed, n);
		if (failed && !warned)
			fail_msg(
			    "seed %d: failure without warning", (int)seed);
	}
}

static void
levels_are_what_the_definition_says(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 500; seed++)
		one_history(seed);
}

#define LEVEL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LEVEL_TEST(a_number_at_the_limit_sets_at_once),
		LEVEL_TEST(below_turns_everything_round),
		LEVEL_TEST(since_is_where_the_run_of_the_worst_began),
		LEVEL_TEST(a_gap_is_a_moment_of_the_larger_interval),
		LEVEL_TEST(missing_0_counts_as_3_for_gaps),
		LEVEL_TEST(a_restart_breaks_runs_and_keeps_levels),
		LEVEL_TEST(a_severity_that_is_gone_is_not_set),
		LEVEL_TEST(a_shift_of_all_stamps_changes_nothing),
		LEVEL_TEST(levels_are_what_the_definition_says),
	};

	return cmocka_run_group_tests_name("alert_level", tests, NULL, NULL);
}
