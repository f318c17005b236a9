/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "flow/cache.h"
#include "lists.h"

enum { GAUGE, COUNT, TOTAL, OTHER, FIELDS };

static const struct fettle_field fields[FIELDS] = {
	[GAUGE] = { .name = "gauge", .kind = FETTLE_GAUGE, .unit = "" },
	[COUNT] = { .name = "count", .kind = FETTLE_COUNTER, .unit = "" },
	[TOTAL] = { .name = "total", .kind = FETTLE_TOTAL, .unit = "" },
	[OTHER] = { .name = "other", .kind = FETTLE_COUNTER, .unit = "" },
};

static struct series_table table;
static struct series *series; /* of the last list */
static double rates[FIELDS];  /* NaN: none, or not in the list */

static int
begin(void **state)
{
	(void)state;
	series_init(&table, &lists_limits, NULL);
	table.forget = cache_forget;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	series_fini(&table);
	return 0;
}

/* A list of n fields, named by their numbers, through the cache. */
static void
pass(const int *which, const struct fettle_value *values, size_t n,
    int64_t time_ns, int64_t measured_ns)
{
	const struct fettle_field *pointers[FIELDS];
	const struct fettle_list list = { .size = sizeof(list),
		.time_ns = LISTS_TIME + time_ns,
		.fields = pointers,
		.values = values,
		.n = n };
	const struct fettle_list *const lists[] = { &list };
	struct batch_origin origin = lists_origin();
	struct taken taken;
	struct batch *b;

	for (size_t i = 0; i < n; i++)
		pointers[i] = &fields[which[i]];
	origin.names.now_wall_ns = LISTS_TIME + time_ns;
	b = batch_build(&table, &origin, lists, 1, &taken);
	assert_non_null(b);
	cache_update(&b->lists[0], measured_ns);
	series = b->lists[0].series;
	for (size_t i = 0; i < FIELDS; i++)
		rates[i] = NAN;
	for (size_t i = 0; i < n; i++)
		rates[which[i]] = b->pubs[0]->rates[i];
	batch_unref(b);
}

/* All of gauge, count and total at some second of the stamps. */
static void
say(int64_t second, double gauge, uint64_t count, double total)
{
	static const int which[] = { GAUGE, COUNT, TOTAL };
	const struct fettle_value values[] = { fettle_gauge(gauge),
		fettle_count(count), fettle_total(total) };

	pass(which, values, 3, second * NS_PER_S, 0);
}

static void
check(double gauge, double count, double total)
{
	const double expected[] = { gauge, count, total };

	for (size_t i = 0; i < 3; i++)
		if (isnan(expected[i]) != isnan(rates[i]) ||
		    (!isnan(rates[i]) && rates[i] != expected[i]))
			fail_msg("%s: %.17g, not %.17g", fields[i].name,
			    rates[i], expected[i]);
}

static void
the_first_value_of_a_counter_has_no_rate(void **state)
{
	(void)state;
	say(0, 5, 1000, 2.5);
	check(5, NAN, NAN);
	say(10, 6, 1020, 3.5);
	check(6, 2, 0.1);
	say(20, -7, 1020, 3.5);
	check(-7, 0, 0);
}

static void
a_counter_that_falls_has_no_rate_and_goes_on_from_there(void **state)
{
	(void)state;
	say(0, 0, 1000, 100);
	say(10, 0, 5, 1);
	check(0, NAN, NAN);
	say(20, 0, 15, 2);
	check(0, 1, 0.1);
}

static void
differences_of_large_counters_are_exact(void **state)
{
	static const uint64_t bases[] = { (UINT64_C(1) << 53) + 1,
		INT64_MAX - 1, INT64_MAX, UINT64_MAX - 3 };
	int64_t second = 0;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		say(second++, 0, bases[i], 0);
		say(second++, 0, bases[i] + 1, 0);
		check(0, 1, 0);
		say(second++, 0, bases[i] + 3, 0);
		check(0, 2, 0);
		say(second++, 0, bases[i] + 2, 0);
		check(0, NAN, 0);
	}
	say(second++, 0, 0, 0);
	say(second++, 0, UINT64_MAX, 0);
	check(0, 0x1p64, 0);
}

static void
a_late_list_has_no_rates_and_changes_nothing(void **state)
{
	(void)state;
	say(10, 1, 100, 10);
	say(10, 2, 200, 20); /* the same moment */
	check(2, NAN, NAN);
	say(5, 3, 300, 30);
	check(3, NAN, NAN);
	assert_true(series->cached->v[GAUGE].value.real == 1);
	assert_int_equal(series->cached->v[COUNT].value.count, 100);
	assert_int_equal(series->cached->time_ns, LISTS_TIME + 10 * NS_PER_S);
	say(20, 4, 150, 15);
	check(4, 5, 0.5);
}

static void
own_reads_go_by_the_time_that_was_measured(void **state)
{
	static const int which[] = { COUNT };
	struct fettle_value value = fettle_count(0);

	(void)state;
	/* stamps stay on their grid, the reads were 11 s and 9 s apart; and
	 * the wall clock is set back by a minute */
	pass(which, &value, 1, 0, 100 * NS_PER_S);
	value.count = 99;
	pass(which, &value, 1, 10 * NS_PER_S, 111 * NS_PER_S);
	assert_true(rates[COUNT] == 9);
	value.count = 180;
	pass(which, &value, 1, -40 * NS_PER_S, 120 * NS_PER_S);
	assert_true(rates[COUNT] == 9);
	/* the same read twice is late */
	value.count = 200;
	pass(which, &value, 1, 50 * NS_PER_S, 120 * NS_PER_S);
	assert_true(isnan(rates[COUNT]));
}

static void
between_here_and_elsewhere_the_stamps_count(void **state)
{
	static const int which[] = { COUNT };
	struct fettle_value value = fettle_count(0);

	(void)state;
	pass(which, &value, 1, 0, 100 * NS_PER_S);
	value.count = 10;
	pass(which, &value, 1, 10 * NS_PER_S, 0);
	assert_true(rates[COUNT] == 1);
	value.count = 30;
	pass(which, &value, 1, 20 * NS_PER_S, 500 * NS_PER_S);
	assert_true(rates[COUNT] == 2);
}

static void
after_a_gap_a_counter_begins_anew(void **state)
{
	static const int which[] = { GAUGE, COUNT, TOTAL };
	struct fettle_value values[] = { fettle_gauge(1), fettle_count(50),
		{ 0 } };

	(void)state;
	say(0, 1, 40, 1);
	pass(which, values, 3, 10 * NS_PER_S, 0);
	check(1, 1, NAN);
	assert_int_equal(series->cached->v[TOTAL].value.kind, 0);
	say(20, 1, 60, 3); /* two tenths a second, or nobody knows */
	check(1, 1, NAN);
	say(30, 1, 70, 4);
	check(1, 1, 0.1);
}

static void
a_field_that_a_list_leaves_out_is_a_gap_too(void **state)
{
	static const int without[] = { GAUGE, COUNT };
	const struct fettle_value values[] = { fettle_gauge(1),
		fettle_count(50) };

	(void)state;
	say(0, 1, 40, 1);
	pass(without, values, 2, 10 * NS_PER_S, 0);
	check(1, 1, NAN);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(series->cached->v[i].value.kind != 0,
		    series->cached->v[i].field->kind != FETTLE_TOTAL);
	say(20, 1, 60, 3);
	check(1, 1, NAN);
	say(30, 1, 70, 4);
	check(1, 1, 0.1);
}

static void
no_rate_is_ever_infinite(void **state)
{
	(void)state;
	say(0, 0, 0, -DBL_MAX);
	say(1, DBL_MAX, 1, DBL_MAX);
	check(DBL_MAX, 1, NAN);
}

/* --- against a naive model ----------------------------------------------- */

/* What a list said: of each field a value, or kind 0. */
struct said {
	int64_t time;
	struct fettle_value v[FIELDS];
};

static double
model_rate(const struct said *was, const struct said *now, size_t i)
{
	const double seconds = (double)(now->time - was->time) / NS_PER_S;

	if (now->v[i].kind == FETTLE_GAUGE)
		return now->v[i].real;
	if (now->time <= was->time || was->v[i].kind == 0 ||
	    now->v[i].kind == 0)
		return NAN;
	if (now->v[i].kind == FETTLE_TOTAL)
		return now->v[i].real < was->v[i].real
			   ? NAN
			   : (now->v[i].real - was->v[i].real) / seconds;
	return now->v[i].count < was->v[i].count
		   ? NAN
		   : (double)(now->v[i].count - was->v[i].count) / seconds;
}

static struct said
say_by_chance(const struct said *was, uint64_t *seed)
{
	struct said now = { .time =
				was->time +
				((int64_t)chance_of(seed, 8) - 1) * NS_PER_S };

	for (size_t i = 0; i < FIELDS; i++) {
		const uint64_t n = chance_of(seed, 50);

		if (chance_of(seed, 5) == 0)
			continue;
		now.v[i] = fields[i].kind == FETTLE_GAUGE ? fettle_gauge(1)
			   : fields[i].kind == FETTLE_TOTAL
			       ? fettle_total((double)n)
			       : fettle_count(n);
	}
	return now;
}

/* In some order; what has no value is said to have none, or left out. */
static bool
pass_said(const struct said *now, uint64_t *seed)
{
	struct fettle_value values[FIELDS];
	const size_t first = chance_of(seed, FIELDS);
	int which[FIELDS];
	size_t n = 0, n_values = 0;

	for (size_t k = 0; k < FIELDS; k++) {
		const size_t i = (first + k) % FIELDS;

		if (now->v[i].kind == 0 && chance_of(seed, 2) == 0)
			continue;
		which[n] = (int)i;
		values[n++] = now->v[i];
		n_values += now->v[i].kind != 0;
	}
	if (n_values == 0)
		return false;
	pass(which, values, n, now->time, 0);
	return true;
}

static void
rates_are_what_a_simple_mind_expects(void **state)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		/* before all that may come */
		struct said was = { .time = -100 * NS_PER_S };
		uint64_t s = seed;

		for (int n = 0; n < 500; n++) {
			struct said now = say_by_chance(&was, &s);

			if (n == 0)
				now.time = 0;
			if (!pass_said(&now, &s))
				continue;
			for (size_t i = 0; i < FIELDS; i++) {
				const double want = model_rate(&was, &now, i);

				if (now.v[i].kind == 0 ||
				    (isnan(want) && isnan(rates[i])) ||
				    want == rates[i])
					continue;
				fail_msg("seed %d, list %d: %s %g, not %g",
				    (int)seed, n, fields[i].name, rates[i],
				    want);
			}
			if (now.time > was.time)
				was = now;
		}
		end(state);
		begin(state);
	}
}

static void
what_is_forgotten_takes_its_values_along(void **state)
{
	(void)state;
	say(0, 1, 2, 3);
	assert_non_null(series->cached);
	cache_forget(series);
	assert_null(series->cached);
	cache_forget(series);
	say(10, 1, 3, 3);
	check(1, NAN, NAN);
}

#define CACHE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CACHE_TEST(the_first_value_of_a_counter_has_no_rate),
		CACHE_TEST(
		    a_counter_that_falls_has_no_rate_and_goes_on_from_there),
		CACHE_TEST(differences_of_large_counters_are_exact),
		CACHE_TEST(a_late_list_has_no_rates_and_changes_nothing),
		CACHE_TEST(own_reads_go_by_the_time_that_was_measured),
		CACHE_TEST(between_here_and_elsewhere_the_stamps_count),
		CACHE_TEST(after_a_gap_a_counter_begins_anew),
		CACHE_TEST(a_field_that_a_list_leaves_out_is_a_gap_too),
		CACHE_TEST(no_rate_is_ever_infinite),
		CACHE_TEST(rates_are_what_a_simple_mind_expects),
		CACHE_TEST(what_is_forgotten_takes_its_values_along),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
